/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CHAT_CARRY_H
#define TESTS_CHAT_CARRY_H

#include "base/err.h"
#include "base/str.h"

/*
 * Restarts in place, of a world (chat_fake.h): its chat ends, and goes on in another
 * one from its state (chat/chat_state.h).
 */
struct conf;
struct state_out;
struct world;

/* Restart: what is there then is what was there, or the test fails. */
void carry(struct world *world, const char *notice);

/* The same with another configuration, which is taken; or where something changes. */
void carry_to(struct world *world, struct conf *conf, const char *notice);

/*
 * Its parts: save the chat; have a new one, to which everything is new; take a state
 * into it, -1 with the reason in `err`; give everybody to his peer.
 */
void world_save(const struct world *world, struct state_out *out);
void world_begin_anew(struct world *world, struct conf *conf);
int world_restore(struct world *world, struct str bytes, struct err *err);
void world_attach(struct world *world);

#endif
