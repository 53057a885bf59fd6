/* SPDX-License-Identifier: ISC */
#ifndef CHAT_MSG_H
#define CHAT_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "chat/page.h"
#include "conf/conf.h"

/*
 * Something that happened and is told to people: what, by whom, where, when. It lives
 * on the stack of whoever tells it; who keeps it (history) copies it.
 */

/* One kind per template of [format]. */
enum msg_kind {
	MSG_WELCOME,
	MSG_MOTD,
	MSG_PRESENT,
	MSG_SAY,
	MSG_SAY_SELF,
	MSG_ACTION,
	MSG_ACTION_SELF,
	MSG_PRIVATE,
	MSG_PRIVATE_SELF,
	MSG_JOIN,
	MSG_PART,
	MSG_QUIT,
	MSG_JOINED, /* several, see chat/traffic.h */
	MSG_LEFT,
	MSG_RENAME,
	MSG_TOPIC,
	MSG_NOTICE,
	MSG_ERROR,
	MSG_KINDS /* how many */
};

/* In how many styles at once a message is kept rendered; more are rendered again. */
#define MSG_RENDERED_MAX 8

struct room;
struct user;

struct msg {
	enum msg_kind kind;
	uint64_t from;           /* id of the person who caused it, 0 for the daemon */
	const struct user *by;   /* that person, or NULL if it is a thing of the past */
	const struct room *room; /* where it happened, or NULL */
	struct str nick;         /* of the person who caused it */
	struct str text;
	struct str where;    /* name of the room */
	struct str new_nick; /* MSG_RENAME */
	struct str why;      /* MSG_PART, MSG_QUIT: the farewell, may be empty */
	unsigned count;      /* MSG_JOINED, MSG_LEFT: how many people */
	int64_t wall;        /* when, seconds since the epoch */

	uint64_t mentions; /* mark of the people whose names it holds; 0 for nobody */
	struct user *const *mentioned; /* these people; borrowed */
	size_t nmentioned;
	bool is_old; /* shown again: rings no bell */

	/* Filled by render(): where on the page it stands in which style already. */
	struct {
		uint32_t style;
		struct extent extent;
	} rendered[MSG_RENDERED_MAX];
	unsigned nrendered;
};

/* The template of a kind; in words, if there are any, for a screen reader. */
const char *msg_template(
	const struct format_conf *format, enum msg_kind kind, bool is_reader);

/* Coming, going and renaming: what /quiet hides. */
bool msg_is_noise(enum msg_kind kind);

/* Said by a person for others to read: what /ignore hides. */
bool msg_is_speech(enum msg_kind kind);

#endif
