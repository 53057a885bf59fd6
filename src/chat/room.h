/* SPDX-License-Identifier: ISC */
#ifndef CHAT_ROOM_H
#define CHAT_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "base/attr.h"
#include "base/name.h"
#include "base/str.h"
#include "chat/audience.h"
#include "chat/chat.h"
#include "chat/member.h"
#include "chat/msg.h"
#include "chat/traffic.h"

/*
 * Rooms and who is in them. A room from the config stays, any other vanishes at the
 * end of the turn in which the last person left.
 */
struct history;

/* How many of those who spoke last are remembered, for completion. */
#define ROOM_SPEAKERS 8

struct room {
	struct chat *chat;
	char *name;                   /* with its #, as first written */
	char *key;                    /* folded; the key in chat->rooms */
	const struct room_conf *conf; /* its section, or [room *] */
	bool fixed;                   /* has a section of its own */
	char *topic;                  /* NULL for none */
	struct member **members;      /* unordered array, for fast walks */
	size_t count, cap;
	struct audience_queue audiences; /* of those who see the same */
	struct audience individuals;     /* and the others */
	struct traffic traffic;          /* who comes and goes */
	struct history *history;
	uint64_t speakers[ROOM_SPEAKERS]; /* ids, the latest first; 0: none */
	unsigned walking;       /* > 0: members are being walked and may not change */
	bool is_emptied;        /* in chat->emptied */
	TAILQ_ENTRY(room) link; /* there */
	TAILQ_ENTRY(room) gathering_link; /* in chat->gathering while that goes on */
};

/*
 * A name as it was typed, with a # put before it if it has none, for room_find().
 * Terminated; empty if it is too long to be one.
 */
#define ROOM_NAME_SIZE (NAME_MAX_BYTES + 2)
struct str room_name(struct str typed, char out[ROOM_NAME_SIZE]);

/* The room of that name, or NULL. */
struct room *room_find(struct chat *chat, struct str name);

/* May the person open a room of that name, which does not exist? If not, he is told. */
bool room_may_open(struct user *user, struct str name);

/* The room of that name, opened if there is none. The name is name_ok_room(). */
struct room *room_get(struct chat *chat, struct str name);

/* Free an empty room, or any at the end of the chat. */
void room_free(struct room *room);

/* Give the room its section, or [room *]; takes over topic and history size. */
void room_configure(struct room *room, const struct room_conf *conf, bool fixed);

/*
 * Put somebody in, mechanically: no line is shown to anybody. NULL if the room is full.
 * The user is not yet in it.
 */
must_use struct member *room_enter(struct room *room, struct user *user);

/* The same for one who was in it before: also if the room is full. */
struct member *room_put(struct room *room, struct user *user);

/* Is the person among those who spoke here last? */
bool room_has_heard(const struct room *room, const struct user *user);

/* Take somebody out, mechanically; frees the member. Never during a walk. */
void room_leave(struct member *member);

/*
 * Tell everybody in the room but the one who caused it, in each one's style; fills in
 * the room. Delivering may end sessions, which only marks them. Costs as much as there
 * are audiences and individuals (chat/audience.h), not people.
 */
void room_post(struct room *room, struct msg *msg);

/*
 * `user`, who is in the room, says `text` or does it (MSG_SAY or MSG_ACTION): kept in
 * the history, told to the others, and to himself if the format says so.
 */
void room_say(
	struct room *room, struct user *user, enum msg_kind kind, struct str text);

/*
 * Tell everybody in the room, as a notice: "NAME: text", of somebody who need not be in
 * it. Kept in the history, too.
 */
void room_tell(struct room *room, struct str name, struct str text);

/* Set the topic (empty: none) without telling anybody. Copies. */
void room_set_topic(struct room *room, struct str topic);

/*
 * "ann, bob, guest7 (away)": at most `max` of the people in the room and how many more
 * there are. `except` is left out, and may be NULL. Costs no more than `max` steps.
 */
void room_names(const struct room *room, const struct user *except, size_t max,
	struct buf *out);

#endif
