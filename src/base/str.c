/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/str.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

/* A unit of a number's text, and what it stands for. Tables go from large to small. */
struct unit {
	const char *name;
	uint64_t scale;
};

static const struct unit size_units[] = {
	{"G", UINT64_C(1) << 30},
	{"M", UINT64_C(1) << 20},
	{"k", UINT64_C(1) << 10},
	{"", 1},
	{NULL, 0},
};

static const struct unit duration_units[] = {
	{"d", 24 * 60 * 60 * 1000},
	{"h", 60 * 60 * 1000},
	{"m", 60 * 1000},
	{"s", 1000},
	{"ms", 1},
	{NULL, 0},
};

/* Not isblank(3) and isdigit(3): those ask the locale. */
static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool
str_eq(struct str a, struct str b)
{
	/* memcmp wants pointers even for no bytes, and ours may be NULL then. */
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool
str_ieq(struct str a, struct str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
			return false;
	}
	return true;
}

bool
str_starts(struct str s, struct str prefix)
{
	return s.len >= prefix.len && str_eq(str_make(s.p, prefix.len), prefix);
}

bool
str_istarts(struct str s, struct str prefix)
{
	return s.len >= prefix.len && str_ieq(str_make(s.p, prefix.len), prefix);
}

static struct str
skip_blanks(struct str s)
{
	size_t n = 0;

	while (n < s.len && is_blank(s.p[n]))
		n++;
	return str_from(s, n);
}

struct str
str_trim(struct str s)
{
	s = skip_blanks(s);
	while (s.len > 0 && is_blank(s.p[s.len - 1]))
		s.len--;
	return s;
}

struct str
str_word(struct str *rest)
{
	struct str word = skip_blanks(*rest);
	size_t len = 0;

	while (len < word.len && !is_blank(word.p[len]))
		len++;
	*rest = skip_blanks(str_from(word, len));
	word.len = len;
	return word;
}

bool
str_split(struct str *rest, char sep, struct str *part)
{
	size_t len = 0;

	if (rest->p == NULL)
		return false;
	while (len < rest->len && rest->p[len] != sep)
		len++;
	*part = str_make(rest->p, len);
	/*
	 * Not str_from(): behind a separator at the very end there is one more part,
	 * an empty one, and only its pointer tells it from no part.
	 */
	if (len < rest->len)
		*rest = str_make(rest->p + len + 1, rest->len - len - 1);
	else
		*rest = str_make(NULL, 0);
	return true;
}

bool
str_copy(struct str s, char *out, size_t size)
{
	if (s.len >= size)
		return false;
	if (s.len > 0)
		memcpy(out, s.p, s.len);
	out[s.len] = '\0';
	return true;
}

/* Take the digits off the front of `*s`. -1 if there are none or too many. */
static int
take_number(struct str *s, uint64_t *out)
{
	uint64_t number = 0;
	size_t n;

	for (n = 0; n < s->len && is_digit(s->p[n]); n++) {
		uint64_t digit = (uint64_t)(s->p[n] - '0');

		if (number > (UINT64_MAX - digit) / 10)
			return -1;
		number = number * 10 + digit;
	}
	if (n == 0)
		return -1;
	*s = str_from(*s, n);
	*out = number;
	return 0;
}

/*
 * Take what stands before the next digit off the front of `*s`; returns what it is
 * worth as a unit, 0 if it is none.
 */
static uint64_t
take_unit(struct str *s, const struct unit *units)
{
	struct str name = *s;

	for (name.len = 0; name.len < s->len; name.len++) {
		if (is_digit(s->p[name.len]))
			break;
	}
	*s = str_from(*s, name.len);
	while (units->name != NULL && !str_eq(name, str_of(units->name)))
		units++;
	return units->scale;
}

int
str_to_uint(struct str s, uint64_t *out)
{
	uint64_t number;

	if (take_number(&s, &number) == -1 || s.len > 0)
		return -1;
	*out = number;
	return 0;
}

int
str_to_size(struct str s, uint64_t *out)
{
	uint64_t number, scale;

	if (take_number(&s, &number) == -1)
		return -1;
	scale = take_unit(&s, size_units);
	if (scale == 0 || s.len > 0 || number > UINT64_MAX / scale)
		return -1;
	*out = number * scale;
	return 0;
}

int
str_to_duration(struct str s, int64_t *out)
{
	uint64_t number, scale, total = 0;

	if (str_to_uint(s, &number) == 0 && number == 0)
		s.len = 0;
	else if (s.len == 0)
		return -1;
	while (s.len > 0) {
		if (take_number(&s, &number) == -1)
			return -1;
		scale = take_unit(&s, duration_units);
		if (scale == 0 || number > (INT64_MAX - total) / scale)
			return -1;
		total += number * scale;
	}
	*out = (int64_t)total;
	return 0;
}

void
str_from_size(uint64_t bytes, char *out, size_t size)
{
	const struct unit *unit = size_units;
	int len;

	/* The last unit divides everything. 0 would be "0G" otherwise. */
	while (bytes == 0 ? unit->scale != 1 : bytes % unit->scale != 0)
		unit++;
	len = snprintf(out, size, "%" PRIu64 "%s", bytes / unit->scale, unit->name);
	assert(len > 0 && (size_t)len < size);
}

void
str_from_duration(int64_t ms, char *out, size_t size)
{
	uint64_t rest = (uint64_t)ms;
	size_t used = 0;

	assert(ms >= 0 && size >= sizeof("0"));
	memcpy(out, "0", sizeof("0"));
	for (const struct unit *unit = duration_units; rest > 0; unit++) {
		int len;

		if (rest < unit->scale)
			continue;
		len = snprintf(out + used, size - used, "%" PRIu64 "%s",
			rest / unit->scale, unit->name);
		assert(len > 0 && (size_t)len < size - used);
		used += (size_t)len;
		rest %= unit->scale;
	}
}
