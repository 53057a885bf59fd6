/* SPDX-License-Identifier: ISC */
#ifndef CHAT_MODERATION_H
#define CHAT_MODERATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"
#include "chat/reason.h"
#include "conf/conf.h"

/*
 * Who may come in and speak, besides the limits: bans, mutes, lockdown; and who may
 * decide that.
 */
struct ban;
struct chat;
struct peer;
struct room;
struct user;

/* How far a lockdown goes; each one holds what is said of it alone. */
enum lockdown {
	LOCKDOWN_OFF,
	LOCKDOWN_MUTE,   /* who came after it began may not speak */
	LOCKDOWN_CLOSED, /* and nobody may come in */
	LOCKDOWN_CLAIMED /* people may come in, but only owners of names may speak */
};

/*
 * May somebody come in from there? REASON_NONE if so; else the line that he is told is
 * appended to `words`. Part of chat_admit().
 */
must_use enum reason moderation_admit(
	const struct chat *chat, const struct peer *peer, struct buf *words);

/*
 * May the person speak, in a room or (NULL) to another person? If not he is told why.
 * To be asked before everything that others will read.
 */
must_use bool moderation_may_speak(struct user *user, const struct room *room);

/*
 * May the person use that name, for which he is to show a passphrase if it is claimed?
 * If not he is told why.
 */
must_use bool moderation_may_use(struct user *user, struct str nick, bool is_claimed);

/* Does the person moderate the room: an operator, or one of its moderators? */
bool moderation_has_room(const struct user *user, const struct room *room);

/* The operator of that name in the configuration, or NULL. */
const struct operator_conf *moderation_find_operator(
	const struct conf *conf, struct str name);

/* Make the person that operator; NULL: none any more. */
void moderation_set_operator(struct user *user, const struct operator_conf *conf);

/* The configuration is another one: operators may have other levels, or be none. */
void moderation_reconfigure(struct chat *chat);

/* Set a ban, and disconnect whom it hits; tells the person who sets it. */
void moderation_ban(struct user *user, const struct ban *ban);

/*
 * The answers to ASK_OPER, about an operator's name (false: it was not taken, and he
 * has been told why), and to ASK_CONFIRM.
 */
bool moderation_answer_oper(struct user *user, struct str secret, struct str name);
void moderation_answer_confirm(struct user *user, struct str answer);

/* Begin, change or end a lockdown; it ends by itself after `ms` (0: never). */
void moderation_lock(struct chat *chat, enum lockdown level, int64_t ms);

/* "Lockdown: newcomers may not speak." of the one that holds, or that it has ended. */
const char *moderation_lockdown_text(const struct chat *chat);

/* Tell somebody of the one that holds, and when it ends; nothing if there is none. */
void moderation_tell_lockdown(struct user *user);

/* Ends a lockdown whose time has come. When that is; -1: never. */
void moderation_tick(struct chat *chat);
int64_t moderation_next_due(const struct chat *chat);

#endif
