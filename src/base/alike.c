/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/alike.h"

enum {
	LETTERS_MAX = 16
};

/* Of ASCII, which most names are made of: they are not searched for. */
static const char *const ascii[0x80] = {
	['0'] = "o",
	['1'] = "l",
	['I'] = "l",
	['i'] = "l",
	['m'] = "rn",
	['w'] = "vv",
};

/*
 * Of each other script the letters in ascending order, large ones before small ones.
 *
 * Whole words are compared, so a letter may be likened to two that are not alike: a
 * Greek name can look like HAT or like nat, and its large Eta is an h, the small one an
 * n.
 */
/* clang-format off */
static const struct row {
	const char *like;
	uint16_t letters[LETTERS_MAX]; /* up to the first 0 */
} rows[] = {
	/* Latin. Greek, Cyrillic, Armenian and Hebrew in its clothes. */
	{"a", {0x0391, 0x03B1, 0x0410, 0x0430}},
	{"b", {0x0392, 0x0412, 0x0432, 0x042C, 0x044C}},
	{"c", {0x0421, 0x0441}},
	{"d", {0x0501}},
	{"e", {0x0395, 0x03B5, 0x0415, 0x0435}},
	{"g", {0x0581}},
	{"h", {0x0397, 0x041D, 0x043D, 0x04BA, 0x04BB, 0x0570}},
	{"j", {0x0408, 0x0458, 0x0575}},
	{"k", {0x039A, 0x03BA, 0x041A, 0x043A}},
	{"l", {0x0131, 0x0196, 0x0269, 0x0399, 0x03B9, 0x0406, 0x0456,
		0x04C0, 0x04CF, 0x056C, 0x05D5, 0x05DF, 0x0627}},
	{"n", {0x039D, 0x03B7, 0x043F, 0x0578}},
	{"o", {0x039F, 0x03BF, 0x03C3, 0x041E, 0x043E, 0x0555, 0x0585, 0x05E1,
		0x0647, 0x06BE, 0x06C1, 0x06D5}},
	{"p", {0x03A1, 0x03C1, 0x0420, 0x0440}},
	{"q", {0x051B, 0x0563, 0x0566}},
	{"r", {0x0433}},
	{"rn", {0x039C, 0x041C, 0x043C}},
	{"s", {0x0405, 0x0455, 0x054F}},
	{"t", {0x03A4, 0x03C4, 0x0422, 0x0442}},
	{"u", {0x03BC, 0x03C5, 0x054D, 0x057D}},
	{"v", {0x028B, 0x03BD}},
	{"vv", {0x03C9, 0x0428, 0x0448, 0x051D, 0x0561}},
	{"x", {0x03A7, 0x03C7, 0x0425, 0x0445}},
	{"y", {0x03A5, 0x03B3, 0x0423, 0x0443, 0x04AE, 0x04AF}},
	{"z", {0x0396}},
	{"3", {0x0417, 0x0437, 0x04E0, 0x04E1, 0x01B7, 0x0292}},
	{"4", {0x0427, 0x0447}},
	{"6", {0x0431}},
	{"\xC3\xA6", {0x04D4, 0x04D5}},         /* ae */
	{"\xC4\x91", {0x00D0, 0x0189}},         /* d with a stroke */
	{"\xC4\xA7", {0x045B}},                 /* h with a stroke */
	{"\xC9\x99", {0x01DD, 0x04D8, 0x04D9}}, /* schwa */
	{"c\xCC\xA6", {0x04AA, 0x04AB}},        /* c with something below */
	{"\xCC\xA6", {0x0327}},                 /* that: a comma or a cedilla */
	{"\xCC\x86", {0x030C}},                 /* breve and caron */

	/* Arabic: the letters of several languages that differ in dots not written. */
	{"\xD9\x83", {0x06A9}},         /* kaf */
	{"\xD9\x8A", {0x0649, 0x06CC}}, /* yeh */

	/* Katakana, with Hiragana, Han and Bopomofo in its clothes. */
	{"\xE3\x83\x98", {0x3078}},         /* he */
	{"\xE3\x83\xAA", {0x308A}},         /* ri */
	{"\xE3\x82\xA8", {0x5DE5}},         /* e */
	{"\xE3\x82\xAA", {0x624D}},         /* o */
	{"\xE3\x82\xAB", {0x529B}},         /* ka */
	{"\xE3\x82\xBF", {0x5915}},         /* ta */
	{"\xE3\x83\x81", {0x5343}},         /* ti */
	{"\xE3\x83\x88", {0x535C}},         /* to */
	{"\xE3\x83\x8B", {0x4E8C}},         /* ni */
	{"\xE3\x83\x8F", {0x516B}},         /* ha */
	{"\xE3\x83\xAD", {0x53E3}},         /* ro */
	{"\xE3\x83\xBC", {0x3127, 0x4E00}}, /* a long vowel */
};
/* clang-format on */

const char *
alike_of(uint32_t cp)
{
	if (cp < sizeof(ascii) / sizeof(*ascii))
		return ascii[cp];
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const uint16_t *letters = rows[i].letters;

		for (size_t j = 0; j < LETTERS_MAX && letters[j] != 0; j++) {
			if (letters[j] == cp)
				return rows[i].like;
		}
	}
	return NULL;
}

uint32_t
alike_get(size_t n)
{
	for (uint32_t cp = 0; cp < sizeof(ascii) / sizeof(*ascii); cp++) {
		if (ascii[cp] != NULL && n-- == 0)
			return cp;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const uint16_t *letters = rows[i].letters;

		for (size_t j = 0; j < LETTERS_MAX && letters[j] != 0; j++) {
			if (n-- == 0)
				return letters[j];
		}
	}
	return 0;
}
