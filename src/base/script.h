/* SPDX-License-Identifier: ISC */
#ifndef BASE_SCRIPT_H
#define BASE_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Writing systems: those in modern use everywhere (Unicode, UAX #31, "recommended"),
 * and of each the letters that names are written with today. What only scholars,
 * phoneticians or old prints use is in none of them.
 */
#define SCRIPT_LATIN (UINT32_C(1) << 0)
#define SCRIPT_GREEK (UINT32_C(1) << 1)
#define SCRIPT_CYRILLIC (UINT32_C(1) << 2)
#define SCRIPT_ARMENIAN (UINT32_C(1) << 3)
#define SCRIPT_HEBREW (UINT32_C(1) << 4)
#define SCRIPT_ARABIC (UINT32_C(1) << 5)
#define SCRIPT_THAANA (UINT32_C(1) << 6)
#define SCRIPT_DEVANAGARI (UINT32_C(1) << 7)
#define SCRIPT_BENGALI (UINT32_C(1) << 8)
#define SCRIPT_GURMUKHI (UINT32_C(1) << 9)
#define SCRIPT_GUJARATI (UINT32_C(1) << 10)
#define SCRIPT_ORIYA (UINT32_C(1) << 11)
#define SCRIPT_TAMIL (UINT32_C(1) << 12)
#define SCRIPT_TELUGU (UINT32_C(1) << 13)
#define SCRIPT_KANNADA (UINT32_C(1) << 14)
#define SCRIPT_MALAYALAM (UINT32_C(1) << 15)
#define SCRIPT_SINHALA (UINT32_C(1) << 16)
#define SCRIPT_THAI (UINT32_C(1) << 17)
#define SCRIPT_LAO (UINT32_C(1) << 18)
#define SCRIPT_TIBETAN (UINT32_C(1) << 19)
#define SCRIPT_MYANMAR (UINT32_C(1) << 20)
#define SCRIPT_GEORGIAN (UINT32_C(1) << 21)
#define SCRIPT_ETHIOPIC (UINT32_C(1) << 22)
#define SCRIPT_KHMER (UINT32_C(1) << 23)
#define SCRIPT_HANGUL (UINT32_C(1) << 24)
#define SCRIPT_HIRAGANA (UINT32_C(1) << 25)
#define SCRIPT_KATAKANA (UINT32_C(1) << 26)
#define SCRIPT_BOPOMOFO (UINT32_C(1) << 27)
#define SCRIPT_HAN (UINT32_C(1) << 28)

/* Accents that Latin, Greek and Cyrillic letters may have where no letter has them. */
#define SCRIPT_ACCENT (UINT32_C(1) << 29)

/*
 * The script of a letter, mark or digit; 0 if it is in none, as the digits of ASCII.
 * Only for those: a script's own punctuation and unassigned code points may or may not
 * be told to be of it.
 */
uint32_t script_of(uint32_t cp);

/* Are they, all bits of them, what one language is written with? 0 and one are. */
bool script_is_one(uint32_t scripts);

#endif
