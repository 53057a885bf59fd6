/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/width.h"

#include <stdint.h>
#include <string.h>

#ifdef HAVE_UTF8PROC
#include <utf8proc.h>
#else
#include <locale.h>
#include <wchar.h>
#endif

#include "base/utf8.h"

enum {
	ESC = 0x1B,
	ZWJ = 0x200D,
	VS16 = 0xFE0F, /* asks for the coloured, wide form of a picture */
	COLUMNS_MOST = 2,
};

#ifdef HAVE_UTF8PROC

bool
width_init(void)
{
	return true;
}

static unsigned
columns_of(uint32_t cp)
{
	const utf8proc_property_t *property =
		utf8proc_get_property((utf8proc_int32_t)cp);

	/*
	 * utf8proc counts spacing vowel signs as nothing, terminals give them the
	 * column that their name promises.
	 */
	if (property->boundclass == UTF8PROC_BOUNDCLASS_SPACINGMARK)
		return 1;
	return property->charwidth;
}

static bool
is_picture(uint32_t cp)
{
	return utf8proc_get_property((utf8proc_int32_t)cp)->boundclass ==
		UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

/*
 * Does `cp` belong to the same character as `before`? To be asked for each code point
 * of a character in turn, with `*state` 0 at first.
 */
static bool
joins(uint32_t before, uint32_t cp, int32_t *state)
{
	return !utf8proc_grapheme_break_stateful(
		(utf8proc_int32_t)before, (utf8proc_int32_t)cp, state);
}

#else

/*
 * The one mutable global here, set once at start: wcwidth() takes its locale from the
 * thread, and making one for each call would cost a hundred times the call.
 */
static locale_t locale;

bool
width_init(void)
{
	static const char *const names[] = {"C.UTF-8", "C.utf8", "en_US.UTF-8"};
	const size_t count = sizeof(names) / sizeof(*names);

	for (size_t i = 0; i < count && locale == (locale_t)0; i++)
		locale = newlocale(LC_CTYPE_MASK, names[i], (locale_t)0);
	return locale != (locale_t)0;
}

static unsigned
columns_of(uint32_t cp)
{
	locale_t before;
	int columns;

	if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0))
		return 0;
	if (cp < 0x7F || locale == (locale_t)0)
		return 1;
	before = uselocale(locale);
	columns = wcwidth((wchar_t)cp);
	uselocale(before);
	/* Unknown to this library: newer than it, and shown as a box if at all. */
	return columns < 0 ? 1 : (unsigned)columns;
}

static bool
is_regional(uint32_t cp)
{
	return cp >= 0x1F1E6 && cp <= 0x1F1FF;
}

/* Roughly: the blocks of symbols and pictures. */
static bool
is_picture(uint32_t cp)
{
	return (cp >= 0x2190 && cp <= 0x2BFF) ||
		(cp >= 0x1F000 && cp <= 0x1FAFF && !is_regional(cp));
}

/* As above. `*state` is what the character began with. */
static bool
joins(uint32_t before, uint32_t cp, int32_t *state)
{
	enum {
		START,
		PICTURE,
		REGIONAL,
		OTHER
	};

	if (*state == START) {
		*state = is_picture(before)   ? PICTURE
			: is_regional(before) ? REGIONAL
					      : OTHER;
	} else if (*state == REGIONAL) {
		*state = OTHER; /* two letters make a flag, the third begins another */
	}
	/* Nothing joins a control character, and nothing below U+0300 joins. */
	if (before < 0x20 || (before >= 0x7F && before < 0xA0) || cp < 0x300)
		return false;
	if (*state == REGIONAL && is_regional(cp))
		return true;
	if (is_picture(before) && cp >= 0x1F3FB && cp <= 0x1F3FF)
		return true; /* skin */
	if (*state == PICTURE && before == ZWJ && is_picture(cp))
		return true;
	return columns_of(cp) == 0;
}

#endif

/*
 * The length of the character at the front of `s` if it is one of those that most text
 * is made of, which join nothing before them and are never joined by each other: ASCII,
 * Cyrillic letters, kana, ideographs, Hangul syllables. Else 0.
 */
static size_t
plain_len(struct str s)
{
	unsigned char c = (unsigned char)s.p[0];

	if (c < 0x80)
		return 1;
	if (c == 0xD0 || c == 0xD1) /* U+0400 to U+047F */
		return 2;
	if ((c >= 0xE5 && c <= 0xE9) || c == 0xEB || c == 0xEC)
		return 3; /* U+5000 to U+9FFF, U+B000 to U+CFFF */
	if (c == 0xE3 && s.len > 1 && (unsigned char)s.p[1] == 0x83)
		return 3; /* U+30C0 to U+30FF */
	return 0;
}

/* As width_cluster(), but 0 if it is not that easy to say. */
static inline size_t
easy_cluster(struct str s, unsigned *columns)
{
	size_t len = plain_len(s);

	if (len == 0 || len > s.len ||
		(len < s.len && plain_len(str_from(s, len)) == 0))
		return 0;
	if (len == 1)
		*columns = (unsigned char)s.p[0] >= 0x20 && s.p[0] != 0x7F;
	else
		*columns = len == 2 ? 1 : 2;
	return len;
}

/* Has `cp` a wide form that VS16 asks for? Digits have as key caps. */
static bool
has_wide_form(uint32_t cp)
{
	return is_picture(cp) || (cp >= '0' && cp <= '9') || cp == '#' || cp == '*';
}

size_t
width_cluster(struct str s, unsigned *columns)
{
	uint32_t before;
	int32_t state = 0;
	unsigned sum;
	size_t len = easy_cluster(s, columns);

	if (len > 0)
		return len;
	len = utf8_decode(s, &before);
	sum = columns_of(before);
	while (len < s.len) {
		uint32_t cp;
		size_t more = utf8_decode(str_from(s, len), &cp);

		if (!joins(before, cp, &state))
			break;
		sum += cp == VS16 && has_wide_form(before) ? COLUMNS_MOST
							   : columns_of(cp);
		/* Here and not at the end, as the text may be as long as a stranger
		 * likes. */
		if (sum > COLUMNS_MOST)
			sum = COLUMNS_MOST;
		len += more;
		before = cp;
	}
	*columns = sum;
	return len;
}

/*
 * How many bytes at the front of `s` are characters of one column for sure: printable
 * ASCII, but the last could have an accent.
 */
static size_t
ascii_len(struct str s)
{
	size_t n = 0;

	while (n < s.len && s.p[n] >= ' ' && s.p[n] <= '~')
		n++;
	return n < s.len && n > 0 ? n - 1 : n;
}

size_t
width_skip(struct str s, size_t least, size_t *columns)
{
	size_t at = 0;

	*columns = 0;
	while (at < s.len && *columns < least) {
		size_t len = ascii_len(str_make(s.p + at, s.len - at));
		unsigned more;

		if (len > least - *columns)
			len = least - *columns;
		*columns += len;
		if (len == 0) {
			len = width_cluster(str_from(s, at), &more);
			*columns += more;
		}
		at += len;
	}
	return at;
}

size_t
width_text(struct str s)
{
	size_t columns;

	width_skip(s, SIZE_MAX, &columns);
	return columns;
}

/* Does a regional indicator, a letter of a flag, end at `at`? */
static bool
is_flag_letter(struct str s, size_t at)
{
	/* U+1F1E6 to U+1F1FF */
	return at >= 4 && at <= s.len && memcmp(s.p + at - 4, "\xF0\x9F\x87", 3) == 0 &&
		(unsigned char)s.p[at - 1] >= 0xA6;
}

/* Is there a border between two letters of flags? By counting: two make one. */
static bool
is_between_flags(struct str s, size_t at)
{
	size_t letters = 0;

	for (; is_flag_letter(s, at); at -= 4)
		letters++;
	return letters % 2 == 0;
}

/*
 * Is there a border at `at` whatever may be before the code point in front of it? There
 * could be half a family, or (in some versions of UAX #29) half an Indic syllable.
 */
static bool
is_certain_border(struct str s, size_t at)
{
	size_t from = at;
	uint32_t before, behind;
	int32_t state = 0;

	do
		from--;
	while (from > 0 && ((unsigned char)s.p[from] & 0xC0) == 0x80);
	utf8_decode(str_from(s, from), &before);
	utf8_decode(str_from(s, at), &behind);
	if (is_flag_letter(s, at) && is_flag_letter(s, at + 4))
		return is_between_flags(s, at);
	if (before == ZWJ || (behind >= 0x900 && columns_of(before) == 0))
		return false;
	return !joins(before, behind, &state);
}

size_t
width_border_before(struct str s, size_t at)
{
	while (at > 0) {
		at--;
		if (((unsigned char)s.p[at] & 0xC0) != 0x80 &&
			(at == 0 || is_certain_border(s, at)))
			break;
	}
	return at;
}

size_t
width_sgr(struct str s)
{
	size_t n = 2;

	if (s.len < 3 || s.p[0] != ESC || s.p[1] != '[')
		return 0;
	while (n < s.len &&
		((s.p[n] >= '0' && s.p[n] <= '9') || s.p[n] == ';' || s.p[n] == ':'))
		n++;
	return n < s.len && s.p[n] == 'm' ? n + 1 : 0;
}
