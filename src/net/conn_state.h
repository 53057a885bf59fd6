/* SPDX-License-Identifier: ISC */
#ifndef NET_CONN_STATE_H
#define NET_CONN_STATE_H

#include "base/attr.h"
#include "base/err.h"

/*
 * Connections as a state that is kept (base/state.h), for net/net_state.h: what is
 * spoken, what was read and not acted on, what is unsent. Bytes that have been read are
 * kept as they are, for nobody knows yet what they are an answer to.
 */
struct conn;
struct net;
struct state_in;
struct state_item;
struct state_out;

/* Append a connection as a record of that number. It has no extents on the page. */
void conn_state_save(const struct conn *conn, struct state_out *out, unsigned number);

/*
 * Take one back; it goes on where it was, with its person, who is in the chat already.
 * If its descriptor is not here nothing but the record is looked at. -1 with the reason
 * in `err`.
 */
must_use int conn_state_restore(struct net *net, struct state_in *in,
	const struct state_item *item, struct err *err);

#endif
