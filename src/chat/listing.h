/* SPDX-License-Identifier: ISC */
#ifndef CHAT_LISTING_H
#define CHAT_LISTING_H

#include <stddef.h>

/*
 * Lists for operators' tools: whole, one line or object each, and with what only
 * operators may know. People get theirs from /who and /rooms themselves.
 */
struct ban;
struct call;
struct room;

/* The people of a room; NULL: all. */
void listing_people(struct call *call, const struct room *room);

/* The rooms, in this order. */
void listing_rooms(struct call *call, struct room *const *rooms, size_t count);

/* The bans and mutes. In JSON only; in words they are as people get them. */
void listing_bans(struct call *call);

#endif
