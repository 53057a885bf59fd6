/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/timestamp.h"

enum {
	DAY = 24 * 60 * 60,
	DAYS = 2932897, /* from 1970 to 9999 */
};

static const struct {
	const char *text;
	int64_t seconds;
} known[] = {
	{"1970-01-01T00:00:00Z", 0},
	{"1970-01-01T00:00:59Z", 59},
	{"1970-01-01T23:59:59Z", DAY - 1},
	{"1972-02-29T00:00:00Z", 68169600},
	{"2000-02-29T12:34:56Z", 951827696},
	{"2001-09-09T01:46:40Z", 1000000000},
	{"2026-11-21T10:00:00Z", 1795255200},
	{"2038-01-19T03:14:08Z", INT64_C(1) << 31},
	{"2100-03-01T00:00:00Z", INT64_C(4107542400)},
	{"9999-12-31T23:59:59Z", TIMESTAMP_MAX},
};

static void
test_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		char text[TIMESTAMP_TEXT_MAX], day[TIMESTAMP_DAY_TEXT_MAX];
		int64_t seconds = -1;

		timestamp_text(known[i].seconds, text);
		assert_string_equal(text, known[i].text);
		assert_int_equal(timestamp_parse(str_of(text), &seconds), 0);
		assert_int_equal(seconds, known[i].seconds);

		timestamp_day_text(known[i].seconds, day);
		assert_memory_equal(day, known[i].text, 10);
		assert_int_equal(day[10], '\0');
		assert_int_equal(timestamp_parse_day(str_of(day), &seconds), 0);
		assert_int_equal(seconds, known[i].seconds - known[i].seconds % DAY);
	}
}

/* Every day there is, against the C library's calendar. */
static void
test_days(void **state)
{
	(void)state;
	for (int64_t day = 0; day < DAYS; day++) {
		int64_t seconds = day * DAY + day % DAY, parsed = -1;
		char ours[TIMESTAMP_TEXT_MAX], theirs[64];
		time_t t = (time_t)seconds;
		struct tm tm;

		assert_non_null(gmtime_r(&t, &tm));
		assert_true(strftime(theirs, sizeof(theirs), "%FT%TZ", &tm) > 0);
		timestamp_text(seconds, ours);
		assert_string_equal(ours, theirs);
		assert_int_equal(timestamp_parse(str_of(ours), &parsed), 0);
		assert_int_equal(parsed, seconds);
	}
}

static void
test_outside(void **state)
{
	char text[TIMESTAMP_TEXT_MAX];

	(void)state;
	timestamp_text(-1, text);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	timestamp_text(INT64_MIN, text);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	timestamp_text(TIMESTAMP_MAX + 1, text);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
	timestamp_text(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
}

static void
test_wrong(void **state)
{
	static const char *const wrong[] = {"", "2026", "2026-11-21",
		"2026-11-21T10:00Z", "2026-11-21T10:00:00", "2026-11-21T10:00:00z",
		"2026-11-21t10:00:00Z", "2026-11-21 10:00:00Z",
		"2026-11-21T10:00:00+00:00", "2026-11-21T10:00:00.5Z",
		"2026-11-21T10:00:00Z ", " 026-11-21T10:00:00Z", "+026-11-21T10:00:00Z",
		"2026/11/21T10:00:00Z", "2026-11-21T10.00.00Z", "1969-12-31T23:59:59Z",
		"0000-01-01T00:00:00Z", "2026-00-21T10:00:00Z", "2026-13-21T10:00:00Z",
		"2026-11-00T10:00:00Z", "2026-11-31T10:00:00Z", "2026-01-32T10:00:00Z",
		"2026-02-29T10:00:00Z", "2100-02-29T10:00:00Z", "2000-02-30T10:00:00Z",
		"2026-11-21T24:00:00Z", "2026-11-21T10:60:00Z", "2026-11-21T10:00:60Z",
		"2026-11-2aT10:00:00Z", "2026-11-21T1:000:00Z"};
	static const char *const wrong_days[] = {"", "2026-11", "2026-11-21T10:00:00Z",
		"2026-11-21 ", "2026-11-31", "2026-1-21", "1969-12-31", "20261121"};
	int64_t seconds = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(timestamp_parse(str_of(wrong[i]), &seconds), -1);
	for (size_t i = 0; i < sizeof(wrong_days) / sizeof(*wrong_days); i++)
		assert_int_equal(
			timestamp_parse_day(str_of(wrong_days[i]), &seconds), -1);
	assert_int_equal(timestamp_parse_day(str_make(NULL, 0), &seconds), -1);
	assert_int_equal(timestamp_parse(STR("2026-11-21T10:00:0\0Z"), &seconds), -1);
	assert_int_equal(seconds, 7);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_days),
		cmocka_unit_test(test_outside),
		cmocka_unit_test(test_wrong),
	};

	return cmocka_run_group_tests_name("timestamp", tests, NULL, NULL);
}
