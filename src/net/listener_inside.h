/* SPDX-License-Identifier: ISC */
#ifndef NET_LISTENER_INSIDE_H
#define NET_LISTENER_INSIDE_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "net/listener.h"

/* What a listener is, for listener.c and listener_state.c only. */
struct event;
struct evconnlistener;

struct listener {
	struct net *net;
	struct evconnlistener *ev;
	struct event *resume;           /* pending while paused */
	const struct listen_conf *conf; /* borrowed; rebound at each reload */
	char *text; /* the address as in the file, NULL for a passed descriptor */
	const struct passed_fd *passed; /* or where the descriptor came from */
	char *name;        /* the address it got, with the real port, for the log */
	char *path;        /* unix socket to remove at the end, or NULL */
	unsigned accepted; /* of those that a turn takes */
	bool has_paused;   /* and nobody has come since */
};

/* What the configuration asks for: an address, or a descriptor that was passed. */
struct want {
	const struct listen_conf *conf;
	const struct address *address; /* or NULL */
	struct passed_fd *passed;      /* or NULL */
};

/*
 * Listen on a bound socket, as `listener` says, which has all but the events. Takes
 * both, also when it fails.
 */
must_use struct listener *listener_start(
	struct listener *listener, struct net *net, int fd, struct err *err);

/* Listen on a socket, new or found. Takes fd, also when it fails. */
must_use struct listener *listener_new(
	struct net *net, int fd, const struct want *want, struct err *err);

void listeners_add(struct listeners *listeners, struct listener *listener);

#endif
