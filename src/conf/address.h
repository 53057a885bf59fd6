/* SPDX-License-Identifier: ISC */
#ifndef CONF_ADDRESS_H
#define CONF_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/*
 * Addresses to listen on, as an operator writes them: numeric TCP addresses, unix
 * sockets, and descriptors passed by a service manager. No name is ever looked up.
 */
enum address_kind {
	ADDRESS_TCP,    /* sa holds it */
	ADDRESS_UNIX,   /* sa holds the path, which begins with / */
	ADDRESS_PASSED, /* fd:NAME; the name is the part of text behind "fd:" */
};

struct address {
	char *text; /* as in the file, normalised; owned */
	enum address_kind kind;
	struct sockaddr_storage sa;
	socklen_t sa_len;
};

/* Zero-initialised, it is empty. "*:4000" makes two entries, [::] and 0.0.0.0. */
struct address_list {
	struct address *v;
	size_t count;
};

/*
 * Parse a list separated by commas, at least one address. -1 with the reason in
 * `err` if one is wrong or given twice; `list` is then empty. On success the caller
 * owns what `list` holds.
 */
must_use int address_list_parse(
	struct address_list *list, struct str text, struct err *err);

void address_list_fini(struct address_list *list);

/* Same addresses in the same order. */
bool address_list_eq(const struct address_list *a, const struct address_list *b);

/* The list as text that parses to the same (returns new). */
must_use char *address_list_text(const struct address_list *list);

/* Does the kernel choose the port, so that the same address may be used twice? */
bool address_any_port(const struct address *address);

/*
 * Append to `out` what addresses on the command line, separated by commas, stand for:
 * text for address_list_parse(). One without a port gets `port`, or `default_port` if
 * that is NULL, and an IPv6 address without brackets gets them. -1 if there is a
 * `port` and an address has one already, or is of a kind that has none.
 */
must_use int address_complete(struct str text, const char *port,
	const char *default_port, struct buf *out, struct err *err);

#endif
