/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/worker.h"
#include "chat/chat.h"
#include "net/net.h"

#include "app/app_inside.h"
#include "app/control.h"
#include "app/motd.h"
#include "app/service.h"

/* The app's end. */

void
app_stop(struct app *app, const char *why)
{
	if (app->state != APP_RUNNING) {
		log_notice("%s: ending at once", why);
		app->state = APP_STOPPED;
		return;
	}
	log_notice("%s: stopping, %zu people", why, chat_people(app->chat));
	service_notify("STOPPING=1\nSTATUS=stopping");
	app->state = APP_STOPPING;
	control_close(app->control);
	listeners_close(&app->listeners);
	chat_close(app->chat, STR("The room is closing. Goodbye!"));
	net_close_all(app->net, REASON_STOP);
}

/* Free all that turns in the loop, and the loop. */
static void
app_dissolve(struct app *app)
{
	control_free(app->control);
	listeners_close(&app->listeners);
	net_free(app->net);
	motd_free(app->motd);
	/* First the worker: what is due is written, and comes back to the chat. */
	if (app->worker_event != NULL)
		event_free(app->worker_event);
	worker_free(app->worker);
	chat_free(app->chat);
	restart_fini(&app->restart);
	signals_fini(&app->signals);
	if (app->timer != NULL)
		event_free(app->timer);
	if (app->beat != NULL)
		event_free(app->beat);
	if (app->base != NULL)
		event_base_free(app->base);
	if (app->pidfile != NULL && unlink(app->pidfile) == -1)
		log_warn("can't remove the pidfile %s", app->pidfile);
	free(app->pidfile);
	for (size_t i = 0; i < app->npassed; i++)
		free(app->passed[i].name);
	free(app->passed);
	buf_fini(&app->page.buf);
	conf_free(app->retired);
	conf_free(app->conf);
}

void
app_forget(struct app *app)
{
	struct app next = {
		.cli = app->cli,
		.passed = app->passed,
		.npassed = app->npassed,
		.stored_listens = app->stored_listens,
	};

	app->passed = NULL;
	app->npassed = 0;
	app_dissolve(app);
	*app = next;
}

void
app_finish(struct app *app)
{
	app_dissolve(app);
	if (app->is_started)
		log_notice("ended");
	if (!mem_reserve(0))
		log_debug("the reserve can't be given up");
	log_stop(APP_LOG_STOP_MS);
	libevent_global_shutdown();
}
