/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/width.h"
#include "editor_rig.h"
#include "net/editor.h"
#include "screen.h"

static void
type_and_want(struct rig *rig, struct str keys, const char *sent)
{
	rig_forget(rig);
	rig_type(rig, keys);
	rig_assert_sent(rig, sent);
}

/* A key costs as few bytes as it can. */
static void
test_few_bytes(void **state)
{
	struct rig *rig = rig_new(40);

	(void)state;
	type_and_want(rig, STR("a"), "a");
	type_and_want(rig, STR("bc"), "bc");
	type_and_want(rig, STR(NIHON), NIHON);
	type_and_want(rig, STR("\x7F"), "\b\b\033[K");
	type_and_want(rig, STR(LEFT), "\b");
	type_and_want(rig, STR("x"), "xc\b");
	type_and_want(rig, STR("\x05"), "\033[C");
	type_and_want(rig, STR("\x01"), "\033[4D");
	type_and_want(rig, STR("\x02\x08"), "");
	type_and_want(rig, STR("\x0B"), "\033[K");
	type_and_want(rig, STR("\x19"), "abxc");
	type_and_want(rig, STR(LEFT RIGHT), "");
	type_and_want(rig, STR(ACUTE), "\bc" ACUTE);
	type_and_want(rig,
		STR("\x17"
		    "ab"),
		"\b\b\033[K");
	type_and_want(rig, STR("\xC3\xA9\xE6\x97\xA5"), "\xC3\xA9\xE6\x97\xA5");
	/* Where terminals differ, nothing may wrap. */
	type_and_want(rig, STR("\xF0\x9F\x98\x80"), "\033[?7l\xF0\x9F\x98\x80\033[?7h");
	type_and_want(rig, STR("z"), "\033[?7lz\033[?7h");
	type_and_want(rig, STR("\x08"), "\b\033[K");
	type_and_want(rig, STR("\033[1;"), "");
	type_and_want(rig, STR("\xE6\x97"), "");
	rig_free(rig);
}

static void
test_whole_row(void **state)
{
	struct rig *rig = rig_new(40);

	(void)state;
	rig_assert_sent(rig, "\033[?2004h\r> \033[K");
	rig_type(rig, STR("abc" LEFT));
	rig_forget(rig);
	rig_print(rig, STR("hello"));
	rig_assert_sent(rig, "\r\033[Khello\r\n\r> abc\033[K\b");
	type_and_want(rig, STR("\r"), "\r\033[K= abc\r\n\r> \033[K");
	type_and_want(rig, STR("x\x0C"), "\033[H\033[2J\r> x\033[K");
	rig_free(rig);
}

/* Each does nothing if it is so already, and erased nothing is sent. */
static void
test_erase_and_draw(void **state)
{
	struct editor *editor = editor_new();
	struct buf out = {0};
	struct str keys = STR("abc\x7F\x7F\x7F\x7F\x0C\x12x\x07"
			      "de");

	(void)state;
	editor_erase(editor, &out);
	assert_int_equal(editor_input(editor, &keys, 100), EDITOR_MORE);
	editor_clear(editor);
	editor_backspace(editor);
	assert_int_equal(out.len, 0);
	assert_true(editor_draw(editor, &out));
	assert_true(str_eq(buf_str(&out), STR("\r\033[K")));
	assert_false(editor_draw(editor, &out));
	assert_int_equal(out.len, 4);
	editor_erase(editor, &out);
	assert_int_equal(out.len, 8);
	editor_erase(editor, &out);
	assert_int_equal(out.len, 8);
	buf_reset(&out);
	editor_leave(editor, &out);
	assert_true(str_eq(buf_str(&out), STR("\033[?2004l")));
	buf_fini(&out);
	editor_free(editor);
	editor_free(NULL);
}

#define RIGHT13 "\x06\x06\x06\x06\x06\x06\x06\x06\x06\x06\x06\x06\x06"

/* Twenty columns, of which 17 are behind the prompt and may be used. */
static void
test_scrolling(void **state)
{
	(void)state;
	rig_check(20, STR("0123456789abcdefg"), "> 0123456789abcdefg", 19,
		"0123456789abcdefg");
	rig_check(20, STR("0123456789abcdefgh"), "> <789abcdefgh", 14,
		"0123456789abcdefgh");
	rig_check(20, STR("0123456789abcdefgh\x01"), "> 0123456789abcdef>", 2,
		"0123456789abcdefgh");
	rig_check(20, STR("0123456789abcdefghijklmnopqrst\x02\x02\x02\x02"),
		"> <efghijklmnopqrst", 15, "0123456789abcdefghijklmnopqrst");
	rig_check(20, STR("0123456789abcdefghijklmnopqrst\x01" RIGHT13),
		"> 0123456789abcdef>", 15, "0123456789abcdefghijklmnopqrst");
	rig_check(20, STR("0123456789abcdefghijklmnopqrst\x01" RIGHT13 RIGHT),
		"> <789abcdefghijkl>", 10, "0123456789abcdefghijklmnopqrst");
	/* Short again, it is where it was. */
	rig_check(20, STR("0123456789abcdefgh\x7F"), "> 0123456789abcdefg", 19,
		"0123456789abcdefg");
}

static void
test_scrolling_wide(void **state)
{
	(void)state;
	rig_check(20, STR(NIHON NIHON NIHON NIHON NIHON NIHON NIHON NIHON),
		"> " NIHON NIHON NIHON NIHON NIHON NIHON NIHON NIHON, 18,
		NIHON NIHON NIHON NIHON NIHON NIHON NIHON NIHON);
	/* Half a character is none: the mark stands at the edge all the same. */
	rig_check(20, STR("x" NIHON NIHON NIHON NIHON NIHON NIHON NIHON NIHON "y\x01"),
		"> x" NIHON NIHON NIHON NIHON NIHON NIHON NIHON " >", 2,
		"x" NIHON NIHON NIHON NIHON NIHON NIHON NIHON NIHON "y");
	rig_check(20, STR(NIHON NIHON NIHON NIHON NIHON NIHON NIHON NIHON NIHON),
		"> <" NIHON NIHON NIHON NIHON NIHON, 13,
		NIHON NIHON NIHON NIHON NIHON NIHON NIHON NIHON NIHON);
}

/* The last column stays empty whatever is typed. */
static void
test_last_column(void **state)
{
	static const char *const keys[] = {"a", NIHON, "b", "c", CODER, E_ACUTE, LEFT,
		LEFT, "d", "\x01", "e", "\x05"};

	(void)state;
	for (size_t columns = 10; columns < 30; columns++) {
		struct rig *rig = rig_new(columns);

		for (size_t i = 0; i < 200; i++) {
			const struct screen *screen = rig->screen;

			rig_type(rig,
				str_of(keys[(i * i + i / 7) %
					(sizeof(keys) / sizeof(*keys))]));
			assert_int_equal(screen->row, 0);
			assert_int_equal(screen->cells[columns - 1].len, 0);
			assert_in_range(screen->cells[columns - 2].width, 0, 1);
		}
		rig_free(rig);
	}
}

static void
set_prompt(struct rig *rig, struct str prompt)
{
	struct buf out = {0};

	editor_set_prompt(rig->editor, prompt);
	editor_draw(rig->editor, &out);
	rig_send(rig, &out);
}

static void
test_prompt(void **state)
{
	struct rig *rig = rig_new(20);

	(void)state;
	rig_type(rig, STR("abc"));
	set_prompt(rig, STR("#lobby> "));
	rig_assert_row(rig, "#lobby> abc", 11);
	/* At most half of the row, and that is its end. */
	set_prompt(rig, STR("#a-long-name> "));
	rig_assert_row(rig, "ng-name> abc", 12);
	set_prompt(rig, STR(NIHON NIHON NIHON NIHON NIHON "> "));
	rig_assert_row(rig, NIHON NIHON NIHON "> abc", 11);
	rig_forget(rig);
	set_prompt(rig, STR("\033[1m#a-long-\033[31mname\033[m> "));
	rig_assert_row(rig, "ng-name> abc", 12);
	rig_assert_sent(rig, "\r\033[1mng-\033[31mname\033[m> \033[0mabc\033[K");
	rig_forget(rig);
	set_prompt(rig, STR("\033[1m#a-long-\033[31mname\033[m> "));
	rig_assert_sent(rig, "");
	/* What has no columns is shown with something at its left, or not. */
	rig_forget(rig);
	set_prompt(rig, STR("#a-lo\xE2\x80\x8Bng-name> "));
	rig_assert_sent(rig, "\rng-name> abc\033[K");
	rig_forget(rig);
	set_prompt(rig, STR(ACUTE "\033[1m" E_ACUTE "> "));
	rig_assert_sent(rig, "\r\033[1m" E_ACUTE "> \033[0mabc\033[K");
	set_prompt(rig, STR(""));
	rig_assert_row(rig, "abc", 3);
	rig_free(rig);
}

/* What changes while it is shown takes effect with the next key, or drawing. */
static void
test_prompt_at_next_key(void **state)
{
	struct rig *rig = rig_new(20);

	(void)state;
	rig_type(rig, STR("abc"));
	editor_set_prompt(rig->editor, STR("#lobby> "));
	rig_assert_row(rig, "> abc", 5);
	rig_type(rig, STR("d"));
	rig_assert_row(rig, "#lobby> abcd", 12);
	rig_free(rig);
}

static void
resize(struct rig *rig, size_t columns)
{
	struct buf out = {0};

	screen_resize(rig->screen, columns);
	editor_resize(rig->editor, (unsigned)columns);
	editor_draw(rig->editor, &out);
	rig_send(rig, &out);
}

static void
test_resize(void **state)
{
	struct rig *rig = rig_new(40);

	(void)state;
	rig_type(rig, STR("0123456789abcdefghijkl"));
	resize(rig, 20);
	rig_assert_row(rig, "> <efghijkl", 11);
	resize(rig, 10);
	rig_assert_row(rig, "> <kl", 5);
	resize(rig, 40);
	rig_assert_row(rig, "> 0123456789abcdefghijkl", 24);
	rig_forget(rig);
	resize(rig, 40);
	rig_assert_sent(rig, "");
	screen_resize(rig->screen, 30);
	editor_resize(rig->editor, 30);
	rig_type(rig, STR("m"));
	rig_assert_row(rig, "> 0123456789abcdefghijklm", 25);
	rig_free(rig);
}

/* Unknown is 80; less than ten, which nobody has, is garbled but not dangerous. */
static void
test_odd_widths(void **state)
{
	struct rig *rig = rig_new(80);

	(void)state;
	editor_resize(rig->editor, 0);
	for (int i = 0; i < 77; i++)
		rig_type(rig, STR("x"));
	assert_int_equal(rig->screen->column, 79);
	rig_type(rig, STR("y"));
	assert_true(rig->screen->column < 60);
	screen_resize(rig->screen, 10);
	editor_resize(rig->editor, 1);
	rig_type(rig,
		STR("\x15"
		    "0123456"));
	rig_assert_row(rig, "> 0123456", 9);
	rig_type(rig, STR("7"));
	rig_assert_row(rig, "> <67", 5);
	rig_free(rig);
}

static void
test_printing_above(void **state)
{
	struct rig *rig = rig_new(20);
	struct buf dump = {0};

	(void)state;
	rig_type(rig, STR("abc" LEFT));
	rig_print(rig, STR("ann: a line which is just longer"));
	rig_print(rig, STR("a line of 20 columns"));
	rig_type(rig, STR("d\r"));
	rig_type(rig, STR("e"));
	screen_dump(rig->screen, &dump);
	assert_true(str_eq(buf_str(&dump),
		STR("|ann: a line which is\n|just longer\n|a line of 20 columns\n|= "
		    "abdc\n"
		    "|> e\n|\nat 4,3\n")));
	rig_print(rig, STR("x"));
	rig_print(rig, STR("y"));
	buf_reset(&dump);
	screen_dump(rig->screen, &dump);
	assert_true(str_eq(buf_str(&dump),
		STR("|just longer\n|a line of 20 columns\n|= abdc\n|x\n|y\n|> e\n"
		    "at 5,3\n")));
	buf_fini(&dump);
	rig_free(rig);
}

static void
test_clearing_the_screen(void **state)
{
	struct rig *rig = rig_new(20);

	(void)state;
	rig_print(rig, STR("x"));
	rig_type(rig, STR("abc" LEFT "\x0C"));
	assert_int_equal(rig->screen->row, 0);
	rig_assert_row(rig, "> abc", 4);
	rig_print(rig, STR("y"));
	assert_int_equal(rig->screen->row, 1);
	rig_assert_row(rig, "> abc", 4);
	rig_free(rig);
}

static void
test_search_prompt(void **state)
{
	struct rig *rig = rig_new(40);

	(void)state;
	rig_type(rig, STR("hello there\r"));
	rig_type(rig, STR("\x12the"));
	rig_assert_row(rig, "(search) the: hello there", 20);
	rig_print(rig, STR("x"));
	rig_assert_row(rig, "(search) the: hello there", 20);
	rig_type(rig, STR("x"));
	assert_int_equal(rig->screen->bells, 1);
	rig_assert_row(rig, "(no match) thex: hello there", 23);
	rig_type(rig, STR("\x07"));
	rig_assert_row(rig, ">", 2);
	rig_free(rig);
	rig = rig_new(40);
	for (int i = 0; i < 130; i++)
		rig_type(rig, STR("ab"));
	rig_type(rig, STR("\r\x12"));
	for (int i = 0; i < 130; i++)
		rig_type(rig, STR("ab"));
	/* What is looked for has a limit. */
	assert_int_equal(rig->screen->bells, 130 - 64);
	rig_type(rig, STR("\r"));
	assert_int_equal(rig->log.len, 2 * (sizeof("line \n") - 1 + 260));
	rig_free(rig);
	rig_check(10,
		STR("ab\r\x12"
		    "b"),
		" b: ab", 5, "ab");
}

static void
test_bell(void **state)
{
	struct rig *rig = rig_new(40);
	struct buf out = {0};

	(void)state;
	type_and_want(rig, STR(UP), "\a");
	type_and_want(rig, STR(DOWN), "\a");
	type_and_want(rig, STR("x\t"), "\ax");
	editor_erase(rig->editor, &out);
	rig_send(rig, &out);
	type_and_want(rig, STR(UP), "\r> x\033[K");
	assert_int_equal(rig->screen->bells, 3);
	rig_free(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_few_bytes),
		cmocka_unit_test(test_whole_row),
		cmocka_unit_test(test_erase_and_draw),
		cmocka_unit_test(test_scrolling),
		cmocka_unit_test(test_scrolling_wide),
		cmocka_unit_test(test_last_column),
		cmocka_unit_test(test_prompt),
		cmocka_unit_test(test_prompt_at_next_key),
		cmocka_unit_test(test_resize),
		cmocka_unit_test(test_odd_widths),
		cmocka_unit_test(test_printing_above),
		cmocka_unit_test(test_clearing_the_screen),
		cmocka_unit_test(test_search_prompt),
		cmocka_unit_test(test_bell),
	};

	if (!width_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
