/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/columns.h"

#include <string.h>

#include "base/buf.h"
#include "base/width.h"
#include "base/wrap.h"
#include "chat/render.h"
#include "chat/style.h"
#include "chat/user.h"

#define WIDTH_UNKNOWN 80
#define GAP 2     /* between columns */
#define NARROW 48 /* less room than that is not divided */
#define INDENT 4  /* of a meaning below its term */

/*
 * How many columns a notice has for its text: the window without what the templates,
 * and maybe a time, put around it, and without the last column, behind which terminals
 * differ.
 */
static size_t
text_columns(const struct user *user)
{
	size_t window =
		user->terminal.columns > 0 ? user->terminal.columns : WIDTH_UNKNOWN;
	uint32_t style = user->style & ~(uint32_t)(STYLE_COLOUR | STYLE_WRAP);
	struct msg msg = user_msg(user, MSG_NOTICE);
	struct page page = {{0}};
	struct extent extent = render(&page, user->chat->conf, &msg, style);
	size_t around = 1;

	if (extent.len > 0)
		around += width_text(page_text(&page, extent));
	buf_fini(&page.buf);
	return window > around ? window - around : 1;
}

static void
show_row(struct user *user, const struct buf *row)
{
	user_notice(user, "%.*s", (int)row->len, row->p);
}

static void
show_sentence(struct user *user, char *const *words, size_t count)
{
	struct buf out = {0};

	for (size_t i = 0; i < count; i++)
		buf_printf(&out, "%s%s", i > 0 ? ", " : "", words[i]);
	show_row(user, &out);
	buf_fini(&out);
}

static size_t
longest_word(char *const *words, size_t count)
{
	size_t max = 0;

	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(words[i]);

		if (len > max)
			max = len;
	}
	return max;
}

void
columns_show(struct user *user, char *const *words, size_t count)
{
	size_t width = longest_word(words, count) + GAP;
	size_t per_row = (text_columns(user) + GAP) / width;
	size_t rows = per_row > 1 ? (count + per_row - 1) / per_row : count;
	struct buf row = {0};

	if (count > 0 && user->style & STYLE_READER) {
		show_sentence(user, words, count);
		return;
	}
	for (size_t i = 0; i < rows; i++) {
		buf_reset(&row);
		for (size_t at = i; at < count; at += rows) {
			bool ends = at + rows >= count;

			buf_printf(&row, "%-*s", ends ? 0 : (int)width, words[at]);
		}
		show_row(user, &row);
	}
	buf_fini(&row);
}

/* Take the next line off the front of a list. False at its end. */
static bool
next_pair(struct str *list, struct str *term, struct str *meaning)
{
	if (list->len == 0 || !str_split(list, '\n', meaning))
		return false;
	(void)str_split(meaning, '\t', term);
	return true;
}

/* The width of the column of terms, its gap included. */
static size_t
term_columns(struct str list, size_t room)
{
	struct str term, meaning;
	size_t max = 0;

	if (room < NARROW)
		return INDENT;
	while (next_pair(&list, &term, &meaning)) {
		if (term.len + GAP > max)
			max = term.len + GAP;
	}
	return max < room / 2 ? max : room / 2;
}

/* One term, and its meaning in a column of its own. */
static void
explain(struct user *user, struct str term, struct str meaning, size_t indent,
	size_t room)
{
	size_t width = room > indent ? room - indent : 1;
	struct buf rows = {0};
	struct str rest, row;

	/* Scripts find one line for each, however long. */
	if (user->terminal.columns == 0)
		width = 0;

	if (meaning.len == 0 || term.len + GAP > indent) {
		user_notice(user, "%.*s", (int)term.len, term.p);
		term = STR("");
	}
	if (meaning.len > 0)
		wrap_line(&rows, meaning, width);
	for (rest = buf_str(&rows); rest.len > 0 && str_split(&rest, '\n', &row);) {
		user_notice(user, "%-*.*s%.*s", (int)indent, (int)term.len, term.p,
			(int)(row.len - strlen("\r")), row.p);
		term = STR("");
	}
	buf_fini(&rows);
}

void
columns_explain(struct user *user, struct str list)
{
	size_t room = text_columns(user);
	size_t indent = term_columns(list, room);
	struct str term, meaning;

	while (next_pair(&list, &term, &meaning)) {
		if (!(user->style & STYLE_READER))
			explain(user, term, meaning, indent, room);
		else
			user_notice(user, "%.*s%s%.*s", (int)term.len, term.p,
				meaning.len > 0 ? ": " : "", (int)meaning.len,
				meaning.p);
	}
}
