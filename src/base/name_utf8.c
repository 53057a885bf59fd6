/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/name_utf8.h"

#include <stdint.h>

#ifdef HAVE_UTF8PROC
#include <utf8proc.h>
#endif

#include "base/alike.h"
#include "base/buf.h"
#include "base/script.h"
#include "base/utf8.h"

enum {
	/* The most that a character of three bytes becomes is 18 others (U+FDFA). */
	CPS_MAX = (NAME_MAX_BYTES + 2) / 3 * 18,
	ACCENTS_MAX = 2, /* in a row: a Vietnamese vowel has two */
	SIGNS_MAX = 4,   /* the same of scripts that write vowels so */
	DOT_ABOVE = 0x0307,
};

static bool
is_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	}
	return true;
}

/* ASCII as code points. */
static size_t
widen(struct str s, int32_t cps[CPS_MAX])
{
	size_t n;

	for (n = 0; n < s.len && n < NAME_MAX_BYTES; n++)
		cps[n] = (unsigned char)s.p[n];
	return n;
}

const char *
name_utf8_hint(struct str s)
{
	return name_utf8_available() || is_ascii(s)
		? ""
		: " (this prattled knows names of ASCII letters only)";
}

/* Move the text to `out`, terminated. False if it had to be cut. */
static bool
hand_out(struct buf *text, char *out, size_t max, struct str *result)
{
	struct str cut = utf8_cut(buf_str(text), max);
	bool fits = cut.len == text->len;

	if (cut.len > 0)
		memcpy(out, cut.p, cut.len);
	out[cut.len] = '\0';
	*result = str_make(out, cut.len);
	buf_fini(text);
	return fits;
}

#ifdef HAVE_UTF8PROC

bool
name_utf8_available(void)
{
	return true;
}

/* A form of the text, as code points. Returns how many; 0 if it is not UTF-8. */
static size_t
transform(struct str s, utf8proc_option_t options, utf8proc_int32_t cps[CPS_MAX])
{
	utf8proc_ssize_t n;

	s = utf8_cut(s, NAME_MAX_BYTES);
	n = utf8proc_decompose((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.len,
		cps, CPS_MAX, options);
	if (n > 0 && n <= CPS_MAX)
		n = utf8proc_normalize_utf32(cps, n, options);
	return n > 0 && n <= CPS_MAX ? (size_t)n : 0;
}

static size_t
decompose(struct str s, int32_t cps[CPS_MAX])
{
	return transform(s, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE, cps);
}

/* The same in UTF-8. False if it had to be cut. */
static bool
transform_text(struct str s, utf8proc_option_t options, char out[NAME_MAX_BYTES + 1],
	struct str *result)
{
	utf8proc_int32_t cps[CPS_MAX];
	size_t n = transform(s, options, cps);
	struct buf text = {0};

	for (size_t i = 0; i < n; i++)
		utf8_encode(&text, (uint32_t)cps[i]);
	return hand_out(&text, out, NAME_MAX_BYTES, result);
}

static bool
compose(struct str s, char out[NAME_MAX_BYTES + 1], struct str *result)
{
	return transform_text(s, UTF8PROC_STABLE | UTF8PROC_COMPOSE, out, result);
}

/* The form for which Unicode has the name NFKC_Casefold. */
static bool
fold(struct str s, char out[NAME_MAX_BYTES + 1], struct str *result)
{
	return transform_text(s,
		UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT |
			UTF8PROC_CASEFOLD | UTF8PROC_IGNORE,
		out, result);
}

static uint32_t
lower(uint32_t cp)
{
	return (uint32_t)utf8proc_tolower((utf8proc_int32_t)cp);
}

/* The digits of all scripts begin at a code point that ends in 0, or in 6 in India. */
static uint32_t
digit_to_ascii(uint32_t cp)
{
	if (utf8proc_category((utf8proc_int32_t)cp) != UTF8PROC_CATEGORY_ND ||
		cp < 0x80)
		return cp;
	return '0' + (cp - (cp >= 0x0966 && cp < 0x0E00 ? 6 : 0)) % 16;
}

/*
 * Variants of other letters (wide, small, raised, joined) are none, but for those that
 * are the only way to type something: the Thai and Lao vowel am, the Armenian "and".
 */
static bool
is_variant(uint32_t cp, const utf8proc_property_t *property)
{
	return property->decomp_type != 0 && cp != 0x0E33 && cp != 0x0EB3 &&
		cp != 0x0587;
}

/* Puts the next letter below the last one, and is not seen without one. */
static bool
is_stacker(uint32_t cp)
{
	return cp == 0x1039 || cp == 0x17D2; /* Myanmar, Khmer */
}

/* What name_utf8_ok() has seen of a name. */
struct look {
	uint32_t scripts;
	unsigned marks;   /* in a row, just before */
	bool has_base;    /* is there a letter before, with marks only between? */
	bool has_stacker; /* was the last one one? */
};

/* Letters, marks and digits of scripts. */
static bool
look_at(struct look *look, uint32_t cp)
{
	const utf8proc_property_t *property =
		utf8proc_get_property((utf8proc_int32_t)cp);
	uint32_t script = script_of(cp);
	bool had_stacker = look->has_stacker;

	if (script == 0 || property->ignorable || is_variant(cp, property))
		return false;
	look->scripts |= script;
	look->has_stacker = is_stacker(cp);
	switch (property->category) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
		look->marks = 0;
		look->has_base = true;
		return true;
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
		look->marks++;
		return look->has_base && !had_stacker &&
			look->marks <=
			(script == SCRIPT_ACCENT ? ACCENTS_MAX : SIGNS_MAX);
	case UTF8PROC_CATEGORY_ND:
		look->has_base = false;
		return !had_stacker;
	default:
		return false;
	}
}

/* Is it made of what names are made of, in an order in which it is seen? */
static bool
looks_good(struct str s)
{
	struct look look = {0};

	while (s.len > 0) {
		uint32_t cp;
		size_t len = utf8_decode(s, &cp);

		s = str_from(s, len);
		if (cp == '_' || cp == '-' || (cp >= '0' && cp <= '9')) {
			if (look.has_stacker)
				return false;
			look = (struct look){.scripts = look.scripts};
		} else if (!look_at(&look, cp)) {
			return false;
		}
	}
	return !look.has_stacker && script_is_one(look.scripts);
}

/* Folding makes some letters longer, and accents of parts of others. */
static bool
is_name_utf8(struct str s)
{
	char out[NAME_MAX_BYTES + 1];
	struct str form;

	return looks_good(s) && compose(s, out, &form) && str_eq(form, s) &&
		fold(s, out, &form) && looks_good(form);
}

#else

bool
name_utf8_available(void)
{
	return false;
}

/* These are for ASCII here, which is composed and decomposed. */

static size_t
decompose(struct str s, int32_t cps[CPS_MAX])
{
	return widen(s, cps);
}

static uint32_t
lower(uint32_t cp)
{
	return cp < 0x80 ? (uint32_t)ascii_lower((char)cp) : cp;
}

static uint32_t
digit_to_ascii(uint32_t cp)
{
	return cp;
}

static bool
fold(struct str s, char out[NAME_MAX_BYTES + 1], struct str *result)
{
	*result = name_fold(utf8_cut(s, NAME_MAX_BYTES), out);
	return result->len == s.len;
}

static bool
compose(struct str s, char out[NAME_MAX_BYTES + 1], struct str *result)
{
	struct buf text = {0};

	buf_add_str(&text, s);
	return hand_out(&text, out, NAME_MAX_BYTES, result);
}

static bool
is_name_utf8(struct str s)
{
	(void)s;
	return false;
}

#endif

bool
name_utf8_ok(struct str s)
{
	if (is_ascii(s))
		return name_ok(s);
	return s.len <= NAME_MAX_BYTES && s.p[0] != '-' && is_name_utf8(s);
}

struct str
name_utf8_compose(struct str s, char out[NAME_MAX_BYTES + 1])
{
	struct str composed;

	(void)compose(s, out, &composed);
	return composed;
}

struct str
name_utf8_fold(struct str s, char out[NAME_MAX_BYTES + 1])
{
	struct str folded;

	if (is_ascii(s))
		return name_fold(s, out);
	(void)fold(s, out, &folded);
	return folded;
}

struct str
name_utf8_skeleton(struct str s, char out[NAME_SKELETON_MAX + 1])
{
	int32_t cps[CPS_MAX];
	/* Most names are ASCII, which is decomposed: that is not worth the tables. */
	size_t n = is_ascii(s) ? widen(s, cps) : decompose(s, cps);
	struct buf text = {0};
	struct str skeleton;

	for (size_t i = 0; i < n; i++) {
		uint32_t cp = digit_to_ascii((uint32_t)cps[i]);
		const char *like = alike_of(cp);

		/* An i has its dot already. */
		if (cp == DOT_ABOVE && text.len > 0 &&
			(text.p[text.len - 1] == 'l' || text.p[text.len - 1] == 'j'))
			continue;
		if (like == NULL) {
			cp = lower(cp);
			like = alike_of(cp);
		}
		if (like != NULL)
			buf_add_str(&text, str_of(like));
		else
			utf8_encode(&text, cp);
	}
	(void)hand_out(&text, out, NAME_SKELETON_MAX, &skeleton);
	return skeleton;
}

/* The length of a character of names at the front of `s`; 0 if there is none. */
static size_t
name_char_len(struct str s)
{
	unsigned char c = (unsigned char)s.p[0];
	uint32_t cp;
	size_t len;

	if (c < 0x80)
		return c == '-' || name_ok(str_make(s.p, 1));
	len = utf8_decode(s, &cp);
	return script_of(cp) != 0 ? len : 0;
}

struct str
name_utf8_first(struct str *text)
{
	struct str rest = *text, from;
	size_t len;

	while (rest.len > 0 && (rest.p[0] == '-' || name_char_len(rest) == 0))
		rest = str_from(rest, 1);
	from = rest;
	while (rest.len > 0 && (len = name_char_len(rest)) > 0)
		rest = str_from(rest, len);
	*text = rest;
	return str_make(from.p, from.len - rest.len);
}
