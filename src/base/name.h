/* SPDX-License-Identifier: ISC */
#ifndef BASE_NAME_H
#define BASE_NAME_H

#include <stdbool.h>

#include "base/str.h"

/*
 * Names of people, rooms and sections: ASCII letters, digits, '_' and '-', the same
 * whatever the case of the letters. ASCII, because two names that look alike must be
 * alike.
 */
#define NAME_MAX_BYTES 64 /* no name is longer, whatever the limits say */

/*
 * At least one character, all of them allowed, not over NAME_MAX_BYTES, and the first
 * one no '-': our notices begin with "--", and no line of a person may look like one.
 */
bool name_ok(struct str s);

/* One '#', and behind it what names are made of; here that may begin with '-'. */
bool name_ok_room(struct str s);

/*
 * Take everything up to the end of the first name in `*text` off its front, and return
 * that name: the longest run of characters that names are made of, from the first one
 * that a name begins with. Empty if there is none; `*text` is empty then, too.
 */
struct str name_first(struct str *text);

/*
 * The name with small letters, terminated, for use as a key: two names are the same
 * if their folded forms are. A longer text than fits is cut, so check it first.
 */
struct str name_fold(struct str s, char out[NAME_MAX_BYTES + 1]);

/*
 * What is seen of a name at a glance, its length and both ends, as a number below
 * NAME_SHAPES; without regard to the case of ASCII letters. Of most words it is one
 * that no name has, and then they need not be looked up. The name is not empty.
 */
#define NAME_SHAPES 4096
unsigned name_shape(struct str s);

#endif
