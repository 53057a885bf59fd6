/* SPDX-License-Identifier: ISC */
#ifndef NET_ARRIVAL_H
#define NET_ARRIVAL_H

#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "base/attr.h"
#include "base/bucket.h"
#include "base/err.h"
#include "base/moment.h"
#include "conf/conf.h"

/*
 * What is before a session where a proxy must say for whom it comes ([listen] proxy).
 *
 * An arrival is a connected socket of which nothing but the header of the PROXY
 * protocol is read, to the byte, so that all behind it is still the kernel's when
 * conn_open() makes a session of it. Until then nothing is sent to it, and neither
 * limits nor the chat have heard of it. It waits for a few seconds at most. Who is not
 * in proxy_from, or breaks the rules, is closed without a word.
 *
 * A proxy also connects on its own, to see whether we are there, and closes again. That
 * becomes no session and no record in the log: one that names the proxy itself has to
 * send something, or to stay for a second, before it is greeted.
 */
struct arrival;
struct net;
struct state_in;
struct state_item;
struct state_out;

TAILQ_HEAD(arrival_queue, arrival);

/* All of them, and how often complaints about them were logged. In struct net. */
struct arrivals {
	struct arrival_queue silent; /* the header is not whole, earliest first */
	struct arrival_queue own;    /* of the proxy itself, earliest first */
	struct bucket records;
	uint64_t unlogged; /* complaints since the last one that was logged */
};

void arrivals_init(struct arrivals *arrivals);

/*
 * A socket was accepted at `where`, under a `conf` that wants the protocol. Takes the
 * descriptor, also when it fails: then it is closed, the reason counted and logged. The
 * others are borrowed for the call.
 */
void arrival_open(struct net *net, int fd, const struct sockaddr *sa, socklen_t sa_len,
	const struct listen_conf *conf, const char *where);

/* When arrivals_tick() wants to be called, monotonic milliseconds; -1 for never. */
int64_t arrivals_next_due(const struct arrivals *arrivals);

/* Close those who have not sent their header in time, greet the proxy's own. */
void arrivals_tick(struct net *net, struct moment now);

/* Close all at once. */
void arrivals_close(struct net *net);

/*
 * Keep all of them, as records of that number, for another process that goes on
 * (net/net_state.h); and take one back. -1 with the reason in `err`. One whose
 * descriptor is not here is only checked.
 */
void arrivals_save(const struct net *net, struct state_out *out, unsigned number);
must_use int arrival_restore(struct net *net, struct state_in *in,
	const struct state_item *item, struct err *err);

#endif
