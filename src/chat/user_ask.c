/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/user_ask.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/passphrase.h"
#include "chat/ban.h"
#include "chat/moderation.h"
#include "chat/room.h"
#include "chat/user_claim.h"

/* So many wrong passphrases in one session end it. */
#define WRONG_MOST 3

void
user_ask(struct user *user, enum user_question question, struct str about)
{
	const char *kind = question == ASK_CLAIM ? "New passphrase" : "Passphrase";
	bool hides = user->peer->ops->hide(user->peer, true);

	user->question = question;
	free(user->asked_about);
	user->asked_about = xstrndup(about.p, about.len);
	/* An operator often has that name here, too, claimed by another passphrase. */
	user_notice(user, "%s of %s%s? %sAn empty line calls it off.", kind,
		question == ASK_OPER ? "operator " : "", user->asked_about,
		hides ? "" : "It WILL BE VISIBLE as you type. ");
}

/* A new passphrase has been typed once; it goes on being hidden. */
static void
ask_again(struct user *user, struct str first)
{
	user->question = ASK_CLAIM_AGAIN;
	user->secret = xstrndup(first.p, first.len);
	user_notice(user, "The same once more?");
}

static void
wipe(char *secret)
{
	if (secret != NULL)
		passphrase_wipe(secret, strlen(secret));
	free(secret);
}

void
user_ask_forget(struct user *user)
{
	user->question = ASK_NOTHING;
	free(user->asked_about);
	wipe(user->secret);
	ban_free(user->pending);
	user->asked_about = NULL;
	user->secret = NULL;
	user->pending = NULL;
}

void
user_ask_wrong(struct user *user, struct str what)
{
	log_notice("conn %llu: wrong passphrase for %.*s from %s",
		(unsigned long long)user->id, (int)what.len, what.p, user->peer->from);
	user_error(user, "That is not the passphrase of %.*s.", (int)what.len, what.p);
	if (++user->wrong < WRONG_MOST)
		return;
	user_error(user, "Too many wrong passphrases. Goodbye!");
	user_hangup(user, str_of(reason_text(REASON_PASSPHRASE)), REASON_PASSPHRASE);
}

void
user_ask_retry(struct user *user, enum user_question question, struct str about)
{
	if (!user->is_gone && user->question == ASK_NOTHING)
		user_ask(user, question, about);
}

/*
 * Much may have happened since the question: the room may be gone, or have another
 * passphrase, or none. False: wrong.
 */
static bool
answer_room_key(struct user *user, struct str key, struct str name)
{
	struct chat *chat = user->chat;
	struct room *room = room_find(chat, name);
	const struct room_conf *conf = room != NULL ? room->conf : chat->conf->new_room;
	bool has_key = conf->key[0] != '\0';

	if (room == NULL && !has_key) {
		user_error(user, "There is no such room any more.");
	} else if (has_key && !passphrase_same(key, str_of(conf->key))) {
		user_ask_wrong(user, name);
		return false;
	} else if (room != NULL || room_may_open(user, name)) {
		user_join(user, room_get(chat, name));
	}
	return true;
}

void
user_ask_to_confirm(struct user *user, const struct ban *ban)
{
	ban_free(user->pending);
	user->pending = ban_copy(ban);
	user->question = ASK_CONFIRM;
	user_notice(user, "Type yes to do it.");
}

void
user_answer(struct user *user, struct str line)
{
	enum user_question question = user->question;
	char *about = user->asked_about;
	char *first = user->secret;
	bool is_taken = true;

	if (question == ASK_CLAIM && line.len > 0) {
		ask_again(user, line);
		return;
	}
	user->question = ASK_NOTHING;
	user->asked_about = NULL;
	user->secret = NULL;
	if (question != ASK_CONFIRM)
		(void)user->peer->ops->hide(user->peer, false);
	if (question == ASK_CONFIRM)
		moderation_answer_confirm(user, line);
	else if (line.len == 0)
		user_notice(user, "Called off.");
	else if (question == ASK_ROOM_KEY)
		is_taken = answer_room_key(user, line, str_of(about));
	else if (question == ASK_OPER)
		is_taken = moderation_answer_oper(user, line, str_of(about));
	else if (question == ASK_NAME)
		is_taken = user_claim_answer_name(user, line, str_of(about));
	else if (question == ASK_CLAIM_AGAIN)
		is_taken =
			user_claim_answer_new(user, str_of(first), line, str_of(about));
	if (!is_taken)
		user_ask_retry(user, question == ASK_CLAIM_AGAIN ? ASK_CLAIM : question,
			str_of(about));
	free(about);
	wipe(first);
}
