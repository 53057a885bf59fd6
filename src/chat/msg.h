/* SPDX-License-Identifier: ISC */
#ifndef CHAT_MSG_H
#define CHAT_MSG_H

#include <stdbool.h>
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
	MSG_RENAME,
	MSG_TOPIC,
	MSG_NOTICE,
	MSG_ERROR,
	MSG_KINDS /* how many */
};

/*
 * How a line looks differs between receivers in these bits. A message is rendered once
 * for each combination that somebody in the room needs.
 */
enum style {
	STYLE_ELSEWHERE =
		1, /* comes from a room that is not the receiver's current one */
	STYLE_TIMESTAMP = 2, /* receiver has set timestamp */
	STYLES = 4           /* how many combinations */
};

struct room;

struct msg {
	enum msg_kind kind;
	uint64_t from;           /* id of the person who caused it, 0 for the daemon */
	const struct room *room; /* where it happened, or NULL */
	struct str nick;         /* of the person who caused it */
	struct str text;
	struct str where;    /* name of the room */
	struct str new_nick; /* MSG_RENAME */
	struct str why;      /* MSG_PART, MSG_QUIT: the farewell, may be empty */
	int64_t wall;        /* when, seconds since the epoch */

	/* Filled by render(): where on the page each style stands already. */
	struct extent rendered[STYLES];
	bool is_rendered[STYLES];
};

/* The template of a kind. */
const char *msg_template(const struct format_conf *format, enum msg_kind kind);

/* Coming, going and renaming: what /quiet hides. */
bool msg_is_noise(enum msg_kind kind);

/* Said by a person for others to read: what /ignore hides. */
bool msg_is_speech(enum msg_kind kind);

#endif
