/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/histogram.h"

#include <assert.h>

/* The first bound is 2^FIRST_BITS. */
#define FIRST_BITS 4

_Static_assert(sizeof(unsigned long long) == sizeof(uint64_t), "for __builtin_clzll()");

void
histogram_add(struct histogram *histogram, uint64_t value)
{
	size_t i = 0;

	/* A bound belongs to its bucket: so it is the bits of one less that count. */
	if (value > histogram_bound(0))
		i = (size_t)(64 - __builtin_clzll(value - 1)) - FIRST_BITS;
	if (i > HISTOGRAM_BOUNDS)
		i = HISTOGRAM_BOUNDS;
	histogram->counts[i]++;
	histogram->sum += value;
}

uint64_t
histogram_bound(size_t i)
{
	assert(i < HISTOGRAM_BOUNDS);
	return (uint64_t)1 << (FIRST_BITS + i);
}
