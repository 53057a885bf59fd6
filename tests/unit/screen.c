/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "screen.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "base/width.h"

enum {
	ESC = 0x1B,
	PARAMS_MOST = 4
};

struct control {
	char private; /* '?' or 0 */
	size_t params[PARAMS_MOST];
	size_t count;
	char final;
};

struct screen *
screen_new(size_t rows, size_t columns)
{
	struct screen *screen = xcalloc(1, sizeof(*screen));

	screen->rows = rows;
	screen->columns = columns;
	screen->cells = xcalloc(rows * columns, sizeof(*screen->cells));
	return screen;
}

void
screen_free(struct screen *screen)
{
	free(screen->cells);
	free(screen);
}

static void
fail(struct screen *screen, const char *why)
{
	if (screen->error == NULL)
		screen->error = why;
}

static struct screen_cell *
cell_at(const struct screen *screen, size_t row, size_t column)
{
	return &screen->cells[row * screen->columns + column];
}

static void
wipe(struct screen_cell *cell)
{
	*cell = (struct screen_cell){.len = 0};
}

/* Make a place empty; half a wide character is none. */
static void
clear_cell(struct screen *screen, size_t row, size_t column)
{
	struct screen_cell *cell = cell_at(screen, row, column);

	if (column > 0 && cell[-1].width == 2)
		wipe(&cell[-1]);
	if (cell->width == 2 && column + 1 < screen->columns)
		wipe(&cell[1]);
	wipe(cell);
}

static void
clear_cells(struct screen *screen, size_t row, size_t from, size_t to)
{
	for (size_t column = from; column < to; column++)
		clear_cell(screen, row, column);
}

static void
line_feed(struct screen *screen)
{
	size_t above = (screen->rows - 1) * screen->columns;

	screen->wraps = false;
	if (screen->row + 1 < screen->rows) {
		screen->row++;
		return;
	}
	memmove(screen->cells, screen->cells + screen->columns,
		above * sizeof(*screen->cells));
	for (size_t column = 0; column < screen->columns; column++)
		wipe(cell_at(screen, screen->rows - 1, column));
}

/* The character at the left of the cursor, or NULL. */
static struct screen_cell *
left_cell(const struct screen *screen)
{
	struct screen_cell *cell = cell_at(screen, screen->row, screen->column);

	if (!screen->wraps) {
		if (screen->column == 0)
			return NULL;
		cell--;
	}
	if (cell->len == 0 && cell > cell_at(screen, screen->row, 0) &&
		cell[-1].width == 2)
		cell--;
	return cell;
}

static void
cell_add(struct screen_cell *cell, struct str s)
{
	if (s.len <= sizeof(cell->text) - cell->len) {
		memcpy(cell->text + cell->len, s.p, s.len);
		cell->len += s.len;
	}
}

/* Would `s` be one character with what is at its left? */
static bool
joins(const struct screen_cell *left, struct str s)
{
	struct buf both = {0};
	unsigned columns;
	bool joined;

	if (left == NULL)
		return false;
	if (left->len > 0)
		buf_add(&both, left->text, left->len);
	else
		buf_add_char(&both, ' ');
	buf_add_str(&both, s);
	joined = width_cluster(buf_str(&both), &columns) > both.len - s.len;
	buf_fini(&both);
	return joined;
}

static void
put(struct screen *screen, struct str cluster, unsigned width)
{
	struct screen_cell *cell;

	if (width == 0) {
		cell = left_cell(screen);
		if (cell != NULL)
			cell_add(cell, cluster);
		return;
	}
	if (screen->cuts && screen->column + width > screen->columns) {
		return;
	} else if (screen->wraps || screen->column + width > screen->columns) {
		if (width > screen->columns)
			return;
		line_feed(screen);
		screen->column = 0;
	}
	clear_cells(screen, screen->row, screen->column, screen->column + width);
	cell = cell_at(screen, screen->row, screen->column);
	cell->width = width;
	cell_add(cell, cluster);
	screen->column += width;
	if (screen->column == screen->columns) {
		screen->column--;
		screen->wraps = !screen->cuts;
	}
}

static void
print(struct screen *screen, struct str text)
{
	unsigned width;
	size_t len = width_cluster(text, &width);

	if (!utf8_valid(text))
		fail(screen, "invalid UTF-8");
	if (width > 0 && joins(left_cell(screen), str_make(text.p, len)))
		fail(screen, "text joins what is at its left");
	for (;;) {
		put(screen, str_make(text.p, len), width);
		text = str_from(text, len);
		if (text.len == 0)
			return;
		len = width_cluster(text, &width);
	}
}

/* Read a control sequence behind CSI; returns its length, 0 if it is not whole. */
static size_t
parse(struct str s, struct control *control)
{
	size_t at = 0;

	*control = (struct control){.count = 1};
	if (s.len > 0 && s.p[0] == '?')
		control->private = s.p[at++];
	for (; at < s.len; at++) {
		char c = s.p[at];
		size_t *param = &control->params[control->count - 1];

		if (c >= '0' && c <= '9')
			*param = *param * 10 + (size_t)(c - '0');
		else if (c == ';' && control->count < PARAMS_MOST)
			control->count++;
		else
			break;
	}
	if (at == s.len)
		return 0;
	control->final = s.p[at];
	return at + 1;
}

static size_t
lesser(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void
erase_row(struct screen *screen, size_t mode)
{
	size_t from = mode == 0 ? screen->column : 0;
	size_t to = mode == 1 ? screen->column + 1 : screen->columns;

	clear_cells(screen, screen->row, from, to);
	screen->wraps = false;
}

static void
erase_screen(struct screen *screen, size_t mode)
{
	for (size_t row = 0; row < screen->rows; row++) {
		if (mode == 2 || (mode == 0 && row > screen->row))
			clear_cells(screen, row, 0, screen->columns);
	}
	if (mode == 0)
		erase_row(screen, 0);
	else if (mode != 2)
		fail(screen, "CSI J with an unknown parameter");
}

static void
control(struct screen *screen, const struct control *control)
{
	size_t first = control->params[0], n = first > 0 ? first : 1;
	size_t second = control->params[1] > 0 ? control->params[1] : 1;

	if (control->private != 0) {
		bool on = control->final == 'h';

		if (!on && control->final != 'l')
			fail(screen, "unknown private sequence");
		else if (first == 7)
			screen->cuts = !on;
		else if (first == 2004)
			screen->pastes = on;
		else
			fail(screen, "unknown mode");
		return;
	}
	if (control->final != 'm' && control->final != 'K' && control->final != 'J')
		screen->wraps = false;
	switch (control->final) {
	case 'A':
		screen->row -= lesser(n, screen->row);
		break;
	case 'B':
		screen->row = lesser(screen->row + n, screen->rows - 1);
		break;
	case 'C':
		screen->column = lesser(screen->column + n, screen->columns - 1);
		break;
	case 'D':
		screen->column -= lesser(n, screen->column);
		break;
	case 'H':
		screen->row = lesser(n, screen->rows) - 1;
		screen->column = lesser(second, screen->columns) - 1;
		break;
	case 'J':
		erase_screen(screen, first);
		break;
	case 'K':
		erase_row(screen, first);
		break;
	case 'm':
		break;
	default:
		fail(screen, "unknown control sequence");
	}
}

static void
act(struct screen *screen, char c)
{
	switch (c) {
	case '\r':
		screen->column = 0;
		screen->wraps = false;
		break;
	case '\n':
		line_feed(screen);
		break;
	case '\b':
		screen->column -= lesser(1, screen->column);
		screen->wraps = false;
		break;
	case '\a':
		screen->bells++;
		break;
	default:
		fail(screen, "unknown control character");
	}
}

void
screen_feed(struct screen *screen, struct str bytes)
{
	while (bytes.len > 0) {
		size_t len = 0;

		while (len < bytes.len &&
			((unsigned char)bytes.p[len] >= 0x20 && bytes.p[len] != 0x7F))
			len++;
		if (len > 0) {
			print(screen, str_make(bytes.p, len));
		} else if (bytes.p[0] == ESC) {
			struct control sequence;
			struct str rest = str_from(bytes, 2);

			if (bytes.len > 1 && bytes.p[1] == '[')
				len = parse(rest, &sequence);
			if (len == 0)
				fail(screen, "unknown or cut escape sequence");
			else
				control(screen, &sequence);
			len += 2;
		} else {
			act(screen, bytes.p[0]);
			len = 1;
		}
		bytes = str_from(bytes, len);
	}
}

void
screen_resize(struct screen *screen, size_t columns)
{
	struct screen_cell *cells = xcalloc(screen->rows * columns, sizeof(*cells));

	for (size_t row = 0; row < screen->rows; row++) {
		for (size_t column = 0; column < lesser(columns, screen->columns);
			column++) {
			struct screen_cell *cell = cell_at(screen, row, column);

			if (column + cell->width <= columns)
				cells[row * columns + column] = *cell;
		}
	}
	free(screen->cells);
	screen->cells = cells;
	screen->columns = columns;
	screen->column = lesser(screen->column, columns - 1);
	screen->wraps = false;
}

void
screen_add_row(const struct screen *screen, size_t row, struct buf *out)
{
	size_t begin = out->len;

	for (size_t column = 0; column < screen->columns; column++) {
		const struct screen_cell *cell = cell_at(screen, row, column);

		if (cell->len > 0)
			buf_add(out, cell->text, cell->len);
		else if (column == 0 || cell[-1].width < 2)
			buf_add_char(out, ' ');
	}
	while (out->len > begin && out->p[out->len - 1] == ' ')
		out->len--;
}

void
screen_dump(const struct screen *screen, struct buf *out)
{
	for (size_t row = 0; row < screen->rows; row++) {
		buf_add_char(out, '|');
		screen_add_row(screen, row, out);
		buf_add_char(out, '\n');
	}
	buf_printf(out, "at %zu,%zu\n", screen->row, screen->column);
}
