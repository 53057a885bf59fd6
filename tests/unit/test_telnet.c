/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "net/telnet.h"

/* Telnet commands, byte by byte. */

enum {
	IAC = TELNET_IAC,
	DONT = 254,
	DO = 253,
	WONT = 252,
	WILL = 251,
	SB = 250,
	SE = 240
};

/* A peer, and what came of all it has sent so far. */
struct line {
	struct telnet *telnet;
	struct buf text;
	struct buf reply;
	int ends;
};

static int
line_start(void **state)
{
	static struct line line;

	line = (struct line){.telnet = telnet_new()};
	*state = &line;
	return 0;
}

static int
line_end(void **state)
{
	struct line *line = *state;

	telnet_free(line->telnet);
	buf_fini(&line->text);
	buf_fini(&line->reply);
	return 0;
}

#define line_test(function)                                                            \
	cmocka_unit_test_setup_teardown(function, line_start, line_end)

static void
feed_byte(struct line *line, unsigned char byte)
{
	switch (telnet_byte(line->telnet, byte, &line->reply)) {
	case TELNET_TEXT:
		buf_add_char(&line->text, (char)byte);
		break;
	case TELNET_SWALLOWED:
		break;
	case TELNET_END:
		line->ends++;
		break;
	}
}

static void
feed(struct line *line, struct str bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		feed_byte(line, (unsigned char)bytes.p[i]);
}

static void
feed_option(struct line *line, int verb, int option)
{
	feed_byte(line, IAC);
	feed_byte(line, (unsigned char)verb);
	feed_byte(line, (unsigned char)option);
}

/* Since the last look this text came, and this was answered. */
static void
assert_came(struct line *line, struct str text, struct str reply)
{
	assert_int_equal(line->text.len, text.len);
	assert_int_equal(line->reply.len, reply.len);
	if (text.len > 0)
		assert_memory_equal(line->text.p, text.p, text.len);
	if (reply.len > 0)
		assert_memory_equal(line->reply.p, reply.p, reply.len);
	buf_reset(&line->text);
	buf_reset(&line->reply);
}

static void
assert_answered(struct line *line, int verb, int option)
{
	const char reply[] = {(char)IAC, (char)verb, (char)option};

	assert_came(line, STR(""), str_make(reply, sizeof(reply)));
}

#define assert_text(line, text) assert_came(line, STR(text), STR(""))
#define assert_nothing(line) assert_came(line, STR(""), STR(""))

static void
test_text(void **state)
{
	struct line *line = *state;

	/* Every byte but IAC, and IAC IAC. */
	for (int byte = 0; byte < IAC; byte++) {
		char c = (char)byte;

		feed_byte(line, (unsigned char)byte);
		assert_came(line, str_make(&c, 1), STR(""));
	}
	feed(line,
		STR("a\xff\xff"
		    "b\xff\xff\xff\xff"));
	assert_text(line,
		"a\xff"
		"b\xff\xff");
	assert_int_equal(line->ends, 0);
}

/* Whatever is asked for is refused, once. */
static void
test_refused(void **state)
{
	struct line *line = *state;

	for (int option = 0; option < 256; option++) {
		if (option == 6) /* TIMING-MARK has a test of its own */
			continue;
		feed_option(line, DO, option);
		assert_answered(line, WONT, option);
	}
	for (int option = 0; option < 256; option++) {
		feed_option(line, WILL, option);
		assert_answered(line, DONT, option);
	}
	for (int again = 0; again < 2; again++) {
		for (int option = 0; option < 256; option++) {
			if (option == 6)
				continue;
			feed_option(line, DO, option);
			feed_option(line, WILL, option);
			assert_nothing(line);
		}
	}
	feed(line, STR("text"));
	assert_text(line, "text");
}

/* Agreeing to what is off anyway begins nothing. */
static void
test_acknowledged(void **state)
{
	struct line *line = *state;

	for (int option = 0; option < 256; option++) {
		feed_option(line, WONT, option);
		feed_option(line, DONT, option);
	}
	assert_nothing(line);
	/* It does not change what was refused, nor what will be. */
	feed_option(line, DO, 1);
	assert_answered(line, WONT, 1);
	feed_option(line, DONT, 1);
	feed_option(line, DO, 1);
	assert_nothing(line);
}

/* A BSD telnet that sent ^C shows nothing until it gets this, each time. */
static void
test_timing_mark(void **state)
{
	struct line *line = *state;

	for (int times = 0; times < 5; times++) {
		feed_option(line, DO, 6);
		assert_answered(line, WILL, 6);
	}
	/* As an offer it is one like the others. */
	feed_option(line, WILL, 6);
	assert_answered(line, DONT, 6);
	feed_option(line, WILL, 6);
	assert_nothing(line);
}

static void
test_are_you_there(void **state)
{
	struct line *line = *state;

	for (int times = 0; times < 3; times++) {
		feed(line,
			STR("a\xff\xf6"
			    "b"));
		assert_came(line, STR("ab"), STR("[Yes, I am here]\r\n"));
	}
}

static void
test_eof(void **state)
{
	struct line *line = *state;

	feed(line, STR("a\xff"));
	assert_int_equal(line->ends, 0);
	feed_byte(line, 236);
	assert_int_equal(line->ends, 1);
	/* Only as a command. */
	feed(line, STR("\xec\xff\xff\xec"));
	feed_option(line, WONT, 236);
	assert_int_equal(line->ends, 1);
	assert_text(line, "a\xec\xff\xec");
}

/* Every other command of two bytes goes without a trace. */
static void
test_other_commands(void **state)
{
	struct line *line = *state;

	for (int byte = 0; byte < 256; byte++) {
		if (byte == 236 || byte == 246 || byte >= SB)
			continue;
		feed_byte(line, IAC);
		feed_byte(line, (unsigned char)byte);
		feed_byte(line, 'x');
		assert_text(line, "x");
	}
	assert_int_equal(line->ends, 0);
}

/*
 * Subnegotiations
 */

static void
test_sb(void **state)
{
	struct line *line = *state;

	feed(line,
		STR("a\xff\xfa\x1f\0\x50\0\x18\xff\xf0"
		    "b"));
	assert_text(line, "ab");
	feed(line,
		STR("\xff\xfa\xff\xf0"
		    "c"));
	assert_text(line, "c");
	/* An SE alone is a byte of it, and outside a command without effect. */
	feed(line,
		STR("\xff\xfa\x18\xf0rest\xff\xf0\xff\xf0"
		    "d"));
	assert_text(line, "d");
}

/* IAC IAC stands for a byte, so that IAC IAC SE does not end it. */
static void
test_sb_iac_iac(void **state)
{
	struct line *line = *state;

	feed(line,
		STR("\xff\xfa\x1f\xff\xff\xf0hidden\xff\xff\xff\xf0"
		    "a"));
	assert_text(line, "a");
}

/* Nothing but IAC SE ends it, whatever else follows an IAC: no payload acts. */
static void
test_sb_iac_any(void **state)
{
	struct line *line = *state;

	for (int byte = 0; byte < 256; byte++) {
		if (byte == SE)
			continue;
		feed(line, STR("\xff\xfa\x55"));
		feed_byte(line, IAC);
		feed_byte(line, (unsigned char)byte);
		feed(line, STR("hidden\xff\xf0"));
		assert_nothing(line);
	}
	feed(line, STR("\xff\xfa\xff\xfd\x01\xff\xf6\xff\xec\xff\xfd\x06\xff\xf0"));
	assert_nothing(line);
	assert_int_equal(line->ends, 0);
	feed(line, STR("a"));
	assert_text(line, "a");
}

/* Without an end it swallows all, and takes no memory for it. */
static void
test_sb_endless(void **state)
{
	struct line *line = *state;

	feed(line, STR("\xff\xfa\x18"));
	for (int i = 0; i < 1000000; i++)
		feed_byte(line, (unsigned char)(i % 251));
	assert_nothing(line);
	assert_null(line->text.p);
	feed(line,
		STR("\xff\xf0"
		    "a"));
	assert_text(line, "a");
}

/*
 * Properties
 */

/* Not rand(3): the same bytes on every machine. */
static uint64_t
next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state >> 11;
}

/* Random bytes in which telnet's own are frequent. */
static unsigned char
random_byte(uint64_t *random)
{
	static const unsigned char special[] = {IAC, IAC, IAC, DO, DONT, WILL, WONT, SB,
		SE, 236, 246, 6, 1, '\r', '\n', 0};
	uint64_t n = next_random(random);

	if (n % 4 > 0)
		return special[n / 4 % sizeof(special)];
	return (unsigned char)(n / 4);
}

/*
 * The answers to any stream at all are whole, and bounded by what was asked: three
 * bytes for a DO or WILL, each option refused once, a line for an AYT.
 */
static void
assert_bounded(struct line *line, size_t requests, size_t ayts)
{
	static const char here[] = "[Yes, I am here]\r\n";
	size_t answers = 0, refusals = 0, heres = 0;

	for (size_t at = 0; at < line->reply.len;) {
		const char *p = line->reply.p + at;

		if ((unsigned char)*p != IAC) {
			assert_true(line->reply.len - at >= strlen(here));
			assert_memory_equal(p, here, strlen(here));
			heres++;
			at += strlen(here);
			continue;
		}
		assert_true(line->reply.len - at >= 3);
		answers++;
		if ((unsigned char)p[1] == WILL)
			assert_int_equal(p[2], 6);
		else
			refusals++;
		at += 3;
	}
	assert_true(answers <= requests);
	assert_true(refusals <= 511);
	assert_true(heres <= ayts);
}

static void
test_random(void **state)
{
	struct line *line = *state;
	uint64_t random = 20261121;

	for (int stream = 0; stream < 50; stream++) {
		size_t requests = 0, ayts = 0;
		unsigned char before = 0;

		for (int i = 0; i < 100000; i++) {
			unsigned char byte = random_byte(&random);

			/* More than there are, since not every IAC begins a command. */
			requests +=
				before == IAC && (byte == DO || byte == WILL) ? 1 : 0;
			ayts += before == IAC && byte == 246 ? 1 : 0;
			before = byte;
			feed_byte(line, byte);
		}
		assert_bounded(line, requests, ayts);
		line_end(state);
		line_start(state);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		line_test(test_text),
		line_test(test_refused),
		line_test(test_acknowledged),
		line_test(test_timing_mark),
		line_test(test_are_you_there),
		line_test(test_eof),
		line_test(test_other_commands),
		line_test(test_sb),
		line_test(test_sb_iac_iac),
		line_test(test_sb_iac_any),
		line_test(test_sb_endless),
		line_test(test_random),
	};

	return cmocka_run_group_tests_name("telnet", tests, NULL, NULL);
}
