/* SPDX-License-Identifier: ISC */
#ifndef APP_HANDOVER_H
#define APP_HANDOVER_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/state.h"
#include "base/state_file.h"

/*
 * The whole daemon as a state that another process goes on with (base/state.h): what
 * the app itself counts and has open, the chat, and the connections.
 */
struct app;
struct cli;

/*
 * Save it, between two turns. Returns the descriptor of the state, which is the
 * caller's; those that it speaks of are added to `fds`, which is empty. Sockets that a
 * service manager has passed are left out if it `will_pass` them to the next process
 * again. -1 with the reason in `err`.
 */
must_use int handover_save(
	const struct app *app, bool will_pass, struct state_fds *fds, struct err *err);

/* What another process has left. */
struct legacy {
	struct state_map map;
	struct state_fds fds;
};

/*
 * Open it. If `bag` (bag.h) is not -1 the descriptors are in there, else they are open
 * in this process, which has executed another program. -1 with the reason in `err`; in
 * any case handover_close() is due.
 */
must_use int handover_open(
	struct legacy *legacy, int state_fd, int bag, struct err *err);
void handover_close(struct legacy *legacy);

/*
 * Go on with it: all parts of the app are there and new. What people have sent is not
 * acted on yet, and chat_state_begin() is due. -1 with the reason in `err`.
 */
must_use int handover_restore(struct app *app, struct legacy *legacy, struct err *err);

/*
 * Everybody whose session is in it is told goodbye, since nothing else works; what
 * nobody has taken out of it is closed. Before handover_close().
 */
void handover_say_goodbye(const struct legacy *legacy);

/*
 * For --check-state: could this program, with its configuration, go on with the state?
 * Changes nothing anywhere. Prints HANDOVER_OK and more, or what is wrong; returns an
 * exit code.
 */
int handover_check(const struct cli *cli);

/* How the answer begins. */
#define HANDOVER_OK "state ok"

#endif
