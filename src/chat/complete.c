/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/complete.h"

#include <stdlib.h>
#include <strings.h>

#include "base/table.h"
#include "chat/command.h"
#include "chat/room.h"
#include "chat/user.h"

/* As many are collected; nobody presses Tab more often. */
#define CANDIDATES_MAX 64

struct candidates {
	struct str word;
	const char *v[CANDIDATES_MAX];
	size_t count;
};

static void
offer(struct candidates *candidates, const char *name)
{
	if (candidates->count == CANDIDATES_MAX ||
		!str_istarts(str_of(name), candidates->word))
		return;
	for (size_t i = 0; i < candidates->count; i++) {
		if (candidates->v[i] == name)
			return;
	}
	candidates->v[candidates->count++] = name;
}

static int
by_name(const void *a, const void *b)
{
	return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sort what was offered from `from` on: tables and rooms have no order of their own. */
static void
sort(struct candidates *candidates, size_t from)
{
	qsort(candidates->v + from, candidates->count - from, sizeof(*candidates->v),
		by_name);
}

static void
offer_commands(struct candidates *candidates, const struct user *user)
{
	candidates->word = str_from(candidates->word, 1); /* behind the slash */
	for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
		if (command_is_listed(c, user))
			offer(candidates, c->name);
	}
}

static void
offer_rooms(struct candidates *candidates, const struct chat *chat)
{
	size_t at = 0;
	const struct room *room;

	while ((room = table_next(chat->rooms, &at)) != NULL)
		offer(candidates, room->name);
	sort(candidates, 0);
}

/* First those who spoke last: they are the ones who are answered. */
static void
offer_people(struct candidates *candidates, const struct user *user)
{
	const struct room *room = user->current;
	size_t spoken;

	if (room == NULL)
		return;
	for (size_t i = 0; i < ROOM_SPEAKERS; i++) {
		const struct user *speaker =
			user_find_id(room->chat, room->speakers[i]);

		if (speaker != NULL && speaker != user)
			offer(candidates, speaker->nick);
	}
	spoken = candidates->count;
	for (size_t i = 0; i < room->count; i++) {
		const struct user *member = room->members[i]->user;

		if (member != user && !member->is_gone)
			offer(candidates, member->nick);
	}
	sort(candidates, spoken);
}

bool
complete(const struct user *user, struct str before, struct str word, size_t nth,
	struct buf *out)
{
	struct candidates candidates = {.word = word};
	bool is_first = str_trim(before).len == 0;
	/* A slash behind blanks is said like anything else. */
	bool is_command = before.len == 0 && str_starts(word, STR("/"));
	const char *suffix = " ";

	if (is_command) {
		offer_commands(&candidates, user);
	} else if (str_starts(word, STR("#"))) {
		offer_rooms(&candidates, user->chat);
	} else {
		offer_people(&candidates, user);
		suffix = is_first ? ": " : " ";
	}
	if (candidates.count == 0)
		return false;
	buf_printf(out, "%s%s%s", is_command ? "/" : "",
		candidates.v[nth % candidates.count], suffix);
	return true;
}
