/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "base/state.h"
#include "chat/chat.h"
#include "chat/host.h"
#include "net/listener.h"

#include "app/app_inside.h"
#include "app/bag.h"
#include "app/handover.h"
#include "app/restart.h"
#include "app/service.h"

/*
 * The app's side of the service manager's store of descriptors, by which sessions
 * outlive a restart of the service, and addresses also a crash: names of what is there.
 */
#define NAME_STATE "prattled-state"
#define NAME_BAG "prattled-bag"
#define NAME_LISTEN "prattled-listen"

/* How long the work under way may take, and the manager to answer, milliseconds. */
#define SETTLE_MS 2000
#define SYNC_MS 5000

/*
 * Coming
 */

/* Take what was stored under a name out of what was passed: its descriptor, or -1. */
static int
take_stored(struct app *app, const char *name)
{
	for (size_t i = 0; i < app->npassed; i++) {
		int fd = app->passed[i].fd;

		if (strcmp(app->passed[i].name, name) != 0)
			continue;
		free(app->passed[i].name);
		app->npassed--;
		memmove(&app->passed[i], &app->passed[i + 1],
			(app->npassed - i) * sizeof(*app->passed));
		return fd;
	}
	return -1;
}

void
app_take_passed(struct app *app)
{
	int fd;

	app->passed = service_take_fds(&app->npassed);
	app->stored_state = take_stored(app, NAME_STATE);
	app->stored_bag = take_stored(app, NAME_BAG);
	/* Only once: whatever becomes of it, the next process has another one. */
	if (app->stored_state != -1)
		service_unstore(NAME_STATE);
	if (app->stored_bag != -1)
		service_unstore(NAME_BAG);
	if (app->stored_state != -1 && app->stored_bag == -1) {
		log_error("restart: the service manager has lost the descriptors of "
			  "the state");
		close(app->stored_state);
		app->stored_state = -1;
	}
	while ((fd = take_stored(app, NAME_LISTEN)) != -1)
		state_fds_add(&app->stored_listens, fd);
}

void
app_close_stored(struct app *app)
{
	for (size_t i = 0; i < app->stored_listens.count; i++)
		close(app->stored_listens.v[i]);
	state_fds_fini(&app->stored_listens);
}

void
app_adopt_listeners(struct app *app)
{
	struct state_fds *fds = &app->stored_listens;

	for (size_t i = 0; i < fds->count; i++) {
		if (!listeners_adopt(&app->listeners, app->net, app->conf, fds->v[i]))
			close(fds->v[i]);
	}
	state_fds_fini(fds);
}

void
app_store_listeners(struct app *app)
{
	size_t size = service_store_size(), count;
	int *fds;

	/* Two places are for the state, and what goes with it. */
	if (size < 3)
		return;
	fds = listeners_own(&app->listeners, &count);
	service_unstore(NAME_LISTEN);
	service_store(NAME_LISTEN, fds, count < size - 2 ? count : size - 2);
	free(fds);
}

/*
 * Going
 */

/* Hand it over. -1 with the reason in `err`; then nothing is there any more. */
static int
store(int state, struct bag *bag, struct err *err)
{
	service_store(NAME_STATE, &state, 1);
	/* Last: if there is a place for this one, there was one for the other. */
	service_store(NAME_BAG, &bag->fd, 1);
	if (!service_sync(SYNC_MS))
		err_set(err, "the service manager does not answer");
	else if (!bag_is_kept(bag))
		err_set(err,
			"the service manager keeps nothing more; see "
			"FileDescriptorStoreMax");
	else
		return 0;
	service_unstore(NAME_STATE);
	service_unstore(NAME_BAG);
	return -1;
}

/* Put all into the store. -1 with the reason in `err`. */
static int
save(struct app *app, struct err *err)
{
	struct state_fds fds = {0};
	struct bag bag;
	int state, rc;

	app_send_all(app);
	state = handover_save(app, true, &fds, err);
	if (state == -1)
		return -1;
	rc = bag_pack(&bag, &fds, err);
	if (rc == 0)
		rc = store(state, &bag, err);
	close(state);
	bag_close(&bag);
	state_fds_fini(&fds);
	return rc;
}

/* The next process will not even begin with a mistake in the configuration. */
static int
check_conf(struct app *app)
{
	struct reload reload = {0};
	int rc = app_check(app, &reload);

	for (size_t i = 0; i < reload.errors.count; i++)
		log_error("restart: %s", reload.errors.texts[i]);
	reload_fini(&reload);
	return rc;
}

void
app_leave(struct app *app)
{
	if (app->state == APP_RUNNING && service_store_size() >= 2)
		app->is_leaving = true;
	else
		app_stop(app, "SIGQUIT");
}

void
app_leave_now(struct app *app)
{
	struct err err;

	app->is_leaving = false;
	if (check_conf(app) == -1) {
		app_stop(app, "SIGQUIT, and nobody could go on");
		return;
	}
	if (!app_settle(app, SETTLE_MS)) {
		app_stop(app, "SIGQUIT, and work that does not end");
		return;
	}
	if (save(app, &err) == -1) {
		log_error("restart: %s", err.text);
		app_stop(app, "SIGQUIT");
		return;
	}
	service_notify("STOPPING=1");
	log_notice("restart: %zu people wait for the next process",
		chat_people(app->chat));
	restart_fini(&app->restart);
	if (app->pidfile != NULL)
		(void)unlink(app->pidfile);
	log_stop(APP_LOG_STOP_MS);
	/* Nothing is closed in order: all of it is somebody else's already. */
	_exit(EX_OK);
}
