/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/telnet.h"
#include "telnet_rig.h"

/* The telnet machine, byte by byte. */

static void
test_text(void **state)
{
	struct line *line = *state;

	/* Every byte but IAC, and IAC IAC. */
	for (int byte = 0; byte < 255; byte++) {
		char c = (char)byte;

		line_feed_byte(line, (unsigned char)byte);
		line_check(line, str_make(&c, 1), STR(""), STR(""), __LINE__);
	}
	FEED(line, "a" IAC IAC "b" IAC IAC IAC IAC,
		"a\xff"
		"b\xff\xff",
		"", "");
	/* That is no command yet. */
	assert_false(telnet_is_client(line->telnet));
}

/* How much of what comes next is text. */
static void
test_text_runs(void **state)
{
	struct line *line = *state;
	const struct telnet *telnet = line->telnet;

	assert_int_equal(telnet_text(telnet, STR("")), 0);
	assert_int_equal(telnet_text(telnet, STR("hello")), 5);
	assert_int_equal(telnet_text(telnet, STR("\0\xfe\xf0")), 3);
	assert_int_equal(telnet_text(telnet, STR("hel" IAC "lo" IAC)), 3);
	assert_int_equal(telnet_text(telnet, STR(IAC "lo")), 0);
	/* Within a command nothing is. */
	line_feed(line, STR(IAC));
	assert_int_equal(telnet_text(telnet, STR("hello")), 0);
	line_feed(line, STR("\xfb"));
	assert_int_equal(telnet_text(telnet, STR("hello")), 0);
	line_feed(line, STR(ECHO));
	assert_int_equal(telnet_text(telnet, STR("hello")), 5);
	line_feed(line, STR(SB TTYPE));
	assert_int_equal(telnet_text(telnet, STR("hello")), 0);
	line_feed(line, STR(IAC));
	assert_int_equal(telnet_text(telnet, STR("hello")), 0);
	line_feed(line, STR("\xf0"));
	assert_int_equal(telnet_text(telnet, STR("hello")), 5);
}

/* Commands of two bytes: those that mean something, and no others. */
static void
test_commands(void **state)
{
	struct line *line = *state;

	FEED(line, "a" AYT "b" AYT, "ab", "AA", "");
	FEED(line, IP BRK SUSP ABORT_OUTPUT EC EL END_OF_FILE, "", "IBZOCLE", "");
	/* Only as commands. */
	FEED(line, "\xec" IAC IAC "\xf4" WONT "\xf4" DONT "\xec",
		"\xec\xff"
		"\xf4",
		"", "");
	for (int byte = 0; byte < 250; byte++) {
		if (memchr("\xec\xed\xf3\xf4\xf5\xf6\xf7\xf8", byte, 8) != NULL)
			continue;
		line_feed(line, STR(IAC));
		line_feed_byte(line, (unsigned char)byte);
		FEED(line, "x", "x", "", "");
	}
}

/* Any command, even one that means nothing here, shows a telnet client. */
static void
test_is_client(void **state)
{
	struct line *line = *state;

	for (int byte = 0; byte < 255; byte++) {
		assert_false(telnet_is_client(line->telnet));
		line_feed(line, STR(IAC));
		assert_false(telnet_is_client(line->telnet));
		line_feed_byte(line, (unsigned char)byte);
		assert_true(telnet_is_client(line->telnet));
		line_end(state);
		line_start(state);
	}
	telnet_offer(line->telnet, &line->reply);
	line_feed(line, STR("text" IAC IAC));
	assert_false(telnet_is_client(line->telnet));
	line_feed(line, STR(WONT BINARY));
	assert_true(telnet_is_client(line->telnet));
}

/*
 * Options
 */

static void
feed_option(struct line *line, struct str verb, int option)
{
	line_feed(line, verb);
	line_feed_byte(line, (unsigned char)option);
}

static bool
is_listed(int option, struct str list)
{
	return memchr(list.p, option, list.len) != NULL;
}

/* All that we take no part in is refused, once each way. */
static void
test_refused(void **state)
{
	static const char named[] = STATUS TSPEED LFLOW LINEMODE XDISPLOC AUTHENTICATION
		ENCRYPT NEW_ENVIRON START_TLS MSSP MCCP2 MCCP3 MXP GMCP "\xff";
	struct str ours = STR(BINARY EOR CHARSET TIMING_MARK);
	struct str its = STR(BINARY TTYPE NAWS);
	struct line *line = *state;

	for (size_t i = 0; i < sizeof(named) - 1; i++) {
		assert_false(is_listed((unsigned char)named[i], ours));
		assert_false(is_listed((unsigned char)named[i], its));
	}
	for (int again = 0; again < 3; again++) {
		for (int option = 0; option < 256; option++) {
			char wont[] = {'\xff', '\xfc', (char)option};
			char dont[] = {'\xff', '\xfe', (char)option};
			size_t len = again == 0 ? 3 : 0;

			if (!is_listed(option, ours)) {
				feed_option(line, STR(DO), option);
				line_check(line, STR(""), STR(""), str_make(wont, len),
					__LINE__);
			}
			if (!is_listed(option, its)) {
				feed_option(line, STR(WILL), option);
				line_check(line, STR(""), STR(""), str_make(dont, len),
					__LINE__);
			}
		}
	}
	FEED(line, "text", "text", "", "");
}

/* Agreeing to what is off anyway begins nothing. */
static void
test_acknowledged(void **state)
{
	struct line *line = *state;

	for (int option = 0; option < 256; option++) {
		feed_option(line, STR(WONT), option);
		feed_option(line, STR(DONT), option);
		assert_int_equal(line->reply.len, 0);
	}
	/* It does not change what is refused, nor how often. */
	ANSWER(line, DO STATUS, WONT STATUS);
	SILENCE(line, DONT STATUS DO STATUS);
}

/* A BSD telnet that sent ^C shows nothing until it gets this, each time. */
static void
test_timing_mark(void **state)
{
	struct line *line = *state;

	for (int times = 0; times < 5; times++)
		ANSWER(line, DO TIMING_MARK, WILL TIMING_MARK);
	SILENCE(line, DONT TIMING_MARK);
	ANSWER(line, DO TIMING_MARK, WILL TIMING_MARK);
	/* As an offer it is one like the others. */
	ANSWER(line, WILL TIMING_MARK, DONT TIMING_MARK);
	SILENCE(line, WILL TIMING_MARK);
}

/* BINARY first, a bare CR last, and only once. */
static void
test_offer(void **state)
{
	struct line *line = *state;

	DOES(line, telnet_offer(line->telnet, &line->reply), OFFER);
	DOES(line, telnet_offer(line->telnet, &line->reply), "");
	/* Answers to it are not answered, whatever they are. */
	SILENCE(line, WONT BINARY WONT NAWS DONT CHARSET);
	FEED(line, WONT TTYPE, "", "T", "");
	DOES(line, telnet_offer(line->telnet, &line->reply), "");
	/* But who changes his mind is welcome. */
	ANSWER(line, WILL BINARY, DO BINARY);
	ANSWER(line, WILL NAWS, DO NAWS);
	FEED(line, WILL TTYPE, "", "T", DO TTYPE ASK_TYPE);
	ANSWER(line, DO CHARSET, WILL CHARSET ASK_CHARSET);
}

static void
test_offer_accepted(void **state)
{
	struct line *line = *state;

	telnet_offer(line->telnet, &line->reply);
	buf_reset(&line->reply);
	SILENCE(line, WILL BINARY WILL NAWS);
	FEED(line, WILL TTYPE, "", "T", ASK_TYPE);
	ANSWER(line, DO CHARSET, ASK_CHARSET);
	/* It is as it is: nothing to say. */
	SILENCE(line, WILL BINARY WILL NAWS WILL TTYPE DO CHARSET);
}

static void
test_binary(void **state)
{
	struct line *line = *state;

	assert_false(telnet_is_binary(line->telnet));
	ANSWER(line, DO BINARY, WILL BINARY);
	assert_false(telnet_is_binary(line->telnet));
	ANSWER(line, WILL BINARY, DO BINARY);
	assert_true(telnet_is_binary(line->telnet));
	SILENCE(line, WILL BINARY DO BINARY);
	ANSWER(line, WONT BINARY, DONT BINARY);
	assert_false(telnet_is_binary(line->telnet));
	ANSWER(line, DONT BINARY, WONT BINARY);
	SILENCE(line, WONT BINARY DONT BINARY);
	/* Offered, it counts when it is answered. */
	telnet_offer(line->telnet, &line->reply);
	buf_reset(&line->reply);
	assert_false(telnet_is_binary(line->telnet));
	SILENCE(line, WILL BINARY);
	assert_true(telnet_is_binary(line->telnet));
}

/* Sixteen times it is agreed to. To go on would be half of a loop. */
static void
test_changes_of_mind(void **state)
{
	struct line *line = *state;

	/* To say it again is not to change it. */
	ANSWER(line, WILL BINARY, DO BINARY);
	for (int times = 0; times < 20; times++)
		SILENCE(line, WILL BINARY);
	for (int times = 0; times < 16; times++) {
		ANSWER(line, DO BINARY, WILL BINARY);
		ANSWER(line, DONT BINARY, WONT BINARY);
		ANSWER(line, DO CHARSET, WILL CHARSET ASK_CHARSET);
		ANSWER(line, DONT CHARSET, WONT CHARSET);
	}
	ANSWER(line, DO BINARY, WONT BINARY);
	ANSWER(line, DO CHARSET, WONT CHARSET);
	SILENCE(line, DO BINARY DONT BINARY DO BINARY DO CHARSET);
	/* Of each side for itself. */
	ANSWER(line, WONT BINARY, DONT BINARY);
	ANSWER(line, WILL BINARY, DO BINARY);
}

/* A mark behind the prompt for who has asked for it. */
static void
test_eor(void **state)
{
	struct line *line = *state;

	DOES(line, telnet_mark_prompt(line->telnet, &line->reply), "");
	ANSWER(line, DO EOR, WILL EOR);
	DOES(line, telnet_mark_prompt(line->telnet, &line->reply), EOR_MARK);
	SILENCE(line, DO EOR);
	DOES(line, telnet_mark_prompt(line->telnet, &line->reply), EOR_MARK);
	ANSWER(line, DONT EOR, WONT EOR);
	DOES(line, telnet_mark_prompt(line->telnet, &line->reply), "");
}

static void
assert_size(const struct line *line, unsigned columns, unsigned rows)
{
	assert_int_equal(telnet_terminal(line->telnet).columns, columns);
	assert_int_equal(telnet_terminal(line->telnet).rows, rows);
}

static void
test_size(void **state)
{
	struct line *line = *state;

	/* Not before it has said that it will. */
	SILENCE(line, SIZE_80_24);
	assert_size(line, 0, 0);
	ANSWER(line, WILL NAWS, DO NAWS);
	assert_size(line, 0, 0);
	FEED(line, SIZE_80_24, "", "T", "");
	assert_size(line, 80, 24);
	/* A zero says nothing, of each alone. */
	FEED(line, SB NAWS "\0\0\0\0" SE, "", "T", "");
	assert_size(line, 80, 24);
	FEED(line, SB NAWS "\0\0\0\x30" SE, "", "T", "");
	assert_size(line, 80, 48);
	FEED(line, SB NAWS "\0\x78\0\0" SE, "", "T", "");
	assert_size(line, 120, 48);
	/* The most. */
	FEED(line, SB NAWS "\x01\xf4\x01\xf4" SE, "", "T", "");
	assert_size(line, 500, 500);
	FEED(line, SB NAWS "\x01\xf3\x01\xf5" SE, "", "T", "");
	assert_size(line, 499, 500);
	FEED(line, SB NAWS IAC IAC IAC IAC IAC IAC IAC IAC SE, "", "T", "");
	assert_size(line, 500, 500);
	FEED(line, SB NAWS "\x01\0\0\x01" SE, "", "T", "");
	assert_size(line, 256, 1);
	FEED(line, SB NAWS "\0\x01\x01\0" SE, "", "T", "");
	assert_size(line, 1, 256);
	/* 255 goes as IAC IAC. */
	FEED(line, SB NAWS "\0" IAC IAC "\0" IAC IAC SE, "", "T", "");
	assert_size(line, 255, 255);
}

/* Exactly four octets. */
static void
test_size_odd(void **state)
{
	struct line *line = *state;

	line_feed(line, STR(WILL NAWS SIZE_80_24));
	line_check(line, STR(""), STR("T"), STR(DO NAWS), __LINE__);
	SILENCE(line, SB NAWS SE);
	SILENCE(line, SB NAWS "\0\x28\0" SE);
	SILENCE(line, SB NAWS "\0\x28\0\x28\0" SE);
	SILENCE(line, SB NAWS "\0" IAC IAC "\0" SE);
	SILENCE(line, SB NAWS "\0" IAC "\x01\x28\0\x28" SE);
	SILENCE(line, SB SE SB "\0\x28\0\x28" SE);
	assert_size(line, 80, 24);
	/* Switched off, it stays what it was. */
	ANSWER(line, WONT NAWS, DONT NAWS);
	SILENCE(line, SB NAWS "\0\x28\0\x28" SE);
	assert_size(line, 80, 24);
}

/* Our request, and an answer to the peer's. */
static void
test_charset(void **state)
{
	struct line *line = *state;

	SILENCE(line, SB CHARSET "\x01;UTF-8" SE);
	ANSWER(line, DO CHARSET, WILL CHARSET ASK_CHARSET);
	SILENCE(line, SB CHARSET "\x02UTF-8" SE SB CHARSET "\x03" SE);
	ANSWER(line, SB CHARSET "\x01;UTF-8" SE, SB CHARSET "\x02UTF-8" SE);
	ANSWER(line, SB CHARSET "\x01 KOI8-R utf-8 X" SE, SB CHARSET "\x02utf-8" SE);
	ANSWER(line, SB CHARSET "\x01;KOI8-R;UTF-8" SE, SB CHARSET "\x02UTF-8" SE);
	ANSWER(line, SB CHARSET "\x01;KOI8-R" SE, SB CHARSET "\x03" SE);
	ANSWER(line, SB CHARSET "\x01;UTF-8x;xUTF-8;UTF-" SE, SB CHARSET "\x03" SE);
	ANSWER(line, SB CHARSET "\x01" SE, SB CHARSET "\x03" SE);
	ANSWER(line, SB CHARSET "\x01;" SE, SB CHARSET "\x03" SE);
	/* Translation tables are more than we can. */
	ANSWER(line, SB CHARSET "\x01[TTABLE]\x01;UTF-8" SE, SB CHARSET "\x03" SE);
	SILENCE(line, SB CHARSET SE SB CHARSET "\x04" SE SB CHARSET "\x07" SE);
	ANSWER(line, DONT CHARSET, WONT CHARSET);
	SILENCE(line, SB CHARSET "\x01;UTF-8" SE);
}

/*
 * Subnegotiations
 */

static void
test_sb(void **state)
{
	struct line *line = *state;

	FEED(line, "a" SIZE_80_24 "b", "ab", "", "");
	FEED(line, SB SE "c", "c", "", "");
	/* An SE alone is a byte of it, and outside a command without effect. */
	FEED(line, SB TTYPE "\xf0rest" SE SE "d", "d", "", "");
	FEED(line, SE "e" SE SE "\xf0", "e\xf0", "", "");
	/* Line ends, too, are nothing but bytes of it. */
	FEED(line, SB TTYPE "\r\n\r\0\n" SE "f", "f", "", "");
}

/* IAC IAC stands for a byte, so that IAC IAC SE does not end it. */
static void
test_sb_iac_iac(void **state)
{
	struct line *line = *state;

	FEED(line, SB NAWS IAC IAC "\xf0hidden" IAC IAC SE "a", "a", "", "");
}

/* Nothing but IAC SE ends it, whatever else follows an IAC: no payload acts. */
static void
test_sb_iac_any(void **state)
{
	struct line *line = *state;

	for (int byte = 0; byte < 256; byte++) {
		if (byte == (unsigned char)SE[1])
			continue;
		line_feed(line, STR(SB "\x55" IAC));
		line_feed_byte(line, (unsigned char)byte);
		SILENCE(line, "hidden" SE);
	}
	SILENCE(line, SB DO ECHO AYT END_OF_FILE DO TIMING_MARK IP SB "x" SE);
	FEED(line, "a", "a", "", "");
}

/* Without an end it swallows all, and takes no memory for it. */
static void
test_sb_endless(void **state)
{
	struct line *line = *state;

	line_feed(line, STR(SB TTYPE));
	for (int i = 0; i < 1000000; i++)
		line_feed_byte(line, (unsigned char)(i % 251));
	CHECK(line, "", "", "");
	assert_null(line->text.p);
	assert_null(line->reply.p);
	assert_null(line->events.p);
	FEED(line, SE "a", "a", "", "");
}

/* A request for a character set of which `len` bytes are between SB and SE. */
static void
feed_request(struct line *line, size_t len, struct str filler)
{
	struct str begin = STR(CHARSET "\x01;UTF-8;");

	line_feed(line, STR(SB));
	line_feed(line, begin);
	for (size_t i = begin.len; i < len; i++)
		line_feed(line, filler);
	line_feed(line, STR(SE));
}

/* What is too long is dropped whole, up to its end, however its bytes are written. */
static void
test_sb_long(void **state)
{
	struct line *line = *state;

	ANSWER(line, DO CHARSET, WILL CHARSET ASK_CHARSET);
	for (size_t len = 20; len < 2000; len++) {
		feed_request(line, len, STR("x"));
		if (len <= 128)
			CHECK(line, "", "", SB CHARSET "\x02UTF-8" SE);
		else
			CHECK(line, "", "", "");
		feed_request(line, len, STR(IAC IAC));
		if (len <= 128)
			CHECK(line, "", "", SB CHARSET "\x02UTF-8" SE);
		else
			CHECK(line, "", "", "");
	}
	/* Nor is its tail text, or a command. */
	feed_request(line, 1000, STR(DO ECHO AYT));
	CHECK(line, "", "", "");
	FEED(line, "a", "a", "", "");
}

/* The length of one says nothing about the next. */
static void
test_sb_again(void **state)
{
	struct line *line = *state;

	ANSWER(line, DO CHARSET, WILL CHARSET ASK_CHARSET);
	for (int times = 0; times < 3; times++) {
		feed_request(line, 5000, STR("x"));
		CHECK(line, "", "", "");
		feed_request(line, 20, STR("x"));
		CHECK(line, "", "", SB CHARSET "\x02UTF-8" SE);
		SILENCE(line, SB SE SB CHARSET SE);
	}
	/* One that has no end yet is not ended by the beginning of another. */
	ANSWER(line, SB TTYPE "x" SB CHARSET "\x01;UTF-8" SE, "");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		line_test(test_text),
		line_test(test_text_runs),
		line_test(test_commands),
		line_test(test_is_client),
		line_test(test_refused),
		line_test(test_acknowledged),
		line_test(test_timing_mark),
		line_test(test_offer),
		line_test(test_offer_accepted),
		line_test(test_binary),
		line_test(test_changes_of_mind),
		line_test(test_eor),
		line_test(test_size),
		line_test(test_size_odd),
		line_test(test_charset),
		line_test(test_sb),
		line_test(test_sb_iac_iac),
		line_test(test_sb_iac_any),
		line_test(test_sb_endless),
		line_test(test_sb_long),
		line_test(test_sb_again),
	};

	return cmocka_run_group_tests_name("telnet", tests, NULL, NULL);
}
