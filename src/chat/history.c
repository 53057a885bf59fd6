/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/history.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* One line; nick and text share one allocation, which the next line here takes over. */
struct entry {
	enum msg_kind kind;
	uint64_t from;
	int64_t wall;
	char *words; /* nick and text, one behind the other */
	size_t size; /* of what is allocated */
	size_t nick_len;
	size_t text_len;
};

/* What a line takes at least, so that most lines fit where another one was. */
#define WORDS_MIN 128

/* The ring is made as its first entries come: most rooms never have many. */
#define RING_MIN ((size_t)16)

struct history {
	struct entry *ring;
	size_t cap;   /* entries that there are; all of them when it has gone round */
	size_t max;   /* size of the ring */
	size_t count; /* entries in use */
	size_t next;  /* where the next one goes */
};

struct history *
history_new(size_t max)
{
	struct history *history = xcalloc(1, sizeof(*history));

	history->max = max;
	return history;
}

/* Index in the ring of the `back`th entry from the end. */
static size_t
history_index(const struct history *history, size_t back)
{
	assert(back < history->count);
	return (history->next + history->max - 1 - back) % history->max;
}

void
history_free(struct history *history)
{
	if (history == NULL)
		return;
	for (size_t back = 0; back < history->count; back++)
		free(history->ring[history_index(history, back)].words);
	free(history->ring);
	free(history);
}

void
history_resize(struct history *history, size_t max)
{
	struct entry *ring;
	size_t keep = history->count < max ? history->count : max;

	if (max == history->max)
		return;
	ring = xcalloc(keep, sizeof(*ring));
	for (size_t back = 0; back < history->count; back++) {
		struct entry *old = &history->ring[history_index(history, back)];
		if (back < keep)
			ring[keep - 1 - back] = *old;
		else
			free(old->words);
	}
	free(history->ring);
	history->ring = ring;
	history->cap = keep;
	history->max = max;
	history->count = keep;
	history->next = max > 0 ? keep % max : 0;
}

/* Have more entries, as far as they may be. None of them has gone round yet. */
static void
history_grow(struct history *history)
{
	size_t cap = history->cap > 0 ? history->cap * 2 : RING_MIN;

	if (cap > history->max)
		cap = history->max;
	history->ring = xreallocarray(history->ring, cap, sizeof(*history->ring));
	memset(history->ring + history->cap, 0,
		(cap - history->cap) * sizeof(*history->ring));
	history->cap = cap;
}

/* Room for so many bytes; not much more, lest a long line be held for ever. */
static void
entry_fit(struct entry *entry, size_t size)
{
	if (size < WORDS_MIN)
		size = WORDS_MIN;
	if (entry->size >= size && entry->size <= 2 * size)
		return;
	free(entry->words);
	entry->words = xmalloc(size);
	entry->size = size;
}

void
history_add(struct history *history, const struct msg *msg)
{
	struct entry *entry;

	if (history->max == 0)
		return;
	if (history->next == history->cap)
		history_grow(history);
	entry = &history->ring[history->next];
	if (history->count < history->max)
		history->count++;
	history->next = (history->next + 1) % history->max;

	entry->kind = msg->kind;
	entry->from = msg->from;
	entry->wall = msg->wall;
	entry->nick_len = msg->nick.len;
	entry->text_len = msg->text.len;
	entry_fit(entry, msg->nick.len + msg->text.len);
	if (msg->nick.len > 0) /* a notice is nobody's, and then there is no pointer */
		memcpy(entry->words, msg->nick.p, msg->nick.len);
	memcpy(entry->words + msg->nick.len, msg->text.p, msg->text.len);
}

size_t
history_count(const struct history *history)
{
	return history->count;
}

struct msg
history_get(const struct history *history, size_t back)
{
	const struct entry *entry = &history->ring[history_index(history, back)];

	return (struct msg){
		.kind = entry->kind,
		.from = entry->from,
		.wall = entry->wall,
		.nick = str_make(entry->words, entry->nick_len),
		.text = str_make(entry->words + entry->nick_len, entry->text_len),
	};
}

size_t
history_since(const struct history *history, int64_t wall)
{
	size_t back = 0;

	while (back < history->count &&
		history->ring[history_index(history, back)].wall >= wall)
		back++;
	return back;
}
