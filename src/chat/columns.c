/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/columns.h"

#include <string.h>

#include "base/buf.h"
#include "chat/style.h"
#include "chat/user.h"

#define WIDTH_UNKNOWN 80
#define GAP 2    /* between columns */
#define MARGIN 4 /* the mark of a notice, and the last column */

static size_t
longest(char *const *words, size_t count)
{
	size_t max = 0;

	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(words[i]);

		if (len > max)
			max = len;
	}
	return max;
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

void
columns_show(struct user *user, char *const *words, size_t count)
{
	size_t window =
		user->terminal.columns > 0 ? user->terminal.columns : WIDTH_UNKNOWN;
	size_t width = longest(words, count) + GAP;
	size_t per_row = window > MARGIN + width ? (window - MARGIN) / width : 1;
	struct buf row = {0};

	if (count > 0 && user->style & STYLE_READER) {
		show_sentence(user, words, count);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		bool ends = (i + 1) % per_row == 0 || i + 1 == count;

		if (ends)
			buf_printf(&row, "%s", words[i]);
		else
			buf_printf(&row, "%-*s", (int)width, words[i]);
		if (ends) {
			show_row(user, &row);
			buf_reset(&row);
		}
	}
	buf_fini(&row);
}
