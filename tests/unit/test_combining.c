/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/combining.h"

/* Blocks of nothing else, and pieces of scripts that everybody reads about. */
static void
test_yes(void **state)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{0x0300, 0x036F},   /* accents */
		{0x0483, 0x0489},   /* Cyrillic; two enclosing ones */
		{0x0591, 0x05BD},   /* Hebrew */
		{0x064B, 0x065F},   /* Arabic */
		{0x0941, 0x0948},   /* Devanagari */
		{0x0E34, 0x0E3A},   /* Thai */
		{0x0F90, 0x0F97},   /* Tibetan, below others */
		{0x1160, 0x11FF},   /* Hangul vowels and finals */
		{0x1AB0, 0x1ACE},   /* more accents */
		{0x1DC0, 0x1DFF},   /* and more */
		{0x200B, 0x200F},   /* ZWNJ, ZWJ, direction marks */
		{0x20D0, 0x20F0},   /* for symbols; the key cap */
		{0x302A, 0x302D},   /* ideographs */
		{0x3099, 0x309A},   /* kana */
		{0xFE00, 0xFE0F},   /* selectors; the last asks for emoji */
		{0xFE20, 0xFE2F},   /* halves */
		{0x1D167, 0x1D169}, /* music */
		{0x1E8D0, 0x1E8D6}, /* Mende numbers */
		{0xE0020, 0xE007F}, /* tags of flags */
		{0xE0100, 0xE01EF}, /* more selectors */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		for (uint32_t cp = ranges[i].first; cp <= ranges[i].last; cp++) {
			if (!combining_is(cp))
				fail_msg("U+%04X", (unsigned)cp);
		}
	}
}

static void
test_no(void **state)
{
	static const uint32_t cps[] = {0, ' ', 'a', '~', 0x7F, 0xA0, 0xA8, 0xAD, 0xB4,
		0xFF, 0x2C7, 0x2FF, 0x370, 0x3B1, 0x482, 0x48A, 0x590, 0x5D0, 0x600,
		0x627, 0x6DD, 0x903, 0x905, 0x93E, 0xE30, 0xE32, 0xE33, 0xF40, 0x1100,
		0x115F, 0x1200, 0x2000, 0x200A, 0x2010, 0x20CF, 0x2764, 0x3041, 0x309B,
		0x4E00, 0xAC00, 0xD7A3, 0xE000, 0xFDFF, 0xFE10, 0xFE1F, 0xFE30, 0xFEFF,
		0xFFFD, 0x1D165, 0x1F1E6, 0x1F1FF, 0x1F3FB, 0x1F3FF, 0x1F468, 0x1F600,
		0x20000, 0xE0000, 0xE01F0, 0x10FFFF};

	(void)state;
	for (size_t i = 0; i < sizeof(cps) / sizeof(cps[0]); i++) {
		if (combining_is(cps[i]))
			fail_msg("U+%04X", (unsigned)cps[i]);
	}
}

/* As many as were put into the table: none is where no search finds it. */
static void
test_all(void **state)
{
	unsigned ranges = 0, count = 0;

	(void)state;
	for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
		count += combining_is(cp);
		ranges += combining_is(cp) && !combining_is(cp - 1);
	}
	assert_int_equal(ranges, 337);
	assert_int_equal(count, 2698);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_yes),
		cmocka_unit_test(test_no),
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests_name("combining", tests, NULL, NULL);
}
