/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/user_claim.h"

#include "base/log.h"
#include "base/name_utf8.h"
#include "base/passphrase.h"
#include "chat/moderation.h"
#include "chat/store.h"
#include "chat/user.h"
#include "chat/user_ask.h"
#include "chat/user_name.h"
#include "chat/verify.h"

static const struct claim *
claim_on(const struct chat *chat, struct str nick)
{
	return claims_find(chat->store->claims, nick);
}

/* The owner of a name is here, or was until now. */
static void
touch(struct user *user)
{
	struct store *store = user->chat->store;

	if (claims_touch(store->claims, str_of(user->nick), user->chat->now.wall))
		store_changed(store, STORE_CLAIMS);
}

void
user_claim_leave(struct user *user)
{
	if (!user->is_owner)
		return;
	touch(user);
	user->is_owner = false;
}

void
user_claim_review(struct chat *chat)
{
	struct user *user;

	TAILQ_FOREACH (user, &chat->idle, idle_link) {
		if (user->is_owner && claim_on(chat, str_of(user->nick)) == NULL)
			user->is_owner = false;
	}
}

/* Before a change: somebody may have edited the file. */
static void
refresh(struct chat *chat)
{
	store_refresh(chat->store, STORE_CLAIMS, chat->now.wall);
	user_claim_review(chat);
}

/*
 * Taking a claimed name
 */

/* Whoever has the name, his own ghost or a squatter, makes way at once. */
static void
displace(struct user *user, const struct user *owner)
{
	log_info("conn %llu: displaced by conn %llu", (unsigned long long)user->id,
		(unsigned long long)owner->id);
	user_error(user, "The owner of this name has come.");
	user_hangup(user, str_of(reason_text(REASON_DISPLACED)), REASON_DISPLACED);
}

/* He has shown that it is his. */
static void
take_as_owner(struct user *user, struct str nick)
{
	struct user *other = user_find(user->chat, nick);
	struct err err;

	if (other != NULL && other != user)
		displace(other, user);
	if (other == user && str_eq(nick, str_of(user->nick))) {
		user_notice(user, "The name %s is yours.", user->nick);
	} else if (user_rename(user, nick, &err) == -1) {
		user_error(user, "%s", err.text);
		return;
	}
	/* It may have been released while the passphrase was checked. */
	user->is_owner = claim_on(user->chat, nick) != NULL;
	if (user->is_owner)
		touch(user);
}

/* Is the name still claimed, and not yet his? */
static bool
is_worth_asking(const struct user *user, struct str nick)
{
	const struct claim *claim = claim_on(user->chat, nick);

	return claim != NULL &&
		!(user->is_owner && claim == claim_on(user->chat, str_of(user->nick)));
}

static void
on_checked(struct user *user, const struct verify_result *result)
{
	if (result->ok) {
		take_as_owner(user, result->about);
		return;
	}
	user_ask_wrong(user, result->about);
	if (is_worth_asking(user, result->about))
		user_ask_retry(user, ASK_NAME, result->about);
}

bool
user_claim_answer_name(struct user *user, struct str secret, struct str nick)
{
	const struct claim *claim = claim_on(user->chat, nick);

	if (claim != NULL)
		return verify_start(
			user, VERIFY_CHECK, secret, claim->hash, nick, on_checked);
	user_claim_nick(user, nick); /* it is not claimed any more */
	return true;
}

void
user_claim_nick(struct user *user, struct str nick)
{
	char composed[NAME_MAX_BYTES + 1], folded[NAME_MAX_BYTES + 1];
	bool is_claimed;
	struct err err;
	bool is_same;

	if (user->chat->conf->server.nick_charset == NICK_UTF8 &&
		nick.len <= NAME_MAX_BYTES)
		nick = name_utf8_compose(nick, composed);
	is_same = str_eq(name_utf8_fold(nick, folded), str_of(user->key));
	is_claimed = claim_on(user->chat, nick) != NULL;
	if (user_check_nick(user, nick, &err) == -1) {
		user_error(user, "%s", err.text);
		return;
	}
	if (!moderation_may_use(user, nick, is_claimed))
		return;
	if (is_claimed && !(is_same && user->is_owner))
		user_ask(user, ASK_NAME, nick);
	else if (user_rename(user, nick, &err) == -1)
		user_error(user, "%s", err.text);
}

/*
 * Claiming the own name
 */

/* May he claim the name that he has? Otherwise he is told. */
static bool
may_claim(struct user *user)
{
	const struct chat *chat = user->chat;
	uint64_t max = chat->conf->limits.claims;

	if (!store_takes_claims(chat->store))
		user_error(user, "Names can't be claimed here.");
	else if (user_is_guest_name(str_of(user->nick)))
		user_error(user, "Take a name first, by /nick; then claim it.");
	else if (user->is_owner)
		user_error(user,
			"You have claimed the name %s already. "
			"/passphrase changes its passphrase.",
			user->nick);
	else if (claim_on(chat, str_of(user->nick)) != NULL)
		user_error(user, "Somebody else has claimed the name %s.", user->nick);
	else if (max > 0 && claims_count(chat->store->claims) >= max)
		user_error(user, "Too many names are claimed here already.");
	else
		return true;
	return false;
}

void
user_claim_begin(struct user *user)
{
	if (may_claim(user))
		user_ask(user, ASK_CLAIM, str_of(user->nick));
}

/* Is the name his? Otherwise he is told. */
static bool
must_own(struct user *user)
{
	refresh(user->chat);
	if (!user->is_owner)
		user_error(user, "You have not claimed the name %s.", user->nick);
	return user->is_owner;
}

void
user_claim_renew(struct user *user)
{
	if (must_own(user))
		user_ask(user, ASK_CLAIM, str_of(user->nick));
}

void
user_claim_release(struct user *user)
{
	struct store *store = user->chat->store;

	if (!must_own(user))
		return;
	(void)claims_remove(store->claims, str_of(user->nick));
	store_changed(store, STORE_CLAIMS);
	user->is_owner = false;
	log_notice("conn %llu: released %s", (unsigned long long)user->id, user->nick);
	user_notice(user, "The name %s is not claimed any more.", user->nick);
}

static void
set_claim(struct user *user, const char *hash)
{
	struct store *store = user->chat->store;
	bool is_new = !user->is_owner;

	claims_set(store->claims, str_of(user->nick), hash, user->chat->now.wall);
	store_changed(store, STORE_CLAIMS);
	user->is_owner = true;
	log_notice("conn %llu: %s %s", (unsigned long long)user->id,
		is_new ? "claimed" : "changed the passphrase of", user->nick);
	if (is_new)
		user_notice(user,
			"You have claimed the name %s. "
			"Whoever takes it is asked for your passphrase.",
			user->nick);
	else
		user_notice(user, "The passphrase of %s is changed.", user->nick);
}

static void
on_hashed(struct user *user, const struct verify_result *result)
{
	if (!result->ok) {
		user_error(user, "That can't be a passphrase: %s.", result->why);
		user_ask_retry(user, ASK_CLAIM, result->about);
		return;
	}
	refresh(user->chat);
	/* Both may have changed since the question. */
	if (!str_ieq(result->about, str_of(user->nick)))
		user_error(user, "You are not %.*s any more.", (int)result->about.len,
			result->about.p);
	else if (user->is_owner || may_claim(user))
		set_claim(user, result->hash);
}

bool
user_claim_answer_new(
	struct user *user, struct str first, struct str second, struct str nick)
{
	if (passphrase_same(first, second))
		return verify_start(user, VERIFY_HASH, first, NULL, nick, on_hashed);
	user_error(user, "The two are not the same; nothing has changed.");
	return false;
}
