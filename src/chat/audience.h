/* SPDX-License-Identifier: ISC */
#ifndef CHAT_AUDIENCE_H
#define CHAT_AUDIENCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "chat/page.h"

/*
 * An audience: people of one room to whom each line of it looks the same. They are in
 * this room only, ignore nobody, have the same style, hide the same, and no bell of
 * theirs rings for every line. What is said in the room is rendered once, noted once
 * for all of them, and handed to each at the end of a turn.
 *
 * There are AUDIENCE_MAX in one at most: more would be too long a turn for those who
 * are handed something last, and for what arrives meanwhile. So a big room has several
 * that are alike, each of which is told in its own time.
 *
 * Everybody else in the room is an individual, and gets each line by itself, at once.
 *
 * Notes are extents of the page, in the order in which they were said; those that
 * follow each other on the page are one. A member remembers where his unseen lines
 * begin. These hold at any time:
 *
 *	1. What a person has been handed and what his audience has noted behind `seen`
 *	   is, in this order, all that happened to him. So whoever hands him something
 *	   else catches him up before: user_deliver(), conn_send().
 *	2. Who gets a line in another way than his audience (he said it, or it holds his
 *	   name) is caught up before it and goes on behind it.
 *	3. A person who moves to another audience, or out of the room, is caught up, and
 *	   goes on where the new one is.
 *	4. With nothing noted, `seen` and `at` of all members are 0. That is so whenever
 *	   the page may be emptied: who empties it asks chat_is_handed_out(), or calls
 *	   chat_hand_out() before.
 *	5. Whoever has something noted is in chat->due, or rests and is held.
 *
 * Handing out calls peer->ops->deliver, which may mark people as gone, and nothing
 * else: nobody moves meanwhile (room->walking).
 */
struct chat;
struct member;
struct msg;
struct room;
struct user;

struct audience {
	struct room *room;
	bool is_shared; /* false: the individuals of the room */
	bool is_quiet;  /* they hide who comes and goes */
	uint32_t style; /* of all of them */
	struct member **members;
	uint32_t count, cap;
	uint32_t first, last;           /* notes, indices into chat->notes; 0: none */
	uint32_t nbytes;                /* in them */
	bool is_due, is_resting;        /* it is in chat->due, in chat->resting */
	bool is_held;                   /* all that is noted was put off already */
	int64_t told;                   /* with is_resting: when, see audience_rest() */
	TAILQ_ENTRY(audience) link;     /* in room->audiences; not the individuals */
	TAILQ_ENTRY(audience) due_link; /* in chat->due: to be looked at */
	TAILQ_ENTRY(audience) rest_link; /* in chat->resting, as they were told */
};

#define AUDIENCE_MAX 128

TAILQ_HEAD(audience_queue, audience);

/* Some lines that one audience is to get. */
struct note {
	struct extent extent;
	uint32_t next;   /* index; 0 ends the list */
	uint32_t packed; /* where it stands once more, see audience_hand_out() */
};

/* All notes, of all audiences; the first one is unused. */
struct notes {
	struct note *v;
	uint32_t count, cap;
};

#define NOTES_CAP ((uint32_t)64 * 1024)

/*
 * Put the person into the audience where he belongs, in each of his rooms: to be called
 * when the rooms, the ignore list, the style, or a setting that decides it is another
 * one. Costs nothing if nothing changes.
 */
void audience_review(struct user *user);

/* For room.c: take a member out, who is about to leave the room. */
void audience_leave(struct member *member);

/* Free what a room has of them. It is empty. */
void audience_fini(struct room *room);

/*
 * Tell everybody in the room but the one who caused it. Whoever carries `mark`
 * (chat_new_mark) as user->seen already is left out, if he is one who could be reached
 * twice; he carries it afterwards.
 */
void audience_post(struct room *room, struct msg *msg, uint64_t mark);

/*
 * Hand the person what was said up to now: to be called before anything is sent to him
 * past his audience.
 */
void audience_catch_up(struct user *user);

/*
 * Hand out what is noted for one audience, of those in chat->due, or for all, who rest
 * afterwards. What is in pieces is packed before, once for each audience of more than a
 * few: copied to the end of the page, so that each gets one extent.
 */
void audience_hand_out(struct audience *audience);
void chat_hand_out(struct chat *chat, int64_t now);

/*
 * Whoever hands out to one audience may let it rest afterwards. It is `now`, in a unit
 * of his, and never earlier than the last time.
 */
void audience_rest(struct audience *audience, int64_t now);

/*
 * Leave what is noted for an audience that rests, and is due, until it has rested or
 * something else is noted for it: so nobody need look at it before. It is due again
 * then. `is_held` stays with it when it has rested, and ends with something else, or
 * when it is told: so whoever counts what is put off counts it once.
 */
void audience_hold(struct audience *audience);

/* Those who were told up to then have rested. Who was held is due again. */
void chat_end_rest(struct chat *chat, int64_t told);

/* Is nothing noted, so that the page may be emptied? */
bool chat_is_handed_out(const struct chat *chat);

/* Is the page full, or are there more than NOTES_CAP notes? Then chat_hand_out(). */
bool chat_must_hand_out(const struct chat *chat);

#endif
