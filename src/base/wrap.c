/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/wrap.h"

#include <stdbool.h>
#include <string.h>

#include "base/width.h"

enum {
	ESC = 0x1B
};

/* Blanks in a row at which it may be folded. */
struct fold {
	size_t begin, end; /* in the line; equal if there are none */
	size_t behind;     /* columns of the row behind them */
	bool after_text;   /* there is text before them in the row */
};

struct wrap {
	struct buf *out;
	struct str line;
	size_t limit;     /* columns of a row */
	size_t indent;    /* columns of blank before a continuation row */
	size_t start;     /* where the text of this row begins in the line */
	size_t columns;   /* of this row up to here, the indent included */
	bool has_text;    /* this row, and not only blanks */
	struct fold fold; /* the last blanks */
};

/*
 * The sequences that are in force behind `s`: those since the last one that resets,
 * and that one too if it also sets something.
 */
static struct str
sgr_active(struct str s)
{
	size_t from = 0, to = 0;
	const char *esc;

	for (size_t at = 0;
		at < s.len && (esc = memchr(s.p + at, ESC, s.len - at)) != NULL;) {
		size_t begin = (size_t)(esc - s.p);
		size_t len = width_sgr(str_from(s, begin));

		at = begin + (len > 0 ? len : 1);
		if (len == 3 || (len == 4 && esc[2] == '0'))
			from = to = at;
		else if (len > 4 && esc[2] == '0' && esc[3] == ';')
			from = begin;
		if (len > 3)
			to = at > from ? at : from;
	}
	return str_make(s.p + from, to - from);
}

/* Append a part of the line without the mark. */
static void
add_unmarked(struct buf *out, struct str s)
{
	while (s.len > 0) {
		const char *mark = memchr(s.p, WRAP_MARK, s.len);
		size_t len = mark != NULL ? (size_t)(mark - s.p) : s.len;

		buf_add(out, s.p, len);
		s = str_from(s, len + 1);
	}
}

/* Append only the SGR sequences of `s`. */
static void
add_sgr(struct buf *out, struct str s)
{
	const char *esc;

	while (s.len > 0 && (esc = memchr(s.p, ESC, s.len)) != NULL) {
		struct str rest = str_from(s, (size_t)(esc - s.p));
		size_t len = width_sgr(rest);

		buf_add(out, rest.p, len);
		s = str_from(rest, len > 0 ? len : 1);
	}
}

/* End this row before `end` and begin the next one with what is at `next`. */
static void
break_row(struct wrap *wrap, size_t end, size_t next)
{
	struct str done = str_make(wrap->line.p, end);

	add_unmarked(wrap->out, str_from(done, wrap->start));
	if (sgr_active(done).len > 0)
		buf_add_str(wrap->out, STR("\033[0m"));
	buf_add_str(wrap->out, STR("\r\n"));
	for (size_t i = 0; i < wrap->indent; i++)
		buf_add_char(wrap->out, ' ');
	add_sgr(wrap->out, sgr_active(str_make(wrap->line.p, next)));
	wrap->start = next;
	wrap->columns = wrap->indent;
	wrap->has_text = false;
	wrap->fold = (struct fold){0};
}

/*
 * There is no room for what stands at `at`. Returns where to go on: at the last blanks
 * if a new row gives the text behind them more room than it has.
 */
static size_t
make_room(struct wrap *wrap, size_t at)
{
	struct fold fold = wrap->fold;

	if (fold.end == fold.begin || fold.behind <= wrap->indent) {
		break_row(wrap, at, at);
		return at;
	}
	if (fold.after_text) {
		break_row(wrap, fold.begin, fold.end);
		return fold.end;
	}
	/* Nothing but blanks: without them the row has room. */
	add_sgr(wrap->out, str_make(wrap->line.p + fold.begin, fold.end - fold.begin));
	wrap->start = fold.end;
	wrap->columns = 0;
	wrap->fold = (struct fold){0};
	return fold.end;
}

static void
see_blank(struct wrap *wrap, size_t at)
{
	if (wrap->fold.end != at || wrap->fold.end == wrap->fold.begin) {
		wrap->fold.begin = at;
		wrap->fold.after_text = wrap->has_text;
	}
	wrap->fold.end = at + 1;
	wrap->fold.behind = ++wrap->columns;
}

static void
see_mark(struct wrap *wrap)
{
	/* Behind a fold there is no telling where it would have been. */
	if (wrap->start == 0 && wrap->columns <= wrap->limit / 3)
		wrap->indent = wrap->columns;
}

/* What takes no columns and is no text; it may stand between two blanks. */
static void
see_aside(struct wrap *wrap, size_t at, size_t len)
{
	if (wrap->line.p[at] == WRAP_MARK)
		see_mark(wrap);
	if (wrap->fold.end == at && wrap->fold.end > wrap->fold.begin)
		wrap->fold.end = at + len;
}

/* Look at what stands at `at`; returns where to go on. */
static size_t
see(struct wrap *wrap, size_t at)
{
	struct str rest = str_from(wrap->line, at);
	size_t len = rest.p[0] == WRAP_MARK ? 1 : width_sgr(rest);
	unsigned columns;

	if (len > 0) {
		see_aside(wrap, at, len);
		return at + len;
	}
	len = width_cluster(rest, &columns);
	if (len == 1 && rest.p[0] == ' ') {
		/* May go over the limit: what follows tells if it matters. */
		see_blank(wrap, at);
		return at + 1;
	}
	/* A row takes at least one character, however narrow it is. */
	if (wrap->columns + columns > wrap->limit && wrap->columns > wrap->indent)
		return make_room(wrap, at);
	wrap->columns += columns;
	wrap->has_text = true;
	return at + len;
}

/* The rest of the line. Blanks at its end that do not fit would make an empty row. */
static void
end_row(struct wrap *wrap)
{
	struct str line = wrap->line;
	size_t end = line.len;

	if (wrap->columns > wrap->limit && wrap->fold.end == line.len)
		end = wrap->fold.begin;
	add_unmarked(wrap->out, str_from(str_make(line.p, end), wrap->start));
	add_sgr(wrap->out, str_from(line, end));
	buf_add_str(wrap->out, STR("\r\n"));
}

void
wrap_line(struct buf *out, struct str line, size_t columns)
{
	struct wrap wrap = {.out = out, .line = line, .limit = columns};

	for (size_t at = 0; columns > 0 && at < line.len;)
		at = see(&wrap, at);
	end_row(&wrap);
}
