/* SPDX-License-Identifier: ISC */
#ifndef BASE_WIDTH_H
#define BASE_WIDTH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"

/*
 * How text stands on a terminal: in columns, and in what people take for one character.
 *
 * With utf8proc a character is an extended grapheme cluster (UAX #29) and widths are
 * those of its Unicode version; without it a character is a code point with the
 * zero-width ones that follow (and what a joiner joins, if both are pictures), and
 * widths come from wcwidth(3) in the C.UTF-8 locale. Either way the widths of a
 * character's code points add up, but to no more than 2: so an accent takes nothing, a
 * Thai or Indic vowel sign its own column, a flag or a family two. The variation
 * selector for emoji makes its character 2 wide.
 */

/*
 * Once at start, before anything else here: find the tables. False if widths can only
 * be guessed (everything takes one column), which is worth a word in the log. Without
 * utf8proc this keeps a locale object until the end; the process's locale stays as it
 * is, and threads may use this module afterwards.
 */
must_use bool width_init(void);

/*
 * The first character of `s`, clean text (utf8_clean) that is not empty. Returns its
 * length in bytes; `*columns` is what it takes on the screen: 0, 1 or 2. Control
 * characters, which no clean text holds, are characters of no columns.
 */
size_t width_cluster(struct str s, unsigned *columns);

/* Columns of a whole text. */
size_t width_text(struct str s);

/*
 * How much of the front of `s` takes at least `least` columns, in whole characters and
 * as few as possible, or all of it. `*columns` is what that takes.
 */
size_t width_skip(struct str s, size_t least, size_t *columns);

/*
 * Where a character before `at` begins, in clean text: 0 if `at` is 0, else less than
 * `at`. Not always the last one, but to go on from there with width_cluster() is cheap
 * however long the text is, unless it is all flags or the like.
 */
size_t width_border_before(struct str s, size_t at);

/*
 * The length of the SGR sequence (colours: ESC [ ... m) at the front of `s`, 0 if there
 * is none. The one thing in our output that takes no columns and is no clean text.
 */
size_t width_sgr(struct str s);

#endif
