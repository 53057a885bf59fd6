/* SPDX-License-Identifier: ISC */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/*
 * UTF-8 (RFC 3629), and what of it may reach another person's terminal.
 */

#define UTF8_REPLACEMENT 0xFFFDu
#define UTF8_MARKS_MAX 16 /* see utf8_clean() */

/*
 * Decode the character at the front of `s`, which is not empty. Returns how many
 * bytes it takes (1 to 4). Bytes that are no character, overlong forms, surrogates
 * and values above U+10FFFF give U+FFFD for each maximal subpart, as the Unicode
 * standard recommends (chapter 3, "U+FFFD Substitution of Maximal Subparts").
 */
size_t utf8_decode(struct str s, uint32_t *cp);

/* Append the encoding of `cp`, a Unicode scalar value. */
void utf8_encode(struct buf *out, uint32_t cp);

bool utf8_valid(struct str s);

/* The longest part of `s` of at most `max` bytes that splits no character. */
struct str utf8_cut(struct str s, size_t max);

/*
 * Append `in` made fit for other people's terminals, logs and files: valid UTF-8
 * without anything that acts instead of being shown.
 *
 * - invalid bytes and noncharacters become U+FFFD, one each
 * - a tab becomes a space; U+2028 and U+2029 (line, paragraph separator) too
 * - escape sequences go whole: CSI, SS2/SS3, and OSC, DCS, SOS, PM, APC up to their
 *   terminator, with ESC and a letter or with the C1 character (U+0080 to U+009F) as
 *   introducer (ECMA-48, 5.4 and 8.3), and the short ones that begin with ESC
 *   (ECMA-35); an unfinished one loses only its introducer
 * - other C0 and C1 controls and DEL go
 * - bidirectional embeddings, overrides and isolates (U+202A to U+202E, U+2066 to
 *   U+2069) go, so that nothing spills into what follows; also U+FEFF and the
 *   interlinear annotation marks U+FFF9 to U+FFFB
 * - of what goes into the character before it without a column of its own
 *   (base/combining.h: accents, joiners, selectors) 16 in a row stay and the others go;
 *   what a terminal stacks above and below its line hides those of others. No writing
 *   and no emoji needs as many. The first of `in` may join the last of `out`
 *
 * Never appends more than three times in.len bytes. Cleaning twice changes nothing.
 */
void utf8_clean(struct buf *out, struct str in);

/* Is that what cleaning makes of it? */
bool utf8_is_clean(struct str s);

#endif
