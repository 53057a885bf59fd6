/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "net/linebuf.h"
#include "wire.h"

/* From bytes to lines. */

/* Longest line of these tests. */
#define MAX 8

/*
 * Add the lines that `bytes` make to `out`, each in brackets, with a ~ behind those
 * that were cut; an unfinished one at the end in braces. They are added byte by byte or
 * in pieces; with RELAX the memory is given back behind each, as between two reads.
 */
enum {
	PIECES = 1,
	RELAX = 2
};

static void
collect(struct buf *out, struct str bytes, size_t max, unsigned how)
{
	struct linebuf lines = {0};
	bool is_cut;

	while (bytes.len > 0) {
		bool is_whole;

		if (how & PIECES) {
			is_whole = linebuf_take(&lines, &bytes, max);
		} else {
			is_whole = linebuf_add(&lines, (unsigned char)bytes.p[0], max);
			bytes = str_from(bytes, 1);
		}
		if (is_whole) {
			buf_add_char(out, '[');
			buf_add_str(out, linebuf_line(&lines, max, &is_cut));
			buf_add_str(out, is_cut ? STR("~]") : STR("]"));
		}
		if (how & RELAX)
			linebuf_relax(&lines);
	}
	if (linebuf_finish(&lines)) {
		buf_add_char(out, '{');
		buf_add_str(out, linebuf_line(&lines, max, &is_cut));
		buf_add_str(out, is_cut ? STR("~}") : STR("}"));
	}
	assert_false(linebuf_finish(&lines));
	linebuf_fini(&lines);
}

static void
assert_lines_of(struct str bytes, const char *want)
{
	for (unsigned how = 0; how <= (PIECES | RELAX); how++) {
		struct buf out = {0};
		char *got;

		collect(&out, bytes, MAX, how);
		got = buf_take(&out);
		assert_string_equal(got, want);
		free(got);
	}
}

/* For a literal, which may hold NUL. */
#define assert_lines(bytes, want) assert_lines_of(STR(bytes), want)

static void
test_ends(void **state)
{
	(void)state;
	assert_lines("", "");
	assert_lines("a", "{a}");
	assert_lines("a\n", "[a]");
	assert_lines("a\r\n", "[a]");
	assert_lines("a\r\0", "[a]");
	assert_lines("a\r", "[a]");
	assert_lines("a\nb\n", "[a][b]");
	assert_lines("a\r\nb\r\n", "[a][b]");
	assert_lines("a\r\0b\r\0", "[a][b]");
	assert_lines("a\rb\r", "[a][b]");
	assert_lines("a\nb\r\nc\r\0d\re", "[a][b][c][d]{e}");
}

static void
test_empty_lines(void **state)
{
	(void)state;
	assert_lines("\n", "[]");
	assert_lines("\r\n", "[]");
	assert_lines("\r\0", "[]");
	assert_lines("\r", "[]");
	assert_lines("\n\n", "[][]");
	assert_lines("\r\n\r\n", "[][]");
	assert_lines("\r\0\r\0", "[][]");
	assert_lines("\r\r", "[][]");
	/* Only one byte belongs to a CR. */
	assert_lines("\r\n\n", "[][]");
	assert_lines("\r\r\n", "[][]");
	assert_lines("\n\r", "[][]");
}

/* A NUL that does not follow a CR is a byte of the line. */
static void
test_nul(void **state)
{
	struct buf out = {0};

	(void)state;
	collect(&out, STR("\0a\0b\n\0\r\0\0\n"), MAX, 0);
	assert_int_equal(out.len, strlen("[.a.b][.][.]"));
	assert_memory_equal(out.p, "[\0a\0b][\0][\0]", out.len);
	buf_fini(&out);
}

static void
test_cut(void **state)
{
	(void)state;
	assert_lines("1234567\n", "[1234567]");
	assert_lines("12345678\n", "[12345678]");
	assert_lines("123456789\n", "[12345678~]");
	assert_lines("1234567890123\r\nab\r\n", "[12345678~][ab]");
	assert_lines("123456789", "{12345678~}");
	/* The next line is whole again, and an end is no part of its line. */
	assert_lines("12345678\r\n12345678\n", "[12345678][12345678]");
	assert_lines("123456789\r123456789\r", "[12345678~][12345678~]");
}

/* Never in the middle of a character: u with dots has 2 bytes, euro 3, a face 4. */
static void
test_cut_characters(void **state)
{
	(void)state;
	assert_lines("123456\xc3\xbc\n", "[123456\xc3\xbc]");
	assert_lines("1234567\xc3\xbc\n", "[1234567~]");
	assert_lines("12345678\xc3\xbc\n", "[12345678~]");
	assert_lines("12345\xe2\x82\xac\n", "[12345\xe2\x82\xac]");
	assert_lines("123456\xe2\x82\xac\n", "[123456~]");
	assert_lines("1234567\xe2\x82\xac\n", "[1234567~]");
	assert_lines("1234\xf0\x9f\x98\x80\n", "[1234\xf0\x9f\x98\x80]");
	assert_lines("12345\xf0\x9f\x98\x80\n", "[12345~]");
	assert_lines("123456\xf0\x9f\x98\x80\n", "[123456~]");
	assert_lines("1234567\xf0\x9f\x98\x80\n", "[1234567~]");
	assert_lines("1234\xf0\x9f\x98\x80x\n", "[1234\xf0\x9f\x98\x80~]");
	/* What is no character is cut wherever it is. */
	assert_lines("1234567\xff\xff\n", "[1234567\xff~]");
	assert_lines("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\n",
		"[\x80\x80\x80\x80\x80\x80\x80\x80~]");
}

/* Every text of characters of every size, cut at every length, is right and longest. */
static void
test_cut_any(void **state)
{
	static const char *const chars[] = {
		"x", "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};

	(void)state;
	for (unsigned word = 0; word < 4 * 4 * 4 * 4 * 4; word++) {
		struct buf text = {0};

		for (unsigned n = word, i = 0; i < 5; i++, n /= 4)
			buf_add_str(&text, str_of(chars[n % 4]));
		for (size_t max = 0; max <= text.len; max++) {
			struct linebuf lines = {0};
			struct str line;
			bool is_cut;

			for (size_t i = 0; i < text.len; i++)
				linebuf_add(&lines, (unsigned char)text.p[i], max);
			assert_true(linebuf_add(&lines, '\n', max));
			line = linebuf_line(&lines, max, &is_cut);
			assert_true(line.len <= max && line.len + 4 > max);
			assert_true(utf8_valid(line));
			assert_memory_equal(line.p, text.p, line.len);
			assert_int_equal(is_cut, line.len < text.len);
			linebuf_fini(&lines);
		}
		buf_fini(&text);
	}
}

/* However long the line, no more is kept than may be needed. */
static void
test_memory(void **state)
{
	struct linebuf lines = {0};
	bool is_cut;

	(void)state;
	for (int i = 0; i < 1000000; i++)
		assert_false(linebuf_add(&lines, 'x', 4096));
	assert_int_equal(lines.text.len, 4097);
	assert_true(linebuf_add(&lines, '\n', 4096));
	assert_int_equal(linebuf_line(&lines, 4096, &is_cut).len, 4096);
	assert_true(is_cut);
	/* Between lines it holds nothing, in the middle of one what is there. */
	linebuf_relax(&lines);
	assert_null(lines.text.p);
	linebuf_add(&lines, 'x', 4096);
	linebuf_relax(&lines);
	assert_int_equal(lines.text.len, 1);
	linebuf_fini(&lines);
	assert_null(lines.text.p);
}

/* The limit changes in the middle of a line (a reload): what is dropped stays so. */
static void
test_new_limit(void **state)
{
	struct linebuf lines = {0};
	bool is_cut;

	(void)state;
	for (int i = 0; i < 20; i++)
		linebuf_add(&lines, 'x', 4);
	for (int i = 0; i < 20; i++)
		linebuf_add(&lines, 'y', 8);
	assert_true(linebuf_add(&lines, '\n', 8));
	assert_true(str_eq(linebuf_line(&lines, 8, &is_cut), STR("xxxxx")));
	assert_true(is_cut);
	for (int i = 0; i < 8; i++)
		linebuf_add(&lines, 'z', 8);
	assert_true(linebuf_add(&lines, '\n', 4));
	assert_true(str_eq(linebuf_line(&lines, 4, &is_cut), STR("zzzz")));
	assert_true(is_cut);
	linebuf_fini(&lines);
}

/* Add all bytes, none of which ends a line. */
static void
add(struct linebuf *lines, struct str bytes, size_t max)
{
	for (size_t i = 0; i < bytes.len; i++)
		assert_false(linebuf_add(lines, (unsigned char)bytes.p[i], max));
}

/* The unfinished line ends here, and this was in it. Starts over. */
static void
check_line(struct linebuf *lines, struct str want, bool want_cut, int at)
{
	bool is_cut;
	struct str line;

	assert_true(linebuf_add(lines, '\n', MAX));
	line = linebuf_line(lines, MAX, &is_cut);
	wire_check(line, want, "text", at);
	if (is_cut != want_cut)
		fail_msg("line %d: %s", at, is_cut ? "cut" : "not cut");
	linebuf_fini(lines);
	*lines = (struct linebuf){0};
}

#define CHECK_LINE(lines, want, want_cut)                                              \
	check_line(lines, STR(want), want_cut, __LINE__)

/* All words of seven of these bytes: in pieces they make the same lines. */
static void
test_pieces(void **state)
{
	static const char kinds[] = "\n\r\0ab";

	(void)state;
	for (unsigned word = 0; word < 5 * 5 * 5 * 5 * 5 * 5 * 5; word++) {
		struct buf bytes = {0}, wanted = {0}, got = {0};

		for (unsigned n = word, i = 0; i < 7; i++, n /= 5)
			buf_add_char(&bytes, kinds[n % 5]);
		for (size_t max = 0; max < 4; max++) {
			collect(&wanted, buf_str(&bytes), max, 0);
			collect(&got, buf_str(&bytes), max, PIECES);
		}
		if (!str_eq(buf_str(&wanted), buf_str(&got)))
			fail_msg("word %u", word);
		buf_fini(&bytes);
		buf_fini(&wanted);
		buf_fini(&got);
	}
}

/* Only CR LF and CR NUL are telnet's, also with something between their two bytes. */
static void
test_crlf(void **state)
{
	static const struct {
		struct str bytes;
		bool has_crlf;
	} rows[] = {
		{{"", 0}, false},
		{{"a", 1}, false},
		{{"a\nb\n\n", 5}, false},
		{{"a\rb\r\r", 5}, false},
		{{"a\n\rb\0", 5}, false},
		{{"\0\n\0", 3}, false},
		{{"a\r", 2}, false},
		{{"a\r\n", 3}, true},
		{{"a\r\0", 3}, true},
		{{"a\nb\rc\r\n", 7}, true},
		{{"a\r\nb\nc\r", 7}, true},
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(*rows); i++) {
		struct linebuf lines = {0};
		struct str bytes = rows[i / 2].bytes;

		for (size_t at = 0; at < bytes.len; at++) {
			linebuf_add(&lines, (unsigned char)bytes.p[at], MAX);
			if (i % 2 > 0)
				linebuf_relax(&lines);
		}
		if (lines.has_crlf != rows[i / 2].has_crlf)
			fail_msg("row %zu", i / 2);
		linebuf_fini(&lines);
	}
}

static void
test_clear(void **state)
{
	struct linebuf lines = {0};

	(void)state;
	linebuf_clear(&lines);
	add(&lines, STR("abc"), MAX);
	linebuf_clear(&lines);
	assert_false(linebuf_finish(&lines));
	add(&lines, STR("de"), MAX);
	CHECK_LINE(&lines, "de", false);
	/* What was cut is forgotten, too. */
	add(&lines, STR("1234567890"), MAX);
	linebuf_clear(&lines);
	add(&lines, STR("fg"), MAX);
	CHECK_LINE(&lines, "fg", false);
	/* Behind a line there is nothing to clear; its end still has two bytes. */
	add(&lines, STR("one"), MAX);
	assert_true(linebuf_add(&lines, '\r', MAX));
	linebuf_clear(&lines);
	assert_false(linebuf_add(&lines, '\n', MAX));
	add(&lines, STR("two"), MAX);
	CHECK_LINE(&lines, "two", false);
}

static void
test_backspace(void **state)
{
	struct linebuf lines = {0};

	(void)state;
	linebuf_backspace(&lines);
	add(&lines, STR("ab"), MAX);
	linebuf_backspace(&lines);
	add(&lines, STR("c"), MAX);
	CHECK_LINE(&lines, "ac", false);
	add(&lines, STR("ab"), MAX);
	for (int i = 0; i < 5; i++)
		linebuf_backspace(&lines);
	assert_false(linebuf_finish(&lines));
	CHECK_LINE(&lines, "", false);
	/* Whole characters, of two, three and four bytes. */
	add(&lines, STR("a\xc3\xbc"), MAX);
	linebuf_backspace(&lines);
	CHECK_LINE(&lines, "a", false);
	add(&lines, STR("a\xe2\x82\xac"), MAX);
	linebuf_backspace(&lines);
	CHECK_LINE(&lines, "a", false);
	add(&lines, STR("a\xf0\x9f\x98\x80"), MAX);
	linebuf_backspace(&lines);
	CHECK_LINE(&lines, "a", false);
	/* What has come of one. */
	add(&lines, STR("a\xf0\x9f"), MAX);
	linebuf_backspace(&lines);
	CHECK_LINE(&lines, "a", false);
	/* Not a line that is done. */
	add(&lines, STR("one"), MAX);
	assert_true(linebuf_add(&lines, '\r', MAX));
	linebuf_backspace(&lines);
	assert_false(linebuf_add(&lines, '\n', MAX));
	assert_false(linebuf_finish(&lines));
	add(&lines, STR("two"), MAX);
	CHECK_LINE(&lines, "two", false);
}

/* Of bytes that are no character, one at a time, and never what stands before them. */
static void
test_backspace_invalid(void **state)
{
	struct linebuf lines = {0};

	(void)state;
	add(&lines, STR("a\x80\x80\x80\x80\x80"), MAX);
	linebuf_backspace(&lines);
	CHECK_LINE(&lines, "a\x80\x80\x80\x80", false);
	add(&lines, STR("\x80\x80"), MAX);
	linebuf_backspace(&lines);
	CHECK_LINE(&lines, "\x80", false);
	add(&lines, STR("\x80"), MAX);
	linebuf_backspace(&lines);
	CHECK_LINE(&lines, "", false);
	add(&lines, STR("a\x80"), MAX);
	linebuf_backspace(&lines);
	CHECK_LINE(&lines, "a", false);
	add(&lines, STR("\xc3\xbc\xbc"), MAX);
	linebuf_backspace(&lines);
	CHECK_LINE(&lines, "\xc3\xbc", false);
	add(&lines, STR("\xff\xff"), MAX);
	linebuf_backspace(&lines);
	CHECK_LINE(&lines, "\xff", false);
}

/* Something is missing from a line that was cut, whatever is taken off its end. */
static void
test_backspace_cut(void **state)
{
	struct linebuf lines = {0};

	(void)state;
	add(&lines, STR("123456789"), MAX);
	linebuf_backspace(&lines);
	CHECK_LINE(&lines, "12345678", false);
	add(&lines, STR("123456789A"), MAX);
	linebuf_backspace(&lines);
	linebuf_backspace(&lines);
	linebuf_backspace(&lines);
	add(&lines, STR("xyz"), MAX);
	CHECK_LINE(&lines, "123456", true);
}

static void
test_mid_character(void **state)
{
	static const struct {
		const char *text;
		bool is_mid;
	} rows[] = {
		{"", false},
		{"a", false},
		{"\x80", false},
		{"\xc3", true},
		{"\xc3\xbc", false},
		{"\xc3\xbc\xbc", false},
		{"ab\xc3", true},
		{"\xc2", true},
		{"\xdf", true},
		{"\xe0", true},
		{"\xe0\xa0", true},
		{"\xe2\x82", true},
		{"\xe2\x82\xac", false},
		{"\xef\xbf", true},
		{"\xf0", true},
		{"\xf0\x9f", true},
		{"\xf0\x9f\x98", true},
		{"\xf0\x9f\x98\x80", false},
		{"\xf4\x80\x80", true},
		{"\xe2\x82\xac\xc3", true},
		{"\xc3g", false},
		/* Nothing that a character begins with. */
		{"\xc0", false},
		{"\xc1", false},
		{"\xf5", false},
		{"\xff", false},
		{"\xf8\x80", false},
		{"a\x80\x80", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct linebuf lines = {0};

		add(&lines, str_of(rows[i].text), MAX);
		if (linebuf_is_mid_character(&lines) != rows[i].is_mid)
			fail_msg("row %zu", i);
		/* A line that is done has no middle. */
		assert_true(linebuf_add(&lines, '\n', MAX));
		assert_false(linebuf_is_mid_character(&lines));
		linebuf_fini(&lines);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_empty_lines),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_cut_characters),
		cmocka_unit_test(test_cut_any),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_new_limit),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_crlf),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_backspace),
		cmocka_unit_test(test_backspace_invalid),
		cmocka_unit_test(test_backspace_cut),
		cmocka_unit_test(test_mid_character),
	};

	return cmocka_run_group_tests_name("linebuf", tests, NULL, NULL);
}
