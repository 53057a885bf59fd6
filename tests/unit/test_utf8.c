/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

/*
 * A second opinion, slow and written another way: is this the encoding of a scalar
 * value, and of which?
 */
static bool
is_character(const unsigned char *p, size_t len, uint32_t *cp)
{
	static const unsigned char marks[] = {0, 0x00, 0xC0, 0xE0, 0xF0};
	static const unsigned char masks[] = {0, 0x80, 0xE0, 0xF0, 0xF8};
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

	if ((p[0] & masks[len]) != marks[len])
		return false;
	*cp = p[0] & (unsigned char)~masks[len];
	for (size_t i = 1; i < len; i++) {
		if (p[i] / 64 != 2)
			return false;
		*cp = *cp * 64 + p[i] % 64;
	}
	return *cp >= least[len] && *cp <= 0x10FFFF && *cp / 0x800 != 0x1B;
}

/* Could these bytes be the beginning of a longer character? */
static bool
is_beginning(const unsigned char *p, size_t len)
{
	static const unsigned char fills[] = {0x80, 0xBF};
	uint32_t cp;

	for (size_t fill = 0; fill < 2; fill++) {
		unsigned char whole[4];

		memset(whole, fills[fill], sizeof(whole));
		memcpy(whole, p, len);
		for (size_t n = len + 1; n <= 4; n++) {
			if (is_character(whole, n, &cp))
				return true;
		}
	}
	return false;
}

static size_t
slow_decode(struct str s, uint32_t *cp)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t len;

	for (len = 1; len <= 4 && len <= s.len; len++) {
		if (is_character(p, len, cp))
			return len;
	}
	*cp = UTF8_REPLACEMENT;
	for (len = 3; len > 1; len--) {
		if (len <= s.len && is_beginning(p, len))
			return len;
	}
	return 1;
}

static void
assert_decodes(struct str s)
{
	uint32_t cp = 0, want = 0;
	size_t len = utf8_decode(s, &cp), want_len = slow_decode(s, &want);

	if (len == want_len && cp == want)
		return;
	for (size_t i = 0; i < s.len; i++)
		print_error("%02X ", (unsigned char)s.p[i]);
	fail_msg("is U+%04X (%zu bytes) instead of U+%04X (%zu)", cp, len, want,
		want_len);
}

static void
test_decode_all(void **state)
{
	char s[4];

	(void)state;
	/* All that differ in how they begin; then the later bytes that matter. */
	for (unsigned i = 0; i < 0x10000; i++) {
		static const char odd[] =
			"\x00\x41\x7F\x80\x8F\x90\x9F\xA0\xBF\xC0\xFF";

		s[0] = (char)(i >> 8);
		s[1] = (char)(i & 0xFF);
		assert_decodes(str_make(s, 1));
		assert_decodes(str_make(s, 2));
		for (size_t j = 0; j < sizeof(odd) - 1; j++) {
			s[2] = odd[j];
			assert_decodes(str_make(s, 3));
			for (size_t k = 0; k < sizeof(odd) - 1; k++) {
				s[3] = odd[k];
				assert_decodes(str_make(s, 4));
			}
		}
	}
}

static void
test_encode_all(void **state)
{
	struct buf buf = {0};

	(void)state;
	for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
		uint32_t back;

		if (cp == 0xD800)
			cp = 0xE000;
		buf_reset(&buf);
		utf8_encode(&buf, cp);
		assert_int_equal(utf8_decode(buf_str(&buf), &back), buf.len);
		assert_int_equal(back, cp);
		assert_true(utf8_valid(buf_str(&buf)));
		assert_false(utf8_valid(str_make(buf.p, buf.len - 1)) && buf.len > 1);
	}
	buf_fini(&buf);
}

/* The examples of the Unicode standard, tables 3-8 to 3-11. */
static void
test_subparts(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41", "????????A"},
		{"\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41", "????????A"},
		{"\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42", "?????A??B"},
		{"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", "????A"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str rest = str_of(rows[i].in);

		for (const char *want = rows[i].out; *want != '\0'; want++) {
			uint32_t cp;

			assert_true(rest.len > 0);
			rest = str_from(rest, utf8_decode(rest, &cp));
			assert_int_equal(
				cp, *want == '?' ? UTF8_REPLACEMENT : (uint32_t)*want);
		}
		assert_int_equal(rest.len, 0);
	}
}

static void
test_valid(void **state)
{
	(void)state;
	assert_true(utf8_valid(STR("")));
	assert_true(utf8_valid(STR("a\0\n\x7F")));
	assert_true(
		utf8_valid(STR("gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80")));
	assert_true(utf8_valid(STR("\xEF\xBF\xBD")));
	assert_true(utf8_valid(STR("\xF4\x8F\xBF\xBF")));
	assert_false(utf8_valid(STR("\xEF\xBF")));
	assert_false(utf8_valid(STR("\xF0\x9F\x98")));
	assert_false(utf8_valid(STR("\xF0\x9F\x98x")));
	assert_false(utf8_valid(STR("ok\x80")));
	assert_false(utf8_valid(STR("\xC0\x80")));
	assert_false(utf8_valid(STR("\xED\xA0\x80")));
	assert_false(utf8_valid(STR("\xF4\x90\x80\x80")));
}

static void
test_cut(void **state)
{
	static const size_t lengths[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
	struct str s = STR("a\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80z");

	(void)state;
	for (size_t max = 0; max < sizeof(lengths) / sizeof(lengths[0]); max++) {
		struct str cut = utf8_cut(s, max);

		assert_int_equal(cut.len, lengths[max]);
		assert_ptr_equal(cut.p, s.p);
	}
	/* Bytes that belong to no character may be parted from it anywhere. */
	assert_int_equal(utf8_cut(STR("\x80\x80\x80\x80\x80\x80"), 5).len, 5);
	assert_int_equal(utf8_cut(STR("\xC3\xBC\x80\x80"), 3).len, 3);
	assert_int_equal(utf8_cut(STR("abc"), 2).len, 2);
	assert_int_equal(utf8_cut(STR(""), 0).len, 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode_all),
		cmocka_unit_test(test_encode_all),
		cmocka_unit_test(test_subparts),
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
