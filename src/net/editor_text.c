/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/editor_text.h"

#include <assert.h>
#include <string.h>

#include "base/state.h"
#include "base/utf8.h"
#include "base/width.h"

bool
editor_text_is_place(struct str text, size_t at)
{
	return at == text.len ||
		(at < text.len && ((unsigned char)text.p[at] & 0xC0) != 0x80);
}

static int
accept(void *record, struct err *err)
{
	const struct editor_text *text = record;

	if (utf8_is_clean(buf_str(&text->buf)) && utf8_is_clean(buf_str(&text->kill)) &&
		editor_text_is_place(buf_str(&text->buf), text->cursor))
		return 0;
	err_set(err, "that is no line");
	return -1;
}

static bool
is_no_secret(const void *record)
{
	return !((const struct editor_text *)record)->secret;
}

static const struct state_field fields[] = {
	STATE_ROW(struct editor_text, buf, 1, STATE_BUF, .when = is_no_secret),
	STATE_ROW(struct editor_text, cursor, 2, STATE_UINT, .when = is_no_secret),
	STATE_ROW(struct editor_text, max, 3, STATE_UINT),
	STATE_ROW(struct editor_text, kill, 4, STATE_BUF),
	STATE_ROW(struct editor_text, killing, 5, STATE_BOOL),
	STATE_ROW(struct editor_text, secret, 6, STATE_BOOL),
};
const struct state_table editor_text_state = STATE_TABLE(editor_text, fields, accept);

void
editor_text_fini(struct editor_text *text)
{
	buf_fini(&text->buf);
	buf_fini(&text->kill);
}

static bool
is_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	}
	return true;
}

/* Put clean text in at the cursor. */
static void
splice(struct editor_text *text, struct str s)
{
	char *at;

	if (s.len == 0)
		return;
	buf_reserve(&text->buf, s.len);
	at = text->buf.p + text->cursor;
	memmove(at + s.len, at, text->buf.len - text->cursor);
	memcpy(at, s.p, s.len);
	text->buf.len += s.len;
	text->cursor += s.len;
}

bool
editor_text_insert(struct editor_text *text, struct str s)
{
	size_t room = text->max > text->buf.len ? text->max - text->buf.len : 0;
	struct buf clean = {0};
	struct str fits;
	bool all = true;

	if (!is_ascii(s)) {
		utf8_clean(&clean, s);
		s = buf_str(&clean);
	}
	/* A long character may find no room where the short one behind it does. */
	while (s.len > 0) {
		fits = utf8_cut(s, room);
		splice(text, fits);
		room -= fits.len;
		s = str_from(s, fits.len);
		if (s.len > 0) {
			uint32_t cp;

			s = str_from(s, utf8_decode(s, &cp));
			all = false;
		}
	}
	buf_fini(&clean);
	return all;
}

bool
editor_text_replace(struct editor_text *text, size_t from, struct str s)
{
	struct buf clean = {0};
	bool fits;

	utf8_clean(&clean, s);
	fits = text->buf.len - (text->cursor - from) + clean.len <= text->max;
	if (fits) {
		editor_text_delete(text, from);
		splice(text, buf_str(&clean));
	}
	buf_fini(&clean);
	return fits;
}

void
editor_text_set(struct editor_text *text, struct str s)
{
	buf_reset(&text->buf);
	text->cursor = 0;
	splice(text, utf8_cut(s, text->max));
}

void
editor_text_limit(struct editor_text *text, size_t max)
{
	text->max = max;
	text->buf.len = utf8_cut(buf_str(&text->buf), max).len;
	if (text->cursor > text->buf.len)
		text->cursor = text->buf.len;
}

/* The character at `at`, which is not the end. */
static size_t
cluster_end(const struct editor_text *text, size_t at)
{
	unsigned columns;

	return at + width_cluster(str_from(editor_text_str(text), at), &columns);
}

static bool
is_ascii_at(const struct editor_text *text, size_t at)
{
	return (unsigned char)text->buf.p[at] < 0x80;
}

static size_t
border_before(const struct editor_text *text)
{
	return width_border_before(editor_text_str(text), text->cursor);
}

size_t
editor_text_border(const struct editor_text *text)
{
	size_t at = border_before(text);

	while (at < text->cursor)
		at = cluster_end(text, at);
	return at;
}

size_t
editor_text_left(const struct editor_text *text)
{
	size_t left = border_before(text), next;

	if (text->cursor == 0)
		return 0;
	while ((next = cluster_end(text, left)) < text->cursor)
		left = next;
	return left;
}

size_t
editor_text_right(const struct editor_text *text)
{
	size_t at = border_before(text);

	if (text->cursor == text->buf.len)
		return text->cursor;
	while (at <= text->cursor)
		at = cluster_end(text, at);
	return at;
}

/* Other scripts have no punctuation that would be worth the tables. */
static bool
in_word(const struct editor_text *text, size_t at)
{
	char c = ascii_lower(text->buf.p[at]);

	return !is_ascii_at(text, at) || (c >= 'a' && c <= 'z') ||
		(c >= '0' && c <= '9');
}

static bool
not_blank(const struct editor_text *text, size_t at)
{
	return text->buf.p[at] != ' ';
}

/* The beginning of the last piece before the cursor, of characters that `belongs`. */
static size_t
piece_left(const struct editor_text *text,
	bool (*belongs)(const struct editor_text *text, size_t at))
{
	size_t begin = 0;
	bool within = false;

	/* From the front, so that each border is looked for once. */
	for (size_t at = 0; at < text->cursor; at = cluster_end(text, at)) {
		bool belonging = belongs(text, at);

		if (belonging && !within)
			begin = at;
		within = belonging;
	}
	return begin;
}

size_t
editor_text_word_left(const struct editor_text *text)
{
	return piece_left(text, in_word);
}

size_t
editor_text_blank_left(const struct editor_text *text)
{
	return piece_left(text, not_blank);
}

size_t
editor_text_word_right(const struct editor_text *text)
{
	size_t at = editor_text_border(text);

	while (at < text->buf.len && !in_word(text, at))
		at = cluster_end(text, at);
	while (at < text->buf.len && in_word(text, at))
		at = cluster_end(text, at);
	return at;
}

void
editor_text_delete(struct editor_text *text, size_t to)
{
	size_t from = to < text->cursor ? to : text->cursor;
	size_t end = to < text->cursor ? text->cursor : to;

	assert(end <= text->buf.len);
	if (from == end)
		return; /* perhaps with a NULL pointer */
	memmove(text->buf.p + from, text->buf.p + end, text->buf.len - end);
	text->buf.len -= end - from;
	text->cursor = from;
}

/* Keep `s` together with what was killed before it, in the order of the line. */
static void
keep_killed(struct editor_text *text, struct str s, bool behind)
{
	struct buf kill = {0};

	if (text->secret || s.len == 0)
		return;
	if (text->killing && behind)
		buf_add_str(&kill, buf_str(&text->kill));
	buf_add_str(&kill, s);
	if (text->killing && !behind)
		buf_add_str(&kill, buf_str(&text->kill));
	buf_fini(&text->kill);
	text->kill = kill;
}

void
editor_text_kill(struct editor_text *text, size_t to)
{
	struct str line = editor_text_str(text);

	if (to > text->cursor)
		keep_killed(text, str_from(str_make(line.p, to), text->cursor), true);
	else
		keep_killed(text, str_from(str_make(line.p, text->cursor), to), false);
	editor_text_delete(text, to);
}

void
editor_text_swap(struct editor_text *text)
{
	size_t cursor = text->cursor, begin, middle, end;
	struct buf moved = {0};

	end = text->cursor = editor_text_right(text);
	middle = text->cursor = editor_text_left(text);
	begin = editor_text_left(text);
	if (begin == middle) {
		text->cursor = cursor;
		return;
	}
	buf_add(&moved, text->buf.p + begin, middle - begin);
	editor_text_delete(text, begin);
	text->cursor = end - (middle - begin);
	splice(text, buf_str(&moved));
	buf_fini(&moved);
}
