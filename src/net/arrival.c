/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/arrival.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/netaddr.h"
#include "base/state.h"
#include "net/conn.h"
#include "net/net.h"
#include "net/proxy.h"
#include "net/sockopt.h"

/*
 * How long a header may take, milliseconds: proxies send it at once, and a segment that
 * is lost is sent again after a second, and after three.
 */
#define HEADER_MS 5000

/*
 * How long a connection of the proxy itself is taken for a look whether we are there.
 */
#define OWN_MS 1000

/* Records of complaints: some at once, then one in ten seconds. */
static const struct bucket_rate records_rate = {.tokens = 1, .ms = 10000, .burst = 20};

struct arrival {
	struct net *net;
	int fd;
	struct event *ev;
	struct sockaddr_storage sa; /* of the other end, which is the proxy */
	socklen_t sa_len;
	enum listen_speak speak; /* what is spoken then */
	char *peer;              /* the proxy, for the log */
	char *where;             /* where it was accepted, for the log */
	struct buf head;         /* as much of the header as was read */
	bool is_own;             /* in arrivals->own: the header is done */
	int64_t deadline;
	TAILQ_ENTRY(arrival) link;
};

void
arrivals_init(struct arrivals *arrivals)
{
	TAILQ_INIT(&arrivals->silent);
	TAILQ_INIT(&arrivals->own);
}

/*
 * Somebody is closed for not keeping to the protocol: count, and say it, unless it was
 * said too often, for anybody may try.
 */
static void
complain(struct net *net, const char *where, const char *peer, const char *what,
	const char *why)
{
	struct arrivals *arrivals = &net->arrivals;
	int64_t now = net->clock().mono;

	net->closes[REASON_PROXY]++;
	net->refused++;
	if (bucket_wait(&arrivals->records, records_rate, now) > 0) {
		arrivals->unlogged++;
		return;
	}
	bucket_take(&arrivals->records, records_rate, 1000, now);
	if (arrivals->unlogged > 0)
		log_notice("listen: %llu more were closed for their PROXY headers",
			(unsigned long long)arrivals->unlogged);
	arrivals->unlogged = 0;
	log_notice("listen %s: closed %s: %s%s", where, peer, what, why);
}

static struct arrival_queue *
queue_of(struct arrival *arrival)
{
	return arrival->is_own ? &arrival->net->arrivals.own
			       : &arrival->net->arrivals.silent;
}

/* Free one that is in no queue, but for its descriptor. */
static void
arrival_free(struct arrival *arrival)
{
	if (arrival->ev != NULL)
		event_free(arrival->ev);
	buf_fini(&arrival->head);
	free(arrival->peer);
	free(arrival->where);
	free(arrival);
}

/* Be done with it; its descriptor is returned. */
static int
arrival_end(struct arrival *arrival)
{
	int fd = arrival->fd;

	TAILQ_REMOVE(queue_of(arrival), arrival, link);
	arrival_free(arrival);
	return fd;
}

static void
arrival_close(struct arrival *arrival)
{
	close(arrival_end(arrival));
}

static void
arrival_refuse(struct arrival *arrival, const char *what, const char *why)
{
	complain(arrival->net, arrival->where, arrival->peer, what, why);
	arrival_close(arrival);
}

/* Make a session of it, with the address where its person is. */
static void
arrival_enter(struct arrival *arrival, const struct sockaddr_storage *source,
	socklen_t source_len)
{
	struct sockaddr_storage sa = *source;
	struct net *net = arrival->net;
	enum listen_speak speak = arrival->speak;
	char *where = xasprintf("%s by proxy %s", arrival->where, arrival->peer);
	int fd = arrival_end(arrival);

	conn_open(net, fd, (struct sockaddr *)&sa, source_len, speak, where);
	free(where);
}

/* Greet the proxy like somebody who has come himself. */
static void
arrival_enter_own(struct arrival *arrival)
{
	arrival_enter(arrival, &arrival->sa, arrival->sa_len);
}

/* It has gone again. Half a header is no way to look whether we are there. */
static void
arrival_on_end(struct arrival *arrival, const char *why)
{
	if (!arrival->is_own && arrival->head.len > 0) {
		arrival_refuse(arrival, "bad PROXY header: cut: ", why);
		return;
	}
	log_debug("listen %s: %s has looked in", arrival->where, arrival->peer);
	arrival_close(arrival);
}

/* The proxy comes for itself. Perhaps it only wants to see whether we are there. */
static void
arrival_set_own(struct arrival *arrival)
{
	TAILQ_REMOVE(queue_of(arrival), arrival, link);
	arrival->is_own = true;
	arrival->deadline = arrival->net->clock().mono + OWN_MS;
	TAILQ_INSERT_TAIL(queue_of(arrival), arrival, link);
}

/* Does the header name nobody else than who has sent it? */
static bool
is_own(const struct arrival *arrival, const struct proxy_header *header)
{
	const struct sockaddr *named = (const struct sockaddr *)&header->source;
	const struct sockaddr *sender = (const struct sockaddr *)&arrival->sa;
	struct netaddr a, b;

	if (!header->has_source)
		return true;
	return netaddr_from(named, &a) && netaddr_from(sender, &b) &&
		netaddr_eq(&a, &b) && netaddr_port(named) == netaddr_port(sender);
}

static bool
is_transient(int err)
{
	return err == EAGAIN || err == EWOULDBLOCK || err == EINTR;
}

/*
 * Look at what has come, and take as much of it as is the header's. False if reading
 * has failed, and the arrival is gone.
 */
static bool
arrival_read(struct arrival *arrival, enum proxy_verdict *verdict,
	struct proxy_header *header)
{
	struct buf *head = &arrival->head;
	size_t room = PROXY_HEADER_MAX - head->len, take;
	char *at = buf_reserve(head, room);
	ssize_t n = recv(arrival->fd, at, room, MSG_PEEK);

	*verdict = PROXY_MORE;
	if (n == -1 && is_transient(errno))
		return true;
	if (n <= 0) {
		arrival_on_end(arrival, n == 0 ? "end of input" : strerror(errno));
		return false;
	}
	*verdict = proxy_parse(str_make(head->p, head->len + (size_t)n), header);
	if (*verdict == PROXY_BAD)
		return true;
	take = *verdict == PROXY_DONE ? header->len - head->len : (size_t)n;
	/* They are there, so no fewer are read. */
	if (recv(arrival->fd, at, take, 0) != (ssize_t)take) {
		arrival_on_end(arrival, "can't be read");
		return false;
	}
	head->len += take;
	arrival->net->received += take;
	return true;
}

/* Something has come, or the end. */
static void
arrival_on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct arrival *arrival = arg;
	enum proxy_verdict verdict;
	struct proxy_header header;
	char byte;
	ssize_t n;

	(void)what;
	(void)net_wake(arrival->net);
	if (arrival->is_own) {
		n = recv(fd, &byte, 1, MSG_PEEK);
		if (n > 0)
			arrival_enter_own(arrival);
		else if (n == 0 || !is_transient(errno))
			arrival_on_end(arrival, "");
		return;
	}
	if (!arrival_read(arrival, &verdict, &header) || verdict == PROXY_MORE)
		return;
	if (verdict == PROXY_BAD)
		arrival_refuse(arrival, "bad PROXY header: ", header.fault);
	else if (is_own(arrival, &header))
		arrival_set_own(arrival);
	else
		arrival_enter(arrival, &header.source, header.source_len);
}

/* Wait for what comes. */
static void
arrival_wait(struct arrival *arrival)
{
	arrival->ev = event_new(arrival->net->base, arrival->fd, EV_READ | EV_PERSIST,
		arrival_on_ready, arrival);
	if (arrival->ev == NULL || event_add(arrival->ev, NULL) == -1) {
		log_error("no memory for a connection");
		arrival_close(arrival);
	}
}

/*
 * May it speak for others? A unix socket has no addresses: who may write to it is a
 * matter of its mode.
 */
static bool
may_speak_for_others(const struct sockaddr *sa, const struct listen_conf *conf)
{
	struct netaddr addr;

	return !netaddr_from(sa, &addr) || network_list_has(&conf->proxy_from, &addr);
}

void
arrival_open(struct net *net, int fd, const struct sockaddr *sa, socklen_t sa_len,
	const struct listen_conf *conf, const char *where)
{
	struct arrival *arrival = xcalloc(1, sizeof(*arrival));

	arrival->net = net;
	arrival->fd = fd;
	arrival->sa_len = sa_len;
	if (sa_len > sizeof(arrival->sa))
		arrival->sa_len = sizeof(arrival->sa);
	memcpy(&arrival->sa, sa, arrival->sa_len);
	arrival->speak = (enum listen_speak)conf->speak;
	arrival->peer = sockopt_text(fd, sa, sa_len);
	arrival->where = xstrdup(where);
	arrival->deadline = net->clock().mono + HEADER_MS;
	TAILQ_INSERT_TAIL(&net->arrivals.silent, arrival, link);
	if (may_speak_for_others(sa, conf))
		arrival_wait(arrival);
	else
		arrival_refuse(arrival, "not in proxy_from", "");
}

int64_t
arrivals_next_due(const struct arrivals *arrivals)
{
	const struct arrival *silent = TAILQ_FIRST(&arrivals->silent);
	const struct arrival *own = TAILQ_FIRST(&arrivals->own);

	return moment_earlier(silent != NULL ? silent->deadline : -1,
		own != NULL ? own->deadline : -1);
}

void
arrivals_tick(struct net *net, struct moment now)
{
	struct arrival *arrival;

	while ((arrival = TAILQ_FIRST(&net->arrivals.silent)) != NULL &&
		arrival->deadline <= now.mono)
		arrival_refuse(arrival, "no PROXY header in time", "");
	while ((arrival = TAILQ_FIRST(&net->arrivals.own)) != NULL &&
		arrival->deadline <= now.mono)
		arrival_enter_own(arrival);
}

void
arrivals_close(struct net *net)
{
	struct arrival *arrival;

	while ((arrival = TAILQ_FIRST(&net->arrivals.silent)) != NULL)
		arrival_close(arrival);
	while ((arrival = TAILQ_FIRST(&net->arrivals.own)) != NULL)
		arrival_close(arrival);
}

/*
 * A restart in place
 */

static const char *const speaks[] = {
	[SPEAK_AUTO] = "auto",
	[SPEAK_TELNET] = "telnet",
	[SPEAK_LINE] = "line",
};

static int
accept_arrival(void *record, struct err *err)
{
	const struct arrival *arrival = record;

	if (arrival->peer != NULL && arrival->where != NULL &&
		arrival->sa_len <= sizeof(arrival->sa) &&
		arrival->head.len < PROXY_HEADER_MAX)
		return 0;
	err_set(err, "no address, or more than a header");
	return -1;
}

static const struct state_field fields[] = {
	STATE_ROW(struct arrival, fd, 1, STATE_FD),
	STATE_ROW(struct arrival, sa, 2, STATE_BYTES),
	STATE_ROW(struct arrival, sa_len, 3, STATE_UINT),
	STATE_ROW(struct arrival, speak, 4, STATE_ENUM, .words = speaks,
		.nwords = sizeof(speaks) / sizeof(speaks[0])),
	STATE_ROW(struct arrival, peer, 5, STATE_STRING),
	STATE_ROW(struct arrival, where, 6, STATE_STRING),
	STATE_ROW(struct arrival, head, 7, STATE_BUF),
	STATE_ROW(struct arrival, is_own, 8, STATE_BOOL),
	STATE_ROW(struct arrival, deadline, 9, STATE_AGE),
};
static const struct state_table table = STATE_TABLE(arrival, fields, accept_arrival);

void
arrivals_save(const struct net *net, struct state_out *out, unsigned number)
{
	const struct arrival *arrival;

	/* Each queue in its order, in which they are put back. */
	TAILQ_FOREACH (arrival, &net->arrivals.silent, link)
		state_put(out, number, &table, arrival);
	TAILQ_FOREACH (arrival, &net->arrivals.own, link)
		state_put(out, number, &table, arrival);
}

int
arrival_restore(struct net *net, struct state_in *in, const struct state_item *item,
	struct err *err)
{
	struct arrival *arrival = xcalloc(1, sizeof(*arrival));
	int rc;

	arrival->net = net;
	arrival->fd = -1;
	rc = state_get(in, item, &table, arrival, err);
	if (rc == -1 || arrival->fd == -1) {
		arrival_free(arrival);
		return rc;
	}
	TAILQ_INSERT_TAIL(queue_of(arrival), arrival, link);
	arrival_wait(arrival);
	return 0;
}
