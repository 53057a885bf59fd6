/* SPDX-License-Identifier: ISC */
#ifndef CHAT_TRAFFIC_H
#define CHAT_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bucket.h"
#include "base/buf.h"
#include "base/str.h"

/*
 * Who comes to a room and goes: told one by one, as long as that is not too often
 * (server.gather_rate, a bucket for each room). Above that it is gathered, and told
 * together once in server.gather_time:
 *
 *	-- 12 joined #lobby: ann, bob, cid and 9 more
 *
 * So ten thousand people who enter a room at once cost a line in some seconds, not ten
 * thousand lines for each of ten thousand.
 *
 * Observers hear of each one, at once (chat/observer.h).
 *
 * The names are those that people have when it is told. Who has come and gone again in
 * between is not told of. What somebody said when he left is lost if it is gathered.
 */
struct chat;
struct member;
struct room;
struct user;

/* How many names stand in such a line. */
#define TRAFFIC_NAMES 10

/*
 * How many may come and go one by one at once, in tokens of the bucket, which get back
 * at server.gather_rate; and how many tokens it can lack.
 */
#define TRAFFIC_BURST 12
#define TRAFFIC_DEBT 12

struct traffic {
	struct bucket bucket;
	int64_t since;    /* gathering since then, monotonic ms; 0: not */
	uint32_t round;   /* counts gatherings, from 1 */
	uint32_t joined;  /* present people who came in this one: member->round */
	uint32_t left;    /* how many went, of those who had not */
	struct buf names; /* the first ones of these, separated by commas */
};

/* In member->round: his coming was not told, and will not be. Else 0 or a round. */
#define TRAFFIC_UNTOLD UINT32_MAX

void traffic_init(struct traffic *traffic);
void traffic_fini(struct room *room);

/* Somebody has come to the room; if it `knows` that already only observers are told. */
void traffic_join(struct member *member, bool knows);

/* Somebody leaves one room, with words or without, and is still in it. */
void traffic_part(struct member *member, struct str why);

/* Somebody who is gone leaves all his rooms, with user->farewell. */
void traffic_quit(struct user *user);

/* Is his coming gathered, and not yet told? */
bool traffic_is_pending(const struct member *member);

/* He is about to go: if his coming is not yet told it never will be. */
void traffic_withdraw(struct member *member);

/* When traffic_tick() wants to be called, monotonic milliseconds; -1 for never. */
int64_t traffic_next_due(const struct chat *chat);

/* Tell what is due. */
void traffic_tick(struct chat *chat);

/* Tell all that is gathered, at once. */
void traffic_settle(struct chat *chat);

#endif
