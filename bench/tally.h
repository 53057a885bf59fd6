/* SPDX-License-Identifier: ISC */
#ifndef BENCH_TALLY_H
#define BENCH_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Which lines have arrived where. For each receiver and each sender whom he can hear (a
 * "column") it knows exactly which sequence numbers have come: all below the next one
 * that is expected, but for the gaps. So each line that comes is one of these:
 *
 *	new		never seen before; in order, or behind a gap
 *	reordered	never seen before, and one with a higher number was
 *	doubled		seen before
 *
 * and what is missing in the end is lost.
 */

/* No more gaps at once, of all receivers together: 16 million, of 8 bytes each. */
#define TALLY_GAPS_MAX ((size_t)1 << 24)

struct tally_gap {
	uint32_t from, to; /* these have not come, `to` not included */
};

struct tally_gaps {
	struct tally_gap *list; /* in order, apart from each other, none empty */
	size_t count, room;
};

struct tally {
	size_t receivers, columns;
	uint32_t *next;           /* [receiver][column]: the number that is expected */
	struct tally_gaps **gaps; /* [receiver]: NULL, or an array of one per column */
	size_t ngaps, gaps_max;   /* how many there are, and may be, in all of them */
	uint64_t arrived;         /* new lines of all receivers together */
	uint64_t doubled, reordered;
};

struct tally *tally_new(size_t receivers, size_t columns); /* returns new */
void tally_free(struct tally *tally);

/*
 * For tally_line(): anything but the number that is expected. Fails where there are
 * more gaps than there may be.
 */
bool tally_surprise(
	struct tally *tally, size_t receiver, size_t column, uint32_t sequence);

/* A line has come. Is it one that had not come before? */
static inline bool
tally_line(struct tally *tally, size_t receiver, size_t column, uint32_t sequence)
{
	uint32_t *next = &tally->next[receiver * tally->columns + column];

	if (*next != sequence)
		return tally_surprise(tally, receiver, column, sequence);
	++*next;
	tally->arrived++;
	return true;
}

/* How many lines of this column have not come, from number `from` on, `to` not
 * included. */
uint64_t tally_missing(const struct tally *tally, size_t receiver, size_t column,
	uint32_t from, uint32_t to);

#endif
