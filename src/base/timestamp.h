/* SPDX-License-Identifier: ISC */
#ifndef BASE_TIMESTAMP_H
#define BASE_TIMESTAMP_H

#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

/*
 * Times and days as files keep them: RFC 3339 in UTC, of one spelling only, so that
 * they sort as text and people and programs agree on them:
 *
 *	2026-11-21T10:00:00Z
 *	2026-11-21
 *
 * They are seconds since the epoch, from the year 1970 to 9999; without locale, time
 * zone or leap seconds.
 */
#define TIMESTAMP_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define TIMESTAMP_TEXT_MAX sizeof("2026-11-21T10:00:00Z")
#define TIMESTAMP_DAY_TEXT_MAX sizeof("2026-11-21")
#define TIMESTAMP_DAY_SECONDS (24 * 60 * 60)

/* Terminated. A time before 1970 or after 9999 is shown as the nearest one between. */
void timestamp_text(int64_t seconds, char out[TIMESTAMP_TEXT_MAX]);
void timestamp_day_text(int64_t seconds, char out[TIMESTAMP_DAY_TEXT_MAX]);

/*
 * The whole text must be one that the functions above print: -1 if it is not, also for
 * days and hours that there are not. A day begins at its midnight.
 */
must_use int timestamp_parse(struct str s, int64_t *seconds);
must_use int timestamp_parse_day(struct str s, int64_t *seconds);

#endif
