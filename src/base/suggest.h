/* SPDX-License-Identifier: ISC */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include <stddef.h>

#include "base/str.h"

/*
 * "Did you mean": offer every word that would have been right, then ask for the one
 * nearest to what was typed. Nearness is the optimal string alignment distance (a
 * swap of neighbours counts 1), ASCII letters compared without case. Only a distance
 * of at most 2, and less than half of what the typed word is long, is worth a
 * suggestion; words of more than 64 bytes get none. Of candidates equally near the
 * first one wins.
 */
struct suggest {
	struct str typed;
	const char *best; /* borrowed from the caller of suggest_offer(), or NULL */
	size_t distance;  /* of best */
};

void suggest_init(struct suggest *suggest, struct str typed);
void suggest_offer(struct suggest *suggest, const char *candidate);

/*
 * " (did you mean NEAREST?)" with `open` and `close` around NEAREST, say quotes or
 * braces; or "" if there is nothing to suggest. Returns `out`, which is terminated and
 * cut if too small.
 */
const char *suggest_text(const struct suggest *suggest, const char *open,
	const char *close, char *out, size_t size);

#endif
