/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/proto.h"
#include "proto_rig.h"

/* What a connection sees of its protocol, without an editor. */

/* The stream gives these events and answers in one piece, cut anywhere, and byte by
 * byte.
 */
static void
check_stream(const struct proto_ops *ops, struct str bytes, struct str events,
	struct str reply, int at)
{
	struct session session;

	for (size_t cut = 0; cut <= bytes.len; cut++) {
		session_start(&session, ops);
		session_feed(&session, str_make(bytes.p, cut));
		session_feed(&session, str_from(bytes, cut));
		session_finish(&session);
		session_check(&session, events, reply, at);
		session_fini(&session);
	}
	session_start(&session, ops);
	for (size_t i = 0; i < bytes.len; i++)
		session_feed(&session, str_make(bytes.p + i, 1));
	session_finish(&session);
	session_check(&session, events, reply, at);
	session_fini(&session);
}

#define CHECK_AUTO(bytes, events, reply)                                               \
	check_stream(&proto_auto, STR(bytes), STR(events), STR(reply), __LINE__)
#define CHECK_TELNET(bytes, events, reply)                                             \
	check_stream(&proto_telnet, STR(bytes), STR(events), STR(reply), __LINE__)
#define CHECK_LINE(bytes, events)                                                      \
	check_stream(&proto_line, STR(bytes), STR(events), STR(""), __LINE__)

/*
 * Evidence
 */

/* What nc, ncat and socat send, and a lone CR (socat raw), get nothing back. */
static void
test_no_evidence(void **state)
{
	(void)state;
	CHECK_AUTO("", "", "");
	CHECK_AUTO("one\ntwo\n\nthree", "[one][two][][three]", "");
	CHECK_AUTO("one\rtwo\r\rthree\r", "[one][two][][three]", "");
	CHECK_AUTO("one\n\rtwo\r", "[one][][two]", "");
	CHECK_AUTO("a\0b\n\0\n", "[a\0b][\0]", "");
	CHECK_AUTO("Gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80\n",
		"[Gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80]", "");
	CHECK_AUTO(
		"\xfe\xfd\xfc\xfb\xfa\xf0\x01\n", "[\xfe\xfd\xfc\xfb\xfa\xf0\x01]", "");
	CHECK_AUTO("12345678901234567890\n", "[1234567890123456~]", "");
}

static void
test_evidence(void **state)
{
	(void)state;
	CHECK_AUTO("one\r\n", "[one]", OFFER);
	CHECK_AUTO("one\r\0", "[one]", OFFER);
	CHECK_AUTO("\r\n", "[]", OFFER);
	CHECK_AUTO("one\r\ntwo\r\nthree\r\0", "[one][two][three]", OFFER);
	/* Not a later line: it may be pasted into nc, from a file that ends them so. */
	CHECK_AUTO("one\ntwo\r\nthree\r\nfour\r\0", "[one][two][three][four]", "");
	CHECK_AUTO("one\rtwo\r\n", "[one][two]", "");
	CHECK_AUTO("one\n\r\n", "[one][]", "");
	/* Any IAC, also within a line; what it was comes behind the offer. */
	CHECK_AUTO(IAC, "", OFFER);
	CHECK_AUTO(DO TIMING_MARK, "", OFFER WILL TIMING_MARK);
	CHECK_AUTO(WILL TSPEED WILL TSPEED, "", OFFER DONT TSPEED);
	CHECK_AUTO("on" IAC "\xf1"
		   "e\n",
		"[one]", OFFER);
	CHECK_AUTO("one\r\ntwo" DO TIMING_MARK "\r\n", "[one][two]",
		OFFER WILL TIMING_MARK);
}

/* Not before the byte that shows it, and behind the line that it ends. */
static void
test_evidence_comes_first(void **state)
{
	struct session session;

	(void)state;
	session_start(&session, &proto_auto);
	FEED(&session, "one\r", "[one]", "");
	assert_null(session.proto.telnet);
	FEED(&session, "\n", "", OFFER);
	assert_non_null(session.proto.telnet);
	session_fini(&session);

	session_start(&session, &proto_auto);
	FEED(&session, "on", "", "");
	assert_null(session.proto.telnet);
	FEED(&session, IAC, "", OFFER);
	FEED(&session,
		"\xf1"
		"e\r",
		"[one]", "");
	session_fini(&session);
}

/* `speak = telnet` offers at once, and then does as auto does. */
static void
test_telnet(void **state)
{
	struct session session;

	(void)state;
	session_start(&session, &proto_telnet);
	session_check(&session, STR(""), STR(OFFER), __LINE__);
	session_fini(&session);
	CHECK_TELNET("", "", OFFER);
	CHECK_TELNET("one\ntwo\r\n", "[one][two]", OFFER);
	CHECK_TELNET("one" DO TIMING_MARK "\r\n" WILL TSPEED "two\r\0three\r",
		"[one][two][three]", OFFER WILL TIMING_MARK DONT TSPEED);
}

/* `speak = line`: every byte is text, that of telnet too. */
static void
test_line(void **state)
{
	(void)state;
	CHECK_LINE("one\ntwo\r\nthree\r\0four\rfive", "[one][two][three][four][five]");
	CHECK_LINE(DO TIMING_MARK "\n", "[" DO TIMING_MARK "]");
	CHECK_LINE("a" IAC IAC END_OF_FILE "\nb\n", "[a" IAC IAC END_OF_FILE "][b]");
	CHECK_LINE("12345678901234567890\nx\n", "[1234567890123456~][x]");
}

/*
 * Lines and commands
 */

static void
test_lines(void **state)
{
	(void)state;
	CHECK_TELNET("one\ntwo\r\nthree\r\0four\rfive", "[one][two][three][four][five]",
		OFFER);
	CHECK_TELNET("\n\r\n\r\0\r", "[][][][]", OFFER);
	CHECK_TELNET("12345678901234567890\nx\n", "[1234567890123456~][x]", OFFER);
	/* Whatever stands around and within, commands are not part of a line. */
	CHECK_TELNET(IAC "\xf1o" IAC "\xf1n" IAC "\xf1"
			 "e" IAC "\xf1\n",
		"[one]", OFFER);
	CHECK_TELNET("o" DO STATUS "ne\r" IAC "\xf1\ntwo\r" WILL MXP "\0", "[one][two]",
		OFFER WONT STATUS DONT MXP);
	/* 0xFF itself is one byte of the line. */
	CHECK_TELNET("a" IAC IAC "\n", "[a\xff]", OFFER);
	CHECK_TELNET("a\r" IAC IAC "\n", "[a][\xff]", OFFER);
	CHECK_TELNET("a" SIZE_80_24 "b\n", "[ab]", OFFER);
}

static void
test_commands(void **state)
{
	(void)state;
	CHECK_TELNET("a" AYT "b\n", "[ab]", OFFER HERE);
	CHECK_TELNET("one" IP "two\n", "[two]", OFFER);
	CHECK_TELNET("one" BRK "two\n", "[two]", OFFER);
	CHECK_TELNET("one" EL "two\n", "[two]", OFFER);
	CHECK_TELNET("one" SUSP "two\n", "[onetwo]", OFFER);
	CHECK_TELNET("onx\xc3\xbc" EC EC "e\n", "[one]", OFFER);
	CHECK_TELNET(EC EL IP "one\r" EC EL "\ntwo\n", "[one][two]", OFFER);
	/* Nothing is too long any more. */
	CHECK_TELNET("12345678901234567890" IP "x\n", "[x]", OFFER);
	/* Two lines are not one: what was said cannot be taken back. */
	CHECK_TELNET("one\n" EC EC "\n", "[one][]", OFFER);
}

/* Whoever says that his input ends gets what came before it said; and may go on. */
static void
test_end(void **state)
{
	(void)state;
	CHECK_TELNET("one\ntwo" END_OF_FILE, "[one]E[two]", OFFER);
	CHECK_TELNET("one\n" END_OF_FILE, "[one]E", OFFER);
	CHECK_AUTO(END_OF_FILE, "E", OFFER);
	CHECK_LINE("one\ntwo", "[one][two]");
}

/* ^C of a BSD client: the mark lets it show output again. */
static void
test_interrupt(void **state)
{
	(void)state;
	CHECK_AUTO("hel" IP DO TIMING_MARK "lo\r\n", "[lo]", OFFER WILL TIMING_MARK);
	CHECK_AUTO("hel" SUSP DO TIMING_MARK "lo\r\n" BRK DO TIMING_MARK, "[hello]",
		OFFER WILL TIMING_MARK WILL TIMING_MARK);
}

/*
 * Before BINARY inetutils' telnet takes a byte of a character for one of its keys: a
 * capital U with dots is C3 9C, and arrives as C3 IAC BRK IAC DO TM.
 */
static void
test_repair(void **state)
{
	(void)state;
	CHECK_AUTO("\xc3" BRK DO TIMING_MARK "ber\r\n",
		"[\xc3\x9c"
		"ber]",
		OFFER WILL TIMING_MARK);
	CHECK_AUTO(
		"\xc3" IP DO TIMING_MARK "\r\n", "[\xc3\x83]", OFFER WILL TIMING_MARK);
	CHECK_AUTO("\xd1" ABORT_OUTPUT DO TIMING_MARK "\r\n", "[\xd1\x8f]",
		OFFER WILL TIMING_MARK);
	CHECK_AUTO("\xc3" SUSP DO TIMING_MARK "\r\n", "[\xc3\x9a]",
		OFFER WILL TIMING_MARK);
	/* A left quote (E2 80 9C), and a character that ends with what is taken. */
	CHECK_AUTO("\xe2\x80" BRK DO TIMING_MARK "a\xe2" BRK DO TIMING_MARK "\xac\r\n",
		"[\xe2\x80\x9c"
		"a\xe2\x9c\xac]",
		OFFER WILL TIMING_MARK WILL TIMING_MARK);
	CHECK_AUTO("\xf0" SUSP DO TIMING_MARK SUSP DO TIMING_MARK "\x80\r\n",
		"[\xf0\x9a\x9a\x80]", OFFER WILL TIMING_MARK WILL TIMING_MARK);
}

/* Only within a character, and only for as long as the client is not 8-bit clean. */
static void
test_no_repair(void **state)
{
	(void)state;
	CHECK_AUTO("\xc3\xbc" BRK "ber\r\n", "[ber]", OFFER);
	CHECK_AUTO("a" SUSP "ber\r\n", "[aber]", OFFER);
	CHECK_AUTO("\xc3\n" IP "a\n", "[\xc3][a]", OFFER);
	CHECK_AUTO("\xc3" EC "a\n", "[a]", OFFER);
	CHECK_AUTO("\xc3" EL "a\n", "[a]", OFFER);
	CHECK_AUTO("\xc3" WILL BINARY BRK "ber\r\n", "[ber]", OFFER);
	CHECK_AUTO("\xc3" WONT BINARY BRK "ber\r\n",
		"[\xc3\x9c"
		"ber]",
		OFFER);
	CHECK_AUTO("\xc3" WILL BINARY SUSP "ber\r\n",
		"[\xc3"
		"ber]",
		OFFER);
}

/* A line is not parsed before the one before it was acted upon. */
static void
test_one_at_a_time(void **state)
{
	struct str bytes = STR("one\r\ntwo" DO TIMING_MARK "\nrest");
	struct buf reply = {0};
	struct proto proto;
	bool is_cut;

	(void)state;
	proto_init(&proto, &proto_auto, &reply);
	assert_int_equal(proto_auto.input(&proto, &bytes, 16, &reply), PROTO_LINE);
	assert_true(str_eq(proto_text(&proto, 16, &is_cut), STR("one")));
	assert_int_equal(bytes.len, strlen("\ntwo...\nrest"));
	assert_int_equal(reply.len, 0);
	assert_int_equal(proto_auto.input(&proto, &bytes, 16, &reply), PROTO_LINE);
	assert_true(str_eq(proto_text(&proto, 2, &is_cut), STR("tw")));
	assert_true(is_cut);
	assert_int_equal(reply.len, sizeof(OFFER WILL TIMING_MARK) - 1);
	assert_int_equal(proto_auto.input(&proto, &bytes, 16, &reply), PROTO_MORE);
	assert_true(proto_finish(&proto));
	assert_true(str_eq(proto_text(&proto, 16, &is_cut), STR("rest")));
	assert_false(proto_finish(&proto));
	proto_fini(&proto);
	buf_fini(&reply);
}

static void
test_terminal(void **state)
{
	struct session session;
	struct telnet_terminal terminal;

	(void)state;
	session_start(&session, &proto_auto);
	session_feed(&session, STR("one\n"));
	terminal = proto_terminal(&session.proto);
	assert_int_equal(terminal.columns, 0);
	assert_int_equal(terminal.rows, 0);
	assert_int_equal(terminal.colours, 0);
	assert_false(terminal.is_known || terminal.is_reader || terminal.has_editor);
	session_feed(&session, STR(WILL NAWS SIZE_80_24 WILL TTYPE TYPE_IS("xterm")));
	terminal = proto_terminal(&session.proto);
	assert_int_equal(terminal.columns, 80);
	assert_int_equal(terminal.rows, 24);
	assert_int_equal(terminal.colours, 16);
	assert_true(terminal.is_known);
	session_fini(&session);
}

/*
 * Hidden input
 */

#define HIDE(session, hidden, can, says)                                               \
	do {                                                                           \
		assert_int_equal(proto_set_hidden(&(session)->proto, hidden,           \
					 &(session)->reply),                           \
			can);                                                          \
		session_check(session, STR(""), STR(says), __LINE__);                  \
	} while (0)

static void
test_hidden_plain(void **state)
{
	struct session session;

	(void)state;
	session_start(&session, &proto_line);
	HIDE(&session, true, false, "");
	FEED(&session, "secret\n", "[secret]", "");
	HIDE(&session, false, false, "");
	session_fini(&session);

	/* Nobody who has answered nothing is sent an IAC for it. */
	session_start(&session, &proto_telnet);
	session_check(&session, STR(""), STR(OFFER), __LINE__);
	HIDE(&session, true, false, "");
	FEED(&session, "secret\r\n", "[secret]", "");
	HIDE(&session, false, false, "");
	session_fini(&session);
}

static void
test_hidden(void **state)
{
	struct session session;

	(void)state;
	session_start(&session, &proto_telnet);
	FEED(&session, WILL BINARY, "", OFFER);
	HIDE(&session, true, true, WILL ECHO);
	HIDE(&session, true, true, "");
	FEED(&session, DO ECHO "secret\r\n", "T[secret]", "");
	HIDE(&session, false, true, WONT ECHO);
	FEED(&session, DONT ECHO, "T", "");
	HIDE(&session, false, true, "");
	/* A refusal (nc -t) is not argued with. */
	HIDE(&session, true, true, WILL ECHO);
	assert_false(proto_is_exposed(&session.proto));
	FEED(&session, DONT ECHO "secret\r\n", "T[secret]", "");
	assert_true(proto_is_exposed(&session.proto));
	FEED(&session, SIZE_80_24 WILL NAWS SIZE_80_24, "T", "");
	HIDE(&session, false, false, "");
	assert_false(proto_is_exposed(&session.proto));
	/* Asked again it is, but not believed. */
	HIDE(&session, true, false, WILL ECHO);
	FEED(&session, DO ECHO, "T", "");
	assert_false(proto_is_exposed(&session.proto));
	session_fini(&session);
}

/* A peer that never shows telnet gets no byte, and costs no state. */
static void
test_never_first(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 50; seed++) {
		uint64_t random = wire_seed(seed);
		struct session session;
		char bytes[1000];

		session_start(&session, &proto_auto);
		for (int piece = 0; piece < 50; piece++) {
			for (size_t i = 0; i < sizeof(bytes); i++) {
				char before = i > 0 ? bytes[i - 1] : '\r';

				bytes[i] = (char)(wire_random(&random) % 255);
				if (wire_random(&random) % 8 == 0)
					bytes[i] = '\r';
				if (before == '\r' &&
					(bytes[i] == '\n' || bytes[i] == '\0'))
					bytes[i] = 'x';
			}
			session_feed(&session, str_make(bytes, sizeof(bytes)));
			assert_int_equal(session.reply.len, 0);
			assert_null(session.proto.telnet);
		}
		assert_int_equal(session.events.p[0], '[');
		session_fini(&session);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_evidence),
		cmocka_unit_test(test_evidence),
		cmocka_unit_test(test_evidence_comes_first),
		cmocka_unit_test(test_telnet),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_interrupt),
		cmocka_unit_test(test_repair),
		cmocka_unit_test(test_no_repair),
		cmocka_unit_test(test_one_at_a_time),
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_hidden_plain),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_never_first),
	};

	return cmocka_run_group_tests_name("proto", tests, NULL, NULL);
}
