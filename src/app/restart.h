/* SPDX-License-Identifier: ISC */
#ifndef APP_RESTART_H
#define APP_RESTART_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/err.h"

/*
 * The restart in place: this process executes the program that is installed now, which
 * goes on with all descriptors and with the state that is left to it (handover.h). So
 * the process keeps its number, and nobody notices.
 *
 *	restart_begin()		the state is saved, and a child executes the new program
 *				with --check-state: could it go on with that? Meanwhile
 *				all goes on
 *	restart_turn()		it could: when nothing is under way, the state is saved
 *				once more, the last records of the log are written, and
 *				this process executes the program
 *
 * Whatever fails until then, the new program's start included, fails without anybody
 * noticing but the log and who has asked (restart_ops.failed).
 */
struct cli;
struct event;
struct event_base;
struct state_fds;

struct restart_ops {
	/*
	 * Save the state: returns its descriptor, which is the caller's, and adds those
	 * that go with it to `fds`. -1 with the reason in `err`.
	 */
	int (*save)(void *arg, struct state_fds *fds, struct err *err);

	/* Is there nothing under way that the state can't hold? */
	bool (*is_idle)(void *arg);

	/* Wait until that is so, at most `ms` milliseconds, and end the turn again. */
	bool (*settle)(void *arg, int ms);

	/* It did not work, and all is as it was. */
	void (*failed)(void *arg, const char *why);
};

enum restart_phase {
	RESTART_NOT,
	RESTART_CHECKING, /* the child is at work */
	RESTART_DUE,      /* it has said yes */
	RESTART_LAST_TURN /* signals wait for the next process */
};

struct restart {
	const struct restart_ops *ops;
	void *arg; /* of these */
	const struct cli *cli;
	char *program; /* its path; owned */
	enum restart_phase phase;
	pid_t child;
	int said;            /* descriptor of what the child says, or -1 */
	bool is_late;        /* it was ended because it took too long */
	int64_t due_since;   /* monotonic milliseconds */
	struct event *ended; /* SIGCHLD, while there is a child */
	struct event *timer; /* what takes too long */
};

/*
 * Once, early: finds out where the program is, which may be moved and deleted later on.
 * Borrows. -1 if libevent fails; restart_fini() is due in any case.
 */
must_use int restart_init(struct restart *restart, struct event_base *base,
	const struct cli *cli, const struct restart_ops *ops, void *arg);

void restart_fini(struct restart *restart);

/* Begin. -1 with the reason in `err`, and then failed() is not called. */
must_use int restart_begin(struct restart *restart, struct err *err);

/*
 * Behind the end of each turn. Does not return if all goes well and it is time. True if
 * something failed, and was told: then the turn is to be ended once more.
 */
must_use bool restart_turn(struct restart *restart, int64_t now);

/*
 * Has another process of ours left a state? Returns its descriptor, once, or -1. No
 * child of ours will see it.
 */
int restart_take_state(void);

#endif
