/* SPDX-License-Identifier: ISC */
#ifndef APP_APP_H
#define APP_APP_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"

#include "app/cli.h"

/*
 * The daemon, assembled: the one place that knows all others and owns what has no other
 * owner. One thread runs it; each round of app_run()'s loop is a turn
 * (ARCHITECTURE.md).
 */
struct app;
struct host_status;
struct reload;

/* Be the daemon until it is stopped. Returns the exit code (sysexits.h). */
int app_run(const struct cli *cli);

/* Check the configuration (-t). Prints what holds, or every mistake. Returns 0 or 1. */
int app_test(const struct cli *cli);

/*
 * From signals: everybody is told, what is unsent gets server.farewell to leave, then
 * the loop ends. The second call ends it at once.
 */
void app_stop(struct app *app, const char *why);

/*
 * Read the configuration and the files of the chat again. -1 with every mistake in the
 * errors, logged too; then nothing has changed.
 */
int app_reload(struct app *app, struct reload *reload);

/* The same, up to what would change; nothing does. */
int app_check(struct app *app, struct reload *reload);

/* How things are: for operators, and (two records) to the log. */
void app_status(const struct app *app, struct host_status *status);
void app_log_status(struct app *app);

/* Append the numbers for monitoring. False if there is no such format. */
must_use bool app_metrics(const struct app *app, struct str format, struct buf *out);

/*
 * From signals: end, and leave everybody to the next process of the service by way of
 * the service manager's store of descriptors. Without one it is as app_stop().
 */
void app_leave(struct app *app);

/*
 * Begin a restart in place: the program that is installed now is asked whether it could
 * go on, and then does, in this process. -1 with the reason in `err`; what fails later
 * on is logged, and told to who has asked in the chat.
 */
must_use int app_restart(struct app *app, struct err *err);

#endif
