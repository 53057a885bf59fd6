/* SPDX-License-Identifier: ISC */
#ifndef CHAT_IGNORE_H
#define CHAT_IGNORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/name.h"
#include "base/str.h"

/*
 * Whom one person ignores. An entry holds the name and, if somebody of that name was
 * present, the id, so that it neither ends with a /nick nor with a reconnect.
 */
struct state_table;
extern const struct state_table ignore_list_state;

struct ignore_list {
	struct ignored *v;
	size_t count;
};

struct ignored {
	uint64_t id; /* 0 if nobody of the name was there */
	char key[NAME_MAX_BYTES + 1];
};

/* Add. False if the name or id is in the list already. */
bool ignore_add(struct ignore_list *list, struct str nick, uint64_t id);

/* Remove every entry with that name or id (0: by name only). False if none was. */
bool ignore_remove(struct ignore_list *list, struct str nick, uint64_t id);

/* Is the person with this name or id ignored? */
bool ignore_has(const struct ignore_list *list, struct str nick, uint64_t id);

void ignore_fini(struct ignore_list *list);

#endif
