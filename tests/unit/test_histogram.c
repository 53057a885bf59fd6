/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/histogram.h"

/* The bucket that a value is counted in, which is the only one. */
static size_t
bucket_of(uint64_t value)
{
	struct histogram histogram = {0};
	size_t found = HISTOGRAM_BOUNDS + 1;

	histogram_add(&histogram, value);
	assert_int_equal(histogram.sum, value);
	for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++) {
		if (histogram.counts[i] == 0)
			continue;
		assert_int_equal(histogram.counts[i], 1);
		assert_int_equal(found, HISTOGRAM_BOUNDS + 1);
		found = i;
	}
	assert_in_range(found, 0, HISTOGRAM_BOUNDS);
	return found;
}

static void
test_bounds(void **state)
{
	(void)state;
	assert_int_equal(histogram_bound(0), 16);
	for (size_t i = 1; i < HISTOGRAM_BOUNDS; i++)
		assert_int_equal(histogram_bound(i), 2 * histogram_bound(i - 1));
	assert_int_equal(histogram_bound(HISTOGRAM_BOUNDS - 1), 8388608);
}

/* On each bound, and at its sides. */
static void
test_buckets(void **state)
{
	(void)state;
	assert_int_equal(bucket_of(0), 0);
	assert_int_equal(bucket_of(1), 0);
	for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
		assert_int_equal(bucket_of(histogram_bound(i) - 1), i);
		assert_int_equal(bucket_of(histogram_bound(i)), i);
		assert_int_equal(bucket_of(histogram_bound(i) + 1), i + 1);
	}
	assert_int_equal(bucket_of(UINT64_MAX), HISTOGRAM_BOUNDS);
	assert_int_equal(bucket_of((uint64_t)1 << 63), HISTOGRAM_BOUNDS);
}

/* The same as by a walk over the bounds. */
static void
test_random(void **state)
{
	struct histogram histogram = {0}, expected = {0};

	(void)state;
	srand(1);
	for (int n = 0; n < 100000; n++) {
		uint64_t value = (uint64_t)rand() >> (rand() % 31);
		size_t i = 0;

		while (i < HISTOGRAM_BOUNDS && value > histogram_bound(i))
			i++;
		expected.counts[i]++;
		expected.sum += value;
		histogram_add(&histogram, value);
	}
	assert_memory_equal(&histogram, &expected, sizeof(histogram));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
