/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "host_fake.h"

#include <stdlib.h>

#include "base/mem.h"
#include "chat/host.h"

/* One change of each kind, if it is good. */
static int
host_read(struct fake_host *host, struct reload *reload)
{
	static const struct {
		const char *place;
		enum change_kind kind;
		enum option_when when;
	} rows[] = {
		{"limits.rate", CHANGE_OPTION, WHEN_NOW},
		{"listen main.speak", CHANGE_OPTION, WHEN_NEW},
		{"server.user", CHANGE_OPTION, WHEN_RESTART},
		{"room #tea", CHANGE_NEW, WHEN_NOW},
		{"operator eve", CHANGE_GONE, WHEN_NOW},
	};
	struct changes *changes = &reload->changes;

	for (size_t i = 0; host->mistakes[i] != NULL; i++)
		errlist_add(&reload->errors, "%s", host->mistakes[i]);
	if (reload->errors.count > 0)
		return -1;
	changes->count = sizeof(rows) / sizeof(rows[0]);
	changes->v = xcalloc(changes->count, sizeof(*changes->v));
	for (size_t i = 0; i < changes->count; i++)
		changes->v[i] = (struct change){
			.place = xstrdup(rows[i].place),
			.kind = rows[i].kind,
			.when = rows[i].when,
		};
	return 0;
}

static int
host_rehash(void *arg, struct reload *reload)
{
	struct fake_host *host = arg;
	int rc = host_read(host, reload);

	host->reloads++;
	if (host->stale != NULL)
		errlist_add(&reload->errors, "%s", host->stale);
	return rc;
}

static int
host_check(void *arg, struct reload *reload)
{
	struct fake_host *host = arg;

	host->checks++;
	return host_read(host, reload);
}

static void
host_shutdown(void *arg, const char *why)
{
	struct fake_host *host = arg;

	free(host->shutdown);
	host->shutdown = xstrdup(why);
	host->shutdowns++;
}

static int
host_restart(void *arg, struct err *err)
{
	struct fake_host *host = arg;

	host->restarts++;
	if (host->cant_restart == NULL)
		return 0;
	err_set(err, "%s", host->cant_restart);
	return -1;
}

static void
host_status(void *arg, struct host_status *status)
{
	static const uint64_t closes[REASONS] = {[REASON_QUIT] = 12, [REASON_SLOW] = 1};
	struct fake_host *host = arg;

	*status = (struct host_status){
		.pid = 4711,
		.config = "/etc/prattled.ini",
		.log_level = host->level,
		.connections = 5,
		.skipped = 6,
		.reloads = 7,
		.log_dropped = 8,
		.closes = closes,
	};
	errlist_add(&status->listens, "127.0.0.1:4000");
	errlist_add(&status->listens, "unix:/run/prattle/room");
}

static bool
host_set_log_level(void *arg, struct str level)
{
	struct fake_host *host = arg;

	return !str_eq(level, STR("loud")) &&
		str_copy(level, host->level, sizeof(host->level));
}

static bool
host_metrics(void *arg, struct str format, struct buf *out)
{
	(void)arg;
	if (format.len == 0)
		buf_add_str(out, STR("prattle_people 1\n# EOF\n"));
	else if (str_eq(format, STR("prometheus")))
		buf_add_str(out, STR("prattle_people 1\n"));
	return out->len > 0;
}

const struct host_ops fake_host = {
	.rehash = host_rehash,
	.check = host_check,
	.shutdown = host_shutdown,
	.restart = host_restart,
	.status = host_status,
	.set_log_level = host_set_log_level,
	.metrics = host_metrics,
};
