/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alike.h"
#include "base/buf.h"
#include "base/name_utf8.h"
#include "base/script.h"
#include "base/utf8.h"

static const char *
fold(const char *name)
{
	static char out[NAME_MAX_BYTES + 1];
	struct str folded = name_utf8_fold(str_of(name), out);

	assert_ptr_equal(folded.p, out);
	assert_int_equal(folded.len, strlen(out));
	return out;
}

static const char *
skeleton(const char *name)
{
	static char out[NAME_SKELETON_MAX + 1];
	struct str made = name_utf8_skeleton(str_of(name), out);

	assert_ptr_equal(made.p, out);
	assert_int_equal(made.len, strlen(out));
	return out;
}

static bool
is_alike(const char *a, const char *b)
{
	char first[NAME_SKELETON_MAX + 1];

	assert_true(str_copy(str_of(skeleton(a)), first, sizeof(first)));
	return strcmp(first, skeleton(b)) == 0;
}

static void
test_ascii(void **state)
{
	static const char *const good[] = {"ann", "Ann_2", "_", "7", "a-b"};
	static const char *const bad[] = {"", "-ann", "a b", "a.b", "#ann", "a\n"};
	char out[NAME_MAX_BYTES + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_true(name_utf8_ok(str_of(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(name_utf8_ok(str_of(bad[i])));
	assert_false(name_utf8_ok(str_make(NULL, 0)));
	assert_string_equal(fold("Ann-Z_9"), "ann-z_9");
	assert_string_equal(fold(""), "");
	name_utf8_compose(STR("Ann-Z_9"), out);
	assert_string_equal(out, "Ann-Z_9");
	assert_string_equal(skeleton(""), "");
}

static void
test_without(void **state)
{
	char out[NAME_MAX_BYTES + 1];

	(void)state;
	assert_false(name_utf8_available());
	assert_false(name_utf8_ok(STR("\u00FCte")));
	assert_string_equal(fold("\u00DCTE"), "\u00DCte");
	name_utf8_compose(STR("u\u0308"), out);
	assert_string_equal(out, "u\u0308");
}

static const char *const good_names[] = {
	"J\u00FCrgen",
	"Zo\u00EB_09",
	"\u00C6r\u00F8-\u00C5",
	"Stra\u00DFe",
	"\u0130stanbul",
	"\u0141\u00F3d\u017A",
	"Nguy\u1EC5n",
	"\u0253\u0254k\u0254\u0254",
	"\u0104\u0301z", /* Lithuanian */
	"\u0391\u03BB\u03AD\u03BE\u03B7\u03C2",
	"\u1F0C\u03BD\u03B1",
	"\u041E\u043B\u044F1",
	"\u0405\u0443\u0301\u0437",
	"\u054D\u0587\u0561\u0576",
	"\u05D3\u05D5\u05D3",
	"\u05D3\u05B8\u05BC\u05DF",
	"\u0645\u062D\u0645\u062F",
	"\u0639\u0644\u06CC\u06F1",
	"\u0905\u0930\u094D\u091C\u0941\u0928",
	"\u0917\u093C\u0948\u0902", /* three signs in a row */
	"\u0967\u0968",
	"\u0E19\u0E49\u0E33", /* with the vowel am */
	"\u0E17\u0E35\u0E48",
	"\u0EAA\u0EB3",
	"\u1000\u103C\u102E\u1038",
	"\u1019\u1039\u1019",
	"\u1781\u17D2\u1798\u17C2\u179A",
	"\u10D2\u10D8\u10D0",
	"\u1C92\u1C98\u1C90",
	"\u12A0\u1260\u1260",
	"\u0F56\u0F7C\u0F51",
	"\uAE40\uCCA0\uC218",
	"\u91D1\uCCA0",
	"\u592A\u90CE",
	"\u4F50\u3005\u6728",
	"\u5C71\u7530\u306F\u306A\u30B3\u30FC",
	"\u5C0F\u3105",
	"\U00020BB7\u91CE",
};

static void
test_good(void **state)
{
	char out[NAME_MAX_BYTES + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(good_names) / sizeof(*good_names); i++) {
		if (!name_utf8_ok(str_of(good_names[i])))
			fail_msg("%s is refused", good_names[i]);
		assert_true(name_utf8_ok(name_utf8_fold(str_of(good_names[i]), out)));
	}
}

static const char *const bad_names[] = {
	"-\u00FCte",
	"\u00FC te",
	"\u00FC.te",
	"#\u00FCte",
	"\u00FC\n",
	"\xFC",
	"\u00FC\xC3",
	"\u00FC\u2019", /* punctuation, signs, pictures, white space */
	"\u2603",
	"\U0001F600",
	"\u00FC\u00A0",
	"\u00FC\u2028",
	"\u30FB\u30B3",
	"\u00D7",
	"\u20AC",
	"\u3007",       /* a number that looks like an O */
	"\u01C0\u00FC", /* a click that looks like a bar */
	"\u0420ay",     /* scripts mixed */
	"p\u0430ypal",
	"\u0391\u0412",
	"\u6C34\u0E19",
	"\u3042\uAC00",
	"\u3042\u3105",
	"\u3105\uAC00",
	"a\u0663",
	"\u0967\u0663",
	"\u0130\u0301\u0302", /* folded, it has three accents */
	"\u0E33",
	"\u3164\u00FC", /* not seen */
	"\u115F",
	"\u1160\uAC00",
	"\uFFA0",
	"\u00FC\u200B",
	"\u0646\u200C\u0647",
	"\u00FC\u00AD",
	"\u00FC\u034F",
	"\u00FC\uFE0F",
	"\u00FC\uFEFF",
	"\u00FC\u202E",
	"\u1780\u17B4\u1780",
	"\u2800",
	"\u00FC\U000E0061",
	"\u0645\u0640\u062F", /* only lengthens */
	"\u1798\u17D2",       /* stacks nothing */
	"\u1798\u17D2_\u1798",
	"\u1798\u17D2\u17E1",
	"\u1798\u17D2\u17C1",
	"\u1019\u1039-",
	"u\u0308", /* not composed */
	"\u1100\u1161",
	"\u05D3\u05BC\u05B8\u05DF",
	"\u212Bngstr\u00F6m",
	"\u0344",
	"\uFF41\uFF42", /* variants */
	"\uFB01x",
	"\u00AA",
	"\u00B2",
	"\u017Fo",
	"\u01C6",
	"\uFF76",
	"\u3131",
	"\uFEFB",
	"\U0001D41A",
	"\u0301a", /* accents without a letter, or too many of them */
	"_\u0301",
	"1\u0301",
	"-\u0301\u00FC",
	"\u0915\u0967\u0941",
	"q\u0301\u0302\u0303",
	"\u0430\u0301\u0302\u0303",
	"q\u0336",
	"q\u0489",
	"\u0915\u0301",
	"\u0917\u093C\u0948\u0902\u0902\u0902",
	"\u16A0", /* scripts of old */
	"\u13A0",
	"\u2C00",
	"\u0460",
	"\u03E2",
	"\U00010330",
	"\u0378", /* nothing yet */
	"\uE000",
	"\U0010FFFF",
};

static void
test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_names) / sizeof(*bad_names); i++) {
		if (name_utf8_ok(str_of(bad_names[i])))
			fail_msg("%s, %zu, is taken", bad_names[i], i);
	}
	assert_false(name_utf8_ok(STR("\u00FC\0")));
}

static void
test_length(void **state)
{
	struct buf name = {0};

	(void)state;
	while (name.len < NAME_MAX_BYTES)
		buf_add_str(&name, STR("\u00FC"));
	assert_int_equal(name.len, NAME_MAX_BYTES);
	assert_true(name_utf8_ok(buf_str(&name)));
	buf_add_char(&name, 'x');
	assert_false(name_utf8_ok(buf_str(&name)));
	buf_reset(&name);
	/* Folded, each of these takes a byte more. */
	while (name.len < NAME_MAX_BYTES / 3 * 2)
		buf_add_str(&name, STR("\u0130"));
	assert_true(name_utf8_ok(buf_str(&name)));
	buf_add_str(&name, STR("\u0130"));
	assert_false(name_utf8_ok(buf_str(&name)));
	buf_fini(&name);
}

static void
test_compose(void **state)
{
	static const char *const pairs[][2] = {
		{"Ann", "Ann"},
		{"U\u0308te", "\u00DCte"},
		{"\u1100\u1161", "\uAC00"},
		{"\u05D3\u05BC\u05B8\u05DF", "\u05D3\u05B8\u05BC\u05DF"},
		{"\uFF21", "\uFF21"}, /* a variant stays, and is refused */
		{"\u00FC\xFF", ""},
	};
	char out[NAME_MAX_BYTES + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		name_utf8_compose(str_of(pairs[i][0]), out);
		assert_string_equal(out, pairs[i][1]);
	}
}

static void
test_fold(void **state)
{
	static const char *const pairs[][2] = {
		{"\u00DCTE", "\u00FCte"},
		{"STRA\u00DFE", "strasse"},
		{"\u1E9E", "ss"},
		{"\u0130", "i\u0307"},
		{"\u039F\u03A3\u03C2", "\u03BF\u03C3\u03C3"},
		{"\u1FB3", "\u03B1\u03B9"},
		{"\u041E\u041B\u042F", "\u043E\u043B\u044F"},
		{"\u1C92\u1C98\u1C90", "\u10D2\u10D8\u10D0"},
		{"\u0E33", "\u0E4D\u0E32"},
		{"\u0587", "\u0565\u0582"},
		/* no good names, but the same as good ones */
		{"U\u0308te", "\u00FCte"},
		{"\uFF21\u00AD", "a"},
		{"\u00FC\xFF", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		assert_string_equal(fold(pairs[i][0]), pairs[i][1]);
}

/* Whatever comes in, no more comes out than there is room for. */
static void
test_cut(void **state)
{
	struct buf name = {0};

	(void)state;
	while (name.len < 100 * NAME_MAX_BYTES)
		buf_add_str(&name, STR("\uFDFA")); /* folds to 18 letters */
	buf_add_char(&name, '\0');
	assert_in_range(strlen(fold(name.p)), 1, NAME_MAX_BYTES);
	assert_in_range(strlen(skeleton(name.p)), 1, NAME_SKELETON_MAX);
	assert_true(utf8_valid(str_of(fold(name.p))));
	assert_true(utf8_valid(str_of(skeleton(name.p))));
	buf_reset(&name);
	while (name.len < 100 * NAME_MAX_BYTES)
		buf_add_str(&name, STR("mw\u1E83")); /* each looks like several */
	buf_add_char(&name, '\0');
	assert_in_range(strlen(skeleton(name.p)), 1, NAME_SKELETON_MAX);
	buf_fini(&name);
}

static void
test_alike_ascii(void **state)
{
	static const char *const pairs[][2] = {
		{"ann", "ANN"},
		{"bill", "biII"},
		{"bill", "b1l1"},
		{"root", "r00t"},
		{"O0o", "ooo"},
		{"modern", "rnodem"},
		{"will", "VVill"},
		{"vvw", "wvv"},
	};
	static const char *const others[][2] = {
		{"ann", "anna"},
		{"lab", "lb"},
		{"bill", "ball"},
		{"ann", "amm"},
		{"rm", "nm"},
		{"vw", "w"},
		{"a_b", "a-b"},
		{"a5", "as"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		if (!is_alike(pairs[i][0], pairs[i][1]))
			fail_msg("%s, %s", pairs[i][0], pairs[i][1]);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		if (is_alike(others[i][0], others[i][1]))
			fail_msg("%s, %s", others[i][0], others[i][1]);
	}
}

static void
test_alike(void **state)
{
	static const char *const pairs[][2] = {
		{"paypal", "\u0440\u0430\u0443\u0440\u0430\u04CF"}, /* Cyrillic */
		{"coco", "\u0441\u043E\u0441\u043E"},
		{"BOB", "\u0412\u041E\u0412"},
		{"HAT", "\u0397\u0391\u03A4"}, /* Greek */
		{"nat", "\u03B7\u03B1\u03C4"},
		{"\u039A\u03B1\u03C4\u03B5", "\u041A\u0430\u0442\u0435"},
		{"nooh", "\u0578\u0585\u0585\u0570"}, /* Armenian */
		{"bill", "b\u0131ll"},
		{"bill", "B\u0130LL"},
		{"jim", "j\u0307im"},
		{"\u0307", "\u0307"},
		{"gr", "\u0551r"}, /* a large letter for its small one */
		{"\u00EB", "\u0451"},
		{"\u012D", "\u01D0"}, /* breve, caron */
		{"\u015F", "\u0219"}, /* cedilla, comma */
		{"\u00D0an", "\u0110an"},
		{"\u0259", "\u04D9"},
		{"101", "\u0967\u0966\u0967"}, /* digits of others */
		{"23", "\u0662\u0663"},
		{"23", "\u06F2\u06F3"},
		{"79", "\u0E57\u0E59"},
		{"45", "\u0DEA\u0DEB"},
		{"78", "\u1047\u1048"},
		{"\u0643\u064A", "\u06A9\u06CC"},
		{"\u30AB\u30CB", "\u529B\u4E8C"},
		{"\u30D9\u30D8", "\u3079\u3078"},
	};
	static const char *const others[][2] = {
		{"andr\u00E9", "andre"},
		{"g\u0307", "g"},
		{"andr\u00E9", "andr\u00E8"},
		{"\u00F0an", "\u0111an"},
		{"\u041E\u043B\u044F", "\u041E\u043B\u044E"},
		{"\u592A\u90CE", "\u6B21\u90CE"},
		{"\u0E57", "\u0E58"},
		{"\uAE40", "\uAE41"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		if (!is_alike(pairs[i][0], pairs[i][1]))
			fail_msg("%s, %s", pairs[i][0], pairs[i][1]);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		if (is_alike(others[i][0], others[i][1]))
			fail_msg("%s, %s", others[i][0], others[i][1]);
	}
}

/*
 * Of every character there is, alone and behind a letter of its script: what is good is
 * so when folded too, which folds to itself; and it is seen.
 */
static void
test_every_character(void **state)
{
	struct buf name = {0};
	size_t good = 0;

	(void)state;
	for (uint32_t cp = 0x80; cp <= 0x10FFFF; cp++) {
		char once[NAME_MAX_BYTES + 1], twice[NAME_MAX_BYTES + 1];
		struct str folded;

		if (cp >= 0xD800 && cp <= 0xDFFF)
			continue;
		buf_reset(&name);
		utf8_encode(&name, cp);
		if (!name_utf8_ok(buf_str(&name)))
			continue;
		good++;
		assert_int_not_equal(script_of(cp), 0);
		folded = name_utf8_fold(buf_str(&name), once);
		if (!name_utf8_ok(folded))
			fail_msg("%s is bad, U+%04X is not", once, (unsigned)cp);
		assert_true(str_eq(name_utf8_fold(folded, twice), folded));
	}
	/* Most of them are Han. */
	assert_in_range(good, 80000, 120000);
	buf_fini(&name);
}

/* The same of names of several characters. */
static void
test_random(void **state)
{
	static const uint32_t starts[] = {
		0x0061, 0x00DF, 0x0130, 0x0300, 0x03A0, 0x0410, 0x0E30, 0x1780, 0x3040};
	size_t good = 0;

	(void)state;
	srand(1);
	for (int round = 0; round < 50000; round++) {
		uint32_t start = starts[(size_t)rand() % (sizeof(starts) / 4)];
		char once[NAME_MAX_BYTES + 1], twice[NAME_MAX_BYTES + 1];
		struct buf name = {0};
		struct str folded;

		for (int n = rand() % 8; n >= 0; n--)
			utf8_encode(&name,
				rand() % 4 > 0 ? start + (uint32_t)rand() % 16
					       : starts[3] + (uint32_t)rand() % 12);
		if (name_utf8_ok(buf_str(&name))) {
			good++;
			folded = name_utf8_fold(buf_str(&name), once);
			assert_true(name_utf8_ok(folded));
			assert_true(str_eq(name_utf8_fold(folded, twice), folded));
		}
		buf_fini(&name);
	}
	assert_in_range(good, 2000, 50000);
}

/* The table of what is taken for what. */
static void
test_table(void **state)
{
	uint32_t cp;
	size_t i;

	(void)state;
	for (i = 0; (cp = alike_get(i)) != 0; i++) {
		struct str like = str_of(alike_of(cp));

		/* It could be in a name at all; that it is taken for is a last word. */
		assert_true(cp < 0x80 || script_of(cp) != 0);
		while (like.len > 0) {
			uint32_t other;

			like = str_from(like, utf8_decode(like, &other));
			assert_null(alike_of(other));
			assert_false(other >= 'A' && other <= 'Z');
		}
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(alike_get(j), cp);
	}
	assert_in_range(i, 100, 1000);
	assert_null(alike_of(0));
	assert_null(alike_of('a'));
}

static void
test_script(void **state)
{
	(void)state;
	assert_int_equal(script_of(0), 0);
	assert_int_equal(script_of('0'), 0);
	assert_int_equal(script_of('A'), SCRIPT_LATIN);
	assert_int_equal(script_of('Z'), SCRIPT_LATIN);
	assert_int_equal(script_of('['), 0);
	assert_int_equal(script_of(0x1EF9), SCRIPT_LATIN);
	assert_int_equal(script_of(0x0410), SCRIPT_CYRILLIC);
	assert_int_equal(script_of(0x4E00), SCRIPT_HAN);
	assert_int_equal(script_of(0x9FFF), SCRIPT_HAN);
	assert_int_equal(script_of(0xA000), 0);
	assert_int_equal(script_of(0x323AF), SCRIPT_HAN);
	assert_int_equal(script_of(0x323B0), 0);
	assert_int_equal(script_of(UINT32_MAX), 0);
	assert_true(script_is_one(0));
	assert_true(script_is_one(SCRIPT_THAI));
	assert_true(script_is_one(SCRIPT_HAN | SCRIPT_HIRAGANA));
	assert_true(script_is_one(SCRIPT_HAN | SCRIPT_HIRAGANA | SCRIPT_KATAKANA));
	assert_true(script_is_one(SCRIPT_HAN | SCRIPT_HANGUL));
	assert_true(script_is_one(SCRIPT_LATIN | SCRIPT_ACCENT));
	assert_false(script_is_one(SCRIPT_LATIN | SCRIPT_GREEK));
	assert_false(script_is_one(SCRIPT_LATIN | SCRIPT_GREEK | SCRIPT_ACCENT));
	assert_false(script_is_one(SCRIPT_HANGUL | SCRIPT_KATAKANA));
	assert_false(script_is_one(SCRIPT_THAI | SCRIPT_ACCENT));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_compose),
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_alike_ascii),
		cmocka_unit_test(test_alike),
		cmocka_unit_test(test_every_character),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_script),
	};
	static const struct CMUnitTest without_tables[] = {
		cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_without),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_alike_ascii),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_script),
	};

	if (!name_utf8_available())
		return cmocka_run_group_tests_name(
			"name_utf8 without utf8proc", without_tables, NULL, NULL);
	return cmocka_run_group_tests_name("name_utf8", tests, NULL, NULL);
}
