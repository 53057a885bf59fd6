/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "editor_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/wrap.h"
#include "net/editor.h"
#include "screen.h"

enum {
	ROWS = 6
};

void
rig_send(struct rig *rig, struct buf *out)
{
	buf_add_str(&rig->sent, buf_str(out));
	screen_feed(rig->screen, buf_str(out));
	buf_fini(out);
	if (rig->screen->error != NULL)
		fail_msg("the screen says: %s", rig->screen->error);
}

struct rig *
rig_new(size_t columns)
{
	struct rig *rig = xcalloc(1, sizeof(*rig));
	struct buf out = {0};

	rig->editor = editor_new();
	rig->screen = screen_new(ROWS, columns);
	rig->max = 1000;
	editor_resize(rig->editor, (unsigned)columns);
	editor_set_prompt(rig->editor, STR("> "));
	editor_enter(rig->editor, &out);
	rig_send(rig, &out);
	rig_draw(rig);
	return rig;
}

void
rig_free(struct rig *rig)
{
	editor_free(rig->editor);
	screen_free(rig->screen);
	buf_fini(&rig->log);
	buf_fini(&rig->sent);
	free(rig);
}

void
rig_forget(struct rig *rig)
{
	buf_reset(&rig->sent);
}

void
rig_draw(struct rig *rig)
{
	struct buf out = {0};

	editor_draw(rig->editor, &out);
	rig_send(rig, &out);
}

void
rig_print(struct rig *rig, struct str line)
{
	struct buf out = {0};

	editor_erase(rig->editor, &out);
	wrap_line(&out, line, rig->screen->columns);
	rig_send(rig, &out);
	rig_draw(rig);
}

static void
say(struct rig *rig)
{
	struct str line = editor_line(rig->editor);
	struct buf text = {0};

	buf_add_str(&rig->log, STR("line "));
	buf_add_str(&rig->log, line);
	buf_add_char(&rig->log, '\n');
	buf_add_str(&text, STR("= "));
	buf_add_str(&text, line);
	if (rig->hides_next)
		editor_set_hidden(rig->editor, true);
	rig->hides_next = false;
	rig_print(rig, buf_str(&text));
	buf_fini(&text);
}

static void
complete(struct rig *rig)
{
	static const char *const names[] = {"anna: ", "andrew: "};
	struct editor_query query = editor_query(rig->editor);
	const char *name = names[query.nth % 2];

	buf_printf(&rig->log, "tab %.*s after %.*s %zu\n", (int)query.word.len,
		query.word.len > 0 ? query.word.p : "", (int)query.before.len,
		query.before.len > 0 ? query.before.p : "", query.nth);
	if (!str_starts(str_of(name), query.word))
		name = "";
	editor_complete(rig->editor, str_of(name));
}

void
rig_type(struct rig *rig, struct str bytes)
{
	enum editor_event event;

	do {
		event = editor_input(rig->editor, &bytes, rig->max);
		if (event == EDITOR_LINE)
			say(rig);
		else if (event == EDITOR_COMPLETE)
			complete(rig);
		else if (event == EDITOR_END)
			buf_add_str(&rig->log, STR("end\n"));
	} while (event != EDITOR_MORE);
	assert_int_equal(bytes.len, 0);
	rig_draw(rig);
}

static void
assert_text(struct str text, const char *want, const char *what)
{
	if (!str_eq(text, str_of(want)))
		fail_msg("%s is \"%.*s\", not \"%s\"", what, (int)text.len,
			text.len > 0 ? text.p : "", want);
}

void
rig_assert_row(const struct rig *rig, const char *row, size_t column)
{
	struct buf text = {0};

	screen_add_row(rig->screen, rig->screen->row, &text);
	assert_text(buf_str(&text), row, "the row");
	if (rig->screen->column != column)
		fail_msg("the cursor is at %zu, not %zu, in \"%s\"",
			rig->screen->column, column, row);
	buf_fini(&text);
}

void
rig_assert_log(const struct rig *rig, const char *log)
{
	assert_text(buf_str(&rig->log), log, "the log");
}

void
rig_assert_sent(const struct rig *rig, const char *sent)
{
	assert_text(buf_str(&rig->sent), sent, "what was sent");
}

/* All there is to see behind these keys. */
static void
rig_dump(const struct rig *rig, struct buf *out)
{
	buf_add_str(out, buf_str(&rig->log));
	screen_dump(rig->screen, out);
}

/* Type `keys` cut at `cut`, or if that is 0 byte by byte; want the same as before. */
static void
check_cut(size_t columns, struct str keys, size_t cut, struct str want)
{
	struct rig *rig = rig_new(columns);
	struct buf got = {0};
	size_t step = cut > 0 ? cut : 1;

	for (size_t at = 0; at < keys.len; at += step) {
		struct str part = str_from(keys, at);

		if (cut > 0 && at > 0)
			step = keys.len;
		else if (part.len > step)
			part.len = step;
		rig_type(rig, part);
	}
	rig_dump(rig, &got);
	if (!str_eq(buf_str(&got), want))
		fail_msg("cut at %zu:\n%.*s\nnot:\n%.*s", cut, (int)got.len, got.p,
			(int)want.len, want.p);
	buf_fini(&got);
	rig_free(rig);
}

void
rig_check(size_t columns, struct str keys, const char *row, size_t column,
	const char *line)
{
	struct rig *rig = rig_new(columns);
	struct buf dump = {0}, last = {0};

	rig_type(rig, keys);
	rig_assert_row(rig, row, column);
	rig_dump(rig, &dump);
	for (size_t cut = 0; cut < keys.len; cut++)
		check_cut(columns, keys, cut, buf_str(&dump));
	buf_reset(&rig->log);
	rig_type(rig, STR("\r"));
	buf_printf(&last, "line %s\n", line);
	buf_add_char(&last, '\0');
	rig_assert_log(rig, last.p);
	buf_fini(&dump);
	buf_fini(&last);
	rig_free(rig);
}
