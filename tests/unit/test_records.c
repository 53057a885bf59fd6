/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

/* Several steps of the place. */
enum {
	COUNT = 5000
};

static bool
is_resident(char *at)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	unsigned char flags = 0;

	at -= (uintptr_t)at % page;
	assert_int_equal(mincore(at, page, &flags), 0);
	return flags & 1;
}

static void
free_all(char *records[COUNT])
{
	for (size_t i = 0; i < COUNT; i++)
		records_free(records[i]);
}

/* All of them are somebody's own, aligned, and stand side by side. */
static void
test_alloc(void **state)
{
	char *records[COUNT], *low, *high;

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		records[i] = records_alloc(i % (RECORD_SIZE + 1));
		assert_int_equal((uintptr_t)records[i] % _Alignof(max_align_t), 0);
		memset(records[i], (int)(i % 251), RECORD_SIZE);
	}
	low = high = records[0];
	for (size_t i = 0; i < COUNT; i++) {
		for (size_t j = 0; j < RECORD_SIZE; j++)
			assert_int_equal((unsigned char)records[i][j], i % 251);
		low = records[i] < low ? records[i] : low;
		high = records[i] > high ? records[i] : high;
	}
	assert_int_equal(high - low, (COUNT - 1) * RECORD_SIZE);
	free_all(records);
}

/* What was freed is used again, before there is more. */
static void
test_reuse(void **state)
{
	char *one = records_alloc(20), *two = records_alloc(20);

	(void)state;
	records_free(one);
	records_free(two);
	assert_ptr_equal(records_alloc(1), two);
	assert_ptr_equal(records_alloc(RECORD_SIZE), one);
	records_free(one);
	records_free(two);
	records_free(NULL);
}

/* Larger ones are on the heap; nothing is lost on the way there. */
static void
test_resize(void **state)
{
	char *one = records_resize(NULL, 8), *two = records_alloc(8), *large;

	(void)state;
	memset(one, 'a', RECORD_SIZE);
	assert_ptr_equal(records_resize(one, RECORD_SIZE), one);
	large = records_resize(one, 2 * RECORD_SIZE);
	assert_ptr_not_equal(large, one);
	for (size_t i = 0; i < RECORD_SIZE; i++)
		assert_int_equal(large[i], 'a');
	assert_ptr_equal(records_alloc(1), one); /* it was freed */
	large[2 * RECORD_SIZE - 1] = 'b';
	large = records_resize(large, 100000);
	assert_int_equal(large[RECORD_SIZE - 1], 'a');
	assert_int_equal(large[2 * RECORD_SIZE - 1], 'b');
	records_free(large);
	records_free(one);
	records_free(two);
}

/* Pages of zeroes go, and hold zeroes afterwards; all others stay as they are. */
static void
test_trim(void **state)
{
	char *records[COUNT];
	size_t page = (size_t)sysconf(_SC_PAGESIZE), kept = 0, gone = 0;

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		records[i] = records_alloc(RECORD_SIZE);
		memset(records[i], 0, RECORD_SIZE);
	}
	/* On every second page one is in use: its last byte. */
	for (size_t i = 0; i < COUNT; i++) {
		if ((uintptr_t)records[i] / page % 2 == 0 &&
			(uintptr_t)records[i] % page == page - RECORD_SIZE)
			records[i][RECORD_SIZE - 1] = 'x';
	}
	records_trim();
	/* The first and the last page are shared with others. */
	for (size_t i = page / RECORD_SIZE; i < COUNT - page / RECORD_SIZE; i++) {
		bool is_used = (uintptr_t)records[i] / page % 2 == 0;

		assert_true(is_resident(records[i]) == is_used);
		kept += is_used;
		gone += !is_used;
	}
	assert_true(kept > 0 && gone > 0);
	for (size_t i = 0; i < COUNT; i++) {
		bool is_used = (uintptr_t)records[i] / page % 2 == 0 &&
			(uintptr_t)records[i] % page == page - RECORD_SIZE;

		assert_int_equal(records[i][RECORD_SIZE - 1], is_used ? 'x' : 0);
	}
	free_all(records);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alloc),
		cmocka_unit_test(test_reuse),
		cmocka_unit_test(test_resize),
		cmocka_unit_test(test_trim),
	};

	return cmocka_run_group_tests_name("records", tests, NULL, NULL);
}
