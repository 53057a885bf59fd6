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

/* Keys for a pager. */

static void
test_wants_keys(void **state)
{
	struct session session;

	(void)state;
	session_start_editor(&session);
	session.proto.wants_keys = true;
	FEED(&session, "a \x03" DO TIMING_MARK "\t" IAC IAC, "KaK K\x03K\tK\xff",
		WILL TIMING_MARK);
	/* Enter is one key, in each of its forms, and however it is cut. */
	FEED(&session, "\r\na\r\0b\rc\nd", "K\rKaK\rKbK\rKcK\nKd", "");
	FEED(&session, "\r", "K\r", "");
	FEED(&session, "\n", "", "");
	FEED(&session, "\n\0", "K\nK\0", "");
	FEED(&session, "\r", "K\r", "");
	FEED(&session, DO TIMING_MARK "\0\0", "K\0", WILL TIMING_MARK);
	session.proto.wants_keys = false;
	FEED(&session, "line\r", "[line]", "");
	/* Nor is the end of the line before it one. */
	session.proto.wants_keys = true;
	FEED(&session, "\nx", "Kx", "");
	session.proto.wants_keys = false;
	FEED(&session, "line\r\n", "[line]", "");
	session.proto.wants_keys = true;
	FEED(&session, "\n\r", "K\nK\r", "");
	session.proto.wants_keys = false;
	FEED(&session, "line\r", "[line]", "");
	session_fini(&session);
}

/* Commands that stand for ^C, and those for nothing while keys are wanted. */
static void
test_wants_keys_commands(void **state)
{
	struct session session;

	(void)state;
	session_start_editor(&session);
	session.proto.wants_keys = true;
	FEED(&session, "a" IP "b" BRK ABORT_OUTPUT, "KaK\x03KbK\x03K\x03", "");
	FEED(&session, EC EL SUSP "c", "Kc", "");
	session.proto.wants_keys = false;
	FEED(&session, "no" IP "line\r", "[line]", "");
	session_fini(&session);
}

/* Without an editor nobody presses keys. */
static void
test_wants_keys_without(void **state)
{
	struct session session;

	(void)state;
	session_start(&session, &proto_telnet);
	session_check(&session, STR(""), STR(OFFER), __LINE__);
	session.proto.wants_keys = true;
	FEED(&session, "q\r\n", "[q]", "");
	FEED(&session, "no" IP "line\r\n", "[line]", "");
	session_fini(&session);
}

/* Space too much at the end of the answer begins no line. */
static void
test_space_too_much(void **state)
{
	struct session session;

	(void)state;
	session_start_editor(&session);
	session.proto.wants_keys = true;
	FEED(&session, "  ", "K K ", "");
	session.proto.wants_keys = false;
	FEED(&session, " ", "", "");
	FEED(&session, "  /msg bob  x\r", "[/msg bob  x]", "");
	FEED(&session, " a\r", "[ a]", "");
	/* Nor does it take one from a line that was begun, or behind another key. */
	FEED(&session, "a", "", "");
	session.proto.wants_keys = true;
	FEED(&session, " ", "K ", "");
	session.proto.wants_keys = false;
	FEED(&session, " b\r", "[a b]", "");
	session.proto.wants_keys = true;
	FEED(&session, " q", "K Kq", "");
	session.proto.wants_keys = false;
	FEED(&session, " c\r", "[ c]", "");
	session_fini(&session);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wants_keys),
		cmocka_unit_test(test_wants_keys_commands),
		cmocka_unit_test(test_wants_keys_without),
		cmocka_unit_test(test_space_too_much),
	};

	return cmocka_run_group_tests_name("proto_keys", tests, NULL, NULL);
}
