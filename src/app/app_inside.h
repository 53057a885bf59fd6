/* SPDX-License-Identifier: ISC */
#ifndef APP_APP_INSIDE_H
#define APP_APP_INSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "app/app.h"
#include "app/numbers.h"
#include "app/restart.h"
#include "app/signals.h"
#include "base/attr.h"
#include "base/moment.h"
#include "base/state.h"
#include "chat/page.h"
#include "conf/conf.h"
#include "net/listener.h"

/*
 * The daemon's parts, for app.c, app_end.c and the files that a restart takes:
 * app_restart.c, app_store.c and handover.c.
 */
struct chat;
struct control;
struct event;
struct event_base;
struct motd;
struct net;
struct worker;

/* How long the log may take at the end to hand over what is queued, milliseconds. */
#define APP_LOG_STOP_MS 2000

enum app_state {
	APP_RUNNING,
	APP_STOPPING, /* last lines are being sent */
	APP_STOPPED,  /* the loop ends after this turn */
};

struct app {
	const struct cli *cli;
	struct conf *conf;
	struct conf *retired; /* replaced in this turn, freed at its end */
	struct event_base *base;
	struct page page;
	struct worker *worker;
	struct event *worker_event; /* it has done something */
	struct chat *chat;
	struct net *net;
	struct control *control;
	struct listeners listeners;
	struct passed_fd *passed; /* from the service manager */
	size_t npassed;
	struct motd *motd;
	struct signals signals;
	struct restart restart;
	struct stat checked; /* the configuration file, when a restart began */
	struct event *timer; /* for whatever of chat and net is due next */
	struct event *beat;  /* watchdog and status, under a service manager */
	char *pidfile;       /* ours, to be removed; owned, or NULL */
	bool is_started;     /* whoever started us has been let go */
	bool is_leaving;     /* everybody goes to the store, at the end of the turn */
	int stored_state;    /* from there, as the one before us has left it; or -1 */
	int stored_bag;
	struct state_fds stored_listens;
	enum app_state state;
	struct counts counts;
	int64_t stopped; /* when the process before this stood still, monotonic ms */
};

/* The time, for all that is told what time it is. */
struct moment app_clock(void);

/* Where the log goes, by the configuration. */
void app_setup_log(const struct app *app);

/* Make the loop and all that turns in it. An exit code. */
must_use int app_assemble(struct app *app);

/* Read the files of the chat. Mistakes in them are logged, and added. */
void app_load_state(struct app *app, struct errlist *errors);

/* Free all, and end the log. */
void app_finish(struct app *app);

/* Begin anew, with nothing but what the service manager has passed. */
void app_forget(struct app *app);

/* The end of a turn. */
void app_turn_end(struct app *app);

/* Under a service manager: tell it regularly that the loop turns. */
void app_start_beat(struct app *app);

/*
 * For app.c: begin where another process has left off, with the state behind that
 * descriptor and what is in the bag (or -1, see handover_open()); both are taken. An
 * exit code; if it is not EX_OK everybody has been told goodbye. EX_DATAERR is the
 * state's fault, and one could begin anew.
 */
must_use int app_resume(struct app *app, int state_fd, int bag);

/* Send what is gathered, and on the page: it is no part of a state. */
void app_send_all(struct app *app);

/* Wait until no job is under way, at most `ms` milliseconds, and end the turn again. */
must_use bool app_settle(struct app *app, int ms);

/*
 * The service manager's store. Take what it has passed to us, and what of that is from
 * its store; go on with addresses that were there, or let go of them since the state
 * has them, too; put those there that are open now.
 */
void app_take_passed(struct app *app);
void app_adopt_listeners(struct app *app);
void app_close_stored(struct app *app);
void app_store_listeners(struct app *app);

/*
 * Behind the end of a turn in which app_leave() was called: put all into the store, and
 * end the process. If that can't be done it is as app_stop(), and a turn is to be
 * ended.
 */
void app_leave_now(struct app *app);

/* What a restart takes from the app. */
extern const struct restart_ops app_restart_ops;

#endif
