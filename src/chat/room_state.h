/* SPDX-License-Identifier: ISC */
#ifndef CHAT_ROOM_STATE_H
#define CHAT_ROOM_STATE_H

#include "base/attr.h"
#include "base/err.h"

/*
 * Rooms as a state that is kept (base/state.h), for chat/chat_state.h: their topics and
 * last lines. Who is in them is kept with the people.
 */
struct chat;
struct room;
struct state_in;
struct state_item;
struct state_out;

/* Append a room as a record of that number. */
void room_state_save(const struct room *room, struct state_out *out, unsigned number);

/*
 * Take one back into a chat, where it may be there already by its configuration. -1
 * with the reason in `err`.
 */
must_use int room_state_restore(struct chat *chat, struct state_in *in,
	const struct state_item *item, struct err *err);

#endif
