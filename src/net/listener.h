/* SPDX-License-Identifier: ISC */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include <stdbool.h>
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
struct state_in;
struct state_item;
struct state_out;
struct state_table;

/* A passed descriptor as a state that is kept (base/state.h); begin with fd -1. */
extern const struct state_table passed_fd_state;

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

/*
 * For a state that is kept (base/state.h): append each as a record of that number, and
 * take one back. Without `passed` those on passed descriptors are left out. Its section
 * is the one in `conf` that asks for the address, or that is called as before, or the
 * first; listeners_configure() is due then. If the descriptor is not here nothing but
 * the record is looked at. -1 with the reason in `err`.
 */
void listeners_save(const struct listeners *listeners, const struct passed_fd *passed,
	struct state_out *out, unsigned number);
must_use int listeners_restore(struct listeners *listeners, struct net *net,
	const struct conf *conf, const struct passed_fd *passed, size_t npassed,
	struct state_in *in, const struct state_item *item, struct err *err);

/* Append the address of each. */
void listeners_list(const struct listeners *listeners, struct errlist *out);

/*
 * Listen on a descriptor that was kept from an earlier process, if an address of `conf`
 * asks for what it is bound to. False if none does; else the descriptor is taken.
 * listeners_configure() is due then.
 */
must_use bool listeners_adopt(
	struct listeners *listeners, struct net *net, const struct conf *conf, int fd);

/* The descriptors of all addresses that we have opened (returns new), and how many. */
must_use int *listeners_own(const struct listeners *listeners, size_t *count);

/* Close all, and remove the unix sockets that we made. */
void listeners_close(struct listeners *listeners);

#endif
