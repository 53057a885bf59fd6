/* SPDX-License-Identifier: ISC */
#ifndef CHAT_MEMBER_H
#define CHAT_MEMBER_H

#include <stdint.h>

/*
 * One person in one room; linked from both. Made and ended by room_put() and
 * room_leave(); the memory is the user's, see user_add_member().
 */
struct audience;
struct room;
struct user;

/* Arrays of pointers to them have room for so many at least. */
#define MEMBERS_MIN 4

struct member {
	struct user *user;
	struct room *room;
	struct audience *audience; /* where he belongs, see chat/audience.h */
	uint32_t index;            /* in room->members */
	uint32_t place;            /* in audience->members */
	uint32_t at;               /* the last note that he has seen of, 0: of none */
	uint32_t seen;             /* where on the page his unseen lines begin */
	uint32_t round;            /* see chat/traffic.h */
};

#endif
