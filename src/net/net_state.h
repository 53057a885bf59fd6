/* SPDX-License-Identifier: ISC */
#ifndef NET_NET_STATE_H
#define NET_NET_STATE_H

#include "base/attr.h"
#include "base/err.h"

/*
 * All connections as a state that another process goes on with (base/state.h), and what
 * is counted of them. The listeners are kept by net/listener.h.
 */
struct net;
struct state_in;
struct state_item;
struct state_out;

/* To be called between two turns. */
void net_state_save(const struct net *net, struct state_out *out);

/*
 * Take one record, behind those of the chat. 1; 0 if it is none of net's; -1 with the
 * reason in `err`. Records whose descriptors are not here are only checked.
 */
must_use int net_state_restore(struct net *net, struct state_in *in,
	const struct state_item *item, struct err *err);

#endif
