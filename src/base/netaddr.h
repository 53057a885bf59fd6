/* SPDX-License-Identifier: ISC */
#ifndef BASE_NETADDR_H
#define BASE_NETADDR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

/*
 * Internet addresses and networks of them, as they are compared, listed and written by
 * people. IPv4 and IPv6 are one kind: an IPv4 address is its mapped form ::ffff:a.b.c.d
 * (RFC 4291, 2.5.5.2), so a dual-stack socket and an IPv4 one see the same peer as the
 * same. No name is ever looked up.
 *
 * Networks keep them apart nevertheless: one that is wider than all of IPv4 holds no
 * IPv4 address, so ::/0 is all of IPv6, and the neighbours of ::1 are not everybody.
 */
struct sockaddr;

struct netaddr {
	unsigned char bytes[16]; /* network order */
};

struct network {
	struct netaddr addr; /* its bits behind the prefix are zero */
	unsigned prefix;     /* 0 to 128; of IPv4: 96 more than people write */
};

/* The address of a peer. False if the socket is of another family. */
must_use bool netaddr_from(const struct sockaddr *sa, struct netaddr *addr);

/* Its port; 0 if the socket is of another family, or the system is to choose one. */
unsigned netaddr_port(const struct sockaddr *sa);

bool netaddr_eq(const struct netaddr *a, const struct netaddr *b);

bool netaddr_is_v4(const struct netaddr *addr);

/* "192.0.2.7" or "2001:db8::7", terminated. */
#define NETADDR_TEXT_MAX 46
void netaddr_text(const struct netaddr *addr, char out[NETADDR_TEXT_MAX]);

/*
 * Parse "192.0.2.7", "192.0.2.0/24", "2001:db8::/32" and nothing else: the whole text
 * must be one. A network whose address has bits behind its prefix is refused, since
 * nobody knows what was meant. -1 with the reason and what would be right in `err`;
 * `network` is unchanged then.
 */
must_use int network_parse(struct network *network, struct str text, struct err *err);

/*
 * Could the text have been meant for an address or a network (or a host), rather than
 * for somebody's name? It says which error helps. "ann:" is ann.
 */
bool network_looks_like(struct str text);

/* As network_parse() takes it; a single address without its prefix. Terminated. */
#define NETWORK_TEXT_MAX 50
void network_text(const struct network *network, char out[NETWORK_TEXT_MAX]);

bool network_has(const struct network *network, const struct netaddr *addr);
bool network_eq(const struct network *a, const struct network *b);

/* Is it more than one address? (For IPv6: more than a /64, which is one household.) */
bool network_is_wide(const struct network *network);

/*
 * Whoever has this address, as limits count them: the address itself of IPv4, its /64
 * of IPv6, of which everybody has more addresses than there are seconds in a year.
 */
struct network network_of_owner(const struct netaddr *addr);

/* A list as "127.0.0.0/8, ::1", in the order given; zero-initialised, it is empty. */
struct network_list {
	struct network *v;
	size_t count;
};

/* An empty text is an empty list. -1 with `err`; `list` is empty then. */
must_use int network_list_parse(
	struct network_list *list, struct str text, struct err *err);
void network_list_fini(struct network_list *list);

bool network_list_has(const struct network_list *list, const struct netaddr *addr);

/* Same networks in the same order. */
bool network_list_eq(const struct network_list *a, const struct network_list *b);

/* As network_list_parse() takes it (returns new). */
must_use char *network_list_text(const struct network_list *list);

#endif
