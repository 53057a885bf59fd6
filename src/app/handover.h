/* SPDX-License-Identifier: ISC */
#ifndef APP_HANDOVER_H
#define APP_HANDOVER_H

#include "base/attr.h"
#include "base/err.h"

/*
 * The whole daemon as a state that another process goes on with (base/state.h): what
 * the app itself counts and has open, the chat, and the connections.
 */
struct app;
struct cli;
struct state_fds;

/*
 * Save it, between two turns. Returns the descriptor of the state, which is the
 * caller's; those that it speaks of are added to `fds`, which is empty. -1 with the
 * reason in `err`.
 */
must_use int handover_save(
	const struct app *app, struct state_fds *fds, struct err *err);

/*
 * Go on with a state of this process, which has executed another program meanwhile: all
 * parts of the app are there and new. What people have sent is not acted on yet, and
 * chat_state_begin() is due. -1 with the reason in `err`; then the sessions are told
 * goodbye.
 */
must_use int handover_restore(struct app *app, int state_fd, struct err *err);

/* Everybody whose session is in the state is told goodbye, since nothing else works. */
void handover_say_goodbye(int state_fd);

/*
 * For --check-state: could this program, with its configuration, go on with the state?
 * Changes nothing anywhere. Prints HANDOVER_OK and more, or what is wrong; returns an
 * exit code.
 */
int handover_check(const struct cli *cli);

/* How the answer begins. */
#define HANDOVER_OK "state ok"

#endif
