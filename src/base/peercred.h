/* SPDX-License-Identifier: ISC */
#ifndef BASE_PEERCRED_H
#define BASE_PEERCRED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attr.h"

/*
 * Who is at the other end of a unix socket: the process that connected, as the kernel
 * knows it, which nobody can forge.
 */
struct peercred {
	uid_t uid;
	gid_t gid; /* the process's own; it may have more */
	pid_t pid;
};

/* -1 with errno if the kernel does not tell. */
must_use int peercred_get(int fd, struct peercred *cred);

/*
 * Is the process in the group, by its own or by one of its supplementary groups? The
 * latter are those that it had when it connected.
 */
bool peercred_in_group(int fd, const struct peercred *cred, gid_t group);

/*
 * The login name by /etc/passwd alone, or NULL (returns new). What else a machine may
 * know of users, by nsswitch.conf(5), is not asked: that may take for ever, and dies
 * where memory is short, neither of which may happen once the daemon runs.
 */
must_use char *peercred_name(uid_t uid);

#endif
