/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/editor.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/state.h"
#include "base/utf8.h"
#include "net/editor_edit.h"
#include "net/editor_history.h"
#include "net/editor_keys.h"
#include "net/editor_search.h"
#include "net/editor_text.h"
#include "net/editor_view.h"

enum {
	DEL = 0x7F
};

/* Tab after Tab on the same word. */
struct completion {
	bool on;         /* the last key was Tab */
	size_t start;    /* where in the line the word begins; it ends at the cursor */
	size_t nth;      /* how many Tabs before the last */
	struct buf word; /* as it was typed */
};

struct editor {
	struct editor_keys keys;
	struct editor_text text;
	struct editor_history history;
	struct editor_view view;
	struct editor_search *search; /* NULL unless one goes on */
	struct completion completion;
	struct buf prompt;
	struct buf done; /* the line of the last EDITOR_LINE */
	bool hidden;
	bool changed; /* by keys, since it was drawn */
	bool bell;    /* to be rung when it is */
	bool clear;   /* and the screen to be cleared */
};

/* May Tab go on from there? */
static bool
can_complete(const struct editor *editor)
{
	const struct completion *completion = &editor->completion;
	struct str line = editor_text_str(&editor->text);

	return completion->start <= editor->text.cursor &&
		editor_text_is_place(line, completion->start) &&
		utf8_is_clean(buf_str(&completion->word));
}

static int
accept(void *record, struct err *err)
{
	struct editor *editor = record;

	/* Of what is hidden the line was left out. */
	if (editor->text.secret)
		editor->completion.on = false;
	editor->hidden = editor->text.secret;
	if (utf8_valid(buf_str(&editor->prompt)) &&
		(!editor->completion.on || can_complete(editor)) &&
		(editor->search == NULL ||
			(!editor->hidden &&
				editor_search_is_in(editor->search, &editor->history))))
		return 0;
	err_set(err, "that is not how one types");
	return -1;
}

static const struct state_field completion_fields[] = {
	STATE_ROW(struct completion, on, 1, STATE_BOOL),
	STATE_ROW(struct completion, start, 2, STATE_UINT),
	STATE_ROW(struct completion, nth, 3, STATE_UINT),
	STATE_ROW(struct completion, word, 4, STATE_BUF),
};
static const struct state_table completion_state =
	STATE_TABLE(completion, completion_fields, NULL);

static const struct state_field fields[] = {
	STATE_ROW(struct editor, keys, 1, STATE_RECORD, .table = &editor_keys_state),
	STATE_ROW(struct editor, text, 2, STATE_RECORD, .table = &editor_text_state),
	STATE_ROW(struct editor, history, 3, STATE_RECORD,
		.table = &editor_history_state),
	STATE_ROW(struct editor, view, 4, STATE_RECORD, .table = &editor_view_state),
	STATE_ROW(struct editor, search, 5, STATE_NEW, .table = &editor_search_state),
	STATE_ROW(
		struct editor, completion, 6, STATE_RECORD, .table = &completion_state),
	STATE_ROW(struct editor, prompt, 7, STATE_BUF),
};
const struct state_table editor_state = STATE_TABLE(editor, fields, accept);

struct editor *
editor_new(void)
{
	struct editor *editor = xcalloc(1, sizeof(*editor));

	editor->changed = true;
	return editor;
}

void
editor_free(struct editor *editor)
{
	if (editor == NULL)
		return;
	editor_text_fini(&editor->text);
	editor_history_fini(&editor->history);
	editor_view_fini(&editor->view);
	editor_search_free(editor->search);
	buf_fini(&editor->completion.word);
	buf_fini(&editor->prompt);
	buf_fini(&editor->done);
	free(editor);
}

/* Show it as it is now: by drawing all, or only what differs. */
static void
show(struct editor *editor,
	void (*how)(struct editor_view *, const struct editor_scene *, struct buf *),
	struct buf *out)
{
	struct buf prompt = {0};
	struct editor_scene scene = {
		.prompt = buf_str(&editor->prompt),
		.line = editor_text_str(&editor->text),
		.cursor = editor_text_border(&editor->text),
	};

	if (editor->hidden) {
		scene.line = STR("");
		scene.cursor = 0;
	}
	if (editor->search != NULL && !editor->search->paused) {
		editor_search_prompt(editor->search, &prompt);
		scene.prompt = buf_str(&prompt);
	}
	how(&editor->view, &scene, out);
	buf_fini(&prompt);
}

void
editor_erase(struct editor *editor, struct buf *out)
{
	if (editor->clear) {
		buf_add_str(out, STR("\033[H\033[2J"));
		editor->view.shown = false;
	}
	editor->clear = false;
	editor_view_erase(&editor->view, out);
}

bool
editor_draw(struct editor *editor, struct buf *out)
{
	struct editor_view *view = &editor->view;
	bool draws_prompt;

	if (editor->bell)
		buf_add_char(out, '\a');
	if (editor->clear)
		editor_erase(editor, out);
	draws_prompt = !view->shown || view->stale;
	if (view->stale || (editor->changed && !view->shown))
		show(editor, editor_view_draw, out);
	else if (editor->changed)
		show(editor, editor_view_update, out);
	else if (!view->shown)
		editor_view_restore(view, out);
	editor->bell = false;
	editor->changed = false;
	return draws_prompt;
}

bool
editor_is_changed(const struct editor *editor)
{
	return editor->changed;
}

void
editor_resize(struct editor *editor, unsigned columns)
{
	if (columns == editor->view.columns)
		return;
	editor->view.columns = columns;
	editor->view.stale = true;
}

void
editor_set_prompt(struct editor *editor, struct str prompt)
{
	if (str_eq(prompt, buf_str(&editor->prompt)))
		return;
	buf_reset(&editor->prompt);
	buf_add_str(&editor->prompt, prompt);
	editor->view.stale = true;
}

/* Begin with an empty line. */
static void
start_over(struct editor *editor)
{
	editor->view.stale = editor->view.stale || editor->search != NULL;
	editor_search_free(editor->search);
	editor->search = NULL;
	editor->completion.on = false;
	editor_text_set(&editor->text, STR(""));
	editor_history_leave(&editor->history);
	editor->changed = true;
}

void
editor_set_hidden(struct editor *editor, bool hidden)
{
	if (hidden == editor->hidden)
		return;
	/* Neither may a passphrase be seen nor what was seen be taken for one. */
	start_over(editor);
	editor->hidden = hidden;
	editor->text.secret = hidden;
}

/* Enter: the line is done. */
static enum editor_event
finish(struct editor *editor)
{
	buf_fini(&editor->done);
	editor->done = editor->text.buf;
	editor->text.buf = (struct buf){0};
	editor->view.stale = true; /* Enter shows that it was heard */
	if (!editor->hidden)
		editor_history_add(&editor->history, buf_str(&editor->done));
	start_over(editor);
	return EDITOR_LINE;
}

static enum editor_event
complete(struct editor *editor)
{
	struct completion *completion = &editor->completion;
	struct str line = editor_text_str(&editor->text);
	size_t cursor = editor->text.cursor;

	editor->text.killing = false;
	if (editor->hidden) {
		editor->bell = true;
		return EDITOR_MORE;
	}
	if (completion->on) {
		completion->nth++;
		return EDITOR_COMPLETE;
	}
	completion->on = true;
	completion->nth = 0;
	completion->start = cursor;
	if (cursor > 0 && line.p[cursor - 1] != ' ')
		completion->start = editor_text_blank_left(&editor->text);
	buf_reset(&completion->word);
	buf_add_str(&completion->word,
		str_from(str_make(line.p, cursor), completion->start));
	return EDITOR_COMPLETE;
}

/* Up or Down. */
static void
step_history(struct editor *editor,
	bool (*step)(struct editor_history *history, struct str *line))
{
	struct str line = editor_text_str(&editor->text);

	if (!editor->hidden && step(&editor->history, &line))
		editor_text_set(&editor->text, line);
	else
		editor->bell = true;
}

static void
begin_search(struct editor *editor)
{
	if (editor->hidden) {
		editor->bell = true;
		return;
	}
	editor->search = editor_search_new(&editor->text, &editor->history);
	editor->view.stale = true; /* another prompt */
}

/* A key that is for the line. */
static enum editor_event
press_in_line(struct editor *editor, const struct editor_key *key)
{
	bool fits = true;

	editor->completion.on = editor->completion.on && key->code == CTRL('I');
	switch (key->code) {
	case KEY_TEXT:
		fits = editor_text_insert(&editor->text, key->text);
		break;
	case KEY_ENTER:
		return finish(editor);
	case KEY_UP:
	case CTRL('P'):
		step_history(editor, editor_history_up);
		break;
	case KEY_DOWN:
	case CTRL('N'):
		step_history(editor, editor_history_down);
		break;
	case CTRL('C'):
		start_over(editor);
		break;
	case CTRL('D'):
		if (editor_is_empty(editor))
			return EDITOR_END;
		break;
	case CTRL('I'):
		return complete(editor);
	case CTRL('L'):
		editor->clear = true;
		break;
	case CTRL('R'):
		begin_search(editor);
		break;
	default:
		break;
	}
	/* It also wants to see the keys that it has no use for: they end its kills. */
	if (!editor_edit_press(&editor->text, key->code) || !fits)
		editor->bell = true;
	return EDITOR_MORE;
}

/* A key during a search. */
static enum editor_event
press_in_search(struct editor *editor, struct editor_key *key)
{
	struct editor_search *search = editor->search;
	enum editor_event event = EDITOR_MORE;
	enum editor_search_result result =
		editor_search_press(search, &editor->text, &editor->history, key);

	editor->view.stale = true; /* its prompt changes */
	if (result == SEARCH_BELL)
		editor->bell = true;
	if (result == SEARCH_MORE || result == SEARCH_BELL)
		return EDITOR_MORE;
	editor->search = NULL;
	if (result == SEARCH_PASS)
		event = press_in_line(editor, key);
	editor_search_free(search);
	return event;
}

static enum editor_event
press(struct editor *editor, struct editor_key key)
{
	if (editor->search != NULL)
		return press_in_search(editor, &key);
	return key.code != KEY_ESCAPE ? press_in_line(editor, &key) : EDITOR_MORE;
}

/* There were keys: the next drawing has to look. */
static void
note_keys(struct editor *editor)
{
	editor->changed = true;
	/* Of a line that nobody sees there is nothing to be told. */
	editor->bell = editor->bell && editor->view.shown;
	editor->clear = editor->clear && editor->view.shown;
}

enum editor_event
editor_input(struct editor *editor, struct str *bytes, size_t max)
{
	enum editor_event event = EDITOR_MORE;
	struct editor_key key;

	buf_fini(&editor->done);
	if (editor->text.buf.len > max) {
		editor->completion.on = false;
		editor->changed = true;
	}
	editor_text_limit(&editor->text, max);
	while (event == EDITOR_MORE && editor_keys_next(&editor->keys, bytes, &key)) {
		event = press(editor, key);
		note_keys(editor);
	}
	return event;
}

struct str
editor_line(const struct editor *editor)
{
	return buf_str(&editor->done);
}

bool
editor_is_empty(const struct editor *editor)
{
	return editor->text.buf.len == 0;
}

bool
editor_is_pasting(const struct editor *editor)
{
	return editor->keys.pasting;
}

void
editor_clear(struct editor *editor)
{
	start_over(editor);
}

void
editor_backspace(struct editor *editor)
{
	/* Never an event. */
	(void)press(editor, (struct editor_key){.code = DEL});
	note_keys(editor);
}

struct editor_query
editor_query(const struct editor *editor)
{
	struct str line = editor_text_str(&editor->text);

	return (struct editor_query){
		.word = buf_str(&editor->completion.word),
		.before = str_make(line.p, editor->completion.start),
		.nth = editor->completion.nth,
	};
}

void
editor_complete(struct editor *editor, struct str text)
{
	if (!editor->completion.on)
		return;
	if (text.len == 0 ||
		!editor_text_replace(&editor->text, editor->completion.start, text))
		editor->bell = true;
	note_keys(editor);
}

void
editor_enter(struct editor *editor, struct buf *out)
{
	(void)editor;
	buf_add_str(out, STR("\033[?2004h"));
}

void
editor_leave(struct editor *editor, struct buf *out)
{
	(void)editor;
	buf_add_str(out, STR("\033[?2004l"));
}
