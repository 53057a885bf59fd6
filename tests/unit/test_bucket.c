/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/bucket.h"

enum {
	TOKEN = 1000,
	ROUNDS = 1000000,
};

/* Four a second, ten at once. */
static const struct bucket_rate some = {.tokens = 4, .ms = 1000, .burst = 10};

static void
test_burst(void **state)
{
	struct bucket bucket = {0};

	(void)state;
	assert_true(bucket_is_full(&bucket, some, 0));
	assert_int_equal(bucket_wait(&bucket, some, 0), 0);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(bucket_wait(&bucket, some, 5000), 0);
		bucket_take(&bucket, some, TOKEN, 5000);
		assert_false(bucket_is_full(&bucket, some, 5000));
	}
	assert_int_equal(bucket_wait(&bucket, some, 5000), 250);
	assert_int_equal(bucket_wait(&bucket, some, 5001), 249);
	assert_int_equal(bucket_wait(&bucket, some, 5249), 1);
	assert_int_equal(bucket_wait(&bucket, some, 5250), 0);
	assert_false(bucket_is_full(&bucket, some, 7499));
	assert_true(bucket_is_full(&bucket, some, 7500));
}

/* It never holds more than the burst, however long nothing happens. */
static void
test_no_more_than_burst(void **state)
{
	struct bucket bucket = {0};

	(void)state;
	bucket_take(&bucket, some, TOKEN, 0);
	bucket_take(&bucket, some, 10 * TOKEN, 1000000);
	assert_int_equal(bucket_wait(&bucket, some, 1000000), 250);
}

static void
test_debt(void **state)
{
	struct bucket bucket = {0};

	(void)state;
	bucket_take(&bucket, some, 110 * TOKEN, 0);
	/* A hundred and one tokens, at four a second. */
	assert_int_equal(bucket_wait(&bucket, some, 0), 25250);
	bucket_take(&bucket, some, 1, 0);
	assert_int_equal(bucket_wait(&bucket, some, 0), 25251);
	assert_int_equal(bucket_wait(&bucket, some, 25250), 1);
	assert_int_equal(bucket_wait(&bucket, some, 25251), 0);
}

static void
test_standing_clock(void **state)
{
	struct bucket bucket = {0};

	(void)state;
	for (int i = 0; i < ROUNDS; i++)
		bucket_take(&bucket, some, 1, 77);
	assert_int_equal(bucket.spent, ROUNDS);
	/* And one that goes back. */
	assert_int_equal(bucket_wait(&bucket, some, 77), 247750);
	assert_int_equal(bucket_wait(&bucket, some, 0), 247750);
	bucket_take(&bucket, some, 0, 0);
	assert_int_equal(bucket_wait(&bucket, some, 77), 247750);
	assert_int_equal(bucket_wait(&bucket, some, 78), 247749);
}

/* Nothing is lost by looking often, though each time next to nothing comes back. */
static void
test_slow(void **state)
{
	const struct bucket_rate slow = {.tokens = 1, .ms = 600000, .burst = 1};
	struct bucket bucket = {0};

	(void)state;
	bucket_take(&bucket, slow, 2 * TOKEN, 0);
	for (int64_t now = 1; now <= 1199990; now++)
		bucket_take(&bucket, slow, 0, now);
	assert_false(bucket_is_full(&bucket, slow, 1199990));
	assert_true(bucket_is_full(&bucket, slow, 1200001));
}

static void
test_no_rate(void **state)
{
	const struct bucket_rate none = {.tokens = 0, .ms = 1000, .burst = 2};
	struct bucket bucket = {0};

	(void)state;
	bucket_take(&bucket, none, TOKEN, 0);
	assert_int_equal(bucket_wait(&bucket, none, 0), 0);
	bucket_take(&bucket, none, 1, 0);
	assert_true(bucket_wait(&bucket, none, INT64_MAX) == INT64_MAX);
	/* Until the configuration says otherwise. */
	assert_int_equal(bucket_wait(&bucket, some, 0), 0);
}

/* Rows: rate, milliseconds, and what is left of INT64_MAX after them, rounded up. */
static void
test_large(void **state)
{
	static const struct {
		uint64_t tokens;
		int64_t per, ms, left;
	} rows[] = {
		{10, 1000, 1, INT64_C(9223372036854775797)},
		{10, 1000, 999, INT64_C(9223372036854765817)},
		{1, 600000, 599999, INT64_C(9223372036854774808)},
		{7, 3, 1000000, INT64_C(9223372034521442474)},
		{UINT64_C(1000000000000), INT32_MAX, INT64_C(1000000000),
			INT64_C(9222906375567251228)},
		{UINT64_C(1000000000000000), 1000, 9000, INT64_C(223372036854775807)},
		{3, INT32_MAX, INT64_C(1) << 62, INT64_C(9223365594403828807)},
		{UINT64_MAX, 1, 1, 0},
		{UINT64_MAX, 1, INT64_MAX, 0},
		{UINT64_C(1) << 53, 1000, 1, INT64_C(9214364837600034815)},
		{UINT64_C(1) << 53, 7, 3, INT64_C(5363143784822922093)},
		{1000000, 1000, INT64_MAX, 0},
		{1, INT32_MAX, INT64_MAX, INT64_C(9223367741887477807)},
		{UINT64_C(900719925474099), 999999937, INT64_C(1000000000),
			INT64_C(8322652054635317928)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bucket_rate rate = {
			.tokens = rows[i].tokens, .ms = rows[i].per, .burst = 1};
		struct bucket bucket = {0};

		bucket_take(&bucket, rate, INT64_MAX, 0);
		bucket_take(&bucket, rate, 0, rows[i].ms);
		assert_true(bucket.spent == rows[i].left);
	}
}

static void
test_extremes(void **state)
{
	struct bucket_rate wide = {.tokens = 1, .ms = 1, .burst = UINT64_MAX};
	struct bucket bucket = {0};

	(void)state;
	/* A debt has an end. */
	bucket_take(&bucket, some, INT64_MAX, 0);
	bucket_take(&bucket, some, INT64_MAX, 0);
	assert_true(bucket.spent == INT64_MAX);
	assert_true(bucket_wait(&bucket, some, 0) > INT64_MAX / 5);
	assert_int_equal(bucket_wait(&bucket, wide, 0), 0);
	wide.burst = UINT64_C(10000000000000000);
	assert_int_equal(bucket_wait(&bucket, wide, 0), 0);
	/* From one end of time to the other. */
	bucket = (struct bucket){.spent = 5, .when = INT64_MIN};
	assert_int_equal(bucket_wait(&bucket, some, INT64_MAX), 0);
	assert_true(bucket_is_full(&bucket, some, INT64_MAX));
	bucket_take(&bucket, some, 5, INT64_MAX);
	assert_false(bucket_is_full(&bucket, some, INT64_MAX));
	assert_false(bucket_is_full(&bucket, some, INT64_MIN));
	/* A wait that no clock reaches. */
	bucket = (struct bucket){.spent = INT64_MAX};
	assert_true(
		bucket_wait(&bucket,
			(struct bucket_rate){.tokens = 1, .ms = INT32_MAX, .burst = 1},
			0) == INT64_MAX);
}

/*
 * The same in fractions: what is missing, in units of a thousandth of a token divided
 * by UNITS, of which each `ms` of the rates below is a divisor.
 */
#define UNITS INT64_C(155400000)

static int64_t
model_after(int64_t missing, struct bucket_rate rate, int64_t ms)
{
	int64_t each = UNITS / rate.ms * (int64_t)rate.tokens * TOKEN;

	assert_int_equal(UNITS % rate.ms, 0);
	/* Full, and perhaps too much to be multiplied. */
	if (each > 0 && ms > missing / each)
		return 0;
	return missing - ms * each;
}

static int64_t
model_wait(int64_t missing, struct bucket_rate rate)
{
	int64_t each = UNITS / rate.ms * (int64_t)rate.tokens * TOKEN;
	int64_t over = missing - (int64_t)(rate.burst - 1) * TOKEN * UNITS;

	return over > 0 ? (over + each - 1) / each : 0;
}

/* A rate that has little to do with the last one. */
static struct bucket_rate
random_rate(void)
{
	static const int64_t periods[] = {1, 3, 7, 37, 600, 777, 1000, 60000, 600000};
	const size_t count = sizeof(periods) / sizeof(periods[0]);
	uint64_t most = rand() % 2 == 0 ? 10 : 10000;

	return (struct bucket_rate){.tokens = 1 + (uint64_t)rand() % most,
		.ms = periods[(size_t)rand() % count],
		.burst = 1 + (uint64_t)rand() % 100};
}

/* Long steps let it fill, short ones keep it busy. */
static int64_t
random_step(void)
{
	switch (rand() % 16) {
	case 0:
		return rand() % 1000000;
	case 1:
	case 2:
		return rand() % 1000;
	default:
		return rand() % 4;
	}
}

static void
check_against_model(const struct bucket *bucket, int64_t missing,
	struct bucket_rate rate, int64_t now)
{
	int64_t exact = (missing + UNITS - 1) / UNITS;
	int64_t wait = bucket_wait(bucket, rate, now);
	int64_t wait_exact = model_wait(missing, rate);

	/* A thousandth, where one whole token would do. */
	assert_in_range(bucket->spent, exact, exact + 1);
	assert_in_range(wait, wait_exact, wait_exact + 1);
	/* Looking in between may cost it 2^-32 of a thousandth, which may take a ms. */
	if (wait > 0)
		assert_in_range(bucket_wait(bucket, rate, now + wait - 1), 1, 2);
	assert_int_equal(bucket_wait(bucket, rate, now + wait), 0);
	assert_int_equal(bucket_is_full(bucket, rate, now), bucket->spent == 0);
}

/* `stays`: for how many steps a rate does. */
static void
check_random(unsigned seed, int stays)
{
	struct bucket_rate rate = some;
	struct bucket bucket = {0};
	int64_t now = 0, missing = 0, debts = 0, fulls = 0;

	srand(seed);
	for (int round = 0; round < ROUNDS; round++) {
		int64_t step = random_step();
		int64_t cost = rand() % 3 == 0 ? rand() % (20 * TOKEN) : rand() % 3;

		if (round % stays == 0)
			rate = random_rate();
		now += step;
		missing = model_after(missing, rate, step);
		fulls += missing == 0;
		debts += missing > (int64_t)rate.burst * TOKEN * UNITS;
		/* Before it grows out of what the model can count. */
		if (missing > INT64_C(1000) * TOKEN * UNITS)
			cost = 0;
		missing += cost * UNITS;
		bucket_take(&bucket, rate, cost, now);
		if (round % 16 == 0)
			check_against_model(&bucket, missing, rate, now);
		else if (llabs(bucket.spent - missing / UNITS) > 1)
			fail_msg("round %d", round);
	}
	/* It has been everywhere. */
	assert_in_range(fulls, ROUNDS / 100, ROUNDS - ROUNDS / 100);
	assert_in_range(debts, ROUNDS / 100, ROUNDS - ROUNDS / 100);
}

static void
test_random(void **state)
{
	(void)state;
	check_random(1, 100);
	check_random(2, 100000);
}

static void
test_random_rate(void **state)
{
	(void)state;
	check_random(3, 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_no_more_than_burst),
		cmocka_unit_test(test_debt),
		cmocka_unit_test(test_standing_clock),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_no_rate),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_rate),
	};

	return cmocka_run_group_tests_name("bucket", tests, NULL, NULL);
}
