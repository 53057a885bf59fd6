/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/name.h"

#include <stdint.h>

/*
 * Not isalnum(3): that would follow the locale. A bit for each character, since every
 * one that is said is looked up here, for names in it.
 */
static bool
is_name_char(char c)
{
	static const uint32_t sets[256 / 32] = {
		[1] = 0x03ff2000, /* '-', 0 to 9 */
		[2] = 0x87fffffe, /* A to Z, '_' */
		[3] = 0x07fffffe, /* a to z */
	};
	unsigned char at = (unsigned char)c;

	return (sets[at / 32] >> at % 32 & 1) != 0;
}

static bool
has_only_name_chars(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!is_name_char(s.p[i]))
			return false;
	}
	return s.len > 0;
}

bool
name_ok(struct str s)
{
	return s.len <= NAME_MAX_BYTES && has_only_name_chars(s) && s.p[0] != '-';
}

bool
name_ok_room(struct str s)
{
	return s.len <= NAME_MAX_BYTES && str_starts(s, STR("#")) &&
		has_only_name_chars(str_from(s, 1));
}

struct str
name_first(struct str *text)
{
	size_t from = 0, to;
	struct str name;

	while (from < text->len &&
		(!is_name_char(text->p[from]) || text->p[from] == '-'))
		from++;
	for (to = from; to < text->len && is_name_char(text->p[to]);)
		to++;
	name = str_make(text->p + from, to - from);
	*text = str_from(*text, to);
	return name;
}

struct str
name_fold(struct str s, char out[NAME_MAX_BYTES + 1])
{
	size_t len = s.len < NAME_MAX_BYTES ? s.len : NAME_MAX_BYTES;

	for (size_t i = 0; i < len; i++)
		out[i] = ascii_lower(s.p[i]);
	out[len] = '\0';
	return str_make(out, len);
}

unsigned
name_shape(struct str s)
{
	unsigned first = (unsigned char)ascii_lower(s.p[0]);
	unsigned last = (unsigned char)ascii_lower(s.p[s.len - 1]);

	/* Factors that spread letters and lengths over all numbers. */
	return (first * 149 + last * 37 + (unsigned)s.len * 997) % NAME_SHAPES;
}
