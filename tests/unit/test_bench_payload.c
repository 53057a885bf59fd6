/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../bench/histogram.h"
#include "../../bench/payload.h"

static const struct numbers some[] = {
	{0, 0, 0},
	{1, 2, 3},
	{14999, UINT32_MAX, (1LL << 48) - 1},
	{4711, 1234567, 98765432101234},
};

enum {
	SOME = sizeof(some) / sizeof(some[0]),
};

static void
assert_numbers(struct numbers a, struct numbers b)
{
	assert_int_equal(a.sender, b.sender);
	assert_int_equal(a.sequence, b.sequence);
	assert_int_equal(a.stamp, b.stamp);
}

/* What is written is read, in every width, with its blanks and without. */
static void
test_round_trip(void **state)
{
	struct payload payload;
	char text[PAYLOAD_MAX], dense[PAYLOAD_MAX];
	struct numbers numbers;
	size_t dense_len;

	(void)state;
	for (size_t len = PAYLOAD_MIN; len <= PAYLOAD_MAX; len++) {
		payload_init(&payload, len);
		for (int i = 0; i < SOME; i++) {
			payload_write(&payload, some[i], text);
			assert_true(payload_read(&payload, text, &numbers));
			assert_numbers(numbers, some[i]);
			dense_len = 0;
			for (size_t j = 0; j < len; j++) {
				assert_in_range(text[j], ' ', '~');
				if (text[j] != ' ')
					dense[dense_len++] = text[j];
			}
			assert_int_equal(dense_len, payload.dense_len);
			assert_true(payload_read_dense(&payload, dense, &numbers));
			assert_numbers(numbers, some[i]);
		}
	}
}

/* The mark is only at the front, where it can be searched for. */
static void
test_mark(void **state)
{
	struct payload payload;
	char text[PAYLOAD_MAX];

	(void)state;
	payload_init(&payload, PAYLOAD_MAX);
	for (int i = 0; i < SOME; i++) {
		payload_write(&payload, some[i], text);
		assert_int_equal(text[0], PAYLOAD_MARK);
		assert_null(memchr(text + 1, PAYLOAD_MARK, sizeof(text) - 1));
	}
}

/* A byte that is another one is seen: it is no line, or has other numbers. */
static void
test_every_byte_counts(void **state)
{
	struct payload payload;
	char text[80];
	struct numbers numbers;

	(void)state;
	payload_init(&payload, sizeof(text));
	for (size_t i = 0; i < sizeof(text); i++) {
		for (int c = 0; c < 256; c++) {
			payload_write(&payload, some[3], text);
			if (c == (unsigned char)text[i])
				continue;
			text[i] = (char)c;
			if (!payload_read(&payload, text, &numbers))
				continue;
			assert_in_range(i, 1, PAYLOAD_HEAD - 1);
			assert_in_range(c, '0', 'o');
			assert_false(numbers.sender == some[3].sender &&
				numbers.sequence == some[3].sequence &&
				numbers.stamp == some[3].stamp);
		}
	}
}

/*
 * The histogram
 */

static void
test_buckets(void **state)
{
	unsigned before = 0, bucket;

	(void)state;
	for (uint64_t value = 0; value < 100000; value++) {
		bucket = histogram_bucket(value);
		assert_true(bucket == before || bucket == before + 1);
		before = bucket;
	}
	assert_int_equal(histogram_bucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
}

static void
assert_about(int64_t value, int64_t wanted)
{
	assert_in_range(100 * value, 97 * wanted, 103 * wanted);
}

static void
test_percentiles(void **state)
{
	struct histogram *histogram = calloc(1, sizeof(*histogram));

	(void)state;
	assert_non_null(histogram);
	assert_int_equal(histogram_at(histogram, 0.5), 0);
	/* In no order: 617 has no factor in common with 10000. */
	for (int i = 0; i < 10000; i++)
		histogram_add(histogram, (int64_t)(i * 617 % 10000 + 1) * 1000000);
	assert_int_equal(histogram->count, 10000);
	assert_int_equal(histogram->max, 10000000000);
	assert_about(histogram_at(histogram, 0.5), 5000000000);
	assert_about(histogram_at(histogram, 0.9), 9000000000);
	assert_about(histogram_at(histogram, 0.99), 9900000000);
	assert_about(histogram_at(histogram, 0.999), 9990000000);
	assert_about(histogram_at(histogram, 1), 10000000000);
	assert_true(histogram_at(histogram, 1) <= histogram->max);
	histogram_reset(histogram);
	histogram_add(histogram, -5);
	assert_int_equal(histogram->count, 1);
	assert_int_equal(histogram_at(histogram, 0.5), 0);
	free(histogram);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_mark),
		cmocka_unit_test(test_every_byte_counts),
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_percentiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
