/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/editor_search.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/state.h"
#include "base/utf8.h"
#include "net/editor_history.h"
#include "net/editor_keys.h"
#include "net/editor_text.h"

enum {
	DEL = 0x7F,
	QUERY_MAX = 128, /* bytes; more narrows down nothing */
};

static int
accept_search(void *record, struct err *err)
{
	const struct editor_search *search = record;

	if (search->query.len <= QUERY_MAX && utf8_is_clean(buf_str(&search->query)) &&
		utf8_is_clean(buf_str(&search->original)) &&
		editor_text_is_place(buf_str(&search->original), search->cursor))
		return 0;
	err_set(err, "that is no search");
	return -1;
}

static const struct state_field fields[] = {
	STATE_ROW(struct editor_search, query, 1, STATE_BUF),
	STATE_ROW(struct editor_search, original, 2, STATE_BUF),
	STATE_ROW(struct editor_search, cursor, 3, STATE_UINT),
	STATE_ROW(struct editor_search, match, 4, STATE_UINT),
	STATE_ROW(struct editor_search, offset, 5, STATE_UINT),
	STATE_ROW(struct editor_search, failed, 6, STATE_BOOL),
	STATE_ROW(struct editor_search, paused, 7, STATE_BOOL),
};
const struct state_table editor_search_state =
	STATE_TABLE(editor_search, fields, accept_search);

bool
editor_search_is_in(
	const struct editor_search *search, const struct editor_history *history)
{
	if (search->match >= history->count)
		return search->match == history->count;
	return editor_text_is_place(
		editor_history_get(history, search->match), search->offset);
}

struct editor_search *
editor_search_new(const struct editor_text *text, const struct editor_history *history)
{
	struct editor_search *search = xcalloc(1, sizeof(*search));

	buf_add_str(&search->original, editor_text_str(text));
	search->cursor = text->cursor;
	search->match = history->count;
	return search;
}

void
editor_search_free(struct editor_search *search)
{
	if (search == NULL)
		return;
	buf_fini(&search->query);
	buf_fini(&search->original);
	free(search);
}

static void
show_original(const struct editor_search *search, struct editor_text *text)
{
	editor_text_set(text, buf_str(&search->original));
	/* The line may be shorter now than it was, if the limit is. */
	if (search->cursor < text->cursor)
		text->cursor = search->cursor;
}

static void
show_match(const struct editor_search *search, struct editor_text *text,
	const struct editor_history *history)
{
	if (search->match == history->count) {
		show_original(search, text);
		return;
	}
	editor_text_set(text, editor_history_get(history, search->match));
	if (search->offset < text->cursor)
		text->cursor = search->offset;
}

/* Look for the query in what is older than `before`. */
static bool
find(struct editor_search *search, struct editor_text *text,
	const struct editor_history *history, size_t before)
{
	bool found = editor_history_find(history, buf_str(&search->query), before,
		&search->match, &search->offset);

	search->failed = !found;
	if (found)
		show_match(search, text, history);
	return found;
}

/* One more character, which need not be clean. */
static bool
type_one(struct editor_search *search, struct editor_text *text,
	const struct editor_history *history, struct str s)
{
	size_t len = search->query.len;
	/* What matched so far may match the longer query too. */
	size_t before =
		search->match < history->count ? search->match + 1 : history->count;

	utf8_clean(&search->query, s);
	if (search->query.len > QUERY_MAX) {
		search->query.len = len;
		return false;
	}
	return search->query.len == len || find(search, text, history, before);
}

/* A character at a time, so that it makes no difference how many come at once. */
static bool
type(struct editor_search *search, struct editor_text *text,
	const struct editor_history *history, struct str s)
{
	bool found = true;

	while (s.len > 0) {
		uint32_t cp;
		size_t len = utf8_decode(s, &cp);

		found = type_one(search, text, history, str_make(s.p, len)) && found;
		s = str_from(s, len);
	}
	return found;
}

static bool
backspace(struct editor_search *search, struct editor_text *text,
	const struct editor_history *history)
{
	size_t len = search->query.len;

	search->query.len =
		utf8_cut(buf_str(&search->query), len > 0 ? len - 1 : 0).len;
	search->match = history->count;
	show_original(search, text);
	if (search->query.len > 0)
		return find(search, text, history, history->count);
	search->failed = false;
	return len > 0;
}

/* Take the match and hand the key on. */
static enum editor_search_result
accept(const struct editor_search *search, struct editor_history *history)
{
	if (search->match < history->count)
		editor_history_jump(history, search->match, buf_str(&search->original));
	return SEARCH_PASS;
}

/*
 * A key behind ESC, the original line being shown. If the terminal sends it as a
 * sequence, ESC was its first byte; else a person pressed Escape, and what looks like
 * Alt is the next key.
 */
static enum editor_search_result
press_paused(struct editor_search *search, struct editor_text *text,
	struct editor_history *history, struct editor_key *key)
{
	if (key->code > KEY_ESCAPE && key->code < KEY_ALT) {
		search->paused = false;
		show_match(search, text, history);
		return key->code == KEY_PASTE ? SEARCH_MORE : accept(search, history);
	}
	key->code &= ~(unsigned)KEY_ALT;
	if (key->code >= ' ' && key->code < DEL) {
		search->letter = (char)key->code;
		*key = (struct editor_key){KEY_TEXT, str_make(&search->letter, 1)};
	}
	return SEARCH_PASS;
}

enum editor_search_result
editor_search_press(struct editor_search *search, struct editor_text *text,
	struct editor_history *history, struct editor_key *key)
{
	bool found;

	if (key->code == KEY_ESCAPE) {
		search->paused = true;
		show_original(search, text);
		return SEARCH_MORE;
	}
	if (search->paused)
		return press_paused(search, text, history, key);
	switch (key->code) {
	case KEY_TEXT:
		found = type(search, text, history, key->text);
		break;
	case CTRL('R'):
		found = find(search, text, history, search->match);
		break;
	case CTRL('H'):
	case DEL:
		found = backspace(search, text, history);
		break;
	case CTRL('C'):
	case CTRL('G'):
		show_original(search, text);
		return SEARCH_OVER;
	case KEY_PASTE:
		return SEARCH_MORE;
	default:
		return accept(search, history);
	}
	return found ? SEARCH_MORE : SEARCH_BELL;
}

void
editor_search_prompt(const struct editor_search *search, struct buf *out)
{
	buf_add_str(out, search->failed ? STR("(no match) ") : STR("(search) "));
	buf_add_str(out, buf_str(&search->query));
	buf_add_str(out, STR(": "));
}
