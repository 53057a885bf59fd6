/* SPDX-License-Identifier: ISC */
#ifndef APP_SIGNALS_H
#define APP_SIGNALS_H

#include "base/attr.h"

/*
 * Signals, all through the event loop, so that a handler is a callback like any other.
 *
 *	TERM, INT	app_stop()	a second one ends at once
 *	HUP		app_reload()
 *	USR1		app_log_status()
 *	USR2		app_restart()
 *	QUIT		app_leave()
 *	PIPE		ignored
 */
struct app;
struct event;
struct event_base;

#define SIGNALS 6

struct signals {
	struct event *events[SIGNALS];
};

/* -1 if libevent fails; signals_fini() is due in any case. */
must_use int signals_init(
	struct signals *signals, struct event_base *base, struct app *app);

void signals_fini(struct signals *signals);

/* Have those that come wait, also for a program that is executed; and take them. */
void signals_hold(void);
void signals_release(void);

#endif
