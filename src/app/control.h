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

/* Where the socket is if the configuration says "auto". */
#define CONTROL_SOCKET RUNSTATEDIR "/prattle/control"

/*
 * Nothing is opened before control_commit(). NULL if libevent fails. Borrows all;
 * `clock` is asked for the time at each callback.
 */
must_use struct control *control_new(struct event_base *base, struct chat *chat,
	struct net *net, struct moment (*clock)(void));

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

/* Let nobody in any more. Who is there stays up to control_free(). */
void control_close(struct control *control);

/* Free the clients that are gone, and see who reads events. Only between turns. */
void control_bury(struct control *control);

#endif
