/* SPDX-License-Identifier: ISC */
#ifndef BASE_COMBINING_H
#define BASE_COMBINING_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Does this code point take no column of its own but go into the character before it:
 * accents and vowel signs, joiners and selectors, the inner letters of a Hangul
 * syllable? A table of our own, since what is dropped for having too many of them must
 * not depend on a library or a locale (the widths of base/width.h do).
 */
bool combining_is(uint32_t cp);

#endif
