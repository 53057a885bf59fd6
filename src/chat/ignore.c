/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/ignore.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/name_utf8.h"
#include "base/state.h"

/* As many as limits.ignores can be. */
#define IGNORED_MAX 1000

static const struct state_field ignored_fields[] = {
	STATE_ROW(struct ignored, id, 1, STATE_UINT),
	STATE_ROW(struct ignored, key, 2, STATE_TEXT),
};
static const struct state_table ignored_state =
	STATE_TABLE(ignored, ignored_fields, NULL);

static const struct state_field list_fields[] = {
	STATE_ROW(struct ignore_list, v, 1, STATE_ARRAY, .table = &ignored_state,
		.count_at = offsetof(struct ignore_list, count), .max = IGNORED_MAX),
};
const struct state_table ignore_list_state =
	STATE_TABLE(ignore_list, list_fields, NULL);

static bool
ignored_is(const struct ignored *ignored, struct str key, uint64_t id)
{
	return (id != 0 && ignored->id == id) || str_eq(str_of(ignored->key), key);
}

bool
ignore_has(const struct ignore_list *list, struct str nick, uint64_t id)
{
	char folded[NAME_MAX_BYTES + 1];
	struct str key;

	if (list->count == 0)
		return false;
	key = name_utf8_fold(nick, folded);
	for (size_t i = 0; i < list->count; i++) {
		if (ignored_is(&list->v[i], key, id))
			return true;
	}
	return false;
}

bool
ignore_add(struct ignore_list *list, struct str nick, uint64_t id)
{
	struct ignored *entry;

	if (ignore_has(list, nick, id))
		return false;
	list->v = xreallocarray(list->v, list->count + 1, sizeof(*list->v));
	entry = &list->v[list->count++];
	entry->id = id;
	name_utf8_fold(nick, entry->key);
	return true;
}

bool
ignore_remove(struct ignore_list *list, struct str nick, uint64_t id)
{
	char folded[NAME_MAX_BYTES + 1];
	struct str key = name_utf8_fold(nick, folded);
	size_t kept = 0;
	bool removed;

	for (size_t i = 0; i < list->count; i++) {
		if (!ignored_is(&list->v[i], key, id))
			list->v[kept++] = list->v[i];
	}
	removed = kept < list->count;
	list->count = kept;
	return removed;
}

void
ignore_fini(struct ignore_list *list)
{
	free(list->v);
	*list = (struct ignore_list){0};
}
