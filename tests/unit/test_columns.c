/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/width.h"
#include "base/wrap.h"
#include "chat/columns.h"
#include "chat/user.h"
#include "chat_fake.h"

/* Lists that fit the window. */

/* Ann in a window of so many columns, of a world with these templates. */
static struct person *
ann_before(struct world *world, unsigned columns)
{
	struct person *ann = enter(world, "ann");

	sit_at(ann, (struct terminal){.columns = columns, .rows = 24});
	return ann;
}

/* What she heard, as the net layer shows it in her window: rows ended by LF. */
static char *
shown(struct person *ann)
{
	size_t columns = ann->user->terminal.columns;
	struct buf rows = {0}, text = {0};

	for (; ann->nread < ann->nheard; ann->nread++)
		wrap_line(&rows, str_of(ann->heard[ann->nread]),
			columns > 0 ? columns - 1 : 0);
	for (size_t i = 0; i < rows.len; i++) {
		if (rows.p[i] != '\r')
			buf_add_char(&text, rows.p[i]);
	}
	buf_fini(&rows);
	return buf_take(&text);
}

static void
assert_shown(struct person *ann, const char *want)
{
	char *text = shown(ann);

	assert_string_equal(text, want);
	free(text);
}

/* Every row begins so and fits into her window; returns how many there are. */
static size_t
check_rows(struct person *ann, const char *prefix)
{
	size_t columns = ann->user->terminal.columns, rows = 0;
	char *text = shown(ann);
	struct str rest = str_of(text), row;

	while (rest.len > 0 && str_split(&rest, '\n', &row)) {
		rows++;
		if (width_text(row) >= columns || !str_starts(row, str_of(prefix)))
			fail_msg("in %zu columns: \"%.*s\"", columns, (int)row.len,
				row.p);
		/* Blanks at the end of a row would be a way to fit. */
		assert_true(row.p[row.len - 1] != ' ');
	}
	free(text);
	return rows;
}

/* And no line that she heard had to be folded for that. */
static void
assert_fits(struct person *ann, const char *prefix)
{
	size_t lines = ann->nheard - ann->nread;

	assert_true(lines > 0);
	assert_int_equal(check_rows(ann, prefix), lines);
}

/*
 * Words
 */

static char one[] = "one", two[] = "two", three[] = "three", four[] = "four",
	    five[] = "five", six[] = "six", seven[] = "seven";
static char *const words[] = {one, two, three, four, five, six, seven};

static void
test_words(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = ann_before(world, 40);

	columns_show(ann->user, words, 7);
	/* 36 columns of text: five words and the gaps between, in the fewest rows. */
	assert_shown(ann,
		"-- one    three  five   seven\n"
		"-- two    four   six\n");
	sit_at(ann, (struct terminal){.columns = 24});
	columns_show(ann->user, words, 7);
	assert_shown(ann,
		"-- one    four   seven\n"
		"-- two    five\n"
		"-- three  six\n");
	columns_show(ann->user, words, 1);
	assert_shown(ann, "-- one\n");
	columns_show(ann->user, words, 0);
	assert_shown(ann, "");
}

/* Exactly as wide as the window but for its last column, and one less. */
static void
test_words_exact(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = ann_before(world, 3 + 5 + 2 + 5 + 1);

	columns_show(ann->user, words + 2, 2);
	assert_shown(ann, "-- three  four\n");
	sit_at(ann, (struct terminal){.columns = 3 + 5 + 2 + 5});
	columns_show(ann->user, words + 2, 2);
	assert_shown(ann, "-- three\n-- four\n");
}

/* Of a window that is unknown 80 columns are used. */
static void
test_words_unknown(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = ann_before(world, 0);
	char *many[12];

	for (size_t i = 0; i < 12; i++)
		many[i] = words[i % 7];
	/* 76 columns of text: one word less is one row less. */
	columns_show(ann->user, many, 11);
	expect(ann,
		"-- one    two    three  four   five   six    seven  one    two    "
		"three  four");
	columns_show(ann->user, many, 12);
	expect_like(ann, "-- one    three  *");
	expect_like(ann, "-- two    four   *");
	expect_nothing(ann);
}

/* A window in which nothing has room is no reason to show nothing. */
static void
test_words_tiny(void **state)
{
	struct world *world = world_new(state, NULL);

	for (unsigned columns = 1; columns < 9; columns++) {
		struct person *ann = arrive(world);

		sit_at(ann, (struct terminal){.columns = columns});
		forget(ann);
		columns_show(ann->user, words, 7);
		assert_int_equal(ann->nheard - ann->nread, 7);
		forget(ann);
		columns_explain(ann->user, STR("three\tthe number\n"));
		/* A row of its own for each character of the meaning. */
		assert_int_equal(ann->nheard - ann->nread, 1 + 9);
		leave(ann, "");
		forget_all(world);
	}
}

/* A screen reader reads a sentence, not a table. */
static void
test_words_reader(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = ann_before(world, 20);

	ann->user->settings[SETTING_READER] = READER_ON;
	sit_at(ann, ann->user->terminal);
	columns_show(ann->user, words, 7);
	expect(ann, "\x1fone, two, three, four, five, six, seven");
	columns_show(ann->user, words, 0);
	expect_nothing(ann);
}

/*
 * Terms and meanings
 */

static const char list[] = "/a\tAlpha is the first of them all.\n"
			   "/beta <x>\tBeta is the second.\n"
			   "/c\t\n";

static void
test_explain(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = ann_before(world, 80);

	columns_explain(ann->user, str_of(list));
	assert_shown(ann,
		"-- /a         Alpha is the first of them all.\n"
		"-- /beta <x>  Beta is the second.\n"
		"-- /c\n");
	columns_explain(ann->user, STR(""));
	assert_shown(ann, "");
}

/* A meaning that has no room beside its term goes on under itself. */
static void
test_explain_folded(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = ann_before(world, 52);
	static const char topic[] =
		"#a\tA topic of \xC3\xBCmlauts and "
		"\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E, "
		"which are wide: \xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E.\n";

	columns_explain(ann->user, str_of(topic));
	assert_shown(ann,
		"-- #a  A topic of \xC3\xBCmlauts and "
		"\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E, which are\n"
		"--     wide: \xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E.\n");
}

/* In a narrow window it stands below, but for the shortest terms. */
static void
test_explain_narrow(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = ann_before(world, 30);

	columns_explain(ann->user, str_of(list));
	assert_shown(ann,
		"-- /a  Alpha is the first of\n"
		"--     them all.\n"
		"-- /beta <x>\n"
		"--     Beta is the second.\n"
		"-- /c\n");
}

/* One long term does not push all meanings out of the window. */
static void
test_explain_long_term(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = ann_before(world, 56);

	columns_explain(
		ann->user, STR("/a\tAlpha.\n/a-term-of-more-than-half-a-row\tBeta.\n"));
	assert_shown(ann,
		"-- /a                        Alpha.\n"
		"-- /a-term-of-more-than-half-a-row\n"
		"--                           Beta.\n");
}

/* A script wants one line for each, however long. */
static void
test_explain_unknown(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = ann_before(world, 0);
	char text[220] = "/a\t", want[220] = "-- /a  ";

	for (int i = 0; i < 20; i++) {
		strncat(text, "word word ", sizeof(text) - strlen(text) - 1);
		strncat(want, "word word ", sizeof(want) - strlen(want) - 1);
	}
	text[strlen(text) - 1] = '\n';
	want[strlen(want) - 1] = '\0';
	columns_explain(ann->user, str_of(text));
	expect(ann, want);
	expect_nothing(ann);
}

static void
test_explain_reader(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = ann_before(world, 0);

	say(ann, "/set reader on");
	forget(ann);
	columns_explain(ann->user, str_of(list));
	expect(ann, "/a: Alpha is the first of them all.");
	expect(ann, "/beta <x>: Beta is the second.");
	expect(ann, "/c");
	expect_nothing(ann);
}

/*
 * The lists that there are, in many windows
 */

/* What stands before the text counts: marks of any length, and the time. */
static void
test_lists(void **state)
{
	static const char *const asked[] = {"/who", "/rooms", "/set", "/set bell"};
	struct world *world =
		world_new(state, "room #lobby.topic=A topic of many words",
			"limits.nick_length=12", NULL);
	struct person *ann = ann_before(world, 0);

	for (int i = 0; i < 30; i++)
		arrive(world);
	for (unsigned columns = 36; columns <= 140; columns++) {
		sit_at(ann, (struct terminal){.columns = columns});
		for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
			/* The last words of /rooms are a sentence, and folded. */
			if (columns < 68 && i == 1)
				continue;
			forget(ann);
			say(ann, asked[i]);
			assert_fits(ann, "-- ");
		}
	}
}

static void
test_help(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = ann_before(world, 0);

	/* From where its first and last sentence have room. */
	for (unsigned columns = 60; columns <= 140; columns++) {
		sit_at(ann, (struct terminal){.columns = columns});
		forget(ann);
		say(ann, "/help");
		assert_fits(ann, "-- ");
	}
	sit_at(ann, (struct terminal){.columns = 40});
	say(ann, "/help timestamp");
	assert_shown(ann,
		"-- /timestamp [off|clock|full]: Begin\n"
		"   each line with the time.\n"
		"-- clock is the time of day, full has\n"
		"   the date, too.\n"
		"-- Also: /time\n");
	say(ann, "/help");
	expect_like(ann, "-- \x1fWhat you type is said in the room.*");
	expect(ann, "-- \x1f/me <text...>");
	expect(ann, "-- \x1f    Do something: \"/me waves\" shows");
	expect(ann, "-- \x1f    \"* ann waves\".");
	ann->nread -= 3;
	assert_true(check_rows(ann, "") > 50);
}

/* How many rows /who takes her. */
static size_t
rows_of_who(struct person *ann)
{
	forget(ann);
	say(ann, "/who");
	return ann->nheard - ann->nread;
}

/* What the templates and a time put around a notice takes room, colours do not. */
static void
test_around(void **state)
{
	static const char *const asked[] = {"/who", "/set"};
	struct world *world = world_new(state, "format.notice=(server) {text} !", NULL);
	struct person *ann = ann_before(world, 60);
	size_t rows;

	for (int i = 0; i < 30; i++)
		arrive(world);
	rows = rows_of_who(ann);
	assert_fits(ann, "(server) ");
	say(ann, "/color on");
	assert_int_equal(rows_of_who(ann), rows);
	say(ann, "/color off");
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		say(ann, "/timestamp full");
		forget(ann);
		say(ann, asked[i]);
		assert_fits(ann, "2026-11-21 10:00:0");
		say(ann, "/timestamp off");
		forget(ann);
		say(ann, asked[i]);
		assert_fits(ann, "(server) ");
	}
}

static int
setup(void **state)
{
	(void)state;
	return width_init() ? 0 : -1;
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		world_test(test_words),
		world_test(test_words_exact),
		world_test(test_words_unknown),
		world_test(test_words_tiny),
		world_test(test_words_reader),
		world_test(test_explain),
		world_test(test_explain_folded),
		world_test(test_explain_narrow),
		world_test(test_explain_long_term),
		world_test(test_explain_unknown),
		world_test(test_explain_reader),
		world_test(test_lists),
		world_test(test_help),
		world_test(test_around),
	};

	return cmocka_run_group_tests_name("columns", tests, setup, NULL);
}
