/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/user_ask.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "chat/room.h"

void
user_ask(struct user *user, enum user_question question, struct str about)
{
	user->question = question;
	free(user->asked_about);
	user->asked_about = xstrndup(about.p, about.len);
	if (user->peer->ops->hide(user->peer, true))
		user_notice(user, "Passphrase of %s? An empty line calls it off.",
			user->asked_about);
	else
		user_notice(user,
			"Passphrase of %s? It WILL BE VISIBLE as you type. "
			"An empty line calls it off.",
			user->asked_about);
}

/* Are they the same? Takes as long for a good beginning as for a bad one. */
static bool
same_secret(struct str a, struct str b)
{
	unsigned differs = a.len != b.len;

	for (size_t i = 0; i < a.len && i < b.len; i++)
		differs |= (unsigned char)(a.p[i] ^ b.p[i]);
	return differs == 0;
}

static void
answer_room_key(struct user *user, struct str key, struct str name)
{
	struct room *room = room_find(user->chat, name);

	if (room == NULL) {
		user_error(user, "There is no such room any more.");
	} else if (!same_secret(key, str_of(room->conf->key))) {
		log_notice("conn %llu: wrong passphrase for %s",
			(unsigned long long)user->id, room->name);
		user_error(user, "That is not the passphrase of %s.", room->name);
	} else {
		user_join(user, room);
	}
}

void
user_answer(struct user *user, struct str line)
{
	enum user_question question = user->question;
	char *about = user->asked_about;

	user->question = ASK_NOTHING;
	user->asked_about = NULL;
	(void)user->peer->ops->hide(user->peer, false);
	if (line.len == 0)
		user_notice(user, "Called off.");
	else if (question == ASK_ROOM_KEY)
		answer_room_key(user, line, str_of(about));
	free(about);
}
