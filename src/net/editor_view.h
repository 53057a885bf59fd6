/* SPDX-License-Identifier: ISC */
#ifndef NET_EDITOR_VIEW_H
#define NET_EDITOR_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

/*
 * The row of the screen that shows a prompt and a line. It remembers what is there and
 * sends only what makes the difference.
 *
 * What is shown of a line that is wider than the row depends on the line, its cursor
 * and the width alone, not on how it came about. The last column stays empty: what a
 * terminal does once it is filled differs too much.
 */
struct state_table;
extern const struct state_table editor_view_state;

struct editor_view {
	unsigned columns;   /* of the window; 0 if unknown */
	bool shown;         /* the row is on the screen */
	bool stale;         /* what is there is not known, or has another prompt */
	size_t prompt;      /* columns of the prompt on the screen */
	size_t cursor;      /* where the cursor is, in columns behind the prompt */
	size_t row_columns; /* of the row, behind the prompt */
	struct buf drawn; /* the prompt and the row, there or before they were erased */
	size_t row;       /* where in that the row begins */
};

/* What is to be seen. */
struct editor_scene {
	struct str prompt; /* clean text and SGR sequences */
	struct str line;   /* clean text */
	size_t cursor;     /* in bytes of the line; between two characters */
};

void editor_view_fini(struct editor_view *view);

/*
 * Append what brings the row up to date if it is shown; the prompt only if the view is
 * stale.
 */
void editor_view_update(
	struct editor_view *view, const struct editor_scene *scene, struct buf *out);

/* Append what shows the row at the cursor's row of the screen, or takes it away. */
void editor_view_draw(
	struct editor_view *view, const struct editor_scene *scene, struct buf *out);
void editor_view_erase(struct editor_view *view, struct buf *out);

/*
 * Show the row as it was before it was erased. That costs next to nothing, so it is for
 * the lines that others say while nothing is typed. Not of a view that is stale.
 */
void editor_view_restore(struct editor_view *view, struct buf *out);

#endif
