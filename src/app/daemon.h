/* SPDX-License-Identifier: ISC */
#ifndef APP_DAEMON_H
#define APP_DAEMON_H

#include <sys/types.h>

#include "base/attr.h"
#include "base/err.h"
#include "conf/conf.h"

/*
 * What a daemon does by hand where no service manager does it: the background, the
 * pidfile, giving up root, and room for descriptors.
 */

/*
 * Go on in a child of init, in a session of its own. The process that was started waits
 * until the child calls daemon_detach(), and exits with 0, or ends with the exit code
 * of a child that failed before; so whoever started it sees the errors of the start.
 * Returns in the child only: the descriptor for daemon_detach(), or -1 with `err`.
 */
must_use int daemon_fork(struct err *err);

/* The start has succeeded: let go of the terminal and of the waiting process. */
void daemon_detach(int ready_fd);

/* Write our process id. -1 with `err`, also if a living process is in the file. */
must_use int daemon_write_pidfile(const char *path, struct err *err);

/*
 * The number of a group that `option` ("[server] group") has by its name or number. -1
 * with the reason in `err`.
 */
must_use int daemon_find_group(
	const char *name, const char *option, gid_t *gid, struct err *err);

/*
 * Become server.user and server.group, if set. Supplementary groups are dropped. -1
 * with the reason in `err`; then the daemon must not go on.
 */
must_use int daemon_become(const struct server_conf *conf, struct err *err);

/*
 * Raise the limit of descriptors so that `clients` people fit, as far as we may. Logs a
 * warning if fewer do.
 */
void daemon_raise_nofile(uint64_t clients);

/* Raise it as far as we may, for descriptors that nobody has counted yet. */
void daemon_raise_nofile_most(void);

#endif
