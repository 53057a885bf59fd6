/* SPDX-License-Identifier: ISC */
#ifndef BASE_LINES_H
#define BASE_LINES_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

/*
 * Text files of one entry a line, that people and other programs write as well: where
 * we are, and what is wrong there.
 */
struct lines {
	struct str rest; /* not yet taken */
	const char *file;
	struct errlist *errors;
	unsigned number; /* of the line taken last, from 1 */
	bool has_failed; /* has lines_error() been called? */
};

/*
 * Begin with the text of a file called `file`; all are borrowed. A byte order mark,
 * which some editors leave there, is skipped.
 */
void lines_init(
	struct lines *lines, struct str text, const char *file, struct errlist *errors);

/*
 * Take the next line that is an entry, without blanks at its ends and the CR of a CR
 * LF. Empty ones and comments, which begin with # or ;, are skipped. False at the end.
 */
bool lines_next(struct lines *lines, struct str *line);

/*
 * Add "FILE:NUMBER: " and the text, about the line taken last. It may quote what the
 * file says, for it is made fit for terminals; see lines_shown().
 */
void lines_error(struct lines *lines, const char *fmt, ...) printf_like(2, 3);

/* The part of a word of the file that an error is to quote: it could be a megabyte. */
#define LINES_SHOWN_MAX 60
struct str lines_shown(struct str word);

#endif
