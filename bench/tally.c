/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "tally.h"

#include <stdlib.h>
#include <string.h>

#include "fail.h"

struct tally *
tally_new(size_t receivers, size_t columns)
{
	struct tally *tally = need(1, sizeof(*tally));

	tally->receivers = receivers;
	tally->columns = columns;
	tally->next = need(receivers * columns, sizeof(*tally->next));
	tally->gaps = need(receivers, sizeof(*tally->gaps));
	tally->gaps_max = TALLY_GAPS_MAX;
	return tally;
}

void
tally_free(struct tally *tally)
{
	for (size_t i = 0; i < tally->receivers; i++) {
		for (size_t j = 0; tally->gaps[i] != NULL && j < tally->columns; j++)
			free(tally->gaps[i][j].list);
		free(tally->gaps[i]);
	}
	free(tally->gaps);
	free(tally->next);
	free(tally);
}

/* Put a gap at place `at`. */
static void
insert(struct tally *tally, struct tally_gaps *gaps, size_t at, struct tally_gap gap)
{
	if (tally->ngaps == tally->gaps_max)
		fail("more than %zu gaps in what has arrived: too much is lost to be "
		     "counted; ask for fewer lines",
			tally->gaps_max);
	tally->ngaps++;
	if (gaps->count == gaps->room) {
		gaps->room = gaps->room > 0 ? 2 * gaps->room : 4;
		gaps->list = need_again(gaps->list, gaps->room, sizeof(*gaps->list));
	}
	memmove(gaps->list + at + 1, gaps->list + at,
		(gaps->count - at) * sizeof(*gaps->list));
	gaps->list[at] = gap;
	gaps->count++;
}

static void delete (struct tally *tally, struct tally_gaps *gaps, size_t at)
{
	tally->ngaps--;
	gaps->count--;
	memmove(gaps->list + at, gaps->list + at + 1,
		(gaps->count - at) * sizeof(*gaps->list));
}

/* The first gap that ends behind `sequence`; the count if there is none. */
static size_t
search(const struct tally_gaps *gaps, uint32_t sequence)
{
	size_t low = 0, high = gaps->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (gaps->list[middle].to > sequence)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Take a number out of the gap that holds it. False if there is none. */
static bool
fill(struct tally *tally, struct tally_gaps *gaps, uint32_t sequence)
{
	size_t at = search(gaps, sequence);
	struct tally_gap *gap;

	if (at == gaps->count || gaps->list[at].from > sequence)
		return false;
	gap = &gaps->list[at];
	if (gap->from == sequence) {
		gap->from++;
		if (gap->from == gap->to)
			delete (tally, gaps, at);
	} else if (gap->to == sequence + 1) {
		gap->to--;
	} else {
		struct tally_gap behind = {sequence + 1, gap->to};

		gap->to = sequence;
		insert(tally, gaps, at + 1, behind);
	}
	return true;
}

bool
tally_surprise(struct tally *tally, size_t receiver, size_t column, uint32_t sequence)
{
	uint32_t *next = &tally->next[receiver * tally->columns + column];
	struct tally_gaps *gaps;

	if (tally->gaps[receiver] == NULL)
		tally->gaps[receiver] = need(tally->columns, sizeof(*gaps));
	gaps = &tally->gaps[receiver][column];
	if (sequence > *next) {
		insert(tally, gaps, gaps->count, (struct tally_gap){*next, sequence});
		*next = sequence + 1;
	} else if (fill(tally, gaps, sequence)) {
		tally->reordered++;
	} else {
		tally->doubled++;
		return false;
	}
	tally->arrived++;
	return true;
}

/* How many numbers `gap` has between `from` and `to`. */
static uint32_t
count_between(struct tally_gap gap, uint32_t from, uint32_t to)
{
	from = gap.from > from ? gap.from : from;
	to = gap.to < to ? gap.to : to;
	return to > from ? to - from : 0;
}

uint64_t
tally_missing(const struct tally *tally, size_t receiver, size_t column, uint32_t from,
	uint32_t to)
{
	struct tally_gap end = {
		tally->next[receiver * tally->columns + column], UINT32_MAX};
	uint64_t missing = count_between(end, from, to);
	const struct tally_gaps *gaps;

	if (tally->gaps[receiver] == NULL)
		return missing;
	gaps = &tally->gaps[receiver][column];
	for (size_t i = 0; i < gaps->count; i++)
		missing += count_between(gaps->list[i], from, to);
	return missing;
}
