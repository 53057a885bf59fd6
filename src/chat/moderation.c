/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/moderation.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/name_utf8.h"
#include "base/span.h"
#include "base/timestamp.h"
#include "chat/ban_text.h"
#include "chat/command.h"
#include "chat/room.h"
#include "chat/store.h"
#include "chat/user.h"
#include "chat/user_ask.h"
#include "chat/verify.h"

/* " until 2026-11-21T10:00:00Z: reason" of a ban, as far as it has them. */
static void
add_terms(struct buf *out, const struct ban *ban)
{
	char until[TIMESTAMP_TEXT_MAX];

	if (ban->until != 0) {
		timestamp_text(ban->until, until);
		buf_printf(out, " until %s", until);
	}
	if (ban->reason[0] != '\0')
		buf_printf(out, ": %s", ban->reason);
	else
		buf_add_char(out, '.');
}

enum reason
moderation_admit(const struct chat *chat, const struct peer *peer, struct buf *words)
{
	const struct ban *ban = bans_hit_addr(&chat->store->bans,
		peer->has_addr ? &peer->addr : NULL, chat->now.wall);

	if (ban != NULL) {
		buf_add_str(words, STR("You are banned"));
		add_terms(words, ban);
		return REASON_BANNED;
	}
	if (chat->lockdown == LOCKDOWN_CLOSED) {
		buf_add_str(words,
			STR("Nobody may come in at the moment. "
			    "Please try again later."));
		return REASON_LOCKDOWN;
	}
	return REASON_NONE;
}

/* Does the lockdown silence the person? */
static bool
is_locked(const struct user *user)
{
	const struct chat *chat = user->chat;

	switch (chat->lockdown) {
	case LOCKDOWN_MUTE:
	case LOCKDOWN_CLOSED:
		return user->arrived >= chat->lockdown_since;
	case LOCKDOWN_CLAIMED:
		return !user->is_owner;
	default:
		return false;
	}
}

/* If he is mute there he is told why. */
static bool
tell_mute(struct user *user, const struct room *room)
{
	struct chat *chat = user->chat;
	const struct ban *mute =
		bans_hit_speech(&chat->store->bans, str_of(user->nick), user_addr(user),
			room != NULL ? str_of(room->name) : STR(""), chat->now.wall);
	struct buf words = {0};

	if (mute == NULL)
		return false;
	buf_printf(&words, "You may not speak%s%s", mute->room != NULL ? " in " : "",
		mute->room != NULL ? mute->room : "");
	add_terms(&words, mute);
	user_error(user, "%.*s", (int)words.len, words.p);
	buf_fini(&words);
	return true;
}

/* If the lockdown silences him he is told. */
static bool
tell_locked(struct user *user)
{
	if (!is_locked(user))
		return false;
	user_error(user,
		user->chat->lockdown == LOCKDOWN_CLAIMED
			? "Only owners of claimed names may speak at the moment."
			: "Newcomers may not speak at the moment.");
	return true;
}

/* Is he above mutes and lockdowns there? */
static bool
is_above(const struct user *user, const struct room *room)
{
	return room != NULL ? moderation_has_room(user, room)
			    : user->level >= PERM_MODERATOR;
}

bool
moderation_may_speak(struct user *user, const struct room *room)
{
	return is_above(user, room) || (!tell_mute(user, room) && !tell_locked(user));
}

bool
moderation_may_use(struct user *user, struct str nick, bool is_claimed)
{
	const struct chat *chat = user->chat;
	const struct ban *ban = bans_hit_nick(&chat->store->bans, nick, chat->now.wall);
	struct buf words = {0};

	/*
	 * Who may not speak may not do it by names either. But only by taking his name
	 * can somebody who comes in a lockdown show that it is his.
	 */
	if (!is_above(user, user->current) &&
		(tell_mute(user, user->current) || (!is_claimed && tell_locked(user))))
		return false;
	if (ban == NULL)
		return true;
	buf_printf(&words, "The name %.*s is banned", (int)nick.len, nick.p);
	add_terms(&words, ban);
	user_error(user, "%.*s", (int)words.len, words.p);
	buf_fini(&words);
	return false;
}

bool
moderation_has_room(const struct user *user, const struct room *room)
{
	struct str rest = str_of(room->conf->moderators), name;
	char folded[NAME_MAX_BYTES + 1];

	if (user->level >= PERM_MODERATOR)
		return true;
	while (user->is_owner && (name = str_word(&rest)).len > 0) {
		if (str_eq(name_utf8_fold(name, folded), str_of(user->key)))
			return true;
	}
	return false;
}

const char *
moderation_lockdown_text(const struct chat *chat)
{
	static const char *const texts[] = {
		[LOCKDOWN_OFF] = "The lockdown has ended.",
		[LOCKDOWN_MUTE] = "Lockdown: newcomers may not speak.",
		[LOCKDOWN_CLOSED] = "Lockdown: nobody may come in.",
		[LOCKDOWN_CLAIMED] =
			"Lockdown: only owners of claimed names may speak.",
	};

	return texts[chat->lockdown];
}

void
moderation_tell_lockdown(struct user *user)
{
	const struct chat *chat = user->chat;
	int64_t due = moderation_next_due(chat);
	struct buf words = {0};

	if (chat->lockdown == LOCKDOWN_OFF)
		return;
	buf_printf(&words, "%s", moderation_lockdown_text(chat));
	if (due != -1) {
		buf_add_str(&words, STR(" It ends in "));
		/* To the full second; what is less is left out. */
		span_print(&words, due - chat->now.mono + 999, 2);
		buf_add_char(&words, '.');
	}
	user_notice(user, "%.*s", (int)words.len, words.p);
	buf_fini(&words);
}

void
moderation_lock(struct chat *chat, enum lockdown level, int64_t ms)
{
	/* A change of the level makes nobody a newcomer who was not one. */
	if (chat->lockdown == LOCKDOWN_OFF)
		chat->lockdown_since = chat->now.mono;
	chat->lockdown = (int)level;
	chat->lockdown_until = ms > 0 ? chat->now.mono + ms : 0;
}

void
moderation_tick(struct chat *chat)
{
	if (chat->lockdown == LOCKDOWN_OFF || chat->lockdown_until == 0 ||
		chat->lockdown_until > chat->now.mono)
		return;
	moderation_lock(chat, LOCKDOWN_OFF, 0);
	log_notice("the lockdown has ended");
	chat_wall(chat, str_of(moderation_lockdown_text(chat)));
}

int64_t
moderation_next_due(const struct chat *chat)
{
	return chat->lockdown != LOCKDOWN_OFF && chat->lockdown_until != 0
		? chat->lockdown_until
		: -1;
}

void
moderation_set_operator(struct user *user, const struct operator_conf *conf)
{
	free(user->oper);
	user->oper = conf != NULL ? xstrdup(conf->section_name) : NULL;
	if (conf == NULL)
		user->level = PERM_PEOPLE;
	else
		user->level =
			conf->level == LEVEL_OPERATOR ? PERM_OPERATOR : PERM_MODERATOR;
}

const struct operator_conf *
moderation_find_operator(const struct conf *conf, struct str name)
{
	for (size_t i = 0; i < conf->noperators; i++) {
		if (str_ieq(str_of(conf->operators[i]->section_name), name))
			return conf->operators[i];
	}
	return NULL;
}

void
moderation_reconfigure(struct chat *chat)
{
	struct user *user;

	TAILQ_FOREACH (user, &chat->idle, idle_link) {
		const struct operator_conf *conf;

		if (user->oper == NULL)
			continue;
		conf = moderation_find_operator(chat->conf, str_of(user->oper));
		if (conf == NULL)
			user_notice(user, "You are not an operator any more.");
		moderation_set_operator(user, conf);
	}
}

static void
oper_done(struct user *user, const struct verify_result *result)
{
	const struct operator_conf *conf =
		moderation_find_operator(user->chat->conf, result->about);
	char *about;

	if (!result->ok || conf == NULL) {
		about = xasprintf(
			"operator %.*s", (int)result->about.len, result->about.p);
		user_ask_wrong(user, str_of(about));
		free(about);
		/* Also for one that there is not: see moderation_answer_oper(). */
		if (user->oper == NULL || !str_ieq(str_of(user->oper), result->about))
			user_ask_retry(user, ASK_OPER, result->about);
		return;
	}
	moderation_set_operator(user, conf);
	log_notice("audit: %s from %s is operator %s", user->nick, user->peer->from,
		user->oper);
	user_notice(user, "You are the %s %s now.",
		user->level == PERM_OPERATOR ? "operator" : "moderator", user->oper);
}

bool
moderation_answer_oper(struct user *user, struct str secret, struct str name)
{
	const struct operator_conf *conf =
		moderation_find_operator(user->chat->conf, name);
	const char *hash = conf != NULL && conf->hash[0] != '\0' ? conf->hash : NULL;

	/* Who asks for a name that is not there shall not learn that by the time. */
	return verify_start(user, VERIFY_CHECK, secret, hash, name, oper_done);
}

bool
moderation_hits(const struct user *user, const struct ban *ban)
{
	return ban_hits(ban, str_of(user->nick), user_addr(user));
}

/* Disconnect all whom it hits. How many? */
static size_t
ban_enforce(struct chat *chat, const struct ban *ban)
{
	size_t count = 0;
	struct user *user, *next;

	/* Hanging up moves people to another queue. */
	for (user = TAILQ_FIRST(&chat->idle); user != NULL; user = next) {
		next = TAILQ_NEXT(user, idle_link);
		if (!moderation_hits(user, ban))
			continue;
		user_error(user, "You were banned by %s%s%s", ban->by,
			ban->reason[0] != '\0' ? ": " : ".", ban->reason);
		user_hangup(user, STR("banned"), REASON_BANNED);
		count++;
	}
	return count;
}

void
moderation_ban(struct user *user, const struct ban *ban)
{
	struct chat *chat = user->chat;
	struct buf text = {0};
	size_t count;

	store_refresh(chat->store, STORE_BANS, chat->now.wall);
	bans_add(&chat->store->bans, ban);
	store_changed(chat->store, STORE_BANS);
	count = ban_enforce(chat, ban);
	ban_print(ban, &text);
	log_notice("conn %llu: set %.*s; %zu disconnected",
		(unsigned long long)user->id, (int)text.len, text.p, count);
	user_notice(user, "Set: %.*s; %zu disconnected.", (int)text.len, text.p, count);
	buf_fini(&text);
}

void
moderation_answer_confirm(struct user *user, struct str answer)
{
	struct ban *ban = user->pending;

	user->pending = NULL;
	if (str_ieq(str_trim(answer), STR("yes")) && user->level >= PERM_OPERATOR)
		moderation_ban(user, ban);
	else
		user_notice(user, "Called off.");
	ban_free(ban);
}
