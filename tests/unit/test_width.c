/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "base/width.h"

struct sample {
	const char *text; /* begins with one character */
	size_t len;       /* of that, in bytes */
	unsigned columns; /* of that */
};

static void
check(const struct sample *samples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		unsigned columns = 99;
		size_t len = width_cluster(str_of(samples[i].text), &columns);

		if (len != samples[i].len || columns != samples[i].columns)
			fail_msg("%s: %zu bytes, %u columns; not %zu, %u",
				samples[i].text, len, columns, samples[i].len,
				samples[i].columns);
	}
}

/* Which half of width.c is built: what they take for one character differs. */
#ifdef HAVE_UTF8PROC
static const bool has_tables = true;
#else
static const bool has_tables = false;
#endif

#define CHECK(samples) check(samples, sizeof(samples) / sizeof(*(samples)))

/* U+1F468, U+200D and so on, for reading. */
#define ACUTE "\xCC\x81"
#define MAN "\xF0\x9F\x91\xA8"
#define WOMAN "\xF0\x9F\x91\xA9"
#define GIRL "\xF0\x9F\x91\xA7"
#define LAPTOP "\xF0\x9F\x92\xBB"
#define SKIN "\xF0\x9F\x8F\xBD"
#define HEART "\xE2\x9D\xA4"
#define ZWJ_ "\xE2\x80\x8D"
#define VS16_ "\xEF\xB8\x8F"
#define FLAG_D "\xF0\x9F\x87\xA9"
#define FLAG_E "\xF0\x9F\x87\xAA"
#define NIHON "\xE6\x97\xA5"

static void
test_ascii(void **state)
{
	static const struct sample samples[] = {
		{"a", 1, 1},
		{"ab", 1, 1},
		{" ", 1, 1},
		{"~~", 1, 1},
		{"\x1F", 1, 0},
		{"\x1B[0m", 1, 0},
		{"\x7F" ACUTE, 1, 0},
	};

	(void)state;
	CHECK(samples);
}

static void
test_one_code_point(void **state)
{
	static const struct sample samples[] = {
		{"\xC3\xA9x", 2, 1}, {"\xC3\xA9\xC3\xA9", 2, 1}, {NIHON NIHON, 3, 2},
		{"\xEA\xB0\x80\xEA\xB0\x80", 3, 2}, /* Hangul */
		{"\xEF\xBC\xA1", 3, 2},             /* full-width A */
		{"\xF0\x9F\x98\x80\xF0\x9F\x98\x80", 4, 2}, {HEART "x", 3, 1},
		{"\xEF\xBF\xBD", 3, 1}, {"\xE2\x80\x8B", 3, 0}, /* U+200B */
		{"\xC2\xAD", 2, 1}, {"\xEE\x80\x80", 3, 1},     /* private use */
		{"\xCD\xB8", 2, 1},                             /* unassigned */
	};

	(void)state;
	CHECK(samples);
}

static void
test_combining(void **state)
{
	static const struct sample samples[] = {
		{"e" ACUTE "e", 3, 1}, {"e" ACUTE ACUTE ACUTE, 7, 1},
		{NIHON ACUTE, 5, 2}, {ACUTE, 2, 0}, {ACUTE "a", 2, 0},
		{" " ACUTE, 3, 1},
		{"\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8", 9,
			2}, /* Hangul in its letters */
	};

	(void)state;
	CHECK(samples);
}

static void
test_pictures(void **state)
{
	static const struct sample samples[] = {
		{MAN ZWJ_ WOMAN ZWJ_ GIRL MAN, 18, 2}, {WOMAN ZWJ_ LAPTOP "x", 11, 2},
		{WOMAN ZWJ_ "x", 7, 2}, {WOMAN ZWJ_, 7, 2},
		{WOMAN SKIN ZWJ_ LAPTOP, 15, 2}, {"\xE2\x98\x9D" SKIN, 7, 2},
		{HEART VS16_, 6, 2}, {HEART VS16_ ZWJ_ "\xF0\x9F\x94\xA5", 13, 2},
		{"1" VS16_ "\xE2\x83\xA3", 7, 2}, /* key cap */
		{"a" VS16_, 4, 1}, {FLAG_D FLAG_E FLAG_D FLAG_E, 8, 2},
		{FLAG_D FLAG_E FLAG_D, 8, 2}, {FLAG_D "x", 4, 1},
		{FLAG_D ACUTE FLAG_E, 6, 1},
		{"\xF0\x9F\x8F\xB4\xF3\xA0\x81\xA7\xF3\xA0\x81\xBF.", 12, 2}, /* tags */
	};

	(void)state;
	CHECK(samples);
}

/* What terminals give a column of its own has one, in whatever character. */
static void
test_spacing_marks(void **state)
{
	(void)state;
	assert_int_equal(width_text(str_of("\xE0\xB8\x81\xE0\xB8\xB3")), 2); /* Thai */
	assert_int_equal(width_text(str_of("\xE0\xA4\x95\xE0\xA4\xBE")), 2); /* Hindi */
	assert_int_equal(width_text(str_of("\xEF\xBD\xB6\xEF\xBE\x9E")), 2); /* Kana */
	assert_int_equal(
		width_text(str_of("\xE0\xA4\x95\xE0\xA5\x8D")), 1); /* virama */
}

/*
 * The tables know of vowel signs and the like that belong to the letter before them, or
 * behind them, and take columns of their own. wcwidth(3) can't tell them from letters.
 */
static void
test_clusters_of_several_letters(void **state)
{
	static const struct sample with_tables[] = {
		{"\xE0\xB8\x81\xE0\xB8\xB3x", 6, 2},         /* Thai: ko kai, sara am */
		{"\xE0\xA4\x95\xE0\xA4\xBEx", 6, 2},         /* Devanagari: ka, aa */
		{"\xE0\xAE\x95\xE0\xAF\x8Bx", 6, 2},         /* Tamil: ka, oo */
		{"\xF0\x91\x82\xBD\xF0\x91\x82\x83x", 8, 1}, /* Kaithi sign, letter */
	};
	static const struct sample without[] = {
		{"\xE0\xB8\x81\xE0\xB8\xB3x", 3, 1},
		{"\xE0\xA4\x95\xE0\xA4\xBEx", 3, 1},
		{"\xE0\xAE\x95\xE0\xAF\x8Bx", 3, 1},
	};

	(void)state;
	if (has_tables)
		CHECK(with_tables);
	else
		CHECK(without);
}

static void
test_text(void **state)
{
	(void)state;
	assert_int_equal(width_text(STR("")), 0);
	assert_int_equal(width_text(str_make(NULL, 0)), 0);
	assert_int_equal(width_text(STR("hello")), 5);
	assert_int_equal(width_text(STR("e" ACUTE "e" NIHON "\xC3\xA9")), 5);
	assert_int_equal(
		width_text(STR(FLAG_D FLAG_E FLAG_D FLAG_E "x" HEART VS16_)), 7);
	assert_int_equal(width_text(STR(MAN ZWJ_ WOMAN ZWJ_ GIRL)), 2);
}

static void
check_skip(struct str s, size_t least, size_t len, size_t columns)
{
	size_t got = 99;

	assert_int_equal(width_skip(s, least, &got), len);
	assert_int_equal(got, columns);
}

static void
test_skip(void **state)
{
	(void)state;
	check_skip(STR(""), 5, 0, 0);
	check_skip(STR("abc"), 0, 0, 0);
	check_skip(STR("abc"), 2, 2, 2);
	check_skip(STR("abc"), 5, 3, 3);
	check_skip(STR("abe" ACUTE "f"), 2, 2, 2);
	check_skip(STR("abe" ACUTE "f"), 3, 5, 3);
	check_skip(STR("a" NIHON NIHON), 2, 4, 3);
	check_skip(STR("a" NIHON NIHON), 3, 4, 3);
	/* Nothing of no columns behind it. */
	check_skip(STR("ab\033c"), 2, 2, 2);
	check_skip(STR("ab\033c"), 3, 4, 3);
}

static void
test_sgr(void **state)
{
	(void)state;
	assert_int_equal(width_sgr(STR("\033[m")), 3);
	assert_int_equal(width_sgr(STR("\033[0mx")), 4);
	assert_int_equal(width_sgr(STR("\033[1;38:5:17mx")), 12);
	assert_int_equal(width_sgr(STR("x\033[0m")), 0);
	assert_int_equal(width_sgr(STR("\033[1;3")), 0);
	assert_int_equal(width_sgr(STR("\033[2J")), 0);
	assert_int_equal(width_sgr(STR("\033")), 0);
	assert_int_equal(width_sgr(STR("")), 0);
}

/*
 * Every code point, alone, behind a letter and twice: lengths add up, no character is
 * wider than 2, and the width of a text is the sum of its characters.
 */
static void
test_all_code_points(void **state)
{
	struct buf text = {0};

	(void)state;
	for (uint32_t cp = 0x20; cp <= 0x10FFFF; cp++) {
		size_t at = 0, sum = 0;

		if (cp >= 0xD800 && cp <= 0xDFFF)
			continue;
		buf_reset(&text);
		buf_add_char(&text, 'a');
		utf8_encode(&text, cp);
		utf8_encode(&text, cp);
		while (at < text.len) {
			unsigned columns = 99;
			size_t len =
				width_cluster(str_from(buf_str(&text), at), &columns);

			assert_true(len > 0);
			assert_in_range(columns, 0, 2);
			at += len;
			sum += columns;
		}
		assert_int_equal(at, text.len);
		assert_int_equal(width_text(buf_str(&text)), sum);
	}
	buf_fini(&text);
}

/* The short cut for most text says what the long way says, which an accent asks for. */
static void
test_short_cut(void **state)
{
	struct buf text = {0};

	(void)state;
	for (uint32_t cp = 0x20; cp <= 0xFFFF; cp++) {
		unsigned columns = 99, accented = 99;
		size_t len;

		if (cp >= 0xD800 && cp <= 0xDFFF)
			continue;
		buf_reset(&text);
		utf8_encode(&text, cp);
		len = text.len;
		buf_add_str(&text, STR(ACUTE));
		/* Controls and the like are not joined. */
		if (width_cluster(buf_str(&text), &accented) == len)
			continue;
		text.len = len;
		assert_int_equal(width_cluster(buf_str(&text), &columns), len);
		if (columns != accented)
			fail_msg("U+%04X: %u and %u", cp, columns, accented);
	}
	buf_fini(&text);
}

/* A border is one seen from the front as well. */
static void
test_border_before(void **state)
{
	static const char *const parts[] = {"a", " ", NIHON, "\xD0\xB6", "\xE3\x83\x9B",
		ACUTE, MAN, WOMAN, LAPTOP, SKIN, HEART, ZWJ_, VS16_, "\xC2\xA9", FLAG_D,
		FLAG_E, "\xD8\x80", "\xE0\xA4\x95", "\xE0\xA5\x8D", "\xE0\xA4\xBE",
		"\xE1\x84\x80", "\xE1\x85\xA1", "\xEA\xB0\x80", "\xE2\x80\x8B",
		"\xE0\xB8\xB3"};
	uint64_t seed = 1;
	size_t near = 0, all = 0;

	(void)state;
	for (int round = 0; round < 50000; round++) {
		struct buf text = {0};
		size_t border = 0, at, last = 0;

		for (int n = 0; n < 12; n++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			buf_add_str(&text,
				str_of(parts[(seed >> 33) %
					(sizeof(parts) / sizeof(*parts))]));
		}
		at = width_border_before(buf_str(&text), text.len);
		assert_true(at < text.len);
		while (border < at) {
			unsigned columns;

			border += width_cluster(
				str_from(buf_str(&text), border), &columns);
		}
		if (border != at)
			fail_msg("round %d: no border at %zu: %.*s", round, at,
				(int)text.len, text.p);
		while (border < text.len) {
			unsigned columns;

			last = border;
			border += width_cluster(
				str_from(buf_str(&text), border), &columns);
		}
		near += last == at;
		all++;
		buf_fini(&text);
	}
	/* And mostly it is the nearest. */
	assert_true(near > all / 2);
	/* Flags are counted, not walked over from the beginning of the line. */
	assert_int_equal(
		width_border_before(STR(FLAG_D FLAG_E FLAG_D FLAG_E FLAG_D), 20), 16);
	assert_int_equal(width_border_before(STR(FLAG_D FLAG_E FLAG_D FLAG_E), 16), 8);
	assert_int_equal(width_border_before(STR("a"), 0), 0);
	assert_int_equal(width_border_before(STR(""), 0), 0);
	assert_int_equal(width_border_before(STR("ab"), 2), 1);
	assert_int_equal(width_border_before(STR(NIHON NIHON), 6), 3);
}

/* The locale of the process is nobody's business here. */
static void
test_locale_is_kept(void **state)
{
	(void)state;
	assert_string_equal(setlocale(LC_CTYPE, NULL), "C");
	assert_true(uselocale((locale_t)0) == LC_GLOBAL_LOCALE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_one_code_point),
		cmocka_unit_test(test_combining),
		cmocka_unit_test(test_pictures),
		cmocka_unit_test(test_spacing_marks),
		cmocka_unit_test(test_clusters_of_several_letters),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_skip),
		cmocka_unit_test(test_sgr),
		cmocka_unit_test(test_all_code_points),
		cmocka_unit_test(test_short_cut),
		cmocka_unit_test(test_border_before),
		cmocka_unit_test(test_locale_is_kept),
	};

	if (!width_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
