/* SPDX-License-Identifier: ISC */
#ifndef CHAT_CHAT_STATE_H
#define CHAT_CHAT_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/moment.h"

/*
 * The chat as a state that another process goes on with (base/state.h): who is here and
 * what is known of him, rooms, what was said, limits that are counted, lockdown, and
 * bans as far as they are in no file.
 *
 *	chat_state_save()	between two turns, when the worker has nothing to do
 *
 *	chat_new(), chat_load()
 *	chat_state_restore()	each record, in their order
 *	chat_state_attach()	each peer
 *	chat_state_begin()	then goes on as ever
 */
struct chat;
struct peer;
struct state_in;
struct state_item;
struct state_out;
struct user;

void chat_state_save(const struct chat *chat, struct state_out *out);

/*
 * Take one record. 1; 0 if it is none of the chat's; -1 with the reason in `err`, and
 * then the chat is good for nothing but to be freed.
 */
must_use int chat_state_restore(struct chat *chat, struct state_in *in,
	const struct state_item *item, struct err *err);

/*
 * The person who has the peer's id gets it, borrowed as by user_arrive(). NULL if there
 * is none, or he has one already.
 */
struct user *chat_state_attach(struct chat *chat, struct peer *peer);

/* There is no other process: who has asked for it hears why. */
void chat_state_failed(struct chat *chat, const char *why);

/*
 * All is back: those who have no peer leave, everybody hears `notice` unless it is
 * empty, who has asked for the restart that it is done, and who was asked for a
 * passphrase that he has to begin anew.
 */
void chat_state_begin(struct chat *chat, struct moment now, const char *notice);

#endif
