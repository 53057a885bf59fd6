/* SPDX-License-Identifier: ISC */
#ifndef NET_PROXY_H
#define NET_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/str.h"

/*
 * The header of the PROXY protocol, versions 1 and 2: what a proxy sends ahead of the
 * bytes of somebody else, to say whose they are. Bytes in, a verdict out; who may send
 * one, and how long one waits for it, is the business of net/arrival.h.
 *
 * Taken are TCP over IPv4 and IPv6. Whatever else the protocol knows (LOCAL, UNKNOWN,
 * UNSPEC, UNIX, UDP) names no source, and the connection's own address holds. What is
 * added behind the addresses (TLVs) is skipped, but for a checksum, which must be
 * right.
 */

/*
 * A longer header is bad, and so is a line of version 1 with more than PROXY_LINE_MAX
 * bytes, its end included. What proxies send fits into one segment.
 */
#define PROXY_HEADER_MAX ((size_t)4096)
#define PROXY_LINE_MAX ((size_t)107)

enum proxy_verdict {
	PROXY_MORE, /* right so far, and not whole: all these bytes belong to it */
	PROXY_DONE,
	PROXY_BAD, /* none, or one that breaks the rules: to be closed */
};

struct proxy_header {
	size_t len;      /* PROXY_DONE: its bytes; what follows is the person's */
	bool has_source; /* PROXY_DONE: false if the connection's own address holds */
	struct sockaddr_storage source;
	socklen_t source_len;
	const char *fault; /* PROXY_BAD: what is wrong, for the log */
};

/*
 * Judge the first bytes of a connection, all that came so far. Decides as early as it
 * can; once it is done or bad, more bytes change nothing. `header` is filled by what
 * the verdict says and else zero.
 */
enum proxy_verdict proxy_parse(struct str bytes, struct proxy_header *header);

#endif
