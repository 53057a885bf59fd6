/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/telnet.h"
#include "telnet_rig.h"

/* Asking the names of a terminal (TTYPE), one after the other, with MTTS among them. */

static struct telnet_terminal
terminal(const struct line *line)
{
	return telnet_terminal(line->telnet);
}

/* The peer has agreed to tell, and was asked once. */
static void
start_asking(struct line *line)
{
	FEED(line, WILL TTYPE, "", "T", DO TTYPE ASK_TYPE);
	assert_false(terminal(line).is_known);
}

/* inetutils, netkit: one name, repeated. */
static void
test_repeats(void **state)
{
	struct line *line = *state;

	start_asking(line);
	FEED(line, TYPE_IS("XTERM"), "", "T", ASK_TYPE);
	assert_true(terminal(line).is_known);
	assert_int_equal(terminal(line).colours, 16);
	assert_false(terminal(line).is_reader);
	assert_false(terminal(line).has_editor);
	FEED(line, TYPE_IS("XTERM"), "", "T", "");
	assert_true(terminal(line).is_known);
}

/* tintin++: its name, the terminal's, and MTTS. */
static void
test_mtts(void **state)
{
	struct line *line = *state;

	start_asking(line);
	FEED(line, TYPE_IS("TINTIN++"), "", "T", ASK_TYPE);
	assert_true(terminal(line).has_editor);
	FEED(line, TYPE_IS("xterm"), "", "T", ASK_TYPE);
	FEED(line, TYPE_IS("MTTS 271"), "", "T", ASK_TYPE);
	assert_int_equal(terminal(line).colours, 256);
	assert_false(terminal(line).is_reader);
	FEED(line, TYPE_IS("MTTS 271"), "", "T", "");
	assert_true(terminal(line).has_editor);
}

static void
test_reader(void **state)
{
	struct line *line = *state;

	start_asking(line);
	line_feed(line, STR(TYPE_IS("CLIENT") TYPE_IS("ANSI") TYPE_IS("MTTS 69")));
	assert_true(terminal(line).is_reader);
	assert_int_equal(terminal(line).colours, 16);
}

/* However many it has, four are asked for; what it tells beyond is taken, too. */
static void
test_four_times(void **state)
{
	struct line *line = *state;

	start_asking(line);
	FEED(line, TYPE_IS("A"), "", "T", ASK_TYPE);
	FEED(line, TYPE_IS("B"), "", "T", ASK_TYPE);
	FEED(line, TYPE_IS("C"), "", "T", ASK_TYPE);
	FEED(line, TYPE_IS("D"), "", "T", "");
	assert_int_equal(terminal(line).colours, 0);
	FEED(line, TYPE_IS("xterm-256color"), "", "T", "");
	assert_int_equal(terminal(line).colours, 256);
	/* Nor does it help to begin anew. */
	FEED(line, WONT TTYPE WILL TTYPE, "", "TT", DONT TTYPE DO TTYPE);
	FEED(line, TYPE_IS("E"), "", "T", "");
}

/* Refusing to tell is knowing, too: there is nothing to wait for. */
static void
test_refused(void **state)
{
	struct line *line = *state;

	telnet_offer(line->telnet, &line->reply);
	buf_reset(&line->reply);
	assert_false(terminal(line).is_known);
	FEED(line, WONT TTYPE, "", "T", "");
	assert_true(terminal(line).is_known);
	SILENCE(line, WONT TTYPE);
}

/* Nobody asked. */
static void
test_unasked(void **state)
{
	struct line *line = *state;

	SILENCE(line, TYPE_IS("xterm-256color"));
	telnet_offer(line->telnet, &line->reply);
	buf_reset(&line->reply);
	SILENCE(line, TYPE_IS("xterm-256color"));
	FEED(line, WONT TTYPE, "", "T", "");
	SILENCE(line, TYPE_IS("xterm-256color"));
	assert_int_equal(terminal(line).colours, 0);
}

/* Neither an empty name nor one of other bytes does harm. */
static void
test_odd_names(void **state)
{
	struct line *line = *state;

	start_asking(line);
	FEED(line, TYPE_IS(""), "", "T", "");
	assert_true(terminal(line).is_known);
	FEED(line, TYPE_IS("\xff\xff\0\x80"), "", "T", ASK_TYPE);
	SILENCE(line, SB TTYPE SE);
	SILENCE(line, SB TTYPE "\x01" SE);
	SILENCE(line, SB TTYPE "\x02xterm" SE);
	assert_int_equal(terminal(line).colours, 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		line_test(test_repeats),
		line_test(test_mtts),
		line_test(test_reader),
		line_test(test_four_times),
		line_test(test_refused),
		line_test(test_unasked),
		line_test(test_odd_names),
	};

	return cmocka_run_group_tests_name("telnet_type", tests, NULL, NULL);
}
