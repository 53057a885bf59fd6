/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "histogram.h"

#include <string.h>

void
histogram_reset(struct histogram *histogram)
{
	memset(histogram, 0, sizeof(*histogram));
}

/* The middle of the values that have this bucket. */
static int64_t
middle(unsigned bucket)
{
	unsigned shift;
	uint64_t first;

	if (bucket < 2 * HISTOGRAM_PARTS)
		return bucket;
	shift = bucket / HISTOGRAM_PARTS - 1;
	first = (uint64_t)(bucket - shift * HISTOGRAM_PARTS) << shift;
	return (int64_t)(first + ((1ULL << shift) - 1) / 2);
}

int64_t
histogram_at(const struct histogram *histogram, double part)
{
	uint64_t wanted = (uint64_t)(part * (double)histogram->count), seen = 0;
	int64_t value;

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += histogram->buckets[i];
		if (seen > wanted || (seen > 0 && seen == histogram->count)) {
			value = middle(i);
			return value < histogram->max ? value : histogram->max;
		}
	}
	return 0;
}
