/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/unsent.h"

#include <stdlib.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/conn.h"
#include "net/receive.h"
#include "net/transmit.h"

/* So much is offered to a socket at once; libevent would do with 16 KiB. */
#define WRITE_MAX ((size_t)256 * 1024)

size_t
unsent_len(const struct conn *conn)
{
	if (conn->unsent == NULL)
		return 0;
	return evbuffer_get_length(bufferevent_get_output(conn->unsent->bev));
}

void
unsent_text(const struct conn *conn, struct buf *out)
{
	struct evbuffer *output;
	struct evbuffer_iovec *pieces;
	int count;

	if (unsent_len(conn) == 0)
		return;
	/* To look at it takes no memory of libevent's, as to have it in a row would. */
	output = bufferevent_get_output(conn->unsent->bev);
	count = evbuffer_peek(output, -1, NULL, NULL, 0);
	pieces = xcalloc((size_t)count, sizeof(*pieces));
	(void)evbuffer_peek(output, -1, NULL, pieces, count);
	for (int i = 0; i < count; i++)
		buf_add(out, pieces[i].iov_base, pieces[i].iov_len);
	free(pieces);
}

/* Count what is queued, and what of it is sent: nothing else takes it off. */
static void
unsent_on_change(
	struct evbuffer *output, const struct evbuffer_cb_info *info, void *arg)
{
	struct net *net = ((struct conn *)arg)->net;

	(void)output;
	net->queued += info->n_added;
	net->queued -= info->n_deleted;
	net->sent += info->n_deleted;
}

/* All that was queued is sent. */
static void
unsent_on_write(struct bufferevent *bev, void *arg)
{
	struct conn *conn = arg;

	(void)bev;
	(void)net_wake(conn->net);
	transmit_on_sent(conn);
}

/* Nothing but errors of writing: a bufferevent that does not read sees no end. */
static void
unsent_on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)what;
	receive_on_broken_write(arg, EVUTIL_SOCKET_ERROR());
}

static int
unsent_new(struct conn *conn)
{
	struct bufferevent *bev = bufferevent_socket_new(conn->net->base, conn->fd, 0);

	if (bev == NULL)
		return -1;
	if (evbuffer_add_cb(bufferevent_get_output(bev), unsent_on_change, conn) ==
		NULL) {
		bufferevent_free(bev);
		return -1;
	}
	(void)bufferevent_set_max_single_write(bev, WRITE_MAX);
	bufferevent_setcb(bev, NULL, unsent_on_write, unsent_on_event, conn);
	conn->unsent = xcalloc(1, sizeof(*conn->unsent));
	conn->unsent->conn = conn;
	conn->unsent->bev = bev;
	return 0;
}

int
unsent_add(struct conn *conn, struct str bytes)
{
	struct bufferevent *bev;

	if (conn->unsent == NULL && unsent_new(conn) == -1)
		return -1;
	bev = conn->unsent->bev;
	if (evbuffer_add(bufferevent_get_output(bev), bytes.p, bytes.len) == -1)
		return -1;
	/*
	 * It waits for the socket already, unless that failed, which it keeps secret.
	 */
	return bufferevent_enable(bev, EV_WRITE);
}

void
unsent_set_slow(struct conn *conn, bool on)
{
	struct unsent *unsent = conn->unsent;
	struct net *net = conn->net;

	if (on == unsent_is_slow(conn))
		return;
	if (on) {
		unsent->slow_since = net->clock().mono;
		TAILQ_INSERT_TAIL(&net->slow, unsent, slow_link);
		log_info("conn %llu: does not read, lines are skipped",
			(unsigned long long)conn->peer.id);
	} else {
		TAILQ_REMOVE(&net->slow, unsent, slow_link);
		unsent->slow_since = 0;
		unsent->skipped = 0;
	}
}

bool
unsent_is_slow(const struct conn *conn)
{
	return conn->unsent != NULL && conn->unsent->slow_since != 0;
}

void
unsent_free(struct conn *conn)
{
	if (conn->unsent == NULL)
		return;
	unsent_set_slow(conn, false);
	conn->net->queued -= unsent_len(conn);
	conn->net->freed += unsent_len(conn);
	bufferevent_free(conn->unsent->bev);
	free(conn->unsent);
	conn->unsent = NULL;
}
