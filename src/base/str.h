/* SPDX-License-Identifier: ISC */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attr.h"

/*
 * Borrowed text: a pointer and a length, not terminated, may hold any byte.
 *
 * All input is handled in this form, so that a NUL in a line is just a byte and
 * cutting a piece out copies nothing. A str never owns what it points to.
 */
struct str {
	const char *p; /* may be NULL only if len is 0 */
	size_t len;    /* bytes */
};

/* For a string literal; the length is known to the compiler. */
#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})

static inline struct str
str_make(const char *p, size_t len)
{
	return (struct str){p, len};
}

/* The text of a terminated string. */
static inline struct str
str_of(const char *text)
{
	return (struct str){text, strlen(text)};
}

/* The part of `s` from byte `from` on; empty if there is none. */
static inline struct str
str_from(struct str s, size_t from)
{
	return from < s.len ? str_make(s.p + from, s.len - from) : str_make(NULL, 0);
}

/* tolower(3) without the locale: other bytes than A to Z stay. */
static inline char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Equal bytes. str_ieq takes ASCII letters of either case for equal. */
bool str_eq(struct str a, struct str b);
bool str_ieq(struct str a, struct str b);

/* Does `s` begin with `prefix`? str_istarts takes ASCII letters without case. */
bool str_starts(struct str s, struct str prefix);
bool str_istarts(struct str s, struct str prefix);

/* Without spaces and tabs at both ends. */
struct str str_trim(struct str s);

/*
 * Take the next word off the front of `*rest`: skips blanks, returns what stands
 * before the next blank, leaves `*rest` at the first non-blank behind it. An empty
 * word means that nothing is left.
 */
struct str str_word(struct str *rest);

/*
 * Take the part before the next `sep` off the front of `*rest` (the separator goes
 * too). False when `*rest` was used up before, that is, has a NULL pointer; so "a,"
 * gives "a" and "", and an empty str_make("", 0) gives one empty part.
 */
bool str_split(struct str *rest, char sep, struct str *part);

/* Copy `s` terminated to `out`; false, and nothing copied, if it does not fit. */
must_use bool str_copy(struct str s, char *out, size_t size);

/*
 * Whole-text parsers: 0 and `*out` on success; -1 if `s` is not entirely of that
 * form or too large. Leading zeros are fine; signs and blanks are not.
 *
 * str_to_uint		decimal digits
 * str_to_size		bytes: digits and optionally k, M or G (powers of 1024)
 * str_to_duration	milliseconds: numbers with units ms s m h d, added up
 *			("1h30m"); a bare 0 is fine, any other bare number is not
 */
must_use int str_to_uint(struct str s, uint64_t *out);
must_use int str_to_size(struct str s, uint64_t *out);
must_use int str_to_duration(struct str s, int64_t *out);

/*
 * The text that the parser above reads back as the same value and that people would
 * write: the largest unit that divides a size ("4k"), a duration from large units to
 * small ("1h30m"), "0". `out` is terminated; STR_NUMBER_MAX bytes are always enough,
 * and a text that does not fit is a mistake of the caller.
 */
#define STR_NUMBER_MAX 48
void str_from_size(uint64_t bytes, char *out, size_t size);
void str_from_duration(int64_t ms, char *out, size_t size);

#endif
