/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/timestamp.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>

enum {
	FIRST_YEAR = 1970,
	DAY_SECONDS = TIMESTAMP_DAY_SECONDS,
};

static bool
is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t
days_of_month(int64_t year, int64_t month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

/* Days from the epoch to the first of January. */
static int64_t
days_before_year(int64_t year)
{
	int64_t past = year - 1; /* whose leap days have been */
	int64_t leaps = past / 4 - past / 100 + past / 400;
	const int64_t leaps_until_1970 = 1969 / 4 - 1969 / 100 + 1969 / 400;

	return (year - FIRST_YEAR) * 365 + leaps - leaps_until_1970;
}

void
timestamp_text(int64_t seconds, char out[TIMESTAMP_TEXT_MAX])
{
	int64_t days, year, month, rest;
	int len;

	if (seconds < 0)
		seconds = 0;
	if (seconds > TIMESTAMP_MAX)
		seconds = TIMESTAMP_MAX;
	days = seconds / DAY_SECONDS;
	rest = seconds % DAY_SECONDS;
	/* At first a year that is not too late, though maybe too early. */
	for (year = FIRST_YEAR + days / 366; days_before_year(year + 1) <= days;)
		year++;
	days -= days_before_year(year);
	for (month = 1; days >= days_of_month(year, month); month++)
		days -= days_of_month(year, month);
	len = snprintf(out, TIMESTAMP_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02dZ",
		(int)year, (int)month, (int)days + 1, (int)(rest / 3600),
		(int)(rest / 60 % 60), (int)(rest % 60));
	assert(len == TIMESTAMP_TEXT_MAX - 1);
}

void
timestamp_day_text(int64_t seconds, char out[TIMESTAMP_DAY_TEXT_MAX])
{
	char text[TIMESTAMP_TEXT_MAX];

	timestamp_text(seconds, text);
	memcpy(out, text, TIMESTAMP_DAY_TEXT_MAX - 1);
	out[TIMESTAMP_DAY_TEXT_MAX - 1] = '\0';
}

/*
 * The number in the text where the form has `letter`: its digits, as many as there are
 * letters. The text is of the form.
 */
static int64_t
number_at(const char *text, const char *form, char letter)
{
	int64_t number = 0;

	for (size_t i = 0; form[i] != '\0'; i++) {
		if (form[i] == letter)
			number = number * 10 + (text[i] - '0');
	}
	return number;
}

/* Small letters stand for digits, the rest for itself. */
static bool
is_of_form(struct str s, const char *form)
{
	if (s.len != strlen(form))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (form[i] >= 'a' && form[i] <= 'z' ? s.p[i] < '0' || s.p[i] > '9'
						     : s.p[i] != form[i])
			return false;
	}
	return true;
}

static int
parse(struct str s, const char *form, int64_t *seconds)
{
	int64_t year, month, day, hour, minute, second;

	if (!is_of_form(s, form))
		return -1;
	year = number_at(s.p, form, 'y');
	month = number_at(s.p, form, 'm');
	day = number_at(s.p, form, 'd');
	hour = number_at(s.p, form, 'h');
	minute = number_at(s.p, form, 'i');
	second = number_at(s.p, form, 's');
	if (year < FIRST_YEAR || month < 1 || month > 12 || day < 1 ||
		day > days_of_month(year, month) || hour > 23 || minute > 59 ||
		second > 59)
		return -1;
	day += days_before_year(year) - 1;
	for (int64_t m = 1; m < month; m++)
		day += days_of_month(year, m);
	*seconds = ((day * 24 + hour) * 60 + minute) * 60 + second;
	return 0;
}

int
timestamp_parse(struct str s, int64_t *seconds)
{
	return parse(s, "yyyy-mm-ddThh:ii:ssZ", seconds);
}

int
timestamp_parse_day(struct str s, int64_t *seconds)
{
	return parse(s, "yyyy-mm-dd", seconds);
}
