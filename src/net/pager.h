/* SPDX-License-Identifier: ISC */
#ifndef NET_PAGER_H
#define NET_PAGER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"

/*
 * Long answers a screen at a time. What one command printed and does not fit into the
 * window waits here, and so does what others say meanwhile, in order not to push the
 * page away. Exists only while there is something to page through. Pure bytes.
 */
struct pager;
struct state_table;

extern const struct state_table pager_state;

/*
 * What is shown in the place of the prompt, in a window of so many columns (0:
 * unknown): of prompts there is to be seen no more than half a row.
 */
struct str pager_prompt(unsigned columns);

/* A longer answer is not paged but printed, and so counts as unsent output. */
#define PAGER_TEXT_MAX ((size_t)256 * 1024)

/*
 * Print as much of `text` (whole rows, each ended by CR LF) as a window of `rows` rows
 * shows above the prompt, to `out`. Returns new, holding the rest; NULL if all fitted.
 */
struct pager *pager_start(struct str text, size_t rows, struct buf *out);

/*
 * Keep something back that came while the page is being read. False if that is too much
 * by now: whoever lets so much pile up is not reading, so end it (pager_end).
 */
must_use bool pager_hold(struct pager *pager, struct str text);

/*
 * A key was pressed: Space or Enter gives the next page, to `out`; q, ^C or ^D ends.
 * False when it is over: call pager_end().
 */
must_use bool pager_key(
	struct pager *pager, unsigned char key, size_t rows, struct buf *out);

/* Print what was held back, and free. The rest of the answer is lost. */
void pager_end(struct pager *pager, struct buf *out);

void pager_free(struct pager *pager); /* NULL is fine */

#endif
