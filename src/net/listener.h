/* SPDX-License-Identifier: ISC */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "conf/conf.h"
#include "net/net.h"

/*
 * The sockets on which people arrive: one per address of the [listen] sections. A
 * connection keeps no pointer to the listener it came by.
 */

/* A listening descriptor that a service manager passed, with its name. */
struct passed_fd {
	int fd; /* -1 once a listener has taken it */
	char *name;
};

struct listener;

/* All of them. Zero-initialise it. */
struct listeners {
	struct listener **v;
	size_t count;
};

/*
 * Go over to the listeners that `conf` asks for: those that are open already stay
 * untouched, new ones are opened, the rest is closed. -1 with the reason in `err` if
 * one can't be opened; then nothing has changed. With `listens_by_default`, passed
 * descriptors replace the built-in address. Borrows conf until the next call; takes a
 * passed descriptor out of `passed` when it is used.
 */
must_use int listeners_configure(struct listeners *listeners, struct net *net,
	const struct conf *conf, struct passed_fd *passed, size_t npassed,
	struct err *err);

/* Append the address of each. */
void listeners_list(const struct listeners *listeners, struct errlist *out);

/* Close all, and remove the unix sockets that we made. */
void listeners_close(struct listeners *listeners);

#endif
