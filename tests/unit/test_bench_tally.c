/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../bench/tally.h"

enum {
	BROKEN = 1, /* EXIT_BROKEN, whose header can't be read beside that of cmocka */
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

/* Lose every second of `lines` lines. */
static void
lose_half(struct tally *tally, size_t receiver, uint32_t lines)
{
	for (uint32_t line = 1; line < lines; line += 2)
		(void)tally_line(tally, receiver, 0, line);
}

/* What a process says on standard error that gets gaps above; it has to fail. */
static void
fail_above(struct tally *tally, char *said, size_t size)
{
	int ends[2], status;
	size_t len = 0;
	ssize_t got;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	(void)fflush(NULL); /* or it says it, too */
	child = fork();
	assert_int_not_equal(child, -1);
	if (child == 0) {
		dup2(ends[1], STDERR_FILENO);
		lose_half(tally, 2, 8);
		_exit(0);
	}
	close(ends[1]);
	/* It comes in pieces. */
	while ((got = read(ends[0], said + len, size - 1 - len)) > 0)
		len += (size_t)got;
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), BROKEN);
	said[len] = '\0';
}

/* However much is lost, what is remembered of it is bounded, of all together. */
static void
test_gaps_are_bounded(void **state)
{
	struct tally *tally = tally_new(RECEIVERS, COLUMNS);
	char said[200];

	(void)state;
	assert_int_equal(tally->gaps_max, TALLY_GAPS_MAX);
	tally->gaps_max = 8;
	lose_half(tally, 0, 8);
	lose_half(tally, 1, 8);
	assert_int_equal(tally->ngaps, 8);
	fail_above(tally, said, sizeof(said));
	assert_string_equal(said,
		"bench: more than 8 gaps in what has arrived: too much is lost to be "
		"counted; ask for fewer lines\n");
	/* What comes late makes room. */
	assert_true(tally_line(tally, 0, 0, 4));
	assert_int_equal(tally->ngaps, 7);
	lose_half(tally, 2, 2);
	assert_int_equal(tally->ngaps, 8);
	assert_true(tally_line(tally, 2, 0, 2));
	assert_true(tally_line(tally, 2, 0, 0));
	assert_int_equal(tally->ngaps, 7);
	/* One that is cut in two is one more. */
	assert_true(tally_line(tally, 2, 1, 9));
	assert_int_equal(tally->ngaps, 8);
	assert_true(tally_line(tally, 2, 1, 0));
	assert_true(tally_line(tally, 2, 1, 8));
	assert_int_equal(tally->ngaps, 8);
	tally->gaps_max = 9;
	assert_true(tally_line(tally, 2, 1, 4));
	assert_int_equal(tally->ngaps, 9);
	assert_int_equal(tally_missing(tally, 2, 1, 0, 10), 6);
	fail_above(tally, said, sizeof(said));
	tally_free(tally);
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
		cmocka_unit_test(test_gaps_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
