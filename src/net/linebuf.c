/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/linebuf.h"

#include <string.h>

#include "base/state.h"
#include "base/utf8.h"

/* A line that was handed out is nobody's any more. */
static bool
has_unfinished(const void *record)
{
	return !((const struct linebuf *)record)->is_complete;
}

static const struct state_field fields[] = {
	STATE_ROW(struct linebuf, text, 1, STATE_BUF, .when = has_unfinished),
	STATE_ROW(struct linebuf, is_complete, 2, STATE_BOOL),
	STATE_ROW(struct linebuf, is_cut, 3, STATE_BOOL),
	STATE_ROW(struct linebuf, has_crlf, 4, STATE_BOOL),
	STATE_ROW(struct linebuf, after_cr, 5, STATE_BOOL),
};
const struct state_table linebuf_state = STATE_TABLE(linebuf, fields, NULL);

/* Begin a new line if the last one was handed out. */
static void
linebuf_begin(struct linebuf *lines)
{
	if (!lines->is_complete)
		return;
	buf_reset(&lines->text);
	lines->is_complete = false;
	lines->is_cut = false;
}

bool
linebuf_add(struct linebuf *lines, unsigned char byte, size_t max)
{
	bool after_cr = lines->after_cr;

	lines->after_cr = false;
	if (after_cr && (byte == '\n' || byte == '\0')) {
		lines->has_crlf = true;
		return false;
	}
	linebuf_begin(lines);
	if (byte == '\n' || byte == '\r') {
		lines->after_cr = byte == '\r';
		lines->is_complete = true;
		return true;
	}
	/* One byte more than allowed shows whether `max` would split a character. */
	if (lines->text.len <= max && !lines->is_cut)
		buf_add_char(&lines->text, (char)byte);
	else
		lines->is_cut = true;
	return false;
}

/* How many bytes at the front are text. */
static size_t
text_len(struct str bytes)
{
	const char *end = memchr(bytes.p, '\n', bytes.len);
	size_t len = end != NULL ? (size_t)(end - bytes.p) : bytes.len;

	end = memchr(bytes.p, '\r', len);
	return end != NULL ? (size_t)(end - bytes.p) : len;
}

/* Add text without line ends. */
static void
add_text(struct linebuf *lines, struct str text, size_t max)
{
	size_t room;

	linebuf_begin(lines);
	if (lines->is_cut)
		return;
	/* One byte more than allowed, as below. */
	room = lines->text.len <= max ? max + 1 - lines->text.len : 0;
	if (text.len > room) {
		lines->is_cut = true;
		text.len = room;
	}
	buf_add_str(&lines->text, text);
}

bool
linebuf_take(struct linebuf *lines, struct str *bytes, size_t max)
{
	unsigned char first = (unsigned char)bytes->p[0];
	size_t len = 0;

	if (!lines->after_cr)
		len = text_len(*bytes);
	if (len == 0) {
		*bytes = str_from(*bytes, 1);
		return linebuf_add(lines, first, max);
	}
	add_text(lines, str_make(bytes->p, len), max);
	*bytes = str_from(*bytes, len);
	return false;
}

struct str
linebuf_line(const struct linebuf *lines, size_t max, bool *is_cut)
{
	*is_cut = lines->is_cut || lines->text.len > max;
	return utf8_cut(buf_str(&lines->text), max);
}

bool
linebuf_finish(struct linebuf *lines)
{
	if (lines->is_complete || lines->text.len == 0)
		return false;
	lines->is_complete = true;
	return true;
}

void
linebuf_clear(struct linebuf *lines)
{
	buf_reset(&lines->text);
	lines->is_complete = false;
	lines->is_cut = false;
}

/* How many bytes a character has that begins like this; 1 if none does. */
static size_t
character_len(unsigned char lead)
{
	if (lead < 0xc2 || lead > 0xf4)
		return 1;
	return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
}

/*
 * How many bytes the last character has that there is of it: one, of bytes that are no
 * character; 0 of nothing. Never looks far back, for there may be many of those.
 */
static size_t
last_character(const struct linebuf *lines)
{
	const struct buf *text = &lines->text;
	size_t have = 0;
	unsigned char byte;

	do {
		if (have == text->len)
			return have > 0;
		byte = (unsigned char)text->p[text->len - ++have];
	} while ((byte & 0xc0) == 0x80 && have < 4);
	return have <= character_len(byte) ? have : 1;
}

void
linebuf_backspace(struct linebuf *lines)
{
	linebuf_begin(lines);
	lines->text.len -= last_character(lines);
}

bool
linebuf_is_empty(const struct linebuf *lines)
{
	return lines->is_complete || (lines->text.len == 0 && !lines->is_cut);
}

bool
linebuf_is_mid_character(const struct linebuf *lines)
{
	size_t have = last_character(lines);

	if (lines->is_complete || have == 0)
		return false;
	return have <
		character_len((unsigned char)lines->text.p[lines->text.len - have]);
}

void
linebuf_relax(struct linebuf *lines)
{
	linebuf_begin(lines);
	if (lines->text.len == 0)
		buf_fini(&lines->text);
}

void
linebuf_fini(struct linebuf *lines)
{
	buf_fini(&lines->text);
}
