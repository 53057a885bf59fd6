/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/utf8.h"

#include <assert.h>

#include "base/combining.h"

enum {
	BEL = 0x07,
	ESC = 0x1B,
	DEL = 0x7F,
	C1_LEAD = 0xC2, /* U+0080 to U+009F are C2 80 to C2 9F */
	C1_ST = 0x9C,
};

/* What must follow a first byte (Unicode standard, table 3-7). */
struct lead {
	size_t len;           /* bytes of the character, 0 if none begins so */
	unsigned char lo, hi; /* range of the second byte; the others have 80 to BF */
};

/* All byte tests are on unsigned values: char is signed on some machines. */
static unsigned char
byte_at(struct str s, size_t i)
{
	return (unsigned char)s.p[i];
}

static struct lead
lead_of(unsigned char first)
{
	if (first < 0xC2 || first > 0xF4)
		return (struct lead){0, 0, 0};
	if (first < 0xE0)
		return (struct lead){2, 0x80, 0xBF};
	if (first < 0xF0) {
		/* E0 could begin an overlong form, ED a surrogate. */
		return (struct lead){
			3, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF};
	}
	/* F0 could begin an overlong form, F4 a value above U+10FFFF. */
	return (struct lead){
		4, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF};
}

size_t
utf8_decode(struct str s, uint32_t *cp)
{
	unsigned char first = byte_at(s, 0);
	struct lead lead;
	uint32_t value;

	if (first < 0x80) {
		*cp = first;
		return 1;
	}
	*cp = UTF8_REPLACEMENT;
	lead = lead_of(first);
	if (lead.len == 0)
		return 1;
	value = first & (0x7Fu >> lead.len);
	for (size_t i = 1; i < lead.len; i++) {
		if (i >= s.len || byte_at(s, i) < lead.lo || byte_at(s, i) > lead.hi)
			return i;
		value = value << 6 | (byte_at(s, i) & 0x3Fu);
		lead.lo = 0x80;
		lead.hi = 0xBF;
	}
	*cp = value;
	return lead.len;
}

void
utf8_encode(struct buf *out, uint32_t cp)
{
	unsigned char bytes[4];
	size_t len = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;

	assert(cp <= 0x10FFFF && (cp < 0xD800 || cp > 0xDFFF));
	for (size_t i = len - 1; i > 0; i--) {
		bytes[i] = (unsigned char)(0x80 | (cp & 0x3F));
		cp >>= 6;
	}
	/* As many leading ones as there are bytes; none for a lone one. */
	bytes[0] = (unsigned char)(len == 1 ? cp : (0xF00u >> len & 0xFF) | cp);
	buf_add(out, bytes, len);
}

bool
utf8_valid(struct str s)
{
	while (s.len > 0) {
		uint32_t cp;
		size_t len = utf8_decode(s, &cp);

		/* U+FFFD itself is EF BF BD; no mistake is three bytes after EF. */
		if (cp == UTF8_REPLACEMENT && (len != 3 || byte_at(s, 0) != 0xEF))
			return false;
		s = str_from(s, len);
	}
	return true;
}

struct str
utf8_cut(struct str s, size_t max)
{
	size_t at = max;
	uint32_t cp;

	if (s.len <= max)
		return s;
	/* The character that the cut may hit begins at most three bytes before it. */
	while (at > 0 && max - at < 3 && (byte_at(s, at) & 0xC0) == 0x80)
		at--;
	if (at + utf8_decode(str_from(s, at), &cp) > max)
		max = at;
	return str_make(s.p, max);
}

/* How many bytes at the front of `s` are `lo` to `hi`. */
static size_t
span(struct str s, unsigned char lo, unsigned char hi)
{
	size_t n = 0;

	while (n < s.len && byte_at(s, n) >= lo && byte_at(s, n) <= hi)
		n++;
	return n;
}

/* Is there a C1 control character at the front of `s`? */
static bool
is_c1(struct str s)
{
	return s.len >= 2 && byte_at(s, 0) == C1_LEAD && byte_at(s, 1) >= 0x80 &&
		byte_at(s, 1) <= 0x9F;
}

/*
 * The rest of a control sequence, behind CSI: parameters, intermediates, one final
 * byte. Here and below 0 means that the sequence is not finished.
 */
static size_t
control_rest(struct str s)
{
	size_t n = span(s, 0x30, 0x3F);

	n += span(str_from(s, n), 0x20, 0x2F);
	return span(str_from(s, n), 0x40, 0x7E) > 0 ? n + 1 : 0;
}

/*
 * The rest of a control string, to its terminator: ST, and for OSC also BEL as xterm
 * has it. Any other introducer ends the search, as it does in a terminal; that also
 * keeps many unfinished strings in one line from costing squares.
 */
static size_t
string_rest(struct str s, bool bel_ends)
{
	for (size_t n = 0; n < s.len; n++) {
		unsigned char c = byte_at(s, n);

		if (c == BEL && bel_ends)
			return n + 1;
		if (c == ESC)
			return n + 1 < s.len && s.p[n + 1] == '\\' ? n + 2 : 0;
		if (is_c1(str_from(s, n)))
			return byte_at(s, n + 1) == C1_ST ? n + 2 : 0;
		if ((c < 0x20 && (c < 0x08 || c > 0x0D)) || c == DEL)
			return 0;
	}
	return 0;
}

/* What follows an introducer, which is named by its byte behind ESC. */
static size_t
sequence_rest(unsigned char introducer, struct str s)
{
	switch (introducer) {
	case '[': /* CSI */
		return control_rest(s);
	case 'N': /* SS2 */
	case 'O': /* SS3: shifts one character; the cursor keys */
		return span(s, 0x21, 0x7E) > 0 ? 1 : 0;
	case ']': /* OSC */
		return string_rest(s, true);
	case 'P': /* DCS */
	case 'X': /* SOS */
	case '^': /* PM */
	case '_': /* APC */
		return string_rest(s, false);
	default:
		return 0;
	}
}

/*
 * How long is the escape sequence at the front of `s`, or only its introducer if it
 * is not finished? 0 if there is none.
 */
static size_t
sequence_len(struct str s)
{
	size_t n;

	if (is_c1(s))
		return 2 + sequence_rest(byte_at(s, 1) - 0x40, str_from(s, 2));
	if (byte_at(s, 0) != ESC)
		return 0;
	/* ECMA-35: with intermediates it chooses a character set and the like. */
	n = 1 + span(str_from(s, 1), 0x20, 0x2F);
	if (span(str_from(s, n), 0x30, 0x7E) == 0)
		return 1;
	return n > 1 ? n + 1 : 2 + sequence_rest(byte_at(s, 1), str_from(s, 2));
}

/* What is to be done with a character outside of escape sequences. */
enum fate {
	KEEP,
	DROP,
	MAKE_SPACE,
	REPLACE
};

static enum fate
fate_of(uint32_t cp)
{
	if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0))
		return cp == '\t' ? MAKE_SPACE : DROP;
	/* Also what utf8_decode() makes of invalid bytes. */
	if (cp == UTF8_REPLACEMENT)
		return REPLACE;
	if ((cp >= 0xFDD0 && cp <= 0xFDEF) || (cp & 0xFFFE) == 0xFFFE)
		return REPLACE;
	if (cp == 0x2028 || cp == 0x2029)
		return MAKE_SPACE;
	if ((cp >= 0x202A && cp <= 0x202E) || (cp >= 0x2066 && cp <= 0x2069))
		return DROP;
	if (cp == 0xFEFF || (cp >= 0xFFF9 && cp <= 0xFFFB))
		return DROP;
	return KEEP;
}

/* What utf8_clean() knows of what it has written. */
struct cleaner {
	struct buf *out;
	unsigned marks; /* combining ones at its end */
};

/* May the character be written, as far as others before it go? If so, count it. */
static bool
count_mark(struct cleaner *cleaner, uint32_t cp)
{
	if (!combining_is(cp))
		cleaner->marks = 0;
	else if (cleaner->marks < UTF8_MARKS_MAX)
		cleaner->marks++;
	else
		return false;
	return true;
}

/*
 * The same for a blank to a tilde, of which nearly all text is made: eight at a time.
 */
static size_t
plain_len(struct str s)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t word;
	size_t n = 0;

	for (; n + sizeof(word) <= s.len; n += sizeof(word)) {
		memcpy(&word, s.p + n, sizeof(word));
		/* A high bit comes of a byte below ' ' or above '~'. */
		if (((word - ones * ' ') | (word + ones)) & ones * 0x80)
			break;
	}
	return n + span(str_from(s, n), ' ', '~');
}

/* How many bytes at the front of `s` stay as they are. */
static size_t
kept_len(struct cleaner *cleaner, struct str s)
{
	size_t n = 0;

	for (;;) {
		/* Such runs are not decoded. */
		size_t len = plain_len(str_from(s, n));
		uint32_t cp;

		if (len > 0)
			cleaner->marks = 0;
		n += len;
		if (n == s.len)
			return n;
		len = utf8_decode(str_from(s, n), &cp);
		if (fate_of(cp) != KEEP || !count_mark(cleaner, cp))
			return n;
		n += len;
	}
}

/*
 * Clean the one character or sequence at the front of `s`, which kept_len() has left;
 * returns its length.
 */
static size_t
clean_one(struct cleaner *cleaner, struct str s)
{
	size_t len = sequence_len(s);
	uint32_t cp;

	if (len > 0)
		return len;
	len = utf8_decode(s, &cp);
	switch (fate_of(cp)) {
	case KEEP: /* a mark too many */
	case DROP:
		break;
	case MAKE_SPACE:
		buf_add_char(cleaner->out, ' ');
		cleaner->marks = 0;
		break;
	case REPLACE:
		utf8_encode(cleaner->out, UTF8_REPLACEMENT);
		cleaner->marks = 0;
		break;
	}
	return len;
}

void
utf8_clean(struct buf *out, struct str in)
{
	struct cleaner cleaner = {.out = out};

	while (in.len > 0) {
		size_t len = kept_len(&cleaner, in);

		buf_add(out, in.p, len);
		in = str_from(in, len);
		if (in.len > 0)
			in = str_from(in, clean_one(&cleaner, in));
	}
}

bool
utf8_is_clean(struct str s)
{
	struct buf clean = {0};
	bool is_clean;

	utf8_clean(&clean, s);
	is_clean = str_eq(buf_str(&clean), s);
	buf_fini(&clean);
	return is_clean;
}
