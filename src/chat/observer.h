/* SPDX-License-Identifier: ISC */
#ifndef CHAT_OBSERVER_H
#define CHAT_OBSERVER_H

#include <stdint.h>
#include <sys/queue.h>

#include "base/str.h"
#include "chat/chat.h"

/*
 * Who is no person in the chat and wants to know what happens there: a program that
 * reads events. Each thing is told once, when people are told of it or would be, and by
 * itself, however people see it. Private messages are never told.
 */
enum observed {
	OBSERVED_SAID,    /* nick said text in the room */
	OBSERVED_ACTED,   /* the same by /me */
	OBSERVED_NOTICE,  /* text was told to the room, or to all; by nick, or by us */
	OBSERVED_JOINED,  /* nick came into the room */
	OBSERVED_LEFT,    /* nick left the room; text: why */
	OBSERVED_QUIT,    /* nick left all rooms; text: why */
	OBSERVED_RENAMED, /* nick is called other now */
	OBSERVED_KICKED,  /* nick was sent out of the room, or of all; by other, text:
			     why */
	OBSERVED_TOPIC,   /* nick set the topic of the room; text: none if empty */
	OBSERVED_KINDS
};

/* Texts borrow, for the call. Those that a kind does not name are empty. */
struct observation {
	enum observed what;
	struct str room;
	struct str nick;
	struct str text;
	struct str other;
	int64_t wall; /* when, seconds since the epoch */
};

struct observer_ops {
	/* May not change anything in the chat, and not add or remove observers. */
	void (*observe)(void *arg, const struct observation *seen);
};

/* Embedded in whoever observes. */
struct observer {
	const struct observer_ops *ops;
	void *arg;
	TAILQ_ENTRY(observer) link;
};

/* Borrows the observer until it is removed. */
void observer_add(struct chat *chat, struct observer *observer);
void observer_remove(struct chat *chat, struct observer *observer);

void observers_tell(struct chat *chat, struct observation seen);

/* Tell all observers; costs one comparison if there are none. `wall` is filled in. */
static inline void
observe(struct chat *chat, struct observation seen)
{
	if (!TAILQ_EMPTY(&chat->observers))
		observers_tell(chat, seen);
}

#endif
