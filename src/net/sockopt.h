/* SPDX-License-Identifier: ISC */
#ifndef NET_SOCKOPT_H
#define NET_SOCKOPT_H

#include <sys/socket.h>

#include "base/attr.h"
#include "conf/conf.h"

/*
 * What is set on sockets, and how a peer is called. A failure to set something is
 * logged and otherwise ignored: the connection works without.
 */

/*
 * Apply nodelay, keepalive and user_timeout to a socket that is to listen, or does, and
 * keep urgent data in the stream. Whoever is accepted inherits that, which saves five
 * system calls for each (tcp(7) promises it for TCP_USER_TIMEOUT and means all of
 * these). To be called again when `conf` has changed: those who come after that have
 * it.
 */
void sockopt_listen(int fd, const struct listen_conf *conf);

/* Apply send_buffer to an accepted socket: once set, a listener can't unset it. */
void sockopt_accept(int fd, const struct listen_conf *conf);

/*
 * "127.0.0.1:51234", "[::1]:51234", or for a unix socket "uid 1000 pid 4711" by its
 * credentials. Returns new.
 */
must_use char *sockopt_text(int fd, const struct sockaddr *sa, socklen_t sa_len);

#endif
