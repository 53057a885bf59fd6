/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/combining.h"
#include "base/utf8.h"
#include "base/width.h"
#include "base/wrap.h"

/*
 * Any bytes: what utf8_clean() makes of them is valid and clean, and stays so when cut;
 * characters and folding take it apart without losing any of it.
 */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	check(width_init());
	return 0;
}

/* Is the text free of piles of marks? */
static bool
is_flat(struct str s)
{
	unsigned marks = 0;

	while (s.len > 0 && marks <= UTF8_MARKS_MAX) {
		uint32_t cp;

		s = str_from(s, utf8_decode(s, &cp));
		marks = combining_is(cp) ? marks + 1 : 0;
	}
	return marks <= UTF8_MARKS_MAX;
}

static bool
is_clean(struct str s)
{
	struct buf again = {0};
	bool clean;

	utf8_clean(&again, s);
	clean = str_eq(buf_str(&again), s);
	buf_fini(&again);
	return clean;
}

static void
check_decode(struct str s)
{
	struct buf encoded = {0};

	while (s.len > 0) {
		uint32_t cp;
		size_t len = utf8_decode(s, &cp);

		check(len > 0 && len <= 4 && len <= s.len);
		buf_reset(&encoded);
		utf8_encode(&encoded, cp);
		if (utf8_valid(str_make(s.p, len)))
			check(str_eq(buf_str(&encoded), str_make(s.p, len)));
		else
			check(cp == UTF8_REPLACEMENT);
		s = str_from(s, len);
	}
	buf_fini(&encoded);
}

static void
check_width(struct str s)
{
	size_t columns = width_text(s), sum = 0, at = 0;

	while (at < s.len) {
		unsigned width = 9;
		size_t len = width_cluster(str_from(s, at), &width);

		check(len > 0 && at + len <= s.len && width <= 2);
		check(utf8_valid(str_make(s.p + at, len)));
		at += len;
		sum += width;
	}
	check(sum == columns);
}

/* What a line is without what folding may take away. */
static void
add_essence(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] != ' ' && s.p[i] != '\r' && s.p[i] != '\n')
			buf_add_char(out, s.p[i]);
	}
}

static void
check_wrap(struct str s, size_t columns)
{
	struct buf out = {0}, before = {0}, after = {0};
	struct str rest, row;

	wrap_line(&out, s, columns);
	add_essence(&before, s);
	add_essence(&after, buf_str(&out));
	check(str_eq(buf_str(&before), buf_str(&after)));
	rest = buf_str(&out);
	while (str_split(&rest, '\n', &row) && rest.p != NULL) {
		check(row.len > 0 && row.p[row.len - 1] == '\r');
		row.len--;
		check(utf8_valid(row));
		check(columns < 2 || width_text(row) <= columns);
	}
	buf_fini(&out);
	buf_fini(&before);
	buf_fini(&after);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_make((const char *)data, size), clean;
	struct buf out = {0};

	if (size == 0)
		return 0;
	check_decode(s);
	utf8_clean(&out, s);
	clean = buf_str(&out);
	check(clean.len <= 3 * size && utf8_valid(clean));
	check(is_clean(clean) && is_flat(clean));
	for (size_t max = 0; max < clean.len && max < 64; max++) {
		struct str cut = utf8_cut(clean, max);

		check(cut.len <= max && cut.len + 4 > max && utf8_valid(cut));
	}
	check_width(clean);
	check_wrap(clean, data[0] % 40);
	buf_fini(&out);
	return 0;
}
