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
#define ACUTE "\xCC\x81"
#define ZWJ "\xE2\x80\x8D"
#define VS16 "\xEF\xB8\x8F"
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

/* `count` times the acute accent, or what else. */
static void
add_times(struct buf *buf, const char *text, int count)
{
	for (int i = 0; i < count; i++)
		buf_add_str(buf, str_of(text));
}

/* Behind `before` 16 marks may stand, and no more behind `between` them. */
static void
check_marks(const char *before, const char *mark, const char *between, bool drops)
{
	struct buf in = {0}, want = {0};
	const char *kept = drops ? "" : between;

	for (int n = 0; n <= 40; n++) {
		buf_reset(&in);
		buf_reset(&want);
		buf_add_str(&in, str_of(before));
		buf_add_str(&want, str_of(before));
		for (int i = 0; i < n; i++) {
			buf_add_str(&in, str_of(between));
			buf_add_str(&in, str_of(mark));
			buf_add_str(&want, i < UTF8_MARKS_MAX ? str_of(kept) : STR(""));
			buf_add_str(&want, i < UTF8_MARKS_MAX ? str_of(mark) : STR(""));
		}
		buf_add_str(&in, STR("x" ACUTE));
		buf_add_str(&want, STR("x" ACUTE));
		assert_cleans(buf_str(&in), buf_str(&want));
	}
	buf_fini(&in);
	buf_fini(&want);
}

static void
test_marks(void **state)
{
	(void)state;
	check_marks("e", ACUTE, "", true);
	check_marks("", ACUTE, "", true);
	check_marks("e", "\xE2\x83\x9D", "", true);     /* U+20DD, a circle */
	check_marks("e", "\xF3\xA0\x84\x80", "", true); /* U+E0100, a selector */
	check_marks("e", ZWJ, "", true);
	/* What goes is no reason to begin anew. */
	check_marks("e", ACUTE, "\x1B[m", true);
	check_marks("e", ACUTE, "\x01", true);
	check_marks("e", ACUTE, "\xE2\x80\xAE", true);
	check_marks("e", ACUTE, "\xEF\xBB\xBF", true);
	check_marks("e", ACUTE, C1_CSI "m", true);
}

/* What has no column and yet is no accent counts with them. */
static void
test_marks_between(void **state)
{
	static const char *const between[] = {ZWJ, VS16, "\xE2\x80\x8B", "\xE2\x80\x8C",
		"\xE2\x80\x8E", "\xCD\x8F", "\xE2\x81\xA0", "\xF3\xA0\x81\xA7"};
	struct buf in = {0}, want = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(between) / sizeof(between[0]); i++) {
		buf_reset(&in);
		buf_reset(&want);
		buf_add_char(&in, 'e');
		buf_add_char(&want, 'e');
		for (int j = 0; j < 20; j++) {
			add_times(&in, ACUTE, 1);
			add_times(&in, between[i], 1);
		}
		for (int j = 0; j < UTF8_MARKS_MAX / 2; j++) {
			add_times(&want, ACUTE, 1);
			add_times(&want, between[i], 1);
		}
		assert_cleans(buf_str(&in), buf_str(&want));
	}
	buf_fini(&in);
	buf_fini(&want);
}

/* Anything that has a column begins anew; also what becomes something that has. */
static void
test_marks_again(void **state)
{
	static const struct cleaning rows[] = {{"a", "a"}, {" ", " "}, {"\t", " "},
		{"\xE2\x80\xA8", " "}, {"\xFF", FFFD}, {FFFD, FFFD},
		{U_UMLAUT, U_UMLAUT}, {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
		{"\xE0\xA4\x83", "\xE0\xA4\x83"}};
	struct buf in = {0}, want = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_reset(&in);
		buf_reset(&want);
		for (int j = 0; j < 3; j++) {
			add_times(&in, rows[i].in, 1);
			add_times(&in, ACUTE, 17);
			add_times(&want, rows[i].out, 1);
			add_times(&want, ACUTE, UTF8_MARKS_MAX);
		}
		assert_cleans(buf_str(&in), buf_str(&want));
	}
	buf_fini(&in);
	buf_fini(&want);
}

/* What people write with marks stays, however much of it there is. */
static void
test_marks_kept(void **state)
{
	static const char *const texts[] = {
		/* families, a couple, a runner; hearts; flags; a key cap */
		"\xF0\x9F\x91\xA8" ZWJ "\xF0\x9F\x91\xA9" ZWJ "\xF0\x9F\x91\xA7" ZWJ
		"\xF0\x9F\x91\xA6",
		"\xF0\x9F\x91\xA9" ZWJ "\xE2\x9D\xA4" VS16 ZWJ "\xF0\x9F\x92\x8B" ZWJ
		"\xF0\x9F\x91\xA8",
		"\xF0\x9F\x8F\x83\xF0\x9F\x8F\xBE" ZWJ "\xE2\x99\x80" VS16 ZWJ
		"\xE2\x9E\xA1" VS16,
		"\xE2\x9D\xA4" VS16 ZWJ "\xF0\x9F\x94\xA5",
		"\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA",
		"\xF0\x9F\x8F\xB4\xF3\xA0\x81\xA7\xF3\xA0\x81\xA2\xF3\xA0\x81\xA5"
		"\xF3\xA0\x81\xAE\xF3\xA0\x81\xA7\xF3\xA0\x81\xBF",
		"1" VS16 "\xE2\x83\xA3",
		/* Vietnamese, taken apart; Hebrew; Thai; Hindi; Tibetan; old Hangul */
		"Vie\xCC\xA3\xCC\x82t", "\xD7\x91\xD6\xB0\xD6\xBC\xD7\xA8\xD6\xB5",
		"\xE0\xB8\x97\xE0\xB8\xB5\xE0\xB9\x88",
		"\xE0\xA4\x95\xE0\xA5\x8D"
		"\xE0\xA4\xB7\xE0\xA4\xBF",
		"\xE0\xBD\xA6\xE0\xBE\x92\xE0\xBE\xB2"
		"\xE0\xBD\xB4",
		"\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8"};
	struct buf in = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		add_times(&in, texts[i], 50);
		assert_cleans(buf_str(&in), buf_str(&in));
		buf_reset(&in);
	}
	buf_fini(&in);
}

/* What is never finished, or comes too often, must not cost its square. */
static void
test_cost(void **state)
{
	static const char *const introducers[] = {
		"\x1B]", C1_OSC, "\x1B[", "\x1BP", "\x1B(", (C1_OSC C1_SOS), ACUTE};
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
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_marks_between),
		cmocka_unit_test(test_marks_again),
		cmocka_unit_test(test_marks_kept),
		cmocka_unit_test(test_appends),
		cmocka_unit_test(test_cost),
	};

	return cmocka_run_group_tests_name("utf8_clean", tests, NULL, NULL);
}
