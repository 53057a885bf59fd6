/* SPDX-License-Identifier: ISC */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>

#include "base/attr.h"

/*
 * Errors that a person will read.
 *
 * A function that can fail for a reason worth telling takes a `struct err *`,
 * returns -1, false or NULL, and leaves one sentence here: what is wrong, where,
 * and what would be right. No newline, no trailing full stop.
 */
struct err {
	char text[512]; /* always terminated; a longer text is cut */
};

/* Set the text. The arguments may include err->text, to put words around it. */
void err_set(struct err *err, const char *fmt, ...) printf_like(2, 3);

/*
 * A list of errors, for readers that go on after a mistake in order to report all
 * of them at once (the config file). Zero-initialise it; errlist_fini() frees what
 * it holds and leaves it empty again.
 */
struct errlist {
	char **texts; /* owned strings, in the order in which they were added */
	size_t count;
};

/* Append one error. */
void errlist_add(struct errlist *list, const char *fmt, ...) printf_like(2, 3);

void errlist_fini(struct errlist *list);

#endif
