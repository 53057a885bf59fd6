/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/span.h"

static void
check(int64_t ms, unsigned units, const char *expected)
{
	struct buf out = {0};
	char *text;

	span_print(&out, ms, units);
	text = buf_take(&out);
	assert_string_equal(text, expected);
	free(text);
}

static void
test_one_unit(void **state)
{
	(void)state;
	check(0, 1, "0 seconds");
	check(999, 1, "0 seconds");
	check(1000, 1, "1 second");
	check(59999, 1, "59 seconds");
	check(60000, 1, "1 minute");
	check(3599999, 1, "59 minutes");
	check(3600000, 1, "1 hour");
	check(INT64_C(86400000) * 800, 1, "800 days");
}

static void
test_two_units(void **state)
{
	(void)state;
	check(5000, 2, "5 seconds");
	check(90000, 2, "1 minute 30 seconds");
	check(5400000, 2, "1 hour 30 minutes");
	check(5461000, 2, "1 hour 31 minutes");
	check(3661000, 3, "1 hour 1 minute 1 second");
	/* What is zero between is not said, and what is behind it is less. */
	check(3601000, 2, "1 hour");
	check(86400000, 2, "1 day");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_unit),
		cmocka_unit_test(test_two_units),
	};

	return cmocka_run_group_tests_name("span", tests, NULL, NULL);
}
