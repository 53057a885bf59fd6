/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/editor_view.h"

#include <assert.h>
#include <string.h>

#include "base/state.h"
#include "base/width.h"

enum {
	COLUMNS_UNKNOWN = 80,
	COLUMNS_LEAST =
		10,     /* leaves five for the line, enough for all there is to show */
	STEPS_MOST = 3, /* so many backspaces are shorter than a sequence */
};

/*
 * What is on the screen is not kept: to draw it once more, where it stands already, is
 * seen by nobody, and holds whatever version of us has drawn it.
 */
static int
accept(void *record, struct err *err)
{
	struct editor_view *view = record;

	(void)err;
	view->stale = true;
	return 0;
}

static const struct state_field fields[] = {
	STATE_ROW(struct editor_view, columns, 1, STATE_UINT),
	STATE_ROW(struct editor_view, shown, 2, STATE_BOOL),
};
const struct state_table editor_view_state = STATE_TABLE(editor_view, fields, accept);

/* A row behind its prompt, put together. */
struct row {
	struct buf text;
	size_t columns;
	size_t cursor; /* in columns */
};

void
editor_view_fini(struct editor_view *view)
{
	buf_fini(&view->drawn);
}

/* The columns that may be written to. */
static size_t
usable_columns(const struct editor_view *view)
{
	size_t columns = view->columns > 0 ? view->columns : COLUMNS_UNKNOWN;

	return (columns > COLUMNS_LEAST ? columns : COLUMNS_LEAST) - 1;
}

/* The length of what stands at the front of a prompt, and its columns. */
static size_t
prompt_next(struct str s, unsigned *columns)
{
	size_t len = width_sgr(s);

	*columns = 0;
	return len > 0 ? len : width_cluster(s, columns);
}

/*
 * Append a prompt, at most half a row of it: its end. Returns its columns. At its front
 * there is nothing that a character of no columns could be shown with.
 */
static size_t
add_prompt(struct buf *out, struct str prompt, size_t usable)
{
	size_t left = 0, shown = 0, len;
	bool coloured = false;
	unsigned columns;

	for (struct str s = prompt; s.len > 0; s = str_from(s, len)) {
		len = prompt_next(s, &columns);
		left += columns;
	}
	for (struct str s = prompt; s.len > 0; s = str_from(s, len)) {
		bool colours = width_sgr(s) > 0;

		len = prompt_next(s, &columns);
		/* Colours of what is left out still colour the rest. */
		if (colours || (left <= usable / 2 && shown + columns > 0)) {
			buf_add(out, s.p, len);
			shown += columns;
		}
		coloured = coloured || colours;
		left -= columns;
	}
	if (coloured)
		buf_add_str(out, STR("\033[0m"));
	return shown;
}

/*
 * Where in the columns of a long line the row begins: at a multiple of about half a
 * row, such that the cursor, at column `cursor`, is in the other half. Whatever stands
 * there fits, with both marks and a wide character cut at the left, which takes three.
 */
static size_t
window_start(size_t cursor, size_t room)
{
	size_t least = (room - 3) / 2, step = room - 3 - least;

	return cursor > least ? (cursor - least) / step * step : 0;
}

/* Would this character not stand for itself behind a blank, but join it? */
static bool
joins_blank(struct str cluster)
{
	char probe[5] = " ";
	unsigned columns;
	size_t len = cluster.len < 4 ? cluster.len : 4;

	if ((unsigned char)cluster.p[0] < 0x80)
		return false;
	memcpy(probe + 1, cluster.p, len);
	return width_cluster(str_make(probe, len + 1), &columns) > 1;
}

/*
 * Append a character to a row. At its front there is nothing that one of no columns
 * could be shown with, and what would join the prompt is shown as a box.
 */
static void
row_add(struct row *row, struct str cluster, unsigned columns, bool first)
{
	if (first && columns == 0)
		return;
	if (first && joins_blank(cluster)) {
		buf_add_str(&row->text, STR("\xEF\xBF\xBD"));
		if (columns > 1)
			buf_add_char(&row->text, ' ');
	} else {
		buf_add_str(&row->text, cluster);
	}
	row->columns += columns;
}

/* Put the row together. */
static void
row_make(struct row *row, const struct editor_scene *scene, size_t room)
{
	struct str line = scene->line;
	size_t cursor = width_text(str_make(line.p, scene->cursor));
	size_t total = cursor + width_text(str_from(line, scene->cursor));
	size_t start = total > room ? window_start(cursor, room) : 0;
	size_t pos, seen, end = room, edge;

	*row = (struct row){0};
	pos = width_skip(line, start, &seen);
	if (pos > 0) {
		buf_add_char(&row->text, '<');
		row->columns = 1;
	}
	edge = row->columns;
	row->cursor = edge + cursor - seen;
	if (edge + total - seen > room)
		end = room - 1;
	while (pos < line.len) {
		unsigned columns;
		struct str rest = str_from(line, pos);

		rest.len = width_cluster(rest, &columns);
		if (row->columns + columns > end)
			break;
		row_add(row, rest, columns, row->columns == edge);
		pos += rest.len;
	}
	if (pos < line.len) {
		/* A wide character may have left a gap. */
		for (; row->columns < end; row->columns++)
			buf_add_char(&row->text, ' ');
		buf_add_char(&row->text, '>');
		row->columns++;
	}
}

/*
 * May a terminal show this in more columns than we think? They agree on what most text
 * is made of, not on pictures, joiners and the scripts of India.
 */
static bool
is_uncertain(struct str row)
{
	for (size_t i = 0; i < row.len; i++) {
		unsigned char c = (unsigned char)row.p[i];

		/* U+0800 to U+2FFF, from U+F000 on */
		if ((c >= 0xE0 && c <= 0xE2) || c >= 0xEF)
			return true;
	}
	return false;
}

/*
 * Append a row, or its end. A row that gets too wide shall be cut by the terminal and
 * not wrapped, so that erasing one row erases it (DECAWM is off meanwhile).
 */
static void
add_row(struct buf *out, struct str row, struct str part)
{
	bool guarded = is_uncertain(row);

	if (guarded)
		buf_add_str(out, STR("\033[?7l"));
	buf_add_str(out, part);
	if (guarded)
		buf_add_str(out, STR("\033[?7h"));
}

/* Append what moves the cursor within the row, from column to column. */
static void
move(struct buf *out, size_t from, size_t to)
{
	if (to == from + 1)
		buf_add_str(out, STR("\033[C"));
	else if (to > from)
		buf_printf(out, "\033[%zuC", to - from);
	else if (to == 0 && from > 1)
		buf_add_char(out, '\r');
	else if (from - to > STEPS_MOST)
		buf_printf(out, "\033[%zuD", from - to);
	else
		buf_add(out, "\b\b\b", from - to);
}

/* The length of what shares a place on the screen at the front of `s`. */
static size_t
place_len(struct str s, size_t *columns)
{
	unsigned more;
	size_t len = width_cluster(s, &more);

	*columns = more;
	while (len < s.len) {
		size_t next = width_cluster(str_from(s, len), &more);

		if (more > 0)
			break;
		len += next;
	}
	return len;
}

/* How many bytes of both rows are the same in the same place. */
static size_t
same_len(struct str a, struct str b, size_t *columns)
{
	size_t at = 0;

	*columns = 0;
	while (at < a.len && at < b.len) {
		size_t width_a, width_b;
		struct str place_a = str_from(a, at), place_b = str_from(b, at);

		place_a.len = place_len(place_a, &width_a);
		place_b.len = place_len(place_b, &width_b);
		if (!str_eq(place_a, place_b))
			break;
		at += place_a.len;
		*columns += width_a;
	}
	return at;
}

/* The text behind the prompt. */
static struct str
row_text(const struct editor_view *view)
{
	return str_from(buf_str(&view->drawn), view->row);
}

/* This is the row from now on. */
static void
keep(struct editor_view *view, struct row *row)
{
	view->drawn.len = view->row;
	buf_add_str(&view->drawn, buf_str(&row->text));
	buf_fini(&row->text);
	view->row_columns = row->columns;
	view->cursor = row->cursor;
}

void
editor_view_draw(
	struct editor_view *view, const struct editor_scene *scene, struct buf *out)
{
	size_t usable = usable_columns(view);
	struct row row;

	buf_reset(&view->drawn);
	view->prompt = add_prompt(&view->drawn, scene->prompt, usable);
	view->row = view->drawn.len;
	row_make(&row, scene, usable - view->prompt);
	keep(view, &row);
	view->stale = false;
	editor_view_restore(view, out);
}

void
editor_view_restore(struct editor_view *view, struct buf *out)
{
	struct str row = row_text(view);

	assert(!view->stale);
	buf_add_char(out, '\r');
	buf_add(out, view->drawn.p, view->row);
	add_row(out, row, row);
	buf_add_str(out, STR("\033[K"));
	move(out, view->prompt + view->row_columns, view->prompt + view->cursor);
	view->shown = true;
}

void
editor_view_update(
	struct editor_view *view, const struct editor_scene *scene, struct buf *out)
{
	struct str was = row_text(view), now;
	size_t same, columns, cursor = view->prompt + view->cursor;
	struct row row;

	if (!view->shown)
		return;
	if (view->stale) {
		editor_view_draw(view, scene, out);
		return;
	}
	row_make(&row, scene, usable_columns(view) - view->prompt);
	now = buf_str(&row.text);
	same = same_len(was, now, &columns);
	if (same < was.len || same < now.len) {
		move(out, cursor, view->prompt + columns);
		if (same < now.len)
			add_row(out, now, str_from(now, same));
		if (row.columns < view->row_columns)
			buf_add_str(out, STR("\033[K"));
		cursor = view->prompt + row.columns;
	}
	move(out, cursor, view->prompt + row.cursor);
	keep(view, &row);
}

void
editor_view_erase(struct editor_view *view, struct buf *out)
{
	if (!view->shown)
		return;
	buf_add_str(out, STR("\r\033[K"));
	view->shown = false;
}
