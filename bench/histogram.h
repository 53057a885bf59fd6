/* SPDX-License-Identifier: ISC */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

/*
 * How often which latency was seen, to within 3 %: each power of two is cut into
 * HISTOGRAM_PARTS buckets of the same width. No latency is too large for it.
 */
#define HISTOGRAM_BITS 5
#define HISTOGRAM_PARTS (1U << HISTOGRAM_BITS)
#define HISTOGRAM_BUCKETS ((64 - HISTOGRAM_BITS + 1) * (int)HISTOGRAM_PARTS)

struct histogram {
	uint64_t count;
	int64_t max;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* The bucket of a value. */
static inline unsigned
histogram_bucket(uint64_t value)
{
	unsigned shift;

	if (value < 2 * HISTOGRAM_PARTS)
		return (unsigned)value;
	shift = 63 - HISTOGRAM_BITS - (unsigned)__builtin_clzll(value);
	return shift * HISTOGRAM_PARTS + (unsigned)(value >> shift);
}

/* Negative values count as zero. */
static inline void
histogram_add(struct histogram *histogram, int64_t value)
{
	if (value < 0)
		value = 0;
	histogram->count++;
	histogram->buckets[histogram_bucket((uint64_t)value)]++;
	if (value > histogram->max)
		histogram->max = value;
}

void histogram_reset(struct histogram *histogram);

/*
 * The value that the share `part` (0 to 1) of all values does not exceed; the middle of
 * its bucket. 0 if there are none.
 */
int64_t histogram_at(const struct histogram *histogram, double part);

#endif
