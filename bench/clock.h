/* SPDX-License-Identifier: ISC */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_S 1000000000LL
#define NS_PER_MS 1000000LL

/* The monotonic clock, in nanoseconds. */
static inline int64_t
clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static inline int64_t
clock_from_s(double seconds)
{
	return (int64_t)(seconds * (double)NS_PER_S);
}

static inline double
clock_to_s(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

static inline double
clock_to_ms(int64_t ns)
{
	return (double)ns / (double)NS_PER_MS;
}

#endif
