/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "app/host.h"

#include "chat/host.h"

#include "app/app.h"
#include "app/logging.h"

static int
host_rehash(void *arg, struct reload *reload)
{
	return app_reload(arg, reload);
}

static int
host_check(void *arg, struct reload *reload)
{
	return app_check(arg, reload);
}

static void
host_shutdown(void *arg, const char *why)
{
	app_stop(arg, why);
}

static int
host_restart(void *arg, struct err *err)
{
	return app_restart(arg, err);
}

static void
host_status(void *arg, struct host_status *status)
{
	app_status(arg, status);
}

static bool
host_set_log_level(void *arg, struct str level)
{
	(void)arg;
	return logging_set_level(level) == 0;
}

static bool
host_metrics(void *arg, struct str format, struct buf *out)
{
	return app_metrics(arg, format, out);
}

const struct host_ops app_host = {
	.rehash = host_rehash,
	.check = host_check,
	.shutdown = host_shutdown,
	.restart = host_restart,
	.status = host_status,
	.set_log_level = host_set_log_level,
	.metrics = host_metrics,
};
