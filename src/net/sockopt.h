/* SPDX-License-Identifier: ISC */
#ifndef NET_SOCKOPT_H
#define NET_SOCKOPT_H

#include <sys/socket.h>

#include "base/attr.h"
#include "conf/conf.h"

/*
 * What is set on an accepted socket, and how its peer is called.
 */

/*
 * Apply nodelay, keepalive, user_timeout and send_buffer, and keep urgent data in the
 * stream. A failure is logged and otherwise ignored: the connection works without.
 */
void sockopt_apply(int fd, int family, const struct listen_conf *conf);

/*
 * "127.0.0.1:51234", "[::1]:51234", or for a unix socket "uid 1000 pid 4711" by its
 * credentials. Returns new.
 */
must_use char *sockopt_text(int fd, const struct sockaddr *sa, socklen_t sa_len);

#endif
