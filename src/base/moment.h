/* SPDX-License-Identifier: ISC */
#ifndef BASE_MOMENT_H
#define BASE_MOMENT_H

#include <stdint.h>

/*
 * A point in time, read once and passed along. Durations are measured on the
 * monotonic clock only, so that a step of the wall clock closes nobody's session;
 * the wall clock is for showing to people. Only the app layer reads clocks.
 */
struct moment {
	int64_t mono; /* CLOCK_MONOTONIC, milliseconds */
	int64_t wall; /* CLOCK_REALTIME, seconds since the epoch */
	int64_t us;   /* as mono, in microseconds, for what is measured */
};

/* The earlier one of two points in time on one clock, of which -1 is never. */
static inline int64_t
moment_earlier(int64_t a, int64_t b)
{
	if (a == -1 || b == -1)
		return a == -1 ? b : a;
	return a < b ? a : b;
}

#endif
