/* SPDX-License-Identifier: ISC */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

/*
 * How often a quantity was how large: counts in buckets whose bounds double, from 16 to
 * 16 * 2^19 (of microseconds: from 16 us to 8.4 s), and one for whatever is larger. The
 * bounds are the same for all and for ever, so that one can compare and add them up.
 * Adding takes a few instructions, whatever the value. Zero-initialise it.
 */
#define HISTOGRAM_BOUNDS ((size_t)20)

struct histogram {
	uint64_t counts[HISTOGRAM_BOUNDS + 1]; /* the last one: over all bounds */
	uint64_t sum;                          /* of all values */
};

void histogram_add(struct histogram *histogram, uint64_t value);

/* The largest value that bucket `i` takes, below HISTOGRAM_BOUNDS. */
uint64_t histogram_bound(size_t i);

#endif
