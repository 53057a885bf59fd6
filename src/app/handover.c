/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "app/handover.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/histogram.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/state.h"
#include "base/state_file.h"
#include "base/worker.h"
#include "chat/chat.h"
#include "chat/chat_state.h"
#include "net/listener.h"
#include "net/net.h"
#include "net/net_state.h"

#include "app/app_inside.h"
#include "app/bag.h"
#include "app/cli.h"
#include "app/control.h"
#include "app/control_state.h"
#include "app/daemon.h"
#include "app/features.h"
#include "app/library.h"

/*
 * How often what somebody has sent is dropped before he is told goodbye: not for ever.
 */
#define DRAIN_READS 16

/*
 * The app's records; those of the chat and of net have other numbers. None is ever
 * given to another one.
 */
enum record {
	RECORD_DAEMON = 1,
	RECORD_PASSED = 2,
	RECORD_LISTENER = 3,
	RECORD_DESCRIPTORS = 4,
	RECORD_CONTROL = 5,
	RECORD_CONTROL_CLIENT = 6,
};

static const struct state_field histogram_fields[] = {
	STATE_ROW(
		struct histogram, counts, 1, STATE_UINT, .count = HISTOGRAM_BOUNDS + 1),
	STATE_ROW(struct histogram, sum, 2, STATE_UINT),
};
static const struct state_table histogram_table =
	STATE_TABLE(histogram, histogram_fields, NULL);

struct daemon_state {
	uint64_t reloads, restarts;
	uint64_t failed_reloads;
	uint64_t
		deliveries; /* of the chat, which tells something while it comes back */
	struct histogram turns;
	uint64_t dropped; /* log records */
	struct str pidfile;
	int64_t stopped; /* on the monotonic clock as it is, for the pause */
};
static const struct state_field daemon_fields[] = {
	STATE_ROW(struct daemon_state, reloads, 1, STATE_UINT),
	STATE_ROW(struct daemon_state, restarts, 2, STATE_UINT),
	STATE_ROW(struct daemon_state, dropped, 3, STATE_UINT),
	STATE_ROW(struct daemon_state, pidfile, 4, STATE_STR, .max = 4096),
	STATE_ROW(struct daemon_state, stopped, 5, STATE_INT),
	STATE_ROW(struct daemon_state, failed_reloads, 6, STATE_UINT),
	STATE_ROW(
		struct daemon_state, turns, 7, STATE_RECORD, .table = &histogram_table),
	STATE_ROW(struct daemon_state, deliveries, 8, STATE_UINT),
};
static const struct state_table daemon_table =
	STATE_TABLE(daemon_state, daemon_fields, NULL);

/* What the descriptors of the state are called in this process. */
struct descriptors {
	struct state_numbers numbers;
};
static const struct state_field descriptors_fields[] = {
	STATE_ROW(struct descriptors, numbers, 1, STATE_NUMBERS),
};
static const struct state_table descriptors_table =
	STATE_TABLE(descriptors, descriptors_fields, NULL);

/*
 * Saving
 */

static void
save_daemon(const struct app *app, bool will_pass, struct state_out *out)
{
	struct daemon_state state = {
		.reloads = app->counts.reloads[0],
		.failed_reloads = app->counts.reloads[1],
		.restarts = app->counts.restarts + 1,
		.turns = app->counts.turns,
		.deliveries = app->chat->deliveries,
		.dropped = app->counts.dropped + log_dropped(),
		.stopped = out->now,
	};

	if (app->pidfile != NULL)
		state.pidfile = str_of(app->pidfile);
	state_put(out, RECORD_DAEMON, &daemon_table, &state);
	for (size_t i = 0; !will_pass && i < app->npassed; i++)
		state_put(out, RECORD_PASSED, &passed_fd_state, &app->passed[i]);
	listeners_save(
		&app->listeners, will_pass ? NULL : app->passed, out, RECORD_LISTENER);
}

static void
save_descriptors(struct state_out *out)
{
	struct descriptors descriptors = {{0}};

	for (size_t i = 0; i < out->fds.count; i++)
		state_numbers_add(&descriptors.numbers, (uint64_t)out->fds.v[i]);
	state_put(out, RECORD_DESCRIPTORS, &descriptors_table, &descriptors);
	state_numbers_fini(&descriptors.numbers);
}

int
handover_save(
	const struct app *app, bool will_pass, struct state_fds *fds, struct err *err)
{
	struct state_file file;
	int fd = -1;

	if (state_file_begin(&file, app_clock().mono, err) == 0) {
		save_daemon(app, will_pass, &file.out);
		chat_state_save(app->chat, &file.out);
		net_state_save(app->net, &file.out);
		control_save(
			app->control, &file.out, RECORD_CONTROL, RECORD_CONTROL_CLIENT);
		save_descriptors(&file.out);
		fd = state_file_end(&file, err);
		*fds = file.out.fds;
		file.out.fds = (struct state_fds){0};
	}
	state_file_fini(&file);
	return fd;
}

/*
 * Restoring
 */

/* What the descriptors of the state are called, which stands behind all else. */
static int
read_numbers(struct str body, struct state_numbers *numbers, struct err *err)
{
	struct descriptors descriptors = {{0}};
	struct state_in in = {.rest = body};
	struct state_item item;
	int rc;

	while ((rc = state_next(&in, &item, err)) == 1) {
		if (item.number != RECORD_DESCRIPTORS || descriptors.numbers.count > 0)
			continue;
		rc = state_get(&in, &item, &descriptors_table, &descriptors, err);
		if (rc == -1)
			break;
	}
	*numbers = descriptors.numbers;
	return rc;
}

/* These, as far as they are open here; a child of ours is to have none of them. */
static void
take_open(const struct state_numbers *numbers, struct state_fds *fds)
{
	for (size_t i = 0; i < numbers->count; i++) {
		uint64_t fd = numbers->v[i];
		bool is_open = fd > STDERR_FILENO && fd <= INT32_MAX &&
			fcntl((int)fd, F_SETFD, FD_CLOEXEC) == 0;

		state_fds_add(fds, is_open ? (int)fd : -1);
	}
}

static int
restore_daemon(struct app *app, struct state_in *in, const struct state_item *item,
	struct err *err)
{
	struct daemon_state state = {0};

	if (state_get(in, item, &daemon_table, &state, err) == -1)
		return -1;
	app->counts.reloads[0] = state.reloads;
	app->counts.reloads[1] = state.failed_reloads;
	app->counts.turns = state.turns;
	app->chat->deliveries = state.deliveries;
	app->counts.restarts = state.restarts;
	app->counts.dropped = state.dropped;
	app->stopped = state.stopped;
	free(app->pidfile);
	app->pidfile = state.pidfile.len > 0
		? xstrndup(state.pidfile.p, state.pidfile.len)
		: NULL;
	return 0;
}

static int
restore_passed(struct app *app, struct state_in *in, const struct state_item *item,
	struct err *err)
{
	struct passed_fd passed = {.fd = -1};

	if (state_get(in, item, &passed_fd_state, &passed, err) == -1 ||
		passed.name == NULL || app->listeners.count > 0) {
		free(passed.name);
		err_set(err, "a passed socket has no name, or comes too late");
		return -1;
	}
	app->passed =
		xreallocarray(app->passed, app->npassed + 1, sizeof(*app->passed));
	app->passed[app->npassed++] = passed;
	return 0;
}

/* One record, whosever it is. One that nobody knows is of another version. */
static int
restore_item(struct app *app, struct state_in *in, const struct state_item *item,
	struct err *err)
{
	int rc;

	switch (item->number) {
	case RECORD_DAEMON:
		return restore_daemon(app, in, item, err);
	case RECORD_PASSED:
		return restore_passed(app, in, item, err);
	case RECORD_LISTENER:
		return listeners_restore(&app->listeners, app->net, app->conf,
			app->passed, app->npassed, in, item, err);
	case RECORD_DESCRIPTORS:
		return 0;
	case RECORD_CONTROL:
		return control_restore_socket(app->control, in, item, err);
	case RECORD_CONTROL_CLIENT:
		return control_restore_client(app->control, in, item, err);
	}
	rc = chat_state_restore(app->chat, in, item, err);
	if (rc == 0)
		rc = net_state_restore(app->net, in, item, err);
	return rc == -1 ? -1 : 0;
}

static int
restore_all(struct app *app, struct str body, struct state_fds *fds, struct err *err)
{
	struct state_in in = {.rest = body, .now = app_clock().mono, .fds = fds};
	struct state_item item;
	int rc;

	while ((rc = state_next(&in, &item, err)) == 1) {
		if (restore_item(app, &in, &item, err) == -1)
			return -1;
	}
	return rc;
}

/* Close those that nobody has taken. How many were there? */
static size_t
close_rest(const struct state_fds *fds)
{
	size_t count = 0;

	for (size_t i = 0; i < fds->count; i++) {
		if (fds->v[i] == -1 || fds->is_taken[i])
			continue;
		close(fds->v[i]);
		count++;
	}
	return count;
}

/* The descriptors of a state, be they in this process or in a bag. */
static int
find_fds(struct legacy *legacy, int bag, struct err *err)
{
	struct state_numbers numbers = {0};
	int rc = read_numbers(legacy->map.body, &numbers, err);

	if (rc == 0 && bag == -1)
		take_open(&numbers, &legacy->fds);
	if (rc == 0 && legacy->fds.count != numbers.count) {
		err_set(err, "there are %zu descriptors, and not %zu",
			legacy->fds.count, numbers.count);
		rc = -1;
	}
	state_numbers_fini(&numbers);
	return rc;
}

int
handover_open(struct legacy *legacy, int state_fd, int bag, struct err *err)
{
	struct err error;
	int rc = 0;

	*legacy = (struct legacy){.fds = {0}};
	/* First, for goodbye can be said to them whatever the state is like. */
	if (bag != -1) {
		daemon_raise_nofile_most();
		rc = bag_unpack(bag, &legacy->fds, err);
	}
	if (state_map_open(&legacy->map, state_fd, &error) == -1) {
		*err = error;
		rc = -1;
	}
	return rc == 0 ? find_fds(legacy, bag, err) : -1;
}

void
handover_close(struct legacy *legacy)
{
	state_fds_fini(&legacy->fds);
	state_map_close(&legacy->map);
}

int
handover_restore(struct app *app, struct legacy *legacy, struct err *err)
{
	size_t count;

	if (restore_all(app, legacy->map.body, &legacy->fds, err) == -1)
		return -1;
	/* They were kept by a version that knew more than we. */
	count = close_rest(&legacy->fds);
	if (count > 0)
		log_warn("restart: nobody wants %zu of the descriptors", count);
	log_info("restart: the state is of prattle %s", legacy->map.version);
	return 0;
}

/* Drop what a peer has sent: a close with unread input could destroy the last words. */
static void
drain(int fd)
{
	char waste[4096];

	for (int i = 0; i < DRAIN_READS; i++) {
		if (recv(fd, waste, sizeof(waste), MSG_DONTWAIT) <= 0)
			return;
	}
}

/* To a descriptor that may be a session's or a listener's. */
static void
say_goodbye(int fd)
{
	static const char words[] = "\r\nThe room is closing. Goodbye!\r\n";

	(void)!send(fd, words, strlen(words), MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)shutdown(fd, SHUT_WR);
	drain(fd);
}

/* Operators at the control socket, and programs, get no words that are for people. */
static void
refuse_controllers(struct str body, struct state_fds *fds)
{
	struct state_in in = {.rest = body, .fds = fds};
	struct state_item item;
	struct err err;

	while (state_next(&in, &item, &err) == 1) {
		if (item.number == RECORD_CONTROL_CLIENT)
			control_client_refuse(&in, &item,
				"The new program could not go on, and everybody has "
				"been disconnected: see the log");
	}
}

void
handover_say_goodbye(const struct legacy *legacy)
{
	/* Again, with nothing taken: it is not known how far one came. */
	struct state_fds fds = {0};

	for (size_t i = 0; i < legacy->fds.count; i++)
		state_fds_add(&fds, legacy->fds.v[i]);
	refuse_controllers(legacy->map.body, &fds);
	for (size_t i = 0; i < fds.count; i++) {
		if (!fds.is_taken[i])
			say_goodbye(fds.v[i]);
	}
	state_fds_fini(&fds);
	(void)close_rest(&legacy->fds);
}

/*
 * Checking
 */

/* The configuration, with nothing to be written anywhere. */
static struct conf *
load_conf(const struct cli *cli, struct errlist *errors)
{
	struct conf_source source = cli->source;
	const char **overrides = xcalloc(source.noverrides + 1, sizeof(*overrides));
	struct conf *conf;

	if (source.noverrides > 0)
		memcpy(overrides, source.overrides,
			source.noverrides * sizeof(*overrides));
	overrides[source.noverrides++] = "server.state=";
	source.overrides = overrides;
	conf = conf_load(&source, errors);
	free(overrides);
	return conf;
}

/* The parts of the app that take a state. -1 with the reason in `err`. */
static int
make_parts(struct app *app, struct err *err)
{
	app->base = event_base_new();
	if (app->base == NULL) {
		err_set(err, "can't make an event loop");
		return -1;
	}
	app->worker = worker_new_inline(1);
	app->chat = chat_new(app->conf, &app->page, app->worker, app_clock());
	app->net = net_new(
		app->base, app->chat, &app->page, app->conf, feature_protos, app_clock);
	app->control =
		control_new(app->base, app->chat, app->net, app->conf, app_clock);
	if (app->net == NULL || app->control == NULL) {
		err_set(err, "can't make the events of the loop");
		return -1;
	}
	return 0;
}

static void
free_parts(struct app *app)
{
	control_free(app->control);
	net_free(app->net);
	worker_free(app->worker);
	chat_free(app->chat);
	if (app->base != NULL)
		event_base_free(app->base);
	for (size_t i = 0; i < app->npassed; i++)
		free(app->passed[i].name);
	free(app->passed);
	free(app->pidfile);
	buf_fini(&app->page.buf);
	conf_free(app->conf);
}

/* Take the state as it will be taken, but for the descriptors, which are not here. */
static int
check(struct app *app, int state_fd, struct err *err)
{
	struct state_numbers numbers = {0};
	struct state_fds fds = {0};
	struct state_map map;
	int rc = state_map_open(&map, state_fd, err);

	if (rc == 0)
		rc = make_parts(app, err);
	if (rc == 0)
		rc = read_numbers(map.body, &numbers, err);
	for (size_t i = 0; i < numbers.count; i++)
		state_fds_add(&fds, -1);
	if (rc == 0)
		rc = restore_all(app, map.body, &fds, err);
	state_numbers_fini(&numbers);
	state_fds_fini(&fds);
	state_map_close(&map);
	return rc;
}

int
handover_check(const struct cli *cli)
{
	struct app app = {.cli = cli};
	struct errlist errors = {0};
	struct err err;
	int rc = EX_DATAERR;

	library_init();
	app.conf = load_conf(cli, &errors);
	for (size_t i = 0; i < errors.count; i++)
		fprintf(stderr, "%s\n", errors.texts[i]);
	errlist_fini(&errors);
	if (app.conf == NULL)
		return EX_CONFIG;
	if (check(&app, cli->state_fd, &err) == 0) {
		printf("%s: %s can go on with %zu people in %zu rooms\n", HANDOVER_OK,
			PACKAGE_STRING, chat_people(app.chat), chat_rooms(app.chat));
		rc = EX_OK;
	} else {
		fprintf(stderr, "%s\n", err.text);
	}
	free_parts(&app);
	libevent_global_shutdown();
	return rc;
}
