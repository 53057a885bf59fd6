/* SPDX-License-Identifier: ISC */
#ifndef TESTS_SCREEN_H
#define TESTS_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

/*
 * A terminal, as far as our output needs one: a grid of characters that scrolls up,
 * with the right margin of xterm (a character in the last column leaves the cursor
 * there, the next one wraps). Characters are those of base/width.h; wide ones take two
 * places. It is strict: whatever it does not know, and text that joins what is already
 * on the screen at its left, makes `error` say so.
 */
struct screen_cell {
	char text[128]; /* of a character and what takes no place behind it */
	size_t len;     /* 0: nothing there, or the second half of a wide one */
	unsigned width;
};

struct screen {
	size_t rows, columns;
	size_t row, column; /* of the cursor */
	bool wraps;         /* the next character goes to the next row */
	bool cuts;          /* nothing wraps: what is too much is cut */
	bool pastes;        /* bracketed paste is on */
	size_t bells;
	struct screen_cell *cells;
	const char *error; /* what went wrong first, or NULL */
};

struct screen *screen_new(size_t rows, size_t columns);
void screen_free(struct screen *screen);

/* Sequences and characters may not be cut between two calls. */
void screen_feed(struct screen *screen, struct str bytes);

/* As xterm does: what is beyond the right margin is lost, nothing moves. */
void screen_resize(struct screen *screen, size_t columns);

/* Append the text of a row, without blanks at its end. */
void screen_add_row(const struct screen *screen, size_t row, struct buf *out);

/* Append all rows, in lines, and the place of the cursor. */
void screen_dump(const struct screen *screen, struct buf *out);

#endif
