/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../bench/tally.h"

enum {
	RECEIVERS = 3,
	COLUMNS = 2,
	ROUNDS = 400,
	LINES = 64,
};

/* Give receiver 1 these lines of column 1, -1 at the end. */
static struct tally *
told(const int *lines)
{
	struct tally *tally = tally_new(RECEIVERS, COLUMNS);

	for (; *lines >= 0; lines++)
		(void)tally_line(tally, 1, 1, (uint32_t)*lines);
	return tally;
}

static void
check(const int *lines, uint32_t sent, unsigned lost, unsigned doubled,
	unsigned reordered)
{
	struct tally *tally = told(lines);

	assert_int_equal(tally_missing(tally, 1, 1, 0, sent), lost);
	/* Whatever it is cut in. */
	for (uint32_t cut = 0; cut <= sent; cut++)
		assert_int_equal(tally_missing(tally, 1, 1, 0, cut) +
				tally_missing(tally, 1, 1, cut, sent),
			lost);
	assert_int_equal(tally->doubled, doubled);
	assert_int_equal(tally->reordered, reordered);
	assert_int_equal(tally->arrived, sent - lost);
	/* Nobody else has got anything. */
	assert_int_equal(tally_missing(tally, 1, 0, 0, sent), sent);
	assert_int_equal(tally_missing(tally, 0, 1, 0, sent), sent);
	tally_free(tally);
}

static void
test_in_order(void **state)
{
	(void)state;
	check((const int[]){-1}, 0, 0, 0, 0);
	check((const int[]){0, 1, 2, 3, -1}, 4, 0, 0, 0);
}

static void
test_lost(void **state)
{
	(void)state;
	check((const int[]){-1}, 4, 4, 0, 0);
	check((const int[]){0, 1, -1}, 4, 2, 0, 0);
	check((const int[]){1, 2, 3, -1}, 4, 1, 0, 0);
	check((const int[]){0, 2, 5, -1}, 7, 4, 0, 0);
}

static void
test_doubled(void **state)
{
	(void)state;
	check((const int[]){0, 0, 1, 0, 1, -1}, 2, 0, 3, 0);
	/* Doubled, and another one lost. */
	check((const int[]){0, 2, 2, 0, -1}, 3, 1, 2, 0);
}

static void
test_reordered(void **state)
{
	(void)state;
	check((const int[]){1, 0, -1}, 2, 0, 0, 1);
	check((const int[]){3, 2, 1, 0, -1}, 4, 0, 0, 3);
	/* Late, and then once more. */
	check((const int[]){0, 2, 1, 1, -1}, 3, 0, 1, 1);
	/* Out of the middle of a gap, and out of what is left of it. */
	check((const int[]){6, 3, 2, 4, 0, -1}, 7, 2, 0, 4);
}

static void
test_lost_between(void **state)
{
	struct tally *tally = told((const int[]){0, 2, 6, 7, -1});

	(void)state;
	assert_int_equal(tally_missing(tally, 1, 1, 1, 2), 1);
	assert_int_equal(tally_missing(tally, 1, 1, 2, 3), 0);
	assert_int_equal(tally_missing(tally, 1, 1, 2, 8), 3);
	assert_int_equal(tally_missing(tally, 1, 1, 4, 5), 1);
	assert_int_equal(tally_missing(tally, 1, 1, 6, 10), 2);
	assert_int_equal(tally_missing(tally, 1, 1, 9, 10), 1);
	tally_free(tally);
}

/*
 * Anything in any order, and the same counted by going through all that has come. The
 * numbers are few, so that all happens at once: gaps in gaps, filled from all sides.
 */
static void
test_random(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct tally *tally = tally_new(RECEIVERS, COLUMNS);
		unsigned seen[LINES] = {0}, doubled = 0, reordered = 0, arrived = 0;
		uint32_t next = 0, line;

		for (int i = 0; i < 3 * LINES; i++) {
			seed = seed * 1103515245 + 12345;
			line = (seed >> 16) % LINES;
			doubled += seen[line] > 0;
			reordered += seen[line] == 0 && line < next;
			arrived += seen[line] == 0;
			assert_int_equal(
				tally_line(tally, 2, 0, line), seen[line] == 0);
			seen[line]++;
			next = line >= next ? line + 1 : next;
			assert_int_equal(tally->doubled, doubled);
			assert_int_equal(tally->reordered, reordered);
			assert_int_equal(tally->arrived, arrived);
			assert_int_equal(
				tally_missing(tally, 2, 0, 0, LINES), LINES - arrived);
		}
		tally_free(tally);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_lost_between),
		cmocka_unit_test(test_doubled),
		cmocka_unit_test(test_reordered),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
