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

/*
 * Much may have happened since the question: the room may be gone, or have another
 * passphrase, or none.
 */
static void
answer_room_key(struct user *user, struct str key, struct str name)
{
	struct chat *chat = user->chat;
	struct room *room = room_find(chat, name);
	const struct room_conf *conf = room != NULL ? room->conf : chat->conf->new_room;
	bool has_key = conf->key[0] != '\0';

	if (room == NULL && !has_key) {
		user_error(user, "There is no such room any more.");
	} else if (has_key && !same_secret(key, str_of(conf->key))) {
		log_notice("conn %llu: wrong passphrase for %.*s",
			(unsigned long long)user->id, (int)name.len, name.p);
		user_error(user, "That is not the passphrase of %.*s.", (int)name.len,
			name.p);
	} else if (room != NULL || room_may_open(user, name)) {
		user_join(user, room_get(chat, name));
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
