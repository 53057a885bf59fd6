/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/editor_history.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/state.h"
#include "base/utf8.h"

static int
accept(void *record, struct err *err)
{
	struct editor_history *history = record;
	bool ok = history->at <= history->count &&
		utf8_is_clean(buf_str(&history->draft));

	for (size_t i = 0; i < history->count; i++) {
		history->bytes += history->lines[i].len;
		ok = ok && history->lines[i].len > 0 &&
			utf8_is_clean(buf_str(&history->lines[i]));
	}
	history->cap = history->count;
	if (ok && history->bytes <= EDITOR_HISTORY_BYTES)
		return 0;
	err_set(err, "there are too many lines, or strange ones");
	return -1;
}

static const struct state_field line_fields[] = {
	{.size = sizeof(struct buf), .name = "line", .number = 1, .kind = STATE_BUF},
};
static const struct state_table line_state = STATE_TABLE(buf, line_fields, NULL);

static const struct state_field fields[] = {
	STATE_ROW(struct editor_history, lines, 1, STATE_ARRAY, .table = &line_state,
		.count_at = offsetof(struct editor_history, count),
		.max = EDITOR_HISTORY_LINES),
	STATE_ROW(struct editor_history, at, 2, STATE_UINT),
	STATE_ROW(struct editor_history, draft, 3, STATE_BUF),
};
const struct state_table editor_history_state =
	STATE_TABLE(editor_history, fields, accept);

void
editor_history_fini(struct editor_history *history)
{
	for (size_t i = 0; i < history->count; i++)
		free(history->lines[i].p);
	free(history->lines);
	buf_fini(&history->draft);
	*history = (struct editor_history){0};
}

static void
drop_oldest(struct editor_history *history)
{
	history->bytes -= history->lines[0].len;
	free(history->lines[0].p);
	history->count--;
	memmove(history->lines, history->lines + 1,
		history->count * sizeof(*history->lines));
}

static bool
is_worth_keeping(const struct editor_history *history, struct str line)
{
	if (line.len == 0 || line.len > EDITOR_HISTORY_BYTES)
		return false;
	return history->count == 0 ||
		!str_eq(line, editor_history_get(history, history->count - 1));
}

void
editor_history_add(struct editor_history *history, struct str line)
{
	struct buf *kept;

	if (is_worth_keeping(history, line)) {
		while (history->count == EDITOR_HISTORY_LINES ||
			history->bytes + line.len > EDITOR_HISTORY_BYTES)
			drop_oldest(history);
		if (history->count == history->cap) {
			history->cap = history->cap > 0 ? history->cap * 2 : 4;
			history->lines = xreallocarray(
				history->lines, history->cap, sizeof(*history->lines));
		}
		/* Not buf_add(), which would leave half a line of room in each. */
		kept = &history->lines[history->count++];
		*kept = (struct buf){
			xstrndup(line.p, line.len), line.len, line.len + 1};
		history->bytes += line.len;
	}
	editor_history_leave(history);
}

struct str
editor_history_get(const struct editor_history *history, size_t index)
{
	assert(index < history->count);
	return buf_str(&history->lines[index]);
}

void
editor_history_jump(struct editor_history *history, size_t index, struct str draft)
{
	assert(index < history->count);
	buf_reset(&history->draft);
	buf_add_str(&history->draft, draft);
	history->at = index;
}

bool
editor_history_up(struct editor_history *history, struct str *line)
{
	if (history->at == 0)
		return false;
	if (history->at == history->count)
		editor_history_jump(history, history->at - 1, *line);
	else
		history->at--;
	*line = editor_history_get(history, history->at);
	return true;
}

bool
editor_history_down(struct editor_history *history, struct str *line)
{
	if (history->at == history->count)
		return false;
	history->at++;
	*line = history->at < history->count ? editor_history_get(history, history->at)
					     : buf_str(&history->draft);
	return true;
}

void
editor_history_leave(struct editor_history *history)
{
	history->at = history->count;
	buf_fini(&history->draft);
}

bool
editor_history_find(const struct editor_history *history, struct str needle,
	size_t before, size_t *index, size_t *offset)
{
	assert(before <= history->count);
	while (needle.len > 0 && before-- > 0) {
		struct str line = editor_history_get(history, before);
		const char *found = memmem(line.p, line.len, needle.p, needle.len);

		if (found != NULL) {
			*index = before;
			*offset = (size_t)(found - line.p);
			return true;
		}
	}
	return false;
}
