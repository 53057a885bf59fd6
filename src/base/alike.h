/* SPDX-License-Identifier: ISC */
#ifndef BASE_ALIKE_H
#define BASE_ALIKE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Letters, digits and accents that people take for each other (the idea is that of
 * Unicode, UTS #39; the table is ours, and only as long as names need it).
 *
 * Returns what `cp` is taken for, up to three letters in UTF-8, or NULL if it is only
 * itself. That is a small letter where there is one, and itself taken for nothing else.
 * Large letters are in the table only where they look like something that their small
 * form does not: ask for both. Letters are to be decomposed before (NFD).
 */
const char *alike_of(uint32_t cp);

/* All that are taken for something, for tests: `i` from 0; 0 at the end. */
uint32_t alike_get(size_t i);

#endif
