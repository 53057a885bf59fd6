/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/worker.h"
#include "chat/chat.h"
#include "chat/chat_state.h"
#include "chat/traffic.h"
#include "net/net.h"

#include "app/app_inside.h"
#include "app/cli.h"
#include "app/control.h"
#include "app/daemon.h"
#include "app/handover.h"
#include "app/motd.h"
#include "app/restart.h"
#include "app/service.h"

/* The app's side of a restart in place: how it goes away, and how it comes back. */

/*
 * Going
 */

int
app_restart(struct app *app, struct err *err)
{
	if (app->state != APP_RUNNING) {
		err_set(err, "prattled is about to end");
		return -1;
	}
	if (restart_begin(&app->restart, err) == -1)
		return -1;
	log_notice("restart: asking %s", app->restart.program);
	return 0;
}

void
app_send_all(struct app *app)
{
	traffic_settle(app->chat);
	do {
		chat_sweep(app->chat);
		net_flush_all(app->net);
	} while (!chat_is_swept(app->chat));
	net_bury(app->net);
}

/* The configuration file as it is; all zero if there is none. */
static struct stat
conf_file(const struct app *app)
{
	const char *path = app->cli->source.file;
	struct stat st = {0};

	if (path != NULL && stat(path, &st) == -1)
		st = (struct stat){0};
	return st;
}

/*
 * The child has read the configuration, too. With another one, which may have a mistake
 * in it, the new program could not begin, and there would be no way back.
 */
static bool
is_as_checked(const struct app *app)
{
	struct stat now = conf_file(app);

	return file_is_unchanged(&app->checked, &now);
}

static int
save(void *arg, struct state_fds *fds, struct err *err)
{
	struct app *app = arg;

	/* What the child is asked about is a state within a turn: nothing goes out. */
	if (app->restart.phase != RESTART_LAST_TURN) {
		app->checked = conf_file(app);
	} else if (is_as_checked(app)) {
		app_send_all(app);
	} else {
		err_set(err, "%s was changed meanwhile; try again",
			app->cli->source.file);
		return -1;
	}
	return handover_save(app, false, fds, err);
}

static bool
is_idle(void *arg)
{
	const struct app *app = arg;

	return worker_pending(app->worker) == 0;
}

bool
app_settle(struct app *app, int ms)
{
	bool ok;

	chat_collect(app->chat, app_clock());
	ok = worker_wait(app->worker, ms);
	app_turn_end(app);
	/* Who has gone by that may have left something to be written. */
	return ok && worker_wait(app->worker, ms);
}

static bool
settle(void *arg, int ms)
{
	return app_settle(arg, ms);
}

static void
failed(void *arg, const char *why)
{
	struct app *app = arg;

	log_error("restart: failed, and nothing has changed: %s", why);
	chat_state_failed(app->chat, why);
	control_answer(app->control, why);
}

const struct restart_ops app_restart_ops = {
	.save = save,
	.is_idle = is_idle,
	.settle = settle,
	.failed = failed,
};

/*
 * Coming
 */

/* The configuration, or NULL: then every mistake is in the log. */
static struct conf *
load(const struct app *app)
{
	struct errlist errors = {0};
	struct conf *conf = conf_load(&app->cli->source, &errors);

	for (size_t i = 0; i < errors.count; i++)
		log_error("restart: %s", errors.texts[i]);
	errlist_fini(&errors);
	return conf;
}

/* Addresses that are new or gone, as at a reload; if one can't be had all stay. */
static void
configure_listeners(struct app *app)
{
	struct err err;

	if (listeners_configure(&app->listeners, app->net, app->conf, app->passed,
		    app->npassed, &err) == -1)
		log_error("restart: %s; the addresses stay as they were", err.text);
}

/* The control socket, as at a reload; if it can't be had the old one stays. */
static void
configure_control(struct app *app)
{
	struct err err;

	if (control_prepare(app->control, app->conf, &err) == -1)
		log_error("restart: %s; the control socket stays as it was", err.text);
	else
		control_commit(app->control, app->conf);
}

/* The file has been ours, maybe under another name. */
static void
keep_pidfile(struct app *app)
{
	const char *path = app->conf->server.pidfile;
	struct err err;

	if (!app->cli->daemonise ||
		(app->pidfile != NULL && strcmp(app->pidfile, path) == 0))
		return;
	if (app->pidfile != NULL)
		(void)unlink(app->pidfile);
	free(app->pidfile);
	app->pidfile = NULL;
	if (path[0] == '\0')
		return;
	if (daemon_write_pidfile(path, &err) == -1)
		log_error("restart: %s", err.text);
	else
		app->pidfile = xstrdup(path);
}

/* A new process has to become somebody else; one that has executed us has done so. */
static int
resume(struct app *app, struct legacy *legacy, bool is_new)
{
	struct errlist errors = {0};
	struct err err;
	int rc;

	app->conf = load(app);
	if (app->conf == NULL)
		return EX_CONFIG;
	app_setup_log(app);
	rc = app_assemble(app);
	if (rc != EX_OK)
		return rc;
	daemon_raise_nofile(app->conf->limits.clients);
	if (is_new && daemon_become(&app->conf->server, &err) == -1) {
		log_error("restart: %s", err.text);
		return EX_NOPERM;
	}
	app_load_state(app, &errors);
	errlist_fini(&errors);
	if (handover_restore(app, legacy, &err) == -1) {
		log_error("restart: %s", err.text);
		return EX_DATAERR;
	}
	return EX_OK;
}

int
app_resume(struct app *app, int state_fd, int bag)
{
	struct legacy legacy;
	struct err err;
	int rc = EX_DATAERR;

	app->is_started = true;
	if (handover_open(&legacy, state_fd, bag, &err) == -1)
		log_error("restart: %s", err.text);
	else
		rc = resume(app, &legacy, bag != -1);
	if (rc != EX_OK)
		handover_say_goodbye(&legacy);
	handover_close(&legacy);
	if (state_fd != -1)
		close(state_fd);
	if (bag != -1)
		close(bag);
	if (rc != EX_OK)
		return rc;
	app_close_stored(app);
	configure_listeners(app);
	configure_control(app);
	app_store_listeners(app);
	keep_pidfile(app);
	motd_configure(app->motd, app->conf->server.motd_file);
	log_start();
	chat_state_begin(app->chat, app_clock(), app->conf->server.restart_notice);
	app_turn_end(app);
	service_notify("READY=1");
	app_start_beat(app);
	log_notice("restart: %s goes on with %zu people, after %lld ms", PACKAGE_STRING,
		chat_people(app->chat), (long long)(app_clock().mono - app->stopped));
	control_resume(app->control);
	return EX_OK;
}
