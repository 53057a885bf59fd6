/* SPDX-License-Identifier: ISC */
#ifndef NET_BIND_H
#define NET_BIND_H

#include "base/attr.h"
#include "base/err.h"
#include "conf/conf.h"

/*
 * From an address to a bound socket.
 */

/*
 * Make a socket, non-blocking and close-on-exec, bound to a TCP or unix address. A unix
 * socket that a dead daemon left behind is replaced; one that somebody listens on is an
 * error. `shares_port`: as if the configuration said reuse_port. Returns the
 * descriptor, or -1 with the reason in `err`.
 */
must_use int bind_address(const struct address *address, const struct listen_conf *conf,
	bool shares_port, struct err *err);

/*
 * The same of a unix socket by its path, with these permissions. The descriptor, or -1
 * with errno.
 */
must_use int bind_path(const char *path, uint64_t mode);

/* The address that a bound socket has, with the real port. Returns new. */
must_use char *bind_text(int fd);

#endif
