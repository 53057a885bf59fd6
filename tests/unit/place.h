/* SPDX-License-Identifier: ISC */
#ifndef UNIT_PLACE_H
#define UNIT_PLACE_H

#include "base/str.h"

/*
 * Where tests of files work: a new folder for each, in memory if there is such a place.
 * As setup and teardown of cmocka; `*state` is the struct place. The teardown fails if
 * descriptors or files are left.
 */
struct place {
	char folder[64];
	char file[80], other[80]; /* FOLDER/f and FOLDER/f.new */
	int descriptors;          /* open at the start */
};

int place_open(void **state);
int place_close(void **state);

/* How many files are in a folder? */
int count_entries(const char *folder);

/* Replace the file. */
void place_put(const struct place *place, const char *text);
void place_write(const struct place *place, struct str text);

/* It can't be replaced, for the reason. */
void place_check_refused(
	const struct place *place, struct str text, const char *reason);

/* The file is as `expected`, or missing if that is NULL, and nothing else is there. */
void place_check(const struct place *place, const char *expected);

#endif
