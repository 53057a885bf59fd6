/* SPDX-License-Identifier: ISC */
#ifndef CHAT_GATE_H
#define CHAT_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/netaddr.h"
#include "chat/reason.h"
#include "conf/conf.h"

/*
 * Who comes from where: counts, for each address (IPv6: each /64), the people who are
 * present and the connections of the last ten minutes, and says when it is too much.
 *
 * What it remembers of an address is forgotten when nobody is there any more and the
 * connections are too long ago to matter, so a stranger can make it grow no faster than
 * he can connect, and not for long.
 */
struct gate;
struct state_in;
struct state_item;
struct state_out;

struct gate *gate_new(void);       /* returns new */
void gate_free(struct gate *gate); /* NULL is fine */

/*
 * Somebody connects from `addr`: may he come in, by the limits? REASON_NONE if so, and
 * then the connection counts; being refused makes nobody wait longer.
 */
must_use enum reason gate_ask(struct gate *gate, const struct limits_conf *limits,
	const struct netaddr *addr, int64_t now);

/* He is in; he is gone. */
void gate_enter(struct gate *gate, const struct netaddr *addr);
void gate_leave(struct gate *gate, const struct netaddr *addr);

/*
 * He wants to do something that may be done once at a time from an address, such as
 * having a passphrase checked: false if that is going on already. With true, gate_end()
 * follows, also if he has left meanwhile.
 */
must_use bool gate_begin(struct gate *gate, const struct netaddr *addr);
void gate_end(struct gate *gate, const struct netaddr *addr);

/*
 * Append what is remembered of connections, a record of that number for each address,
 * and take one back (base/state.h). Who is here is not in it: they enter again. -1 with
 * the reason in `err`.
 */
void gate_save(const struct gate *gate, struct state_out *out, unsigned number);
must_use int gate_restore(struct gate *gate, struct state_in *in,
	const struct state_item *item, struct err *err);

/* How many addresses are remembered. */
size_t gate_count(const struct gate *gate);

#endif
