/* SPDX-License-Identifier: ISC */
#ifndef NET_EDITOR_HISTORY_H
#define NET_EDITOR_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"

/*
 * The lines that a person typed in this session, and where among them the Up and Down
 * keys are. Bounded by both limits below; the oldest go first. Zero-initialise it.
 */
enum {
	EDITOR_HISTORY_LINES = 100,
	EDITOR_HISTORY_BYTES = 8192,
};

struct state_table;
extern const struct state_table editor_history_state;

struct editor_history {
	struct buf *lines; /* owned, the oldest first */
	size_t count;
	size_t cap;       /* of lines */
	size_t bytes;     /* of all lines */
	size_t at;        /* the line that is shown; count: the draft */
	struct buf draft; /* what was being typed before the first Up */
};

void editor_history_fini(struct editor_history *history);

/* Add a line (copied) unless it is empty or like the last; be at the draft again. */
void editor_history_add(struct editor_history *history, struct str line);

/* The line at `index`, which is below the count. Borrows: good until the next add. */
struct str editor_history_get(const struct editor_history *history, size_t index);

/*
 * Go one line up or down. `line` is what stands in the editor, to be kept as draft if
 * that is where one was, and becomes what is to stand there. False at the end.
 */
must_use bool editor_history_up(struct editor_history *history, struct str *line);
must_use bool editor_history_down(struct editor_history *history, struct str *line);

/* Go to the line at `index`, which is below the count, with `draft` as draft. */
void editor_history_jump(
	struct editor_history *history, size_t index, struct str draft);

/* Be at the draft, which is empty. */
void editor_history_leave(struct editor_history *history);

/*
 * The newest line older than `before` (the count: of all) that contains `needle`. Its
 * index goes to `*index`, where in it the needle begins to `*offset`.
 */
must_use bool editor_history_find(const struct editor_history *history,
	struct str needle, size_t before, size_t *index, size_t *offset);

#endif
