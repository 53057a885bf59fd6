/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/user_alike.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/name_utf8.h"
#include "base/table.h"
#include "chat/chat.h"
#include "chat/user.h"

/*
 * Names that look the same are a list, of which the table has the first: two of them
 * can be there, since as long as names were ASCII nobody asked.
 */

void
user_alike_enter(struct user *user)
{
	struct table *alikes = user->chat->alikes;
	char skeleton[NAME_SKELETON_MAX + 1];

	if (alikes == NULL || user->skeleton != NULL || user->is_gone)
		return;
	user->skeleton = xstrdup(name_utf8_skeleton(str_of(user->nick), skeleton).p);
	user->alike = table_remove(alikes, str_of(user->skeleton));
	table_insert(alikes, str_of(user->skeleton), user);
}

void
user_alike_leave(struct user *user)
{
	struct table *alikes = user->chat->alikes;
	struct user *first, **link;

	if (user->skeleton == NULL)
		return;
	/* The key is the skeleton of the first one, which may be he. */
	first = table_remove(alikes, str_of(user->skeleton));
	for (link = &first; *link != user; link = &(*link)->alike)
		;
	*link = user->alike;
	if (first != NULL)
		table_insert(alikes, str_of(first->skeleton), first);
	user->alike = NULL;
	free(user->skeleton);
	user->skeleton = NULL;
}

/* Enter everybody. */
static void
make(struct chat *chat)
{
	struct user *user;

	chat->alikes = table_new();
	TAILQ_FOREACH (user, &chat->idle, idle_link)
		user_alike_enter(user);
}

const struct user *
user_alike_find(const struct user *user, struct str nick)
{
	char skeleton[NAME_SKELETON_MAX + 1], folded[NAME_MAX_BYTES + 1];
	struct str key = name_utf8_fold(nick, folded);
	const struct user *other;

	if (user->chat->alikes == NULL)
		make(user->chat);
	other = table_find(user->chat->alikes, name_utf8_skeleton(nick, skeleton));
	while (other != NULL && (other == user || str_eq(key, str_of(other->key))))
		other = other->alike;
	return other;
}

void
user_alike_drop(struct chat *chat)
{
	struct user *user;

	if (chat->alikes == NULL)
		return;
	TAILQ_FOREACH (user, &chat->idle, idle_link)
		user_alike_leave(user);
	table_free(chat->alikes);
	chat->alikes = NULL;
}
