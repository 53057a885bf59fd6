/* SPDX-License-Identifier: ISC */
#ifndef APP_CONTROL_H
#define APP_CONTROL_H

#include "base/attr.h"
#include "base/err.h"
#include "base/moment.h"
#include "conf/conf.h"

/*
 * The control socket: where operators of this machine, and their programs, reach the
 * daemon (prattlectl(1)). Each client is a console of the chat (chat/console.h). A
 * client that is slow, silent, or sends anything at all, costs nobody else anything: it
 * gets one answer at a time, waits for it to be read, and has limits for all it sends.
 */
struct chat;
struct control;
struct event_base;
struct net;
struct state_in;
struct state_item;
struct state_out;

/* Where the socket is if the configuration says "auto". */
#define CONTROL_SOCKET RUNSTATEDIR "/prattle/control"

/*
 * Nothing is opened before control_commit(). NULL if libevent fails. Borrows all,
 * `conf` up to the first control_commit(); `clock` is asked for the time at each
 * callback.
 */
must_use struct control *control_new(struct event_base *base, struct chat *chat,
	struct net *net, const struct conf *conf, struct moment (*clock)(void));

/* Also closes all clients. The chat must be alive still. NULL is fine. */
void control_free(struct control *control);

/*
 * Open the socket of `conf` beside the one that there is. -1 with the reason in `err`
 * if that can't be had; then nothing has changed. That of "auto" is left out with a
 * notice instead. Then go over to it, which can't fail, or forget about it. `conf` is
 * borrowed from control_commit() to the next one.
 */
must_use int control_prepare(
	struct control *control, const struct conf *conf, struct err *err);
void control_commit(struct control *control, const struct conf *conf);
void control_abort(struct control *control);

/*
 * Let nobody in any more. Who is there stays up to control_free(); who waits for a
 * restart hears that there will be none.
 */
void control_close(struct control *control);

/* Who waits for the restart hears why it has failed, or that it has not (NULL). */
void control_answer(struct control *control, const char *why);

/*
 * For a restart in place: the socket and its clients as records of these numbers, and
 * back. Behind control_restore_*() come control_prepare() and control_commit() as at a
 * reload, which keep the socket if it is still the one of its path, and then
 * control_resume(). -1 with the reason in `err`.
 */
void control_save(const struct control *control, struct state_out *out,
	unsigned socket_number, unsigned client_number);
must_use int control_restore_socket(struct control *control, struct state_in *in,
	const struct state_item *item, struct err *err);
must_use int control_restore_client(struct control *control, struct state_in *in,
	const struct state_item *item, struct err *err);
void control_resume(struct control *control);

/* Free the clients that are gone, and see who reads events. Only between turns. */
void control_bury(struct control *control);

#endif
