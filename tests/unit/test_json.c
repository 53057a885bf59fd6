/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/utf8.h"

#define assert_quoted(text, quoted) assert_quoted_str(STR(text), quoted)

static void
assert_quoted_str(struct str text, const char *quoted)
{
	struct buf out = {0};
	char *got;

	json_quote(&out, text);
	got = buf_take(&out);
	assert_string_equal(got, quoted);
	free(got);
}

static void
test_quote(void **state)
{
	(void)state;
	assert_quoted_str(str_make(NULL, 0), "\"\"");
	assert_quoted("tea & <b>'s", "\"tea & <b>'s\"");
	assert_quoted("say \"hi\" \\ /", "\"say \\\"hi\\\" \\\\ /\"");
	assert_quoted("a\tb\nc\rd\0e", "\"a\\tb\\nc\\u000dd\\u0000e\"");
	assert_quoted("\x1b[31m \x7f", "\"\\u001b[31m \\u007f\"");
	assert_quoted("gr\xC3\xBC\xC3\x9F \xF0\x9F\x8D\xB5",
		"\"gr\xC3\xBC\xC3\x9F \xF0\x9F\x8D\xB5\"");
	/* C1's CSI, and the separators that JavaScript once took for ends of lines. */
	assert_quoted(
		"\xC2\x9B \xE2\x80\xA8 \xE2\x80\xA9", "\"\\u009b \\u2028 \\u2029\"");
	/* A stray byte, an overlong slash, a surrogate, a cut character. */
	assert_quoted("\xFF", "\"\xEF\xBF\xBD\"");
	assert_quoted("\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
	assert_quoted("\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
	assert_quoted("\xE2\x82", "\"\xEF\xBF\xBD\"");
}

static void
test_nested(void **state)
{
	struct buf out = {0};
	struct json json = {.out = &out};
	char *got;

	(void)state;
	json_begin(&json, '{');
	json_member_bool(&json, "ok", true);
	json_key(&json, "people");
	json_begin(&json, '[');
	for (uint64_t i = 1; i <= 2; i++) {
		json_begin(&json, '{');
		json_member_str(&json, "nick", STR("a\"b"));
		json_member_uint(&json, "id", i);
		json_member(&json, "away", NULL);
		json_end(&json, '}');
	}
	json_null(&json);
	json_bool(&json, false);
	json_uint(&json, UINT64_MAX);
	json_end(&json, ']');
	json_key(&json, "empty");
	json_begin(&json, '[');
	json_end(&json, ']');
	json_key(&json, "none");
	json_begin(&json, '{');
	json_end(&json, '}');
	json_member(&json, "a \"key\"", "x");
	json_end(&json, '}');
	got = buf_take(&out);
	assert_string_equal(got,
		"{\"ok\":true,\"people\":["
		"{\"nick\":\"a\\\"b\",\"id\":1,\"away\":null},"
		"{\"nick\":\"a\\\"b\",\"id\":2,\"away\":null},"
		"null,false,18446744073709551615],"
		"\"empty\":[],\"none\":{},\"a \\\"key\\\"\":\"x\"}");
	free(got);
}

/* The four digits of an escape. */
static uint32_t
hex4(struct str s)
{
	char digits[5] = "";

	assert_true(s.len >= 4);
	memcpy(digits, s.p, 4);
	assert_int_equal(strspn(digits, "0123456789abcdef"), 4);
	return (uint32_t)strtoul(digits, NULL, 16);
}

/* One character off the front of what stands between the quotes. */
static uint32_t
take(struct str *s)
{
	uint32_t c;

	*s = str_from(*s, utf8_decode(*s, &c));
	if (c != '\\')
		return c;
	assert_true(s->len > 0);
	c = (unsigned char)s->p[0];
	*s = str_from(*s, 1);
	switch (c) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'u':
		c = hex4(*s);
		*s = str_from(*s, 4);
		return c;
	default:
		assert_true(c == '"' || c == '\\');
		return c;
	}
}

/* What was quoted can be had back, but for bytes that were no text. */
static void
check_any(struct str text)
{
	struct buf out = {0};
	struct str rest;

	json_quote(&out, text);
	rest = buf_str(&out);
	assert_true(utf8_valid(rest));
	for (size_t i = 0; i < rest.len; i++)
		assert_in_range((unsigned char)rest.p[i], 0x20, 0xFF);
	assert_true(rest.len >= 2 && rest.p[0] == '"' && rest.p[rest.len - 1] == '"');
	rest = str_make(rest.p + 1, rest.len - 2);
	while (text.len > 0) {
		uint32_t c;

		text = str_from(text, utf8_decode(text, &c));
		assert_true(rest.len > 0 && rest.p[0] != '"');
		assert_int_equal(take(&rest), c);
	}
	assert_int_equal(rest.len, 0);
	buf_fini(&out);
}

static void
test_random(void **state)
{
	/* Pieces that mean something, between bytes that mean nothing. */
	static const char *const pieces[] = {"\\", "\"", "\n", "\x1b", "\xC2\x9B",
		"\xE2\x80\xA8", "\xF0\x9F\x8D\xB5", "\xED\xA0\x80", "u0041", "a"};

	(void)state;
	srand(1);
	for (int round = 0; round < 20000; round++) {
		struct buf text = {0};

		for (int n = rand() % 12; n > 0; n--) {
			if (rand() % 2 == 0)
				buf_add_char(&text, (char)(rand() % 256));
			else
				buf_add_str(&text, str_of(pieces[rand() % 10]));
		}
		check_any(buf_str(&text));
		buf_fini(&text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
