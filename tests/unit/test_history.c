/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chat/history.h"

/* The ring of the last lines. Lines are numbered here, and said one a second. */

static void
add(struct history *history, int number)
{
	char nick[16], text[16];
	struct msg msg = {.kind = number % 2 ? MSG_SAY : MSG_ACTION,
		.from = (uint64_t)number + 1000,
		.wall = 100 + number,
		.mentions = 7,
		.nrendered = 3};

	snprintf(nick, sizeof(nick), "n%d", number);
	snprintf(text, sizeof(text), "text %d", number);
	msg.nick = str_of(nick);
	msg.text = str_of(text);
	history_add(history, &msg);
	/* They are copied. */
	memset(nick, '?', sizeof(nick));
	memset(text, '?', sizeof(text));
}

static void
assert_entry(const struct history *history, size_t back, int number)
{
	struct msg msg = history_get(history, back);
	char nick[16], text[16];

	snprintf(nick, sizeof(nick), "n%d", number);
	snprintf(text, sizeof(text), "text %d", number);
	assert_true(str_eq(msg.nick, str_of(nick)));
	assert_true(str_eq(msg.text, str_of(text)));
	assert_int_equal(msg.kind, number % 2 ? MSG_SAY : MSG_ACTION);
	assert_int_equal(msg.from, number + 1000);
	assert_int_equal(msg.wall, 100 + number);
	assert_int_equal(msg.nrendered, 0);
	assert_int_equal(msg.mentions, 0);
}

/* It holds the lines from `first` to `last`, and no others. */
static void
assert_holds(const struct history *history, int first, int last)
{
	assert_int_equal(history_count(history), last - first + 1);
	for (int number = first; number <= last; number++)
		assert_entry(history, (size_t)(last - number), number);
}

static void
test_ring(void **state)
{
	struct history *history = history_new(3);

	(void)state;
	assert_int_equal(history_count(history), 0);
	for (int last = 0; last < 20; last++) {
		add(history, last);
		assert_holds(history, last < 2 ? 0 : last - 2, last);
	}
	history_free(history);
	history_free(NULL);
}

static void
test_none(void **state)
{
	struct history *history = history_new(0);

	(void)state;
	add(history, 1);
	assert_int_equal(history_count(history), 0);
	assert_int_equal(history_since(history, 0), 0);
	history_resize(history, 0);
	history_resize(history, 2);
	for (int last = 0; last < 3; last++)
		add(history, last);
	assert_holds(history, 1, 2);
	history_resize(history, 0);
	add(history, 3);
	assert_int_equal(history_count(history), 0);
	history_free(history);
}

static void
test_one(void **state)
{
	struct history *history = history_new(1);

	(void)state;
	for (int last = 0; last < 3; last++) {
		add(history, last);
		assert_holds(history, last, last);
	}
	history_free(history);
}

/* From every size with every fill to every other size; and then it goes on. */
static void
resize_case(size_t from, int lines, size_t to)
{
	struct history *history = history_new(from);
	int kept;

	for (int last = 0; last < lines; last++)
		add(history, last);
	history_resize(history, to);
	kept = (int)(from < to ? from : to);
	kept = kept < lines ? kept : lines;
	assert_holds(history, lines - kept, lines - 1);
	for (int more = 0; more < 10 && to > 0; more++) {
		add(history, lines + more);
		kept += (size_t)kept < to ? 1 : 0;
		assert_holds(history, lines + more - kept + 1, lines + more);
	}
	history_free(history);
}

static void
test_resize(void **state)
{
	(void)state;
	for (size_t from = 0; from <= 6; from++) {
		for (int lines = 0; lines <= 14; lines++) {
			for (size_t to = 0; to <= 6; to++)
				resize_case(from, lines, to);
		}
	}
}

static void
test_since(void **state)
{
	struct history *history = history_new(4);

	(void)state;
	assert_int_equal(history_since(history, 0), 0);
	for (int last = 0; last < 6; last++)
		add(history, last);
	/* It holds those of 102 to 105. */
	assert_int_equal(history_since(history, 106), 0);
	assert_int_equal(history_since(history, 105), 1);
	assert_int_equal(history_since(history, 104), 2);
	assert_int_equal(history_since(history, 102), 4);
	assert_int_equal(history_since(history, 0), 4);
	assert_int_equal(history_since(history, -1), 4);
	history_free(history);
}

/* Texts are bytes: empty ones and those with a NUL come back as they were. */
static void
test_bytes(void **state)
{
	struct history *history = history_new(2);
	struct msg msg = {.kind = MSG_SAY, .nick = STR("a"), .text = STR("x\0y")};
	struct msg got;

	(void)state;
	history_add(history, &msg);
	msg.text = STR("");
	history_add(history, &msg);
	got = history_get(history, 1);
	assert_true(str_eq(got.text, STR("x\0y")));
	got = history_get(history, 0);
	assert_true(str_eq(got.nick, STR("a")));
	assert_int_equal(got.text.len, 0);
	history_free(history);
}

/* A place that held a line takes longer and shorter ones, and keeps no long one's. */
static void
test_lengths(void **state)
{
	static const size_t lengths[] = {10, 500, 127, 128, 129, 5000, 2500, 300, 0};
	struct history *history = history_new(1);
	struct msg msg = {.nick = STR("ann")};
	char text[5000];

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct msg got;

		memset(text, 'a' + (int)i, lengths[i]);
		msg.text = str_make(text, lengths[i]);
		history_add(history, &msg);
		got = history_get(history, 0);
		assert_true(str_eq(got.nick, msg.nick));
		assert_true(str_eq(got.text, msg.text));
		assert_true(malloc_usable_size((void *)(uintptr_t)got.nick.p) <
			2 * lengths[i] + 400);
	}
	history_free(history);
}

/* Room that nobody has used yet costs nothing: there is no memory for that much. */
static void
test_room_without_lines(void **state)
{
	size_t most = SIZE_MAX / 1024;
	struct history *history = history_new(most);

	(void)state;
	for (int i = 0; i < 100; i++)
		add(history, i);
	assert_holds(history, 0, 99);
	history_resize(history, 10);
	add(history, 100);
	assert_holds(history, 91, 100);
	history_resize(history, most);
	for (int i = 101; i < 200; i++)
		add(history, i);
	assert_holds(history, 91, 199);
	history_free(history);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_resize),
		cmocka_unit_test(test_since),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_room_without_lines),
	};

	return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
