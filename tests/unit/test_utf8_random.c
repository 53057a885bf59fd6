/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/combining.h"
#include "base/utf8.h"

/* By name, since a digit must not follow a hexadecimal escape. */
#define BEL "\x07"
#define ESC "\x1B"
#define C1_DCS "\xC2\x90"
#define C1_CSI "\xC2\x9B"
#define C1_ST "\xC2\x9C"
#define C1_OSC "\xC2\x9D"
#define ACUTE "\xCC\x81"
#define ZWJ "\xE2\x80\x8D"
#define VS16 "\xEF\xB8\x8F"
#define U_UMLAUT "\xC3\xBC"

/* Is this what may stand in a line that others read? */
static bool
is_harmless(uint32_t cp)
{
	if (cp < 0x20 || (cp >= 0x7F && cp <= 0x9F))
		return false; /* C0, C1 */
	if (cp >= 0x2028 && cp <= 0x202E)
		return false; /* ends of lines, bidi */
	if (cp >= 0x2066 && cp <= 0x2069)
		return false; /* bidi */
	if (cp == 0xFEFF || (cp >= 0xFFF9 && cp <= 0xFFFB))
		return false; /* byte order mark, annotations */
	return cp % 0x10000 < 0xFFFE && (cp < 0xFDD0 || cp > 0xFDEF);
}

/* Nothing in it may act, nor hide the lines around it. */
static void
assert_harmless(struct str s)
{
	unsigned marks = 0, most = 0;

	assert_true(utf8_valid(s));
	while (s.len > 0) {
		uint32_t cp;
		size_t len = utf8_decode(s, &cp);

		if (!is_harmless(cp))
			fail_msg("U+%04X", (unsigned)cp);
		marks = combining_is(cp) ? marks + 1 : 0;
		most = marks > most ? marks : most;
		s = str_from(s, len);
	}
	assert_in_range(most, 0, 16);
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
check_random_pieces(struct buf *line)
{
	static const char *const pieces[] = {ESC, "[", "31m", "]", "0;", BEL, "\\",
		"\x1B\\", "P", "X", "^", "_", "N", "O", "(", " ", "\xC2", C1_CSI, C1_ST,
		C1_OSC, C1_DCS, "\xC2\x85", "\x9B", "\x9C", "\xE2", "\xE2\x80", "\xAE",
		"\xE2\x80\xAE", "\xE2\x81\xA6", "\xE2\x80\xA8", "\xEF\xBB\xBF",
		"\xEF\xBF\xBE", "\xEF\xBF\xB9", "\xED\xA0\x80", "\xF0\x9F",
		"\xF4\x8F\xBF\xBF", "\xF4\x90", "\xC0", "\xFF", "\r", "\n", "\t",
		"\x7F", "\x18", "a", U_UMLAUT, "\xF0\x9F\x98\x80", "\xE2\x80\x8D",
		"" /* stands for NUL */};
	int count = rand() % 12;

	for (int i = 0; i < count; i++) {
		size_t pick = (size_t)rand() % (sizeof(pieces) / sizeof(pieces[0]));
		size_t len = strlen(pieces[pick]);

		buf_add(line, pieces[pick], len > 0 ? len : 1);
	}
	check_line(buf_str(line));
}

/* A line of mostly marks, and of what may stand between them. */
static void
check_random_marks(struct buf *line)
{
	static const char *const pieces[] = {ACUTE, "\xCD\xAF", ZWJ, VS16,
		"\xE0\xA5\x8D", "\xE2\x83\xA3", "\xE1\x85\xA1", "\xF3\xA0\x84\x80",
		"\xF3\xA0\x81\xBF", "\xE2\x80\x8B", "e", " ", "\x01", "\x1B[m", "\xFF",
		"\xE2\x80\xAE", "\xEF\xBB\xBF", "\xF0\x9F\x98\x80"};
	int count = rand() % 60, likely = 1 + rand() % 16;

	for (int i = 0; i < count; i++) {
		/* Ten of them are marks. */
		size_t pick = (size_t)(rand() % (rand() % likely == 0 ? 18 : 10));

		buf_add_str(line, str_of(pieces[pick]));
	}
	check_line(buf_str(line));
}

/* A million lines. */
static void
test_random(void **state)
{
	struct buf line = {0};

	(void)state;
	srand(1);
	for (int round = 0; round < 400000; round++) {
		check_random_bytes();
		buf_reset(&line);
		check_random_pieces(&line);
		if (round % 2 == 0) {
			buf_reset(&line);
			check_random_marks(&line);
		}
	}
	buf_fini(&line);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("utf8_random", tests, NULL, NULL);
}
