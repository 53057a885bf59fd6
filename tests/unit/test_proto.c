/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/proto.h"

/* What a connection sees of its protocol: events, whatever pieces the bytes come in. */

#define MAX 16

/*
 * What came of a stream, in words: lines in brackets (~ when cut), an E for the end,
 * and what was answered.
 */
struct outcome {
	struct buf events;
	struct buf reply;
};

static void
outcome_fini(struct outcome *outcome)
{
	buf_fini(&outcome->events);
	buf_fini(&outcome->reply);
}

static void
add_line(struct buf *out, const struct proto *proto)
{
	bool is_cut;
	struct str line = linebuf_line(&proto->lines, MAX, &is_cut);

	buf_add_char(out, '[');
	buf_add_str(out, line);
	buf_add_str(out, is_cut ? STR("~]") : STR("]"));
}

/* One piece as it was read, and taken by the protocol to its last byte. */
static void
input(struct proto *proto, struct str bytes, struct outcome *outcome)
{
	for (;;) {
		size_t before = bytes.len;

		switch (proto->ops->input(proto, &bytes, MAX, &outcome->reply)) {
		case PROTO_LINE:
			add_line(&outcome->events, proto);
			break;
		case PROTO_END:
			buf_add_char(&outcome->events, 'E');
			break;
		case PROTO_MORE:
			assert_int_equal(bytes.len, 0);
			linebuf_relax(&proto->lines);
			return;
		}
		/* An event uses up a byte at least, or this would never end. */
		assert_true(bytes.len < before);
	}
}

static void
finish(struct proto *proto, struct outcome *outcome)
{
	if (linebuf_finish(&proto->lines))
		add_line(&outcome->events, proto);
	proto_fini(proto);
}

/* A copy of its own for every piece, so that reading past it is seen. */
static void
input_copy(struct proto *proto, struct str bytes, struct outcome *outcome)
{
	char *copy = malloc(bytes.len);

	assert_true(copy != NULL || bytes.len == 0);
	if (bytes.len > 0)
		memcpy(copy, bytes.p, bytes.len);
	input(proto, str_make(copy, bytes.len), outcome);
	free(copy);
}

static struct outcome
replay_cut(const struct proto_ops *ops, struct str bytes, size_t cut)
{
	struct outcome outcome = {0};
	struct proto proto;

	proto_init(&proto, ops);
	input_copy(&proto, str_make(bytes.p, cut), &outcome);
	input_copy(&proto, str_from(bytes, cut), &outcome);
	finish(&proto, &outcome);
	return outcome;
}

static struct outcome
replay_bytes(const struct proto_ops *ops, struct str bytes)
{
	struct outcome outcome = {0};
	struct proto proto;

	proto_init(&proto, ops);
	for (size_t i = 0; i < bytes.len; i++)
		input_copy(&proto, str_make(bytes.p + i, 1), &outcome);
	finish(&proto, &outcome);
	return outcome;
}

/* Compares, and frees both. */
static void
assert_same(struct outcome a, struct outcome b)
{
	assert_true(str_eq(buf_str(&a.events), buf_str(&b.events)));
	assert_true(str_eq(buf_str(&a.reply), buf_str(&b.reply)));
	outcome_fini(&a);
	outcome_fini(&b);
}

/* The stream gives these events and answers, cut anywhere and everywhere. */
static void
assert_stream(const struct proto_ops *ops, struct str bytes, struct str events,
	struct str reply)
{
	for (size_t cut = 0; cut <= bytes.len; cut++) {
		struct outcome got = replay_cut(ops, bytes, cut);

		assert_true(str_eq(buf_str(&got.events), events));
		assert_true(str_eq(buf_str(&got.reply), reply));
		outcome_fini(&got);
	}
	assert_same(replay_bytes(ops, bytes), replay_cut(ops, bytes, 0));
}

#define assert_telnet(bytes, events, reply)                                            \
	assert_stream(&proto_telnet, STR(bytes), STR(events), STR(reply))
#define assert_plain(bytes, events)                                                    \
	assert_stream(&proto_line, STR(bytes), STR(events), STR(""))

static void
test_lines(void **state)
{
	(void)state;
	assert_telnet("", "", "");
	assert_telnet(
		"one\ntwo\r\nthree\r\0four\rfive", "[one][two][three][four][five]", "");
	assert_telnet("\n\r\n\r\0\r", "[][][][]", "");
	assert_telnet("12345678901234567890\nx\n", "[1234567890123456~][x]", "");
	/* Whatever stands around and within, commands are not part of a line. */
	assert_telnet("\xff\xf1"
		      "o\xff\xf1n\xff\xf1"
		      "e\xff\xf1\n",
		"[one]", "");
	assert_telnet("o\xff\xfd\x01ne\r\xff\xf1\ntwo\r\xff\xfb\x01\0", "[one][two]",
		"\xff\xfc\x01"
		"\xff\xfe\x01");
	/* 0xFF itself is one byte of the line. */
	assert_telnet("a\xff\xff\n", "[a\xff]", "");
	assert_telnet("a\r\xff\xff\n", "[a][\xff]", "");
}

static void
test_replies(void **state)
{
	(void)state;
	assert_telnet("\xff\xfd\x06\xff\xfd\x06", "",
		"\xff\xfb\x06"
		"\xff\xfb\x06");
	assert_telnet("\xff\xfd\x01\xff\xfd\x01\xff\xfb\x1f\xff\xfb\x1f", "",
		"\xff\xfc\x01"
		"\xff\xfe\x1f");
	assert_telnet("a\xff\xf6"
		      "b\n",
		"[ab]", "[Yes, I am here]\r\n");
	assert_telnet("\xff\xfa\x1f\0\x50\0\x18\xff\xf0ok\n", "[ok]", "");
}

static void
test_end(void **state)
{
	(void)state;
	assert_telnet("one\ntwo\xff\xec", "[one]E[two]", "");
	assert_telnet("one\n\xff\xec", "[one]E", "");
	assert_telnet("\xff\xec", "E", "");
}

/* `speak = line`: every byte is text, that of telnet too. */
static void
test_plain(void **state)
{
	(void)state;
	assert_plain(
		"one\ntwo\r\nthree\r\0four\rfive", "[one][two][three][four][five]");
	assert_plain("\xff\xfd\x06\n", "[\xff\xfd\x06]");
	assert_plain("a\xff\xff\xff\xec\nb\n", "[a\xff\xff\xff\xec][b]");
	assert_plain("12345678901234567890\nx\n", "[1234567890123456~][x]");
}

/* A line is not parsed before the one before it was acted upon. */
static void
test_one_at_a_time(void **state)
{
	struct str bytes = STR("one\ntwo\xff\xfd\x06\nrest");
	struct buf reply = {0};
	struct proto proto;
	bool is_cut;

	(void)state;
	proto_init(&proto, &proto_telnet);
	assert_int_equal(proto_telnet.input(&proto, &bytes, MAX, &reply), PROTO_LINE);
	assert_true(str_eq(linebuf_line(&proto.lines, MAX, &is_cut), STR("one")));
	assert_int_equal(bytes.len, strlen("two...\nrest"));
	assert_int_equal(reply.len, 0);
	assert_int_equal(proto_telnet.input(&proto, &bytes, MAX, &reply), PROTO_LINE);
	assert_true(str_eq(linebuf_line(&proto.lines, MAX, &is_cut), STR("two")));
	assert_int_equal(reply.len, 3);
	assert_int_equal(proto_telnet.input(&proto, &bytes, MAX, &reply), PROTO_MORE);
	proto_fini(&proto);
	buf_fini(&reply);
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

/* A peer that never sends an IAC gets no byte that is not text, and costs no state. */
static void
test_never_first(void **state)
{
	uint64_t random = 4;

	(void)state;
	for (int stream = 0; stream < 20; stream++) {
		struct outcome outcome = {0};
		struct proto proto;
		char bytes[1000];

		proto_init(&proto, &proto_telnet);
		for (int piece = 0; piece < 100; piece++) {
			for (size_t i = 0; i < sizeof(bytes); i++)
				bytes[i] = (char)(next_random(&random) % 255);
			input_copy(&proto, str_make(bytes, sizeof(bytes)), &outcome);
			assert_int_equal(outcome.reply.len, 0);
			assert_null(proto.telnet);
		}
		outcome_fini(&outcome);
		proto_fini(&proto);
	}
}

/* Random bytes in which those that mean something are frequent. */
static char
random_byte(uint64_t *random)
{
	static const char special[] = "\xff\xff\xff\xfd\xfe\xfb\xfc\xfa\xf0\xec\xf6"
				      "\x06\r\r\n\n\0\xc3\xbc";
	uint64_t n = next_random(random);

	if (n % 4 > 0)
		return special[n / 4 % (sizeof(special) - 1)];
	return (char)(n / 4);
}

/* In whatever pieces a stream comes, the events are the same. */
static void
test_random_pieces(void **state)
{
	uint64_t random = 20261121;

	(void)state;
	for (int stream = 0; stream < 20; stream++) {
		struct outcome whole = {0}, pieces = {0};
		struct proto proto;
		struct buf bytes = {0};
		struct str rest;

		for (int i = 0; i < 100000; i++)
			buf_add_char(&bytes, random_byte(&random));
		proto_init(&proto, &proto_telnet);
		input(&proto, buf_str(&bytes), &whole);
		finish(&proto, &whole);

		proto_init(&proto, &proto_telnet);
		rest = buf_str(&bytes);
		while (rest.len > 0) {
			size_t len = next_random(&random) % 9;
			len = len < rest.len ? len : rest.len;
			input_copy(&proto, str_make(rest.p, len), &pieces);
			rest = str_from(rest, len);
		}
		finish(&proto, &pieces);
		assert_true(whole.events.len > 1000);
		assert_same(whole, pieces);
		buf_fini(&bytes);
	}
}

/* Every short stream of the bytes that mean something, cut at every place. */
static void
test_every_short(void **state)
{
	static const char bytes[] = "a\r\n\0\xff\xfd\x06\xfa\xf0\xec";
	size_t count = sizeof(bytes) - 1;

	(void)state;
	for (size_t word = 0; word < count * count * count * count; word++) {
		char text[4];
		size_t n = word;

		for (size_t i = 0; i < sizeof(text); i++, n /= count)
			text[i] = bytes[n % count];
		for (size_t cut = 1; cut < sizeof(text); cut++)
			assert_same(replay_cut(&proto_telnet,
					    str_make(text, sizeof(text)), cut),
				replay_bytes(
					&proto_telnet, str_make(text, sizeof(text))));
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_one_at_a_time),
		cmocka_unit_test(test_never_first),
		cmocka_unit_test(test_random_pieces),
		cmocka_unit_test(test_every_short),
	};

	return cmocka_run_group_tests_name("proto", tests, NULL, NULL);
}
