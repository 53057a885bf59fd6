/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/width.h"
#include "base/wrap.h"

#define MARK "\x1F"
#define ACUTE "\xCC\x81"
#define E_ACUTE "e\xCC\x81"
#define NIHON "\xE6\x97\xA5"
#define FAMILY "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9"

/* `want` has LF where CR LF is to be. */
static void
check(const char *line, size_t columns, const char *want)
{
	struct buf out = {0}, shown = {0};
	char *text;

	wrap_line(&out, str_of(line), columns);
	for (size_t i = 0; i < out.len; i++) {
		if (out.p[i] == '\r')
			assert_true(i + 1 < out.len && out.p[i + 1] == '\n');
		else
			buf_add_char(&shown, out.p[i]);
	}
	text = buf_take(&shown);
	assert_string_equal(text, want);
	free(text);
	buf_fini(&out);
}

static void
test_fits(void **state)
{
	(void)state;
	check("", 10, "\n");
	check("hello", 10, "hello\n");
	check("hello you!", 10, "hello you!\n");
	check("  hello  ", 10, "  hello  \n");
	check(NIHON NIHON, 4, NIHON NIHON "\n");
}

static void
test_no_fold(void **state)
{
	(void)state;
	check("", 0, "\n");
	check("ann: " MARK "a line that is long", 0, "ann: a line that is long\n");
}

static void
test_folds_at_blanks(void **state)
{
	(void)state;
	check("hello you all", 10, "hello you\nall\n");
	check("hello you   all", 10, "hello you\nall\n");
	check("one two three four", 5, "one\ntwo\nthree\nfour\n");
	check("one two three four", 7, "one two\nthree\nfour\n");
	check("hello you!   ", 10, "hello you!\n");
	check("hello you! ", 11, "hello you! \n");
}

static void
test_blanks_only(void **state)
{
	(void)state;
	check("     ", 3, "\n");
	check("   ", 3, "   \n");
	check("     a", 3, "a\n");
	check("     longword", 10, "longword\n");
	check("  a bc d", 4, "  a\nbc d\n");
	check(ACUTE "   abcd", 4, ACUTE "\nabcd\n");
}

static void
test_cuts_long_words(void **state)
{
	(void)state;
	check("abcdefghij", 4, "abcd\nefgh\nij\n");
	check("ab cdefghij", 4, "ab\ncdef\nghij\n");
	check("ab cdefghijk x", 4, "ab\ncdef\nghij\nk x\n");
	check("abcdefgh", 1, "a\nb\nc\nd\ne\nf\ng\nh\n");
}

static void
test_wide(void **state)
{
	(void)state;
	check(NIHON NIHON NIHON, 5, NIHON NIHON "\n" NIHON "\n");
	check("x" NIHON NIHON, 4, "x" NIHON "\n" NIHON "\n");
	check("abce" ACUTE "e" ACUTE, 4, "abce" ACUTE "\ne" ACUTE "\n");
	check("abc" FAMILY FAMILY, 5, "abc" FAMILY "\n" FAMILY "\n");
	/* No room even for one: it has to go somewhere. */
	check(NIHON NIHON, 1, NIHON "\n" NIHON "\n");
	/* A blank with an accent is no place to fold. */
	check("ab " ACUTE "cd", 4, "ab " ACUTE "c\nd\n");
}

static void
test_indent(void **state)
{
	(void)state;
	check("ann: " MARK "hello you all", 16, "ann: hello you\n     all\n");
	check("ann: " MARK "abcdefghijklmnopqrstuvw", 15,
		"ann: abcdefghij\n     klmnopqrst\n     uvw\n");
	check(NIHON ": " MARK "one two", 12, NIHON ": one two\n");
	check(NIHON ": " MARK "one two", 10, NIHON ": one\ntwo\n");
	check(NIHON " " MARK "one two", 9, NIHON " one\n   two\n");
	/* Beyond a third of the row. */
	check("ann: " MARK "hello you all", 14, "ann: hello you\nall\n");
	/* Where a fold would win no room, the word is cut. */
	check("a: " MARK "bcdefghijkl", 9, "a: bcdefg\n   hijkl\n");
	check("a b: " MARK "cdefghijklmnop", 15, "a b: cdefghijkl\n     mnop\n");
	/* Behind a fold the mark has no meaning. */
	check("longname1 longname2: " MARK "a b", 12, "longname1\nlongname2: a\nb\n");
	check("abcdefghij x: " MARK "bcdef ghijkl mn", 12,
		"abcdefghij\nx: bcdef\nghijkl mn\n");
}

static void
test_mark_is_dropped(void **state)
{
	(void)state;
	check(MARK, 10, "\n");
	check(MARK "ab cd", 4, "ab\ncd\n");
	check("ab cd" MARK, 4, "ab\ncd\n");
	check("abcdef " MARK " gh", 6, "abcdef\ngh\n");
	check("abcdef " MARK " ", 6, "abcdef\n");
}

static void
test_colours(void **state)
{
	(void)state;
	check("\033[1mab\033[0m cd", 5, "\033[1mab\033[0m cd\n");
	check("\033[1mab\033[0m cd", 4, "\033[1mab\033[0m\ncd\n");
	check("\033[1mab cd\033[0m", 4, "\033[1mab\033[0m\n\033[1mcd\033[0m\n");
	check("a: " MARK "\033[31mbb \033[1mcc dd", 9,
		"a: \033[31mbb \033[1mcc\033[0m\n   \033[31m\033[1mdd\n");
	/* A sequence among the blanks of a fold. */
	check("ab \033[31m cd", 4, "ab\n\033[31mcd\n");
	check("\033[31mab \033[m cd", 4, "\033[31mab\033[0m\ncd\n");
	check("ab     \033[0m", 4, "ab\033[0m\n");
	/* A reset that also sets. */
	check("\033[7mab\033[0;32m cd ef", 5,
		"\033[7mab\033[0;32m cd\033[0m\n\033[0;32mef\n");
	/* Within a word. */
	check("ab\033[31mcdef", 4, "ab\033[31mcd\033[0m\n\033[31mef\n");
}

static unsigned
next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(*seed >> 33);
}

/* Without blanks, line ends and sequences. */
static void
add_essence(struct buf *out, struct str s)
{
	while (s.len > 0) {
		size_t len = width_sgr(s);

		if (len == 0 && strchr(" \r\n\x1F", s.p[0]) == NULL)
			buf_add_char(out, s.p[0]);
		s = str_from(s, len > 0 ? len : 1);
	}
}

/* The columns of a piece, which has no line end. */
static size_t
piece_columns(struct str s)
{
	struct buf plain = {0};
	size_t columns;

	while (s.len > 0) {
		size_t len = width_sgr(s);

		if (len == 0)
			buf_add_char(&plain, s.p[0]);
		s = str_from(s, len > 0 ? len : 1);
	}
	columns = width_text(buf_str(&plain));
	buf_fini(&plain);
	return columns;
}

/* Whatever the line: nothing of it is lost, and no row is too wide. */
static void
test_random_lines(void **state)
{
	static const char *const parts[] = {"a", "bc", "def", " ", " ", "  ", MARK,
		NIHON, E_ACUTE, FAMILY, "\033[1m", "\033[0m", "\033[0;31m", ACUTE};
	uint64_t seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct buf line = {0}, out = {0}, before = {0}, after = {0};
		size_t columns = 2 + next_random(&seed) % 12;
		struct str rest, piece;

		for (size_t n = next_random(&seed) % 30; n > 0; n--)
			buf_add_str(&line,
				str_of(parts[next_random(&seed) %
					(sizeof(parts) / sizeof(*parts))]));
		wrap_line(&out, buf_str(&line), columns);
		add_essence(&before, buf_str(&line));
		add_essence(&after, buf_str(&out));
		rest = buf_str(&out);
		if (!str_eq(buf_str(&before), buf_str(&after)))
			fail_msg("round %d: text is lost", round);
		while (str_split(&rest, '\n', &piece) && rest.p != NULL) {
			piece.len--;
			if (piece_columns(piece) > columns)
				fail_msg("round %d: too wide", round);
		}
		buf_fini(&line);
		buf_fini(&out);
		buf_fini(&before);
		buf_fini(&after);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_no_fold),
		cmocka_unit_test(test_folds_at_blanks),
		cmocka_unit_test(test_blanks_only),
		cmocka_unit_test(test_cuts_long_words),
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_indent),
		cmocka_unit_test(test_mark_is_dropped),
		cmocka_unit_test(test_colours),
		cmocka_unit_test(test_random_lines),
	};

	if (!width_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
