/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "app/signals.h"

#include <signal.h>
#include <stddef.h>

#include <event2/event.h>

#include "base/err.h"
#include "base/log.h"
#include "chat/host.h"

#include "app/app.h"

static void
on_stop(evutil_socket_t number, short what, void *arg)
{
	(void)what;
	app_stop(arg, number == SIGTERM ? "SIGTERM" : "SIGINT");
}

static void
on_reload(evutil_socket_t number, short what, void *arg)
{
	struct reload reload = {0};

	(void)number;
	(void)what;
	(void)app_reload(arg, &reload);
	reload_fini(&reload);
}

static void
on_leave(evutil_socket_t number, short what, void *arg)
{
	(void)number;
	(void)what;
	app_leave(arg);
}

static void
on_restart(evutil_socket_t number, short what, void *arg)
{
	struct err err;

	(void)number;
	(void)what;
	if (app_restart(arg, &err) == -1)
		log_error("restart: %s", err.text);
}

static void
on_status(evutil_socket_t number, short what, void *arg)
{
	(void)number;
	(void)what;
	app_log_status(arg);
}

static const struct {
	int number;
	event_callback_fn callback;
} rows[] = {
	{SIGTERM, on_stop},
	{SIGINT, on_stop},
	{SIGHUP, on_reload},
	{SIGUSR1, on_status},
	{SIGUSR2, on_restart},
	{SIGQUIT, on_leave},
};
_Static_assert(sizeof(rows) / sizeof(rows[0]) == SIGNALS, "a row per event");

int
signals_init(struct signals *signals, struct event_base *base, struct app *app)
{
	*signals = (struct signals){0};
	/* A peer that is gone is told by EPIPE, where it can be handled. */
	signal(SIGPIPE, SIG_IGN);
	/* A file that may not grow is as a full disk: an error, not the end. */
	signal(SIGXFSZ, SIG_IGN);
	for (size_t i = 0; i < SIGNALS; i++) {
		signals->events[i] =
			evsignal_new(base, rows[i].number, rows[i].callback, app);
		if (signals->events[i] == NULL ||
			evsignal_add(signals->events[i], NULL) == -1)
			return -1;
	}
	/* Those that came during a restart have waited for this. */
	signals_release();
	return 0;
}

static void
set_mask(int how)
{
	sigset_t ours;

	sigemptyset(&ours);
	for (size_t i = 0; i < SIGNALS; i++)
		sigaddset(&ours, rows[i].number);
	sigprocmask(how, &ours, NULL);
}

void
signals_hold(void)
{
	set_mask(SIG_BLOCK);
}

void
signals_release(void)
{
	set_mask(SIG_UNBLOCK);
}

void
signals_fini(struct signals *signals)
{
	/* Without its event a signal would end us in the midst of tidying up. */
	signals_hold();
	for (size_t i = 0; i < SIGNALS; i++) {
		if (signals->events[i] != NULL)
			event_free(signals->events[i]);
	}
	*signals = (struct signals){0};
}
