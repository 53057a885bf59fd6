/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "editor_model.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "base/utf8.h"
#include "base/width.h"

static struct str
str_of_line(const struct model_line *line)
{
	return str_make(line->text, line->len);
}

static void
set(struct model_line *line, struct str s)
{
	assert(s.len <= sizeof(line->text));
	if (s.len > 0)
		memmove(line->text, s.p, s.len);
	line->len = line->cursor = s.len;
}

/* Replace what is from `from` to `to`; the cursor is behind it then. */
static void
splice(struct model_line *line, size_t from, size_t to, struct str s)
{
	struct model_line result = {.len = 0};

	assert(line->len - (to - from) + s.len <= sizeof(line->text));
	memcpy(result.text, line->text, from);
	if (s.len > 0)
		memcpy(result.text + from, s.p, s.len);
	memcpy(result.text + from + s.len, line->text + to, line->len - to);
	result.len = line->len - (to - from) + s.len;
	result.cursor = from + s.len;
	*line = result;
}

static size_t
next_border(struct str line, size_t border)
{
	unsigned columns;

	return border + width_cluster(str_from(line, border), &columns);
}

size_t
model_border(struct str line, size_t at)
{
	size_t border = 0;

	while (border < at)
		border = next_border(line, border);
	return border;
}

/* The last border before `at`, or 0. */
static size_t
border_before(struct str line, size_t at)
{
	size_t border = 0;

	while (border < at && next_border(line, border) < at)
		border = next_border(line, border);
	return border;
}

static size_t
border_behind(struct str line, size_t at)
{
	return at < line.len ? model_border(line, at + 1) : at;
}

static bool
is_word(struct str line, size_t at)
{
	unsigned char c = (unsigned char)line.p[at];

	return c >= 0x80 || isalnum(c);
}

static bool
is_text(struct str line, size_t at)
{
	return line.p[at] != ' ';
}

/* Left over what is not, and then over what is. */
static size_t
left_by(struct str line, size_t at, bool (*is)(struct str line, size_t at))
{
	while (at > 0 && !is(line, border_before(line, at)))
		at = border_before(line, at);
	while (at > 0 && is(line, border_before(line, at)))
		at = border_before(line, at);
	return at;
}

static size_t
right_by_word(struct str line, size_t at)
{
	at = model_border(line, at);
	while (at < line.len && !is_word(line, at))
		at = border_behind(line, at);
	while (at < line.len && is_word(line, at))
		at = border_behind(line, at);
	return at;
}

static void delete (struct model *model, size_t to, bool kill)
{
	struct model_line *line = &model->line;
	size_t from = to < line->cursor ? to : line->cursor;
	size_t end = to < line->cursor ? line->cursor : to;
	struct str gone = str_make(line->text + from, end - from);

	if (kill && gone.len > 0 && !model->hidden) {
		if (!model->killing)
			model->kill.len = 0;
		if (to < line->cursor)
			splice(&model->kill, 0, 0, gone);
		else
			splice(&model->kill, model->kill.len, model->kill.len, gone);
	}
	splice(line, from, end, str_make(NULL, 0));
}

/* As far as there is room, code point by code point. */
static void
insert(struct model *model, struct str text)
{
	struct model_line *line = &model->line;

	while (text.len > 0) {
		uint32_t cp;
		size_t len = utf8_decode(text, &cp);

		if (line->len + len <= model->max)
			splice(line, line->cursor, line->cursor, str_make(text.p, len));
		text = str_from(text, len);
	}
}

static void
swap(struct model_line *line)
{
	struct str s = str_of_line(line);
	size_t end = border_behind(s, line->cursor);
	size_t middle = border_before(s, end), begin = border_before(s, middle);
	struct model_line first;

	if (begin == middle)
		return;
	set(&first, str_make(line->text + begin, middle - begin));
	splice(line, begin, middle, str_make(NULL, 0));
	splice(line, end - first.len, end - first.len, str_of_line(&first));
}

static void
start_over(struct model *model)
{
	model->line.len = model->line.cursor = 0;
	model->at = model->count;
	model->draft.len = 0;
	model->tabbing = model->searching = false;
}

void
model_set_hidden(struct model *model, bool hidden)
{
	if (hidden != model->hidden)
		start_over(model);
	model->hidden = hidden;
}

static void
enter(struct model *model)
{
	const struct model_line *last = model->history;

	if (model->count > 0)
		last += model->count - 1;
	model->done = model->line;
	if (!model->hidden && model->line.len > 0 &&
		(model->count == 0 ||
			!str_eq(str_of_line(last), str_of_line(&model->line)))) {
		if (model->count == MODEL_HISTORY)
			memmove(model->history, model->history + 1,
				--model->count * sizeof(*model->history));
		model->history[model->count++] = model->line;
	}
	start_over(model);
}

static void
go(struct model *model, bool up)
{
	if (model->hidden || model->at == (up ? 0 : model->count))
		return;
	if (up && model->at == model->count)
		model->draft = model->line;
	model->at = up ? model->at - 1 : model->at + 1;
	set(&model->line,
		str_of_line(model->at < model->count ? &model->history[model->at]
						     : &model->draft));
}

struct str
model_candidate(struct str word, size_t nth)
{
	static const char *const names[] = {"anna: ", "andrew: ", "\xE6\x97\xA5: "};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *name = names[(i + nth) % (sizeof(names) / sizeof(*names))];

		if (str_starts(str_of(name), word))
			return str_of(name);
	}
	return STR("");
}

static void
tab(struct model *model)
{
	struct model_line *line = &model->line;
	struct str s = str_of_line(line), name;

	if (model->hidden)
		return;
	if (model->tabbing) {
		model->tab_nth++;
	} else {
		model->tab_nth = 0;
		model->tab_start = line->cursor;
		if (line->cursor > 0 && s.p[line->cursor - 1] != ' ')
			model->tab_start = left_by(s, line->cursor, is_text);
		set(&model->tab_word,
			str_from(str_make(s.p, line->cursor), model->tab_start));
	}
	model->tabbing = true;
	name = model_candidate(str_of_line(&model->tab_word), model->tab_nth);
	if (line->len - (line->cursor - model->tab_start) + name.len <= model->max &&
		name.len > 0)
		splice(line, model->tab_start, line->cursor, name);
}

/* Look for the query in the lines before `before`. */
static void
find(struct model *model, size_t before)
{
	struct str query = str_of_line(&model->query);

	model->failed = true;
	while (query.len > 0 && model->failed && before-- > 0) {
		const struct model_line *line = &model->history[before];

		for (size_t at = 0; at + query.len <= line->len && model->failed;
			at++) {
			if (!str_starts(str_from(str_of_line(line), at), query))
				continue;
			model->failed = false;
			model->match = before;
			set(&model->line, str_of_line(line));
			model->line.cursor = at;
		}
	}
}

/* A key in a search; true if it is used up. */
static bool
search(struct model *model, enum model_key key, struct str text)
{
	size_t len = model->query.len;

	switch (key) {
	case MODEL_TEXT:
		splice(&model->query, len, len, text);
		find(model,
			model->match < model->count ? model->match + 1 : model->count);
		return true;
	case MODEL_SEARCH:
		find(model, model->match);
		return true;
	case MODEL_BACKSPACE:
		model->query.len =
			utf8_cut(str_of_line(&model->query), len > 0 ? len - 1 : 0).len;
		model->match = model->count;
		model->line = model->original;
		model->failed = false;
		if (model->query.len > 0)
			find(model, model->count);
		return true;
	case MODEL_CANCEL:
	case MODEL_CLEAR:
		model->searching = false;
		model->line = model->original;
		return true;
	default:
		model->searching = false;
		if (model->match < model->count) {
			model->at = model->match;
			model->draft = model->original;
		}
		return false;
	}
}

static void
begin_search(struct model *model)
{
	if (model->hidden)
		return;
	model->searching = true;
	model->failed = false;
	model->query.len = 0;
	model->match = model->count;
	model->original = model->line;
}

void
model_press(struct model *model, enum model_key key, struct str text)
{
	bool kills = false;
	struct str s;
	size_t at;

	if (model->searching && search(model, key, text))
		return;
	s = str_of_line(&model->line);
	at = model->line.cursor;
	model->tabbing = model->tabbing && key == MODEL_TAB;
	switch (key) {
	case MODEL_TEXT:
		insert(model, text);
		break;
	case MODEL_ENTER:
		enter(model);
		break;
	case MODEL_LEFT:
		model->line.cursor = border_before(s, at);
		break;
	case MODEL_RIGHT:
		model->line.cursor = border_behind(s, at);
		break;
	case MODEL_HOME:
		model->line.cursor = 0;
		break;
	case MODEL_END:
		model->line.cursor = s.len;
		break;
	case MODEL_WORD_LEFT:
		model->line.cursor = left_by(s, at, is_word);
		break;
	case MODEL_WORD_RIGHT:
		model->line.cursor = right_by_word(s, at);
		break;
	case MODEL_BACKSPACE:
		delete (model, border_before(s, at), false);
		break;
	case MODEL_DELETE:
		delete (model, border_behind(s, at), false);
		break;
	case MODEL_KILL_END:
		delete (model, s.len, kills = true);
		break;
	case MODEL_KILL_BEGIN:
		delete (model, 0, kills = true);
		break;
	case MODEL_KILL_BLANK:
		delete (model, left_by(s, at, is_text), kills = true);
		break;
	case MODEL_KILL_WORD:
		delete (model, right_by_word(s, at), kills = true);
		break;
	case MODEL_YANK:
		insert(model, str_of_line(&model->kill));
		break;
	case MODEL_SWAP:
		swap(&model->line);
		break;
	case MODEL_UP:
	case MODEL_DOWN:
		go(model, key == MODEL_UP);
		break;
	case MODEL_CLEAR:
		start_over(model);
		break;
	case MODEL_TAB:
		tab(model);
		break;
	case MODEL_SEARCH:
		begin_search(model);
		break;
	case MODEL_SCREEN:
	case MODEL_CANCEL:
	case MODEL_KEYS:
		break;
	}
	model->killing = kills;
}
