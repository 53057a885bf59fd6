/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/utf8.h"

/* By name, since a digit must not follow a hexadecimal escape. */
#define BEL "\x07"
#define ESC "\x1B"
#define C1_SS2 "\xC2\x8E"
#define C1_SS3 "\xC2\x8F"
#define C1_DCS "\xC2\x90"
#define C1_SOS "\xC2\x98"
#define C1_CSI "\xC2\x9B"
#define C1_ST "\xC2\x9C"
#define C1_OSC "\xC2\x9D"
#define C1_PM "\xC2\x9E"
#define C1_APC "\xC2\x9F"
#define U_UMLAUT "\xC3\xBC"
#define FFFD "\xEF\xBF\xBD"

static void
assert_cleans(struct str in, struct str want)
{
	struct buf out = {0};

	utf8_clean(&out, in);
	if (!str_eq(buf_str(&out), want)) {
		for (size_t i = 0; i < in.len; i++)
			print_error("%02X ", (unsigned char)in.p[i]);
		print_error("became:");
		for (size_t i = 0; i < out.len; i++)
			print_error(" %02X", (unsigned char)out.p[i]);
		fail_msg(" instead of \"%.*s\"", (int)want.len, want.p);
	}
	buf_fini(&out);
}

static void
test_kept(void **state)
{
	static const char *const texts[] = {
		"",
		"plain text, even with [31m and ]0; and \\",
		"gr" U_UMLAUT "\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80",
		/* first and last that are kept, around the controls */
		" ~\xC2\xA0",
		/* a family, joined by U+200D; a flag with tag characters */
		"\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7",
		"\xF0\x9F\x8F\xB4\xF3\xA0\x81\xA7\xF3\xA0\x81\xBF",
		/* variation selector, combining marks, ZWNJ */
		"\xE2\x9D\xA4\xEF\xB8\x8F e\xCC\x81\xCC\xB1 \xE2\x80\x8C",
		/* Hebrew and Arabic letters; U+200E, U+200F, U+061C */
		"\xD7\xA9\xD7\x9C \xD8\xA7 \xE2\x80\x8E\xE2\x80\x8F\xD8\x9C",
		/* neighbours of what goes: U+2027 U+202F U+2065 U+206A U+FFF8 U+FFFC */
		"\xE2\x80\xA7\xE2\x80\xAF\xE2\x81\xA5\xE2\x81\xAA",
		"\xEF\xBF\xB8\xEF\xBF\xBC" FFFD "\xEF\xBB\xBE\xEF\xBC\x80",
		/* neighbours of noncharacters: U+FDCF, U+FDF0, U+1FFFD, U+20000 */
		"\xEF\xB7\x8F\xEF\xB7\xB0\xF0\x9F\xBF\xBD\xF0\xA0\x80\x80",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_cleans(str_of(texts[i]), str_of(texts[i]));
}

struct cleaning {
	const char *in, *out;
};

static void
check_cleanings(const struct cleaning *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_cleans(str_of(rows[i].in), str_of(rows[i].out));
}

static void
test_sequences(void **state)
{
	static const struct cleaning rows[] = {
		/* CSI */
		{"a\x1B[31mb", "ab"},
		{"a\x1B[mb", "ab"},
		{"a\x1B[?25;1$pb", "ab"},
		{"a\x1B[0@b\x1B[?~c", "abc"},
		{"a\x1B[1;31", "a1;31"},
		{"a\x1B[", "a"},
		{"a\x1B[3" BEL "1mb", "a31mb"},
		{"a\x1B[31\x1B[32mb", "a31b"},
		{"a\x1B[3" U_UMLAUT, "a3" U_UMLAUT},
		{"a" C1_CSI "31mb", "ab"},
		{"a" C1_CSI "31", "a31"},
		/* single shifts: what they shift is one character */
		{"a\x1BOAb", "ab"},
		{"a\x1BNAb", "ab"},
		{"a\x1BO", "a"},
		{"a\x1BO b", "a b"},
		{"a" C1_SS2 "Ab", "ab"},
		{"a" C1_SS3 "Ab", "ab"},
		/* short ones */
		{"a" ESC "cb", "ab"},
		{"a\x1B(B\x1B[mb", "ab"},
		{"a\x1B#8b\x1B\\c", "abc"},
		{"a\x1B(" U_UMLAUT, "a(" U_UMLAUT},
		/* a lone ESC */
		{"a\x1B", "a"},
		{"a\x1B\x1B[mb", "ab"},
		{"a\x1B" U_UMLAUT, "a" U_UMLAUT},
		{"a\x1B\x7F.", "a."},
		/* what comes to stand together must not make a sequence */
		{"\x1B\r[31m", "[31m"},
		{"\xC2" ESC "c\x9B.", FFFD FFFD "."},
		/* 8-bit C1 is not UTF-8 */
		{"a\x9B[31m", "a" FFFD "[31m"},
	};

	(void)state;
	check_cleanings(rows, sizeof(rows) / sizeof(rows[0]));
	assert_cleans(STR("a\x1B\0[31m"), STR("a[31m"));
}

static void
test_strings(void **state)
{
	static const struct cleaning rows[] = {
		/* OSC ends with ST or BEL */
		{"a\x1B]0;title" BEL "b", "ab"},
		{"a\x1B]0;t" U_UMLAUT "\tt\x1B\\b", "ab"},
		{"a\x1B]0;title" C1_ST "b", "ab"},
		{"a" C1_OSC "0;title" BEL "b", "ab"},
		{"a\x1B]0;title", "a0;title"},
		{"a\x1B]0;\x1B[31mb", "a0;b"},
		{"a\x1B]0;\x1B", "a0;"},
		{"a\x1B]0;\x18t" BEL, "a0;t"},
		{"a\x1B]0;\x7Ft" BEL, "a0;t"},
		{"a\x1B]0;" C1_CSI "mb" C1_ST, "a0;b"},
		/* a 9C within another character is no terminator */
		{"a\x1B]0;\xE2\x9C\x9C;" BEL "c", "ac"},
		/* the other strings end with ST only */
		{"a\x1BPq#0\x1B\\b", "ab"},
		{"a\x1BXsos\x1B\\b", "ab"},
		{"a\x1B^pm\x1B\\b", "ab"},
		{"a\x1B_apc\x1B\\b", "ab"},
		{"a" C1_DCS "q" C1_ST "b", "ab"},
		{"a" C1_SOS "s" ESC "\\b", "ab"},
		{"a" C1_PM "p" C1_ST "b", "ab"},
		{"a" C1_APC "p" C1_ST "b", "ab"},
		{"a\x1BPq" BEL "b\x1B\\c", "aqbc"},
	};

	(void)state;
	check_cleanings(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
test_characters(void **state)
{
	static const struct cleaning rows[] = {
		{"a\tb", "a b"},
		{"x\xE2\x80\xA8y\xE2\x80\xA9z", "x y z"},
		{"\xEF\xBB\xBFx", "x"},
		{"w\xEF\xBF\xB9x\xEF\xBF\xBAy\xEF\xBF\xBBz", "wxyz"},
		{"\xEF\xB7\x90\xEF\xB7\xAF", FFFD FFFD},
		{"\xEF\xBF\xBE\xEF\xBF\xBF", FFFD FFFD},
		{"\xF4\x8F\xBF\xBE\xF0\x9F\xBF\xBF", FFFD FFFD},
		{"\xED\xA0\x80", FFFD FFFD FFFD},
		{"\xE2\x82", FFFD},
		{"\xE2\x82z", FFFD "z"},
		{"\xC0\xAF", FFFD FFFD},
	};

	(void)state;
	check_cleanings(rows, sizeof(rows) / sizeof(rows[0]));
}

/* What each byte becomes by itself; ESC would take what follows along. */
static struct str
single(const char *byte)
{
	unsigned char c = (unsigned char)*byte;

	if (c == '\t')
		return STR(" ");
	if (c < 0x20 || c == 0x7F)
		return STR("");
	return c < 0x80 ? str_make(byte, 1) : STR(FFFD);
}

static void
test_bytes(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 0x100; i++) {
		struct buf in = {0}, want = {0};
		char c = (char)i;

		/* At the start, in the middle, at the end; U+00FC cannot follow ESC. */
		for (size_t at = 0; at < 3; at++) {
			buf_reset(&in);
			buf_reset(&want);
			buf_add_str(&in, at > 0 ? STR("text") : STR(""));
			buf_add_str(&want, buf_str(&in));
			buf_add_char(&in, c);
			buf_add_str(&want, single(&c));
			buf_add_str(&in, at < 2 ? STR(U_UMLAUT) : STR(""));
			buf_add_str(&want, at < 2 ? STR(U_UMLAUT) : STR(""));
			assert_cleans(buf_str(&in), buf_str(&want));
		}
		buf_fini(&in);
		buf_fini(&want);
	}
}

static void
test_pairs(void **state)
{
	(void)state;
	/* All two-byte forms but those that are controls. */
	for (unsigned i = 0xC000; i <= 0xFFFF; i++) {
		char in[3] = {(char)(i >> 8), (char)(i & 0xFF), '.'};
		struct buf want = {0};
		struct str rest = str_make(in, 3);

		if ((i >= 0xC280 && i <= 0xC29F) || (i & 0xFF) == 0x1B)
			continue;
		while (rest.len > 0) {
			uint32_t cp;
			size_t len = utf8_decode(rest, &cp);

			if (len == 1)
				buf_add_str(&want, single(rest.p));
			else if (cp == UTF8_REPLACEMENT)
				buf_add_str(&want, STR(FFFD));
			else
				buf_add(&want, rest.p, len);
			rest = str_from(rest, len);
		}
		assert_cleans(str_make(in, 3), buf_str(&want));
		buf_fini(&want);
	}
}

static void
test_c1(void **state)
{
	(void)state;
	/* U+00FC belongs to no sequence, so each of them goes alone. */
	for (unsigned i = 0x80; i < 0xA0; i++) {
		char in[] = {'a', '\xC2', (char)i, '\xC3', '\xBC'};

		assert_cleans(str_make(in, 5), STR("a" U_UMLAUT));
		assert_cleans(str_make(in, 3), STR("a"));
		assert_cleans(str_make(in + 1, 4), STR(U_UMLAUT));
	}
}

static void
test_bidi(void **state)
{
	(void)state;
	for (uint32_t cp = 0x202A; cp <= 0x2069; cp++) {
		struct buf in = {0};
		bool goes = cp <= 0x202E || cp >= 0x2066;

		buf_add_char(&in, 'a');
		utf8_encode(&in, cp);
		buf_add_char(&in, 'b');
		assert_cleans(buf_str(&in), goes ? STR("ab") : buf_str(&in));
		buf_fini(&in);
	}
}

static void
test_appends(void **state)
{
	struct buf out = {0};

	(void)state;
	buf_add_str(&out, STR("ann: "));
	utf8_clean(&out, STR("\x1B[1mhi\t\xFF"));
	utf8_clean(&out, str_make(NULL, 0));
	assert_true(str_eq(buf_str(&out), STR("ann: hi " FFFD)));
	buf_fini(&out);
}

/* Nothing in it may act. */
static void
assert_harmless(struct str s)
{
	assert_true(utf8_valid(s));
	while (s.len > 0) {
		uint32_t cp;
		size_t len = utf8_decode(s, &cp);

		assert_true(cp >= 0x20 && (cp < 0x7F || cp > 0x9F));
		assert_true(cp < 0x2028 || cp > 0x202E);
		assert_true(cp < 0x2066 || cp > 0x2069);
		assert_true(cp != 0xFEFF && (cp < 0xFFF9 || cp > 0xFFFB));
		assert_true(cp % 0x10000 < 0xFFFE && (cp < 0xFDD0 || cp > 0xFDEF));
		s = str_from(s, len);
	}
}

static void
check_line(struct str in)
{
	static const char before[] = "before";
	struct buf once = {0}, twice = {0};
	size_t start = sizeof(before) - 1;
	struct str cleaned;

	buf_add(&once, before, start);
	utf8_clean(&once, in);
	assert_memory_equal(once.p, before, start);
	cleaned = str_from(buf_str(&once), start);
	assert_true(cleaned.len <= 3 * in.len);
	assert_harmless(cleaned);
	utf8_clean(&twice, cleaned);
	assert_true(str_eq(buf_str(&twice), cleaned));
	buf_fini(&once);
	buf_fini(&twice);
}

/*
 * A line of at most 40 random bytes. From the heap, and as long as the text, so that
 * the sanitizers see a look behind its end.
 */
static void
check_random_bytes(void)
{
	size_t len = (size_t)(rand() % 40);
	char *line = malloc(len + 1);

	assert_non_null(line);
	for (size_t i = 0; i < len; i++)
		line[1 + i] = (char)(rand() % 256);
	check_line(str_make(line + 1, len));
	free(line);
}

/* A line of pieces that mean something in the wrong place. */
static void
check_random_pieces(void)
{
	static const char *const pieces[] = {ESC, "[", "31m", "]", "0;", BEL, "\\",
		"\x1B\\", "P", "X", "^", "_", "N", "O", "(", " ", "\xC2", C1_CSI, C1_ST,
		C1_OSC, C1_DCS, "\xC2\x85", "\x9B", "\x9C", "\xE2", "\xE2\x80", "\xAE",
		"\xE2\x80\xAE", "\xE2\x81\xA6", "\xE2\x80\xA8", "\xEF\xBB\xBF",
		"\xEF\xBF\xBE", "\xEF\xBF\xB9", "\xED\xA0\x80", "\xF0\x9F",
		"\xF4\x8F\xBF\xBF", "\xF4\x90", "\xC0", "\xFF", "\r", "\n", "\t",
		"\x7F", "\x18", "a", U_UMLAUT, "\xF0\x9F\x98\x80", "\xE2\x80\x8D",
		"" /* stands for NUL */};
	struct buf line = {0};
	int count = rand() % 12;

	for (int i = 0; i < count; i++) {
		size_t pick = (size_t)rand() % (sizeof(pieces) / sizeof(pieces[0]));
		size_t len = strlen(pieces[pick]);

		buf_add(&line, pieces[pick], len > 0 ? len : 1);
	}
	check_line(buf_str(&line));
	buf_fini(&line);
}

static void
test_random(void **state)
{
	(void)state;
	srand(1);
	for (int round = 0; round < 100000; round++) {
		check_random_bytes();
		check_random_pieces();
	}
}

/* Introducers that are never finished must not cost the square of their number. */
static void
test_cost(void **state)
{
	static const char *const introducers[] = {
		"\x1B]", C1_OSC, "\x1B[", "\x1BP", "\x1B(", (C1_OSC C1_SOS)};
	size_t times = 1000000;

	(void)state;
	/* Linear it takes far less than a second each, squared it takes hours. */
	alarm(120);
	for (size_t i = 0; i < sizeof(introducers) / sizeof(introducers[0]); i++) {
		struct buf in = {0}, out = {0};

		for (size_t j = 0; j < times; j++)
			buf_add_str(&in, str_of(introducers[i]));
		utf8_clean(&out, buf_str(&in));
		assert_true(out.len <= times);
		buf_fini(&in);
		buf_fini(&out);
	}
	alarm(0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_sequences),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_c1),
		cmocka_unit_test(test_bidi),
		cmocka_unit_test(test_appends),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_cost),
	};

	return cmocka_run_group_tests_name("utf8_clean", tests, NULL, NULL);
}
