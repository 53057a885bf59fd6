/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/lines.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

void
lines_init(
	struct lines *lines, struct str text, const char *file, struct errlist *errors)
{
	const struct str mark = STR("\xEF\xBB\xBF");

	*lines = (struct lines){.rest = text, .file = file, .errors = errors};
	if (str_starts(text, mark))
		lines->rest = str_from(text, mark.len);
}

bool
lines_next(struct lines *lines, struct str *line)
{
	while (str_split(&lines->rest, '\n', line)) {
		lines->number++;
		if (line->len > 0 && line->p[line->len - 1] == '\r')
			line->len--;
		*line = str_trim(*line);
		if (line->len > 0 && line->p[0] != '#' && line->p[0] != ';')
			return true;
	}
	return false;
}

void
lines_error(struct lines *lines, const char *fmt, ...)
{
	struct buf out = {0};
	va_list args;
	char *text;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	utf8_clean(&out, str_of(lines->file));
	buf_printf(&out, ":%u: ", lines->number);
	utf8_clean(&out, str_of(text));
	errlist_add(lines->errors, "%.*s", (int)out.len, out.p);
	lines->has_failed = true;
	buf_fini(&out);
	free(text);
}

struct str
lines_shown(struct str word)
{
	return utf8_cut(word, LINES_SHOWN_MAX);
}
