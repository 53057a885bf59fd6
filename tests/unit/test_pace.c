/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/pace.h"

enum {
	LENGTH = 20000, /* of a window, microseconds */
	CALLS = LENGTH / 100 * PACE_SHARE * 1000 / PACE_CALL_NS, /* of it: its budget */
	LINE = 80,                                               /* bytes */
	PEOPLE = 1000,
};

/* People who all get the same. */
struct room {
	struct pace pace;
	uint32_t last[PEOPLE];
	bool waits[PEOPLE];
	unsigned calls;
};

/* A line of `len` bytes for so many of them. */
static void
room_say(struct room *room, unsigned people, size_t len, int64_t now)
{
	bool begins = pace_begin(&room->pace, LENGTH, now);

	for (unsigned i = 0; i < people; i++) {
		if (begins && room->waits[i]) {
			pace_ask(&room->pace, 1);
			pace_spend(&room->pace);
		} else if (!pace_may_send(&room->pace, room->last[i], len, false)) {
			room->waits[i] = true;
			continue;
		}
		room->waits[i] = false;
		room->last[i] = room->pace.window;
		room->calls++;
	}
}

static void
test_first_of_a_window_goes_at_once(void **state)
{
	struct pace pace = {0};

	(void)state;
	assert_true(pace_begin(&pace, LENGTH, 1000000));
	/* However many they are. */
	for (unsigned i = 0; i < 100 * CALLS; i++)
		assert_true(pace_may_send(&pace, 0, LINE, false));
}

static void
test_windows_begin_when_something_is_sent(void **state)
{
	struct pace pace = {0};
	uint32_t first;

	(void)state;
	assert_true(pace_begin(&pace, LENGTH, 1000000));
	first = pace.window;
	assert_int_not_equal(first, 0);
	assert_int_equal(pace.end, 1020000);
	assert_false(pace_begin(&pace, LENGTH, 1000000));
	assert_false(pace_begin(&pace, LENGTH, 1019999));
	assert_int_equal(pace.window, first);
	assert_true(pace_begin(&pace, LENGTH, 1020000));
	assert_int_not_equal(pace.window, first);
	assert_true(pace_begin(&pace, LENGTH, 5555000));
	assert_int_equal(pace.end, 5575000);
}

/* The second time, as long as the budget lasts. */
static void
test_budget(void **state)
{
	struct pace pace = {0};

	(void)state;
	assert_true(pace_begin(&pace, LENGTH, 1000000));
	for (unsigned i = 0; i < CALLS; i++)
		assert_true(pace_may_send(&pace, pace.window, 0, false));
	assert_false(pace_may_send(&pace, pace.window, 0, false));
	/* Much waits now, too; but not whose first it is, nor very much. */
	assert_false(pace_may_send(&pace, pace.window, PACE_ENOUGH - 1, false));
	assert_true(pace_may_send(&pace, pace.window - 1, LINE, false));
	assert_true(pace_may_send(&pace, pace.window, PACE_ENOUGH, false));
	assert_true(pace_begin(&pace, LENGTH, 2000000));
	assert_true(pace_may_send(&pace, pace.window, 0, false));
}

/* Each millisecond of a window has its share. */
static void
test_budget_of_a_longer_window(void **state)
{
	struct pace pace = {0};

	(void)state;
	assert_true(pace_begin(&pace, 10 * LENGTH, 1000000));
	for (unsigned i = 0; i < 10 * CALLS; i++)
		assert_true(pace_may_send(&pace, pace.window, 0, false));
	assert_false(pace_may_send(&pace, pace.window, 0, false));
}

/* What is known to come is waited for, by who was sent to, and makes nothing busy. */
static void
test_more(void **state)
{
	struct pace pace = {0};

	(void)state;
	assert_true(pace_begin(&pace, LENGTH, 1000000));
	assert_true(pace_may_send(&pace, 0, LINE, true));
	for (unsigned i = 0; i < 2 * CALLS; i++)
		assert_false(pace_may_send(&pace, pace.window, LINE, true));
	assert_true(pace_may_send(&pace, pace.window, PACE_ENOUGH, true));
	assert_true(pace_may_send(&pace, pace.window, LINE, false));
	assert_true(pace_begin(&pace, LENGTH, 1020000));
	assert_true(pace_may_send(&pace, pace.window, LINE, false));
	/* But not where nobody waits. */
	assert_true(pace_begin(&pace, 0, 1020000));
	assert_true(pace_may_send(&pace, pace.window, LINE, true));
}

/* Ask for so many calls, of which the budget allows some. */
static void
ask(struct pace *pace, unsigned calls)
{
	for (unsigned i = 0; i < calls; i++)
		assert_int_equal(
			pace_may_send(pace, pace->window, 0, false), i < CALLS);
}

/* After a window that wanted much more than its budget: one call each. */
static void
test_busy_window(void **state)
{
	struct pace pace = {0};

	(void)state;
	assert_true(pace_begin(&pace, LENGTH, 1000000));
	ask(&pace, 2 * CALLS + 1);
	assert_true(pace_begin(&pace, LENGTH, 1020000));
	pace_spend(&pace);
	assert_true(pace_may_send(&pace, 0, LINE, false));
	assert_false(pace_may_send(&pace, pace.window, LINE, false));
	/* That was little, so the next one is not busy. */
	assert_true(pace_begin(&pace, LENGTH, 1040000));
	assert_true(pace_may_send(&pace, pace.window, LINE, false));
}

/* A little more, and less in the next one, is no reason to let anybody wait. */
static void
test_uneven_windows(void **state)
{
	struct pace pace = {0};

	(void)state;
	for (unsigned n = 0; n < 100; n++) {
		assert_true(pace_begin(&pace, LENGTH, 1000000 + n * LENGTH));
		ask(&pace, n % 2 == 0 ? CALLS * 3 / 2 : CALLS / 2);
	}
	/* But it is if that goes on. */
	for (unsigned n = 0; n < 2; n++) {
		assert_true(pace_begin(&pace, LENGTH, 3000000 + n * LENGTH));
		ask(&pace, CALLS * 3 / 2 + 1);
	}
	assert_true(pace_begin(&pace, LENGTH, 3000000 + 2 * LENGTH));
	assert_false(pace_may_send(&pace, pace.window, LINE, false));
}

static void
test_busy_window_is_forgotten(void **state)
{
	(void)state;
	for (int64_t gap = 0; gap <= 40; gap++) {
		struct pace pace = {0};

		assert_true(pace_begin(&pace, LENGTH, 1000000));
		ask(&pace, 100 * CALLS);
		assert_true(pace_begin(&pace, LENGTH, 1020000 + gap * 1000));
		assert_int_equal(
			pace_may_send(&pace, pace.window, 0, false), gap >= 20);
	}
}

static void
test_off(void **state)
{
	struct pace pace = {0};

	(void)state;
	for (unsigned turn = 0; turn < 10; turn++) {
		assert_true(pace_begin(&pace, 0, 1000000));
		for (unsigned i = 0; i < 10 * CALLS; i++)
			assert_true(pace_may_send(&pace, pace.window, 0, false));
	}
	/* Switched on, it begins anew; and off again, within a window. */
	assert_true(pace_begin(&pace, LENGTH, 1000000));
	ask(&pace, 10 * CALLS);
	assert_true(pace_begin(&pace, 0, 1001000));
	assert_true(pace_may_send(&pace, pace.window, 0, false));
}

/* What was asked for while nobody waited counts for nothing, whatever time it is. */
static void
test_clock_goes_back(void **state)
{
	struct pace pace = {0};

	(void)state;
	assert_true(pace_begin(&pace, 0, 2000000));
	pace_ask(&pace, 100 * CALLS);
	assert_true(pace_begin(&pace, LENGTH, 1000000));
	assert_int_equal(pace.end, 1000000 + LENGTH);
	assert_true(pace_may_send(&pace, pace.window, 0, false));
}

/* Who are told the same have windows of their own, but the same budget. */
static void
test_audience(void **state)
{
	struct pace pace = {0};

	(void)state;
	assert_true(pace_begin(&pace, LENGTH, 1000000));
	assert_int_equal(pace_when(&pace, true, LINE, true, PEOPLE), PACE_NOW);
	assert_int_equal(pace_when(&pace, false, LINE, false, PEOPLE), PACE_NOW);
	assert_int_equal(pace_when(&pace, false, LINE, true, PEOPLE), PACE_SOON);
	assert_int_equal(pace_when(&pace, false, PACE_ENOUGH, true, PEOPLE), PACE_NOW);
	/* None of these was counted; as soon as the budget is spent they wait. */
	ask(&pace, CALLS);
	assert_int_equal(pace_when(&pace, false, LINE, false, CALLS), PACE_LATER);
	assert_int_equal(pace_when(&pace, false, LINE, true, 1), PACE_LATER);
	assert_int_equal(pace_when(&pace, true, LINE, true, PEOPLE), PACE_NOW);
	/* That they had to makes the next window busy. */
	assert_true(pace_begin(&pace, LENGTH, 1020000));
	assert_int_equal(pace_when(&pace, false, LINE, false, PEOPLE), PACE_LATER);
	assert_int_equal(pace_when(&pace, true, LINE, false, PEOPLE), PACE_NOW);
	/* And so does what was not put off. */
	assert_true(pace_begin(&pace, LENGTH, 2000000));
	assert_int_equal(pace_when(&pace, false, LINE, false, PEOPLE), PACE_NOW);
	pace_ask(&pace, 2 * CALLS + 1);
	assert_true(pace_begin(&pace, LENGTH, 2020000));
	assert_int_equal(pace_when(&pace, false, LINE, false, PEOPLE), PACE_LATER);
}

/* How many calls a window lets somebody have. */
static unsigned
budget_of(struct pace *pace)
{
	unsigned calls = 0;

	while (pace_may_send(pace, pace->window, 0, false))
		calls++;
	return calls;
}

/* So many windows, in each of which so many calls take so many microseconds. */
static void
go_on(struct pace *pace, unsigned windows, unsigned calls, int64_t took)
{
	for (unsigned n = 0; n < windows; n++) {
		assert_true(pace_begin(pace, LENGTH, pace->end + 10 * LENGTH));
		for (unsigned i = 0; i < calls; i++)
			pace_spend(pace);
		pace_took(pace, took);
	}
	assert_true(pace_begin(pace, LENGTH, pace->end + 10 * LENGTH));
}

/* Where a call costs twice as much, there are half as many in a window. */
static void
test_cost_is_measured(void **state)
{
	struct pace pace = {0};

	(void)state;
	go_on(&pace, 50, 1000, 1000 * 2 * PACE_CALL_NS / 1000);
	assert_in_range(budget_of(&pace), CALLS / 2, CALLS / 2 + CALLS / 50);
	/* A single bad window changes little, few calls nothing. */
	go_on(&pace, 1, 1000, 1000 * 4 * PACE_CALL_NS / 1000);
	assert_in_range(budget_of(&pace), CALLS * 4 / 10, CALLS / 2 - 1);
	go_on(&pace, 50, 1000, 1000 * PACE_CALL_NS / 1000);
	assert_in_range(budget_of(&pace), CALLS - CALLS / 50, CALLS);
	go_on(&pace, 50, 10, LENGTH);
	assert_in_range(budget_of(&pace), CALLS - CALLS / 50, CALLS);
	/* And nothing that was measured stops it. */
	go_on(&pace, 100, 1000, 1000 * LENGTH);
	assert_in_range(budget_of(&pace), CALLS / 10, CALLS);
	go_on(&pace, 100, 1000, 1);
	assert_in_range(budget_of(&pace), CALLS, 10 * CALLS);
}

/* What answers take is not taken to be the others'. */
static void
test_answers_are_counted(void **state)
{
	struct pace pace = {0};

	(void)state;
	for (unsigned n = 0; n < 50; n++) {
		assert_true(pace_begin(&pace, LENGTH, pace.end + 10 * LENGTH));
		for (unsigned i = 0; i < 300; i++) {
			pace_spend(&pace);
			pace_answer(&pace);
			pace_answer(&pace);
		}
		pace_took(&pace, 900 * PACE_CALL_NS / 1000);
	}
	assert_true(pace_begin(&pace, LENGTH, pace.end + 10 * LENGTH));
	for (unsigned i = 0; i < CALLS; i++)
		pace_answer(&pace);
	assert_int_equal(budget_of(&pace), CALLS);
}

static void
test_other_length(void **state)
{
	struct pace pace = {0};

	(void)state;
	assert_true(pace_begin(&pace, 1000000, 1000000));
	assert_false(pace_begin(&pace, 1000000, 1001000));
	assert_true(pace_begin(&pace, LENGTH, 1002000));
	assert_int_equal(pace.end, 1022000);
}

/*
 * Rooms, for a second
 */

static unsigned
calls_of(unsigned people, size_t len, unsigned lines)
{
	static struct room room;

	room = (struct room){0};
	for (unsigned n = 0; n < lines; n++)
		room_say(&room, people, len, 1000000 + n * 1000000 / lines);
	return room.calls;
}

static void
test_quiet_room_waits_for_nothing(void **state)
{
	(void)state;
	assert_int_equal(calls_of(PEOPLE, LINE, 60), 60 * PEOPLE);
	assert_int_equal(calls_of(PEOPLE, LINE, 100), 100 * PEOPLE);
}

static void
test_small_room_waits_for_nothing(void **state)
{
	(void)state;
	assert_int_equal(calls_of(20, LINE, 1000), 1000 * 20);
}

static void
test_busy_room_gets_one_call_in_a_window(void **state)
{
	unsigned windows = 1000000 / LENGTH;

	(void)state;
	/* The first windows are not busy, and spend their budgets. */
	assert_in_range(calls_of(PEOPLE, LINE, 1000), windows * PEOPLE,
		windows * PEOPLE + 2 * CALLS);
	assert_in_range(calls_of(PEOPLE, LINE, 200), windows * PEOPLE,
		windows * PEOPLE + 2 * CALLS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_of_a_window_goes_at_once),
		cmocka_unit_test(test_windows_begin_when_something_is_sent),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_budget_of_a_longer_window),
		cmocka_unit_test(test_more),
		cmocka_unit_test(test_busy_window),
		cmocka_unit_test(test_uneven_windows),
		cmocka_unit_test(test_busy_window_is_forgotten),
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_clock_goes_back),
		cmocka_unit_test(test_audience),
		cmocka_unit_test(test_cost_is_measured),
		cmocka_unit_test(test_answers_are_counted),
		cmocka_unit_test(test_other_length),
		cmocka_unit_test(test_quiet_room_waits_for_nothing),
		cmocka_unit_test(test_small_room_waits_for_nothing),
		cmocka_unit_test(test_busy_room_gets_one_call_in_a_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
