/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "app/app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/moment.h"
#include "base/width.h"
#include "base/worker.h"
#include "chat/chat.h"
#include "chat/command.h"
#include "chat/host.h"
#include "conf/changes.h"
#include "net/listener.h"
#include "net/net.h"

#include "app/app_inside.h"
#include "app/control.h"
#include "app/daemon.h"
#include "app/features.h"
#include "app/host.h"
#include "app/library.h"
#include "app/logging.h"
#include "app/metrics.h"
#include "app/motd.h"
#include "app/numbers.h"
#include "app/service.h"

/*
 * How many jobs of the worker wait at most: passphrases (chat/verify.h leaves some
 * room) and the files of the chat.
 */
#define WORKER_JOBS 16

/* Memory kept for an allocation that fails, bytes. */
#define RESERVE ((size_t)256 * 1024)

/* How often the service manager hears how many people are here, milliseconds. */
#define STATUS_MS 5000

/* The monotonic clock, in microseconds. */
static int64_t
app_stopwatch(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct moment
app_clock(void)
{
	int64_t us = app_stopwatch();
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	return (struct moment){.mono = us / 1000, .wall = wall.tv_sec, .us = us};
}

/*
 * Turns
 */

static void
app_on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct app *app = arg;
	struct moment now = net_wake(app->net);

	(void)fd;
	(void)what;
	chat_tick(app->chat, now);
	net_tick(app->net, now);
}

static void
app_on_worker(evutil_socket_t fd, short what, void *arg)
{
	struct app *app = arg;

	(void)fd;
	(void)what;
	chat_collect(app->chat, net_wake(app->net));
}

static void
app_arm_timer(struct app *app, int64_t now)
{
	int64_t due = moment_earlier(chat_next_due(app->chat), net_next_due(app->net));
	struct timeval tv;
	int64_t ms;

	if (due == -1) {
		event_del(app->timer);
		return;
	}
	ms = due - now;
	if (ms < 0)
		ms = 0;
	tv = (struct timeval){ms / 1000, ms % 1000 * 1000};
	event_add(app->timer, &tv);
}

/* Memory was short: have a reserve again, and no newcomers as long as there is none. */
static void
app_refill_memory(struct app *app)
{
	bool is_low = mem_is_low() && !mem_reserve(RESERVE);

	if (is_low && !app->chat->is_low)
		log_error(
			"out of memory: nobody may come in until there is some again");
	else if (!is_low && app->chat->is_low)
		log_notice("there is memory again");
	app->chat->is_low = is_low;
}

/*
 * The end of a turn: announce and bury the dead, hand out the page. Handing out may
 * find more dead, and burying writes on the page, so both go on until nothing is left.
 */
void
app_turn_end(struct app *app)
{
	uint64_t took;
	int64_t now;

	do {
		chat_sweep(app->chat);
		net_flush(app->net);
	} while (!chat_is_swept(app->chat));
	net_bury(app->net);
	control_bury(app->control);
	conf_free(app->retired);
	app->retired = NULL;
	if (app->state == APP_STOPPING && net_count(app->net) == 0)
		app->state = APP_STOPPED;
	app_refill_memory(app);
	now = app_stopwatch();
	took = net_turn_took(app->net, now);
	if (took > 0)
		histogram_add(&app->counts.turns, took);
	app_arm_timer(app, now / 1000);
}

static void
app_on_beat(evutil_socket_t fd, short what, void *arg)
{
	struct app *app = arg;

	(void)fd;
	(void)what;
	service_notify("WATCHDOG=1\nSTATUS=%zu people in %zu rooms",
		chat_people(app->chat), chat_rooms(app->chat));
}

/* Under a service manager: tell it regularly that the loop turns. */
void
app_start_beat(struct app *app)
{
	int64_t ms = service_watchdog_ms() / 2;
	struct timeval tv;

	if (!service_is_managed())
		return;
	if (ms == 0 || ms > STATUS_MS)
		ms = STATUS_MS;
	tv = (struct timeval){ms / 1000, ms % 1000 * 1000};
	event_add(app->beat, &tv);
	app_on_beat(-1, 0, app);
}

/*
 * Start
 */

void
app_setup_log(const struct app *app)
{
	logging_setup(&app->conf->log, app->cli->verbose,
		!app->cli->daemonise       ? LOGGING_FOREGROUND
			: !app->is_started ? LOGGING_STARTING
					   : LOGGING_BACKGROUND);
}

/* Load, or tell every mistake on standard error and return NULL. */
static struct conf *
app_load(const struct cli *cli)
{
	struct errlist errors = {0};
	struct conf *conf = conf_load(&cli->source, &errors);

	for (size_t i = 0; i < errors.count; i++)
		fprintf(stderr, "%s\n", errors.texts[i]);
	errlist_fini(&errors);
	return conf;
}

/* Read the files of the chat. Mistakes in them are no reason not to run. */
void
app_load_state(struct app *app, struct errlist *errors)
{
	size_t before = errors->count;

	if (chat_load(app->chat, app_clock(), errors) == -1) {
		for (size_t i = before; i < errors->count; i++)
			log_error("state: %s", errors->texts[i]);
	}
}

/* Start the worker, whose answers are events of the loop. */
static int
app_start_worker(struct app *app)
{
	struct err err;

	app->worker = worker_new(WORKER_JOBS, &err);
	if (app->worker == NULL) {
		log_error("%s", err.text);
		return -1;
	}
	app->worker_event = event_new(app->base, worker_fd(app->worker),
		EV_READ | EV_PERSIST, app_on_worker, app);
	if (app->worker_event == NULL || event_add(app->worker_event, NULL) == -1) {
		log_error("can't make the events of the loop");
		return -1;
	}
	return 0;
}

/* Make the loop and all that turns in it. */
int
app_assemble(struct app *app)
{
	struct err err;

	if (!mem_reserve(RESERVE))
		log_warn("there is no memory for a reserve");
	library_init();
	if (command_check(&err) == -1) {
		log_error("%s", err.text);
		return EX_SOFTWARE;
	}
	if (!width_init())
		log_warn(
			"there is no C.UTF-8 locale: widths of characters are guessed");
	app->base = event_base_new();
	if (app->base == NULL) {
		log_error("can't make an event loop");
		return EX_OSERR;
	}
	if (app_start_worker(app) == -1)
		return EX_OSERR;
	app->chat = chat_new(app->conf, &app->page, app->worker, app_clock());
	chat_set_host(app->chat, &app_host, app);
	app->net = net_new(
		app->base, app->chat, &app->page, app->conf, feature_protos, app_clock);
	app->control =
		control_new(app->base, app->chat, app->net, app->conf, app_clock);
	app->motd = motd_new(app->base, app->chat);
	app->timer = evtimer_new(app->base, app_on_timer, app);
	app->beat = event_new(app->base, -1, EV_PERSIST, app_on_beat, app);
	if (app->net == NULL || app->control == NULL || app->motd == NULL ||
		app->timer == NULL || app->beat == NULL ||
		restart_init(&app->restart, app->base, app->cli, &app_restart_ops,
			app) == -1 ||
		signals_init(&app->signals, app->base, app) == -1) {
		log_error("can't make the events of the loop");
		return EX_OSERR;
	}
	return EX_OK;
}

/* Take what only the one who started us may take, then become somebody else. */
static int
app_acquire(struct app *app)
{
	const struct server_conf *conf = &app->conf->server;
	struct err err;

	daemon_raise_nofile(app->conf->limits.clients);
	app_adopt_listeners(app);
	if (listeners_configure(&app->listeners, app->net, app->conf, app->passed,
		    app->npassed, &err) == -1) {
		log_error("%s", err.text);
		return EX_UNAVAILABLE;
	}
	for (size_t i = 0; i < app->npassed; i++) {
		if (app->passed[i].fd != -1)
			log_warn("the socket \"%s\" was passed, but no [listen] has "
				 "address = fd:%s",
				app->passed[i].name, app->passed[i].name);
	}
	if (app->cli->daemonise && conf->pidfile[0] != '\0') {
		if (daemon_write_pidfile(conf->pidfile, &err) == -1) {
			log_error("%s", err.text);
			return EX_CANTCREAT;
		}
		app->pidfile = xstrdup(conf->pidfile);
	}
	if (daemon_become(conf, &err) == -1) {
		log_error("%s", err.text);
		return EX_NOPERM;
	}
	if (geteuid() == 0)
		log_warn("running as root; set user in [server]");
	/* As the one who removes it at the end. */
	if (control_prepare(app->control, app->conf, &err) == -1) {
		log_error("%s", err.text);
		return EX_UNAVAILABLE;
	}
	control_commit(app->control, app->conf);
	return EX_OK;
}

static int
app_start(struct app *app)
{
	struct errlist errors = {0};
	struct err err;
	int ready_fd = -1;
	int state_fd = restart_take_state();
	int rc;

	if (state_fd != -1)
		return app_resume(app, state_fd, -1);
	app_take_passed(app);
	if (app->stored_bag != -1) {
		rc = app_resume(app, app->stored_state, app->stored_bag);
		if (rc != EX_DATAERR)
			return rc;
		app_forget(app);
	}
	app->conf = app_load(app->cli);
	if (app->conf == NULL)
		return EX_CONFIG;
	if (app->cli->daemonise) {
		ready_fd = daemon_fork(&err);
		if (ready_fd == -1) {
			fprintf(stderr, "%s\n", err.text);
			return EX_OSERR;
		}
	}
	app_setup_log(app);
	log_notice("%s starts, configuration %s", PACKAGE_STRING,
		app->cli->source.file != NULL ? app->cli->source.file : "built in");
	rc = app_assemble(app);
	if (rc == EX_OK)
		rc = app_acquire(app);
	if (rc != EX_OK)
		return rc;
	motd_configure(app->motd, app->conf->server.motd_file);
	app_load_state(app, &errors);
	errlist_fini(&errors);
	app->is_started = true;
	if (ready_fd != -1) {
		app_setup_log(app);
		daemon_detach(ready_fd);
	}
	app_store_listeners(app);
	log_start();
	service_notify("READY=1");
	app_start_beat(app);
	return EX_OK;
}

/*
 * While running
 */

static void
log_changes(const struct changes *changes)
{
	struct buf text = {0};

	for (size_t i = 0; i < changes->count; i++) {
		buf_reset(&text);
		change_print(&changes->v[i], &text);
		log_notice("reload: %.*s", (int)text.len, text.p);
	}
	buf_fini(&text);
}

/* Go over to `next`; -1, and nothing has changed, if it can't be done. */
static int
app_switch_conf(struct app *app, struct conf *next, struct reload *reload)
{
	struct err err;

	if (control_prepare(app->control, next, &err) == -1) {
		errlist_add(&reload->errors, "%s", err.text);
		return -1;
	}
	if (listeners_configure(&app->listeners, app->net, next, app->passed,
		    app->npassed, &err) == -1) {
		control_abort(app->control);
		errlist_add(&reload->errors, "%s", err.text);
		return -1;
	}
	control_commit(app->control, next);
	changes_find(&reload->changes, next, app->conf);
	log_changes(&reload->changes);
	changes_carry_over(next, app->conf);
	chat_reconfigure(app->chat, next, app_clock());
	net_reconfigure(app->net, next);
	conf_free(app->retired);
	app->retired = app->conf;
	app->conf = next;
	app_setup_log(app);
	motd_configure(app->motd, next->server.motd_file);
	daemon_raise_nofile(next->limits.clients);
	app_store_listeners(app);
	return 0;
}

int
app_reload(struct app *app, struct reload *reload)
{
	struct conf *next;
	int rc = -1;

	if (app->state != APP_RUNNING) {
		errlist_add(&reload->errors, "prattled is about to end");
		return -1;
	}
	(void)net_wake(app->net);
	service_notify_reloading();
	next = conf_load(&app->cli->source, &reload->errors);
	if (next != NULL)
		rc = app_switch_conf(app, next, reload);
	for (size_t i = 0; i < reload->errors.count; i++)
		log_error("reload: %s", reload->errors.texts[i]);
	if (rc == 0) {
		app_load_state(app, &reload->errors);
		app->counts.reloads[0]++;
		log_notice("reload: done");
	} else {
		app->counts.reloads[1]++;
		conf_free(next);
		log_error("reload: failed, the old configuration stays in force");
	}
	service_notify("READY=1");
	return rc;
}

int
app_check(struct app *app, struct reload *reload)
{
	struct conf *next = conf_load(&app->cli->source, &reload->errors);

	if (next == NULL)
		return -1;
	changes_find(&reload->changes, next, app->conf);
	conf_free(next);
	return 0;
}

void
app_status(const struct app *app, struct host_status *status)
{
	status->pid = getpid();
	status->config = app->cli->source.file;
	status->log_level = logging_level();
	listeners_list(&app->listeners, &status->listens);
	status->connections = net_count(app->net);
	status->skipped = app->net->skipped;
	status->reloads = app->counts.reloads[0];
	status->log_dropped = log_dropped();
	status->closes = app->net->closes;
}

bool
app_metrics(const struct app *app, struct str format, struct buf *out)
{
	enum metrics_format which;
	struct numbers numbers;

	if (!metrics_format(format, &which))
		return false;
	numbers_take(&numbers, app->chat, app->net, &app->counts);
	metrics_print(&numbers, which, out);
	return true;
}

void
app_log_status(struct app *app)
{
	struct numbers numbers;

	numbers_take(&numbers, app->chat, app->net, &app->counts);
	numbers_log(&numbers, app_clock().mono - app->chat->started.mono);
}

int
app_run(const struct cli *cli)
{
	struct app app = {.cli = cli};
	int rc = app_start(&app);

	while (rc == EX_OK && app.state != APP_STOPPED) {
		if (event_base_loop(app.base, EVLOOP_ONCE) == -1) {
			log_error("the event loop failed");
			rc = EX_OSERR;
		}
		app_turn_end(&app);
		if (app.is_leaving && app.state == APP_RUNNING) {
			app_leave_now(&app);
			app_turn_end(&app);
		}
		if (app.state == APP_RUNNING &&
			restart_turn(&app.restart, app_clock().mono))
			app_turn_end(&app);
	}
	app_finish(&app);
	return rc;
}

int
app_test(const struct cli *cli)
{
	struct conf *conf = app_load(cli);
	struct buf out = {0};

	if (conf == NULL)
		return EXIT_FAILURE;
	conf_print(conf, &out);
	fwrite(out.p, 1, out.len, stdout);
	buf_fini(&out);
	conf_free(conf);
	return EXIT_SUCCESS;
}
