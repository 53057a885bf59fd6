/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/linebuf.h"

#include "base/utf8.h"

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

/* Where the last character of the unfinished line begins. */
static size_t
last_character(const struct linebuf *lines)
{
	size_t at = lines->text.len;

	while (at > 0 && ((unsigned char)lines->text.p[--at] & 0xc0) == 0x80)
		;
	return at;
}

void
linebuf_backspace(struct linebuf *lines)
{
	linebuf_begin(lines);
	lines->text.len = last_character(lines);
	lines->is_cut = false;
}

bool
linebuf_is_empty(const struct linebuf *lines)
{
	return lines->is_complete || (lines->text.len == 0 && !lines->is_cut);
}

bool
linebuf_is_mid_character(const struct linebuf *lines)
{
	size_t at = last_character(lines);
	size_t have = lines->text.len - at;
	unsigned char lead;

	if (lines->is_complete || have == 0)
		return false;
	lead = (unsigned char)lines->text.p[at];
	return (lead >= 0xc2 && lead <= 0xdf && have < 2) ||
		(lead >= 0xe0 && lead <= 0xef && have < 3) ||
		(lead >= 0xf0 && lead <= 0xf4 && have < 4);
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
