/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/editor.h"
#include "net/proto.h"
#include "proto_rig.h"

/* The line editor in a protocol: when it comes and goes, and what reaches it. */

static bool
contains(const struct buf *buf, struct str part)
{
	for (struct str rest = buf_str(buf); rest.len >= part.len;
		rest = str_from(rest, 1)) {
		if (str_starts(rest, part))
			return true;
	}
	return false;
}

static bool
has_editor(const struct session *session)
{
	return session->proto.editor != NULL;
}

/* With telnet spoken, and the offer made. */
static void
start_telnet(struct session *session)
{
	session_start(session, &proto_telnet);
	session_check(session, STR(""), STR(OFFER), __LINE__);
}

/* With the editor on the screen, behind the prompt "> ". */
static void
start_drawn(struct session *session)
{
	session_start_editor(session);
	session->draws = true;
	editor_set_prompt(session->proto.editor, STR("> "));
	session_feed(session, STR(""));
	assert_true(contains(&session->reply, STR("> ")));
	buf_reset(&session->reply);
}

#define SET_EDIT(session, on, says)                                                    \
	DOES(session, proto_set_edit(&(session)->proto, on, &(session)->reply), says)
#define HIDE(session, hidden, says)                                                    \
	DOES(session,                                                                  \
		assert_true(proto_set_hidden(                                          \
			&(session)->proto, hidden, &(session)->reply)),                \
		says)

/*
 * Coming
 */

static void
test_comes(void **state)
{
	struct session session;

	(void)state;
	start_telnet(&session);
	FEED(&session, WILL NAWS SIZE_80_24, "T", "");
	FEED(&session, WILL TTYPE, "T", ASK_TYPE);
	FEED(&session, TYPE_IS("XTERM"), "T", ASK_TYPE WILL ECHO WILL SGA);
	FEED(&session, TYPE_IS("XTERM"), "T", "");
	FEED(&session, DO ECHO, "T", "");
	assert_false(has_editor(&session));
	FEED(&session, DO SGA, "T", ENTER);
	assert_true(has_editor(&session));
	FEED(&session, "hello\r\0wor", "[hello]", "");
	FEED(&session, "ld\r\n", "[world]", "");
	FEED(&session, "lone\r", "[lone]", "");
	session_fini(&session);
}

/* The other way round; and who does not tell his type is not waited for. */
static void
test_comes_without_type(void **state)
{
	struct session session;

	(void)state;
	start_telnet(&session);
	FEED(&session, WONT TTYPE, "T", "");
	FEED(&session, WILL NAWS, "", "");
	FEED(&session, SIZE_80_24, "T", WILL ECHO WILL SGA);
	FEED(&session, DO SGA DO ECHO, "TT", ENTER);
	assert_true(has_editor(&session));
	session_fini(&session);
}

/* Not for whom it is not known, nor for a window without columns (curl: 0 x 0). */
static void
test_needs_size_and_type(void **state)
{
	struct session session;

	(void)state;
	start_telnet(&session);
	FEED(&session, WILL NAWS SIZE_80_24, "T", "");
	FEED(&session, WILL TTYPE, "T", ASK_TYPE);
	FEED(&session, "hello\r\n", "[hello]", "");
	session_fini(&session);

	start_telnet(&session);
	FEED(&session, WILL NAWS SB NAWS "\0\0\0\0" SE WONT TTYPE, "TT", "");
	FEED(&session, "hello\r\n", "[hello]", "");
	session_fini(&session);

	start_telnet(&session);
	FEED(&session, WONT NAWS WILL TTYPE TYPE_IS("XTERM"), "TT", ASK_TYPE ASK_TYPE);
	FEED(&session, "hello\r\n", "[hello]", "");
	session_fini(&session);
}

/* tintin++ and its like have an input line of their own. */
static void
test_not_for_clients_with_a_line(void **state)
{
	struct session session;

	(void)state;
	start_telnet(&session);
	FEED(&session, WILL NAWS SIZE_80_24 WILL TTYPE TYPE_IS("TINTIN++"), "TTT",
		ASK_TYPE ASK_TYPE);
	FEED(&session, TYPE_IS("xterm") TYPE_IS("MTTS 271"), "TT", ASK_TYPE ASK_TYPE);
	FEED(&session, TYPE_IS("MTTS 271") SIZE_80_24, "TT", "");
	session_fini(&session);
}

/* A screen reader shows itself with its third name: then it comes and goes. */
static void
test_not_for_readers(void **state)
{
	struct session session;

	(void)state;
	session_start_editor(&session);
	FEED(&session, TYPE_IS("ANSI"), "T", ASK_TYPE);
	assert_true(has_editor(&session));
	FEED(&session, TYPE_IS("MTTS 69"), "T", ASK_TYPE WONT ECHO WONT SGA LEAVE);
	assert_false(has_editor(&session));
	FEED(&session, DONT ECHO DONT SGA "hello\r\n", "TT[hello]", "");
	session_fini(&session);
}

/* Who does not want it is not asked a second time, whatever else changes. */
static void
test_refused(void **state)
{
	static const struct {
		struct str says, answer;
	} refusals[] = {
		{{DONT ECHO DONT SGA, 6}, {"", 0}},
		{{DONT ECHO DO SGA DONT SGA, 9}, {WONT SGA, 3}},
		{{DO ECHO DONT SGA DONT ECHO, 9}, {WONT ECHO, 3}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		struct session session;

		start_telnet(&session);
		FEED(&session, MODERN, MODERN_EVENTS, MODERN_ANSWERS);
		session_feed(&session, refusals[i].says);
		buf_reset(&session.events);
		session_check(&session, STR(""), refusals[i].answer, __LINE__);
		FEED(&session, SIZE_80_24, "T", "");
		FEED(&session, TYPE_IS("XTERM"), "T", "");
		SET_EDIT(&session, true, "");
		FEED(&session, "hello\r\n", "[hello]", "");
		assert_false(has_editor(&session));
		session_fini(&session);
	}
}

/* `/set edit off` for a connection that is not that far yet, and on again. */
static void
test_not_wanted(void **state)
{
	struct session session;

	(void)state;
	session_start(&session, &proto_auto);
	SET_EDIT(&session, false, "");
	FEED(&session, MODERN, MODERN_EVENTS, OFFER ASK_TYPE ASK_TYPE);
	SET_EDIT(&session, false, "");
	SET_EDIT(&session, true, WILL ECHO WILL SGA);
	FEED(&session, DO ECHO DO SGA, "TT", ENTER);
	session_fini(&session);

	session_start(&session, &proto_line);
	SET_EDIT(&session, false, "");
	SET_EDIT(&session, true, "");
	session_fini(&session);
}

/* What was typed before it came is not lost, and does not come up later. */
static void
test_takes_over(void **state)
{
	struct session session;

	(void)state;
	start_telnet(&session);
	FEED(&session, MODERN "gr\xc3", MODERN_EVENTS, MODERN_ANSWERS);
	FEED(&session, DO ECHO DO SGA, "TT", ENTER);
	session.draws = true;
	session_feed(&session, STR(""));
	assert_true(contains(&session.reply, STR("gr")));
	buf_reset(&session.reply);
	session_feed(&session, STR("\xbc\xc3\x9f\r"));
	buf_reset(&session.reply);
	session_check(&session, STR("[gr\xc3\xbc\xc3\x9f]"), STR(""), __LINE__);
	session_feed(&session, STR(DONT ECHO DONT SGA "a\n"));
	buf_reset(&session.reply);
	session_check(&session, STR("TT[a]"), STR(""), __LINE__);
	session_fini(&session);

	/* A line that was said before is no part of that. */
	start_telnet(&session);
	FEED(&session, MODERN "said\r", MODERN_EVENTS "[said]", MODERN_ANSWERS);
	FEED(&session, DO ECHO DO SGA "a\r", "TT[a]", ENTER);
	session_fini(&session);
	/* Tab and ^D in it are no events. */
	start_telnet(&session);
	FEED(&session, MODERN "\t\x04\x04", MODERN_EVENTS, MODERN_ANSWERS);
	FEED(&session, DO ECHO DO SGA "a\r", "TT[a]", ENTER);
	session_fini(&session);
}

/*
 * Leaving
 */

static void
test_leaves(void **state)
{
	struct session session;

	(void)state;
	session_start_editor(&session);
	FEED(&session, "half", "", "");
	SET_EDIT(&session, false, WONT ECHO WONT SGA LEAVE);
	assert_false(has_editor(&session));
	FEED(&session, DONT ECHO DONT SGA "one\r\n", "TT[one]", "");
	SET_EDIT(&session, true, WILL ECHO WILL SGA);
	FEED(&session, DO ECHO DO SGA "two\r\n", "TT[two]", ENTER);
	/* The client takes it back (`mode line`), and keeps it. */
	FEED(&session, DONT SGA DONT ECHO, "TT", WONT SGA WONT ECHO LEAVE);
	assert_false(has_editor(&session));
	FEED(&session, SIZE_80_24 "three\n", "T[three]", "");
	session_fini(&session);

	session_start_editor(&session);
	FEED(&session, DONT ECHO, "T", WONT ECHO WONT SGA LEAVE);
	FEED(&session, DONT SGA "one\n", "T[one]", "");
	session_fini(&session);

	/* It does not leave its row behind. */
	start_drawn(&session);
	session_feed(&session, STR("half"));
	buf_reset(&session.reply);
	SET_EDIT(&session, false, WONT ECHO WONT SGA "\r\033[K" LEAVE);
	session_fini(&session);
}

/* The line that it is switched off with may end in two bytes. */
static void
test_leaves_behind_cr(void **state)
{
	struct session session;

	(void)state;
	for (int nul = 0; nul < 2; nul++) {
		session_start_editor(&session);
		FEED(&session, "off\r", "[off]", "");
		SET_EDIT(&session, false, WONT ECHO WONT SGA LEAVE);
		session_feed(&session, nul ? STR("\0") : STR("\n"));
		FEED(&session, "\ntwo\n", "[][two]", "");
		session_fini(&session);
	}
	session_start_editor(&session);
	FEED(&session, "off\r\nx", "[off]", "");
	SET_EDIT(&session, false, WONT ECHO WONT SGA LEAVE);
	FEED(&session, "\n", "[]", "");
	session_fini(&session);
}

/* The terminal is left as it was, and whoever was typing did not say it. */
static void
test_close(void **state)
{
	struct session session;

	(void)state;
	start_drawn(&session);
	session_feed(&session, STR("half"));
	buf_reset(&session.reply);
	assert_false(proto_finish(&session.proto));
	proto_close(&session.proto, &session.reply);
	session_check(&session, STR(""), STR("\r\033[K" LEAVE), __LINE__);
	session_fini(&session);

	start_telnet(&session);
	DOES(&session, proto_close(&session.proto, &session.reply), "");
	session_fini(&session);
}

/*
 * Keys
 */

/* All that came at once is shown at once, and not key by key. */
static void
test_runs(void **state)
{
	struct session session;

	(void)state;
	start_drawn(&session);
	FEED(&session, "hello", "", "hello");
	FEED(&session, " Gr\xc3\xbc\xc3\x9f", "", " Gr\xc3\xbc\xc3\x9f");
	session_feed(&session, STR("\x15xyz\x7f\x7f"));
	assert_true(contains(&session.reply, STR("x")));
	assert_false(contains(&session.reply, STR("y")));
	buf_reset(&session.reply);
	session_feed(&session, STR("\t"));
	assert_true(str_eq(editor_query(session.proto.editor).word, STR("x")));
	/* 0xFF is a key, too: of no character. */
	session_feed(&session, STR(IAC IAC "b\r"));
	session_check(&session,
		STR("C[x\xef\xbf\xbd"
		    "b]"),
		buf_str(&session.reply), __LINE__);
	session_fini(&session);
}

static void
test_line_too_long(void **state)
{
	struct session session;
	struct buf line = {0}, want = {0};

	(void)state;
	for (int i = 0; i < 2048; i++)
		buf_add_char(&line, (char)('a' + i % 26));
	buf_printf(&want, "[%.*s]", (int)line.len, line.p);
	session_start_editor(&session);
	session.draws = true;
	session.max = 100000;
	session_feed(&session, buf_str(&line));
	assert_false(contains(&session.reply, STR("\a")));
	session_feed(&session, STR("x"));
	assert_true(contains(&session.reply, STR("\a")));
	session_feed(&session, STR("\r"));
	buf_reset(&session.reply);
	session_check(&session, buf_str(&want), STR(""), __LINE__);
	/* What the operator allows may be less. */
	session.max = 3;
	session_feed(&session, STR("abcd"));
	assert_true(contains(&session.reply, STR("\a")));
	session_feed(&session, STR("\rabc\r"));
	buf_reset(&session.reply);
	assert_int_equal(session.events.p[session.events.len - 5], '[');
	session_fini(&session);
	buf_fini(&line);
	buf_fini(&want);
}

static void
test_commands(void **state)
{
	struct session session;

	(void)state;
	session_start_editor(&session);
	FEED(&session, "one" IP "two\r", "[two]", "");
	FEED(&session, "one" BRK "two\r", "[two]", "");
	FEED(&session, "one" EL "two\r", "[two]", "");
	FEED(&session, "one" SUSP "two\r", "[onetwo]", "");
	FEED(&session, "onx\xc3\xbc" EC EC "e\r", "[one]", "");
	FEED(&session, EC EC IP EL "one\r", "[one]", "");
	/* A character is not repaired here: nothing that is typed is a line yet. */
	FEED(&session, "a\xc3" SUSP "\x9c\r", "[a\xc3\x9c]", "");
	FEED(&session, "x" END_OF_FILE, "E", "");
	FEED(&session, "\x15\x04", "E", "");
	session_fini(&session);
}

/* A sign of life stands above the line that is being typed, which stays. */
static void
test_are_you_there(void **state)
{
	struct session session;

	(void)state;
	start_drawn(&session);
	session_feed(&session, STR("hel"));
	buf_reset(&session.reply);
	session_feed(&session, STR(AYT));
	assert_true(str_starts(buf_str(&session.reply), STR("\r\033[K" HERE)));
	assert_true(contains(&session.reply, STR("> hel")));
	buf_reset(&session.reply);
	session_feed(&session, STR("lo\r"));
	session_check(&session, STR("[hello]"), buf_str(&session.reply), __LINE__);
	session_fini(&session);
}

/* The row is as wide as the window. */
static void
test_resize(void **state)
{
	struct session session;

	(void)state;
	start_drawn(&session);
	session.max = 1000;
	session_feed(&session, STR("0123456789abcdefghijklmnopqrstuvwxyz"));
	assert_true(contains(&session.reply, STR("0123456789abcdef")));
	buf_reset(&session.reply);
	session_feed(&session, STR(SB NAWS "\0\x14\0\x18" SE));
	assert_true(contains(&session.reply, STR("<")));
	assert_false(contains(&session.reply, STR("0123")));
	assert_true(contains(&session.reply, STR("xyz")));
	session_fini(&session);
}

/*
 * Hidden
 */

static void
test_hidden(void **state)
{
	struct session session;

	(void)state;
	start_drawn(&session);
	session_feed(&session, STR("/nick\r"));
	session_check(&session, STR("[/nick]"), buf_str(&session.reply), __LINE__);
	HIDE(&session, true, "");
	FEED(&session, "secret", "", "");
	session_feed(&session, STR("\r"));
	assert_false(contains(&session.reply, STR("s")));
	session_check(&session, STR("[secret]"), buf_str(&session.reply), __LINE__);
	HIDE(&session, false, "");
	/* It was not remembered, either. */
	session_feed(&session, STR("\033[A"));
	assert_true(contains(&session.reply, STR("/nick")));
	session_fini(&session);
}

/* The editor comes while a passphrase is being asked for. */
static void
test_hidden_before(void **state)
{
	struct session session;

	(void)state;
	start_telnet(&session);
	FEED(&session, WILL BINARY, "", "");
	HIDE(&session, true, WILL ECHO);
	session.draws = true;
	FEED(&session, WILL NAWS SIZE_80_24 WONT TTYPE, "TT", WILL SGA);
	session_feed(&session, STR(DO ECHO DO SGA));
	assert_true(has_editor(&session));
	session_feed(&session, STR("secret\r"));
	assert_false(contains(&session.reply, STR("s")));
	session_check(&session, STR("TT[secret]"), buf_str(&session.reply), __LINE__);
	HIDE(&session, false, "");
	session_feed(&session, STR("\033[A"));
	assert_false(contains(&session.reply, STR("s")));
	session_fini(&session);
}

/* And goes; then the client is asked for it. */
static void
test_hidden_behind(void **state)
{
	struct session session;

	(void)state;
	session_start_editor(&session);
	HIDE(&session, true, "");
	SET_EDIT(&session, false, WONT SGA LEAVE);
	FEED(&session, DONT SGA "secret\r\n", "T[secret]", "");
	HIDE(&session, false, WONT ECHO);
	session_fini(&session);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comes),
		cmocka_unit_test(test_comes_without_type),
		cmocka_unit_test(test_needs_size_and_type),
		cmocka_unit_test(test_not_for_clients_with_a_line),
		cmocka_unit_test(test_not_for_readers),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_not_wanted),
		cmocka_unit_test(test_takes_over),
		cmocka_unit_test(test_leaves),
		cmocka_unit_test(test_leaves_behind_cr),
		cmocka_unit_test(test_close),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_line_too_long),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_are_you_there),
		cmocka_unit_test(test_resize),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_hidden_before),
		cmocka_unit_test(test_hidden_behind),
	};

	return cmocka_run_group_tests_name("proto_edit", tests, NULL, NULL);
}
