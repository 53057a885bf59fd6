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
#include "chat/page.h"
#include "conf/conf.h"
#include "net/listener.h"

/*
 * The daemon's parts, for app.c and for the files that a restart takes: app_restart.c
 * and handover.c.
 */
struct chat;
struct control;
struct event;
struct event_base;
struct motd;
struct net;
struct worker;

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

/* The end of a turn. */
void app_turn_end(struct app *app);

/* Under a service manager: tell it regularly that the loop turns. */
void app_start_beat(struct app *app);

/*
 * For app.c: begin where another process has left off, with the state behind that
 * descriptor, which is taken. An exit code; if it is not EX_OK everybody has been told
 * goodbye.
 */
must_use int app_resume(struct app *app, int state_fd);

/* What a restart takes from the app. */
extern const struct restart_ops app_restart_ops;

#endif
