/* SPDX-License-Identifier: ISC */
#ifndef APP_CONTROL_STATE_H
#define APP_CONTROL_STATE_H

#include "base/attr.h"
#include "base/err.h"

/*
 * The clients of the control socket over a restart in place: whatever they are at goes
 * on, a pipe, events, or an answer that is being read. For control.c.
 */
struct control_shared;
struct state_in;
struct state_item;
struct state_out;

/* A record of this number for each. */
void control_clients_save(
	const struct control_shared *shared, struct state_out *out, unsigned number);

/*
 * Take such a record: another client, for which control_client_resume() is due. None if
 * its descriptor is not here. -1 with the reason in `err`.
 */
must_use int control_client_restore(struct control_shared *shared, struct state_in *in,
	const struct state_item *item, struct err *err);

/*
 * The client of such a record is told that nobody goes on, for `why`. Nothing happens
 * if the record makes no sense.
 */
void control_client_refuse(
	struct state_in *in, const struct state_item *item, const char *why);

#endif
