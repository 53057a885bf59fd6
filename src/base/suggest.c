/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/suggest.h"

#include <stdio.h>

enum {
	WORD_MAX = 64,    /* longer words are no typing mistakes, and cost squares */
	DISTANCE_MAX = 2, /* beyond that the guess would rather annoy than help */
};

void
suggest_init(struct suggest *suggest, struct str typed)
{
	*suggest = (struct suggest){.typed = typed};
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool
same(char a, char b)
{
	return ascii_lower(a) == ascii_lower(b);
}

/*
 * One row of the distance table: row[j] is the distance of the first i letters of `a`
 * from the first j letters of `b`, `above` and `above2` are the rows before. Returns
 * the least entry.
 */
static size_t
fill_row(size_t *row, const size_t *above, const size_t *above2, struct str a, size_t i,
	struct str b)
{
	size_t min = i;

	row[0] = i;
	for (size_t j = 1; j <= b.len; j++) {
		char x = a.p[i - 1], y = b.p[j - 1];

		row[j] = least(above[j], row[j - 1]) + 1;
		row[j] = least(row[j], above[j - 1] + (same(x, y) ? 0 : 1));
		if (i > 1 && j > 1 && same(x, b.p[j - 2]) && same(a.p[i - 2], y))
			row[j] = least(row[j], above2[j - 2] + 1);
		min = least(min, row[j]);
	}
	return min;
}

/* The distance of the two words, or any number above `limit` if it is above that. */
static size_t
distance(struct str a, struct str b, size_t limit)
{
	size_t rows[3][WORD_MAX + 1];

	if (a.len > WORD_MAX || b.len > WORD_MAX)
		return limit + 1;
	if (a.len > b.len + limit || b.len > a.len + limit)
		return limit + 1;
	for (size_t j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		/* For i = 1 the row before last is not there, nor looked at. */
		size_t min = fill_row(
			rows[i % 3], rows[(i + 2) % 3], rows[(i + 1) % 3], a, i, b);

		/*
		 * No later entry can be less. A swap steps over this row, but it costs
		 * what replacing the first of its two letters does, an entry of this
		 * row.
		 */
		if (min > limit)
			return min;
	}
	return rows[a.len % 3][b.len];
}

void
suggest_offer(struct suggest *suggest, const char *candidate)
{
	size_t limit = DISTANCE_MAX, found;

	/* The first of equals wins, so a later one must be nearer than the best. */
	if (suggest->best != NULL && suggest->distance == 0)
		return;
	if (suggest->best != NULL)
		limit = suggest->distance - 1;
	if (suggest->typed.len == 0)
		return;
	/* Half of a short word wrong is another word. */
	limit = least(limit, (suggest->typed.len - 1) / 2);
	found = distance(suggest->typed, str_of(candidate), limit);
	if (found <= limit) {
		suggest->best = candidate;
		suggest->distance = found;
	}
}

const char *
suggest_text(const struct suggest *suggest, const char *open, const char *close,
	char *out, size_t size)
{
	int len = 0;

	out[0] = '\0';
	if (suggest->best != NULL)
		len = snprintf(out, size, " (did you mean %s%s%s?)", open,
			suggest->best, close);
	/* Being cut is part of the contract; failing would leave no text. */
	if (len < 0)
		out[0] = '\0';
	return out;
}
