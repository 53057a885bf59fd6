/* SPDX-License-Identifier: ISC */
#ifndef CHAT_USER_STATE_H
#define CHAT_USER_STATE_H

#include "base/attr.h"
#include "base/err.h"

/*
 * People as a state that is kept (base/state.h), for chat/chat_state.h.
 *
 * What is known to be a secret is not in it: of a passphrase that is asked for only the
 * question, which stays open, so that the answer is no line for the room.
 */
struct chat;
struct peer;
struct state_in;
struct state_item;
struct state_out;
struct user;

/* Append a person as a record of that number. */
void user_state_save(const struct user *user, struct state_out *out, unsigned number);

/*
 * Take one back into a chat that has the rooms already: he is in all registers, but has
 * no peer yet. -1 with the reason in `err`.
 */
must_use int user_state_restore(struct chat *chat, struct state_in *in,
	const struct state_item *item, struct err *err);

/* Give him his peer, which is borrowed as that of user_arrive(). */
void user_state_attach(struct user *user, struct peer *peer);

#endif
