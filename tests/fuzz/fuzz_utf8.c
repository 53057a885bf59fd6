/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/combining.h"
#include "base/utf8.h"
#include "base/width.h"
#include "base/wrap.h"
#include "fuzz.h"

/*
 * Any bytes: what utf8_clean() makes of them is valid and clean, and stays so when cut;
 * characters and folding take it apart without losing any of it.
 */
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	CHECK(width_init());
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

static bool
is_between(uint32_t cp, uint32_t first, uint32_t last)
{
	return cp >= first && cp <= last;
}

/* Nothing in it acts, as the header promises. */
static void
check_harmless(struct str s)
{
	while (s.len > 0) {
		uint32_t cp;

		s = str_from(s, utf8_decode(s, &cp));
		CHECK(cp >= 0x20 && !is_between(cp, 0x7F, 0x9F));
		CHECK(!is_between(cp, 0x2028, 0x202E) &&
			!is_between(cp, 0x2066, 0x2069));
		CHECK(cp != 0xFEFF && !is_between(cp, 0xFFF9, 0xFFFB));
		CHECK(!is_between(cp, 0xFDD0, 0xFDEF) && (cp & 0xFFFE) != 0xFFFE);
	}
}

static void
check_decode(struct str s)
{
	struct buf encoded = {0};

	while (s.len > 0) {
		uint32_t cp;
		size_t len = utf8_decode(s, &cp);

		CHECK(len > 0 && len <= 4 && len <= s.len);
		buf_reset(&encoded);
		utf8_encode(&encoded, cp);
		if (utf8_valid(str_make(s.p, len)))
			CHECK(str_eq(buf_str(&encoded), str_make(s.p, len)));
		else
			CHECK(cp == UTF8_REPLACEMENT);
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

		CHECK(len > 0 && at + len <= s.len && width <= 2);
		CHECK(utf8_valid(str_make(s.p + at, len)));
		at += len;
		sum += width;
	}
	CHECK(sum == columns);
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
	CHECK(str_eq(buf_str(&before), buf_str(&after)));
	rest = buf_str(&out);
	while (str_split(&rest, '\n', &row) && rest.p != NULL) {
		CHECK(row.len > 0 && row.p[row.len - 1] == '\r');
		row.len--;
		CHECK(utf8_valid(row));
		CHECK(columns < 2 || width_text(row) <= columns);
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
	CHECK(clean.len <= 3 * size && utf8_valid(clean));
	CHECK(is_clean(clean) && is_flat(clean));
	check_harmless(clean);
	for (size_t max = 0; max < clean.len && max < 64; max++) {
		struct str cut = utf8_cut(clean, max);

		CHECK(cut.len <= max && cut.len + 4 > max && utf8_valid(cut));
	}
	check_width(clean);
	check_wrap(clean, data[0] % 40);
	buf_fini(&out);
	return 0;
}
