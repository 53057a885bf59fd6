/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/mem.h"
#include "chat/audience.h"
#include "chat/chat.h"
#include "chat/user.h"
#include "net/pager.h"
#include "net/receive.h"
#include "net/sockopt.h"
#include "net/unsent.h"

/* How long a peer may take to close after us before we close anyway, milliseconds. */
#define LINGER_MS 1000

static struct conn *
conn_of(struct peer *peer)
{
	return (struct conn *)peer;
}

static void
conn_deliver(struct peer *peer, struct extent extent, bool is_urgent)
{
	struct conn *conn = conn_of(peer);

	if (conn->state != CONN_OPEN)
		return;
	net_add_extent(conn->net, conn, extent, false);
	if (is_urgent || conn->net->acting == conn)
		conn->is_urgent = true;
	conn->is_told |= conn->net->is_telling;
}

static void
conn_hangup(struct peer *peer, enum reason reason)
{
	conn_kill(conn_of(peer), KILL_DRAIN, reason, NULL);
}

static void
conn_configure(struct peer *peer)
{
	struct conn *conn = conn_of(peer);

	if (conn->user == NULL)
		return;
	if (conn->proto.telnet != NULL)
		telnet_forgive(conn->proto.telnet);
	receive_configure(conn);
}

static bool
conn_hide(struct peer *peer, bool hidden)
{
	struct conn *conn = conn_of(peer);
	struct buf *reply = &conn->net->reply;
	bool can;

	buf_reset(reply);
	can = proto_set_hidden(&conn->proto, hidden, reply);
	conn_send(conn, buf_str(reply), true);
	return can;
}

static const struct peer_ops conn_peer_ops = {
	.deliver = conn_deliver,
	.hangup = conn_hangup,
	.configure = conn_configure,
	.hide = conn_hide,
};

void
conn_send(struct conn *conn, struct str bytes, bool is_raw)
{
	struct page *page = conn->net->page;
	size_t from;

	/* Text stands behind what was said before. */
	if (!is_raw && conn->user != NULL)
		audience_catch_up(conn->user);
	from = page->buf.len;
	buf_add_str(&page->buf, bytes);
	net_add_extent(conn->net, conn, page_since(page, from), is_raw);
	conn->is_urgent = true;
}

void
conn_attach(struct conn *conn, struct net *net, int fd)
{
	conn->peer.ops = &conn_peer_ops;
	conn->net = net;
	conn->fd = fd;
	/* It can't fail: there is one base, and EV_READ is fit for any descriptor. */
	(void)event_assign(&conn->readable, net->base, fd, EV_READ | EV_PERSIST,
		receive_on_readable, conn);
	TAILQ_INSERT_TAIL(&net->conns, conn, link);
	net->count++;
}

static struct conn *
conn_new(struct net *net, int fd, enum listen_speak speak, int64_t now)
{
	struct conn *conn = xcalloc(1, sizeof(*conn));

	conn_attach(conn, net, fd);
	conn->peer.id = ++net->last_id;
	conn->opened = now;
	buf_reset(&net->reply);
	proto_init(&conn->proto, net->protos[speak], &net->reply);
	conn_send(conn, buf_str(&net->reply), true);
	return conn;
}

/* Send somebody away who may not come in, with a line that says why. */
static void
conn_refuse(struct conn *conn, enum reason reason, struct str words)
{
	conn->net->refused++;
	conn_send(conn, words, false);
	conn_send(conn, STR("\r\n"), false);
	conn_kill(conn, KILL_DRAIN, reason, NULL);
}

void
conn_open(struct net *net, int fd, const struct sockaddr *sa, socklen_t sa_len,
	enum listen_speak speak, const char *where)
{
	struct moment now = net->clock();
	struct conn *conn = conn_new(net, fd, speak, now.mono);
	struct buf words = {0};
	enum reason reason;
	struct user *user;

	conn->from = sockopt_text(fd, sa, sa_len);
	conn->peer.from = conn->from;
	conn->peer.has_addr = netaddr_from(sa, &conn->peer.addr);
	log_info("conn %llu: connect from %s to %s", (unsigned long long)conn->peer.id,
		conn->from, where);
	reason = chat_admit(net->chat, &conn->peer, now, &words);
	if (reason != REASON_NONE) {
		conn_refuse(conn, reason, buf_str(&words));
		buf_fini(&words);
		return;
	}
	net->accepted++;
	net->acting = conn;
	user = user_arrive(net->chat, &conn->peer, now);
	net->acting = NULL;
	/* Greeting may have ended the session, and then the user is the chat's. */
	if (conn->state != CONN_OPEN)
		return;
	conn->user = user;
	if (event_add(&conn->readable, NULL) == -1)
		conn_fail(conn, errno);
	net_flush_full(net);
}

void
conn_enqueue(struct conn *conn, struct conn_queue *queue)
{
	if (conn->queue != NULL)
		return;
	conn->queue = queue;
	TAILQ_INSERT_TAIL(queue, conn, queue_link);
}

void
conn_dequeue(struct conn *conn)
{
	if (conn->queue != NULL)
		TAILQ_REMOVE(conn->queue, conn, queue_link);
	conn->queue = NULL;
}

/* Go over to a closing state, for so many milliseconds at most, and to its queue. */
static void
conn_close(
	struct conn *conn, enum conn_state state, struct conn_queue *queue, int64_t ms)
{
	conn_dequeue(conn);
	unsent_set_slow(conn, false);
	buf_fini(&conn->unparsed);
	conn->state = state;
	conn->deadline = conn->net->clock().mono + ms;
	/* The same time for all in a queue keeps it in order of deadlines. */
	conn_enqueue(conn, queue);
}

static void
conn_die(struct conn *conn)
{
	if (conn->state == CONN_DEAD)
		return;
	conn_dequeue(conn);
	conn->state = CONN_DEAD;
	/* No callback may find a dead connection before it is buried. */
	event_del(&conn->readable);
	unsent_free(conn);
	net_drop_extents(conn->net, conn);
	TAILQ_REMOVE(&conn->net->conns, conn, link);
	TAILQ_INSERT_TAIL(&conn->net->dying, conn, link);
	conn->net->count--;
}

void
conn_linger(struct conn *conn)
{
	if (conn->has_eof || shutdown(conn->fd, SHUT_WR) == -1 ||
		event_add(&conn->readable, NULL) == -1) {
		conn_die(conn);
		return;
	}
	conn_close(conn, CONN_LINGERING, &conn->net->lingering, LINGER_MS);
}

void
conn_kill(struct conn *conn, enum conn_kill how, enum reason reason, const char *detail)
{
	const char *why = detail != NULL ? detail : reason_text(reason);
	struct user *user = conn->user;

	if (conn->state == CONN_OPEN) {
		conn->net->closes[reason]++;
		log_info("conn %llu: disconnect: %s (%s, %llu lines, %lld s)",
			(unsigned long long)conn->peer.id, why,
			user != NULL ? user->nick : "-",
			(unsigned long long)conn->lines,
			(long long)(conn->net->clock().mono - conn->opened) / 1000);
		if (user != NULL && how == KILL_DRAIN)
			audience_catch_up(user);
		conn->user = NULL;
		if (user != NULL)
			user_quit(user, str_of(why)); /* nothing, if it was his /quit */
	}
	if (how == KILL_NOW || conn->is_broken) {
		conn_die(conn);
	} else if (conn->state == CONN_OPEN) {
		event_del(&conn->readable);
		conn_close(conn, CONN_FLUSHING, &conn->net->flushing,
			conn->net->conf->server.farewell);
		/*
		 * Even with nothing to send the flush of this turn goes on from here.
		 */
		buf_reset(&conn->net->reply);
		proto_close(&conn->proto, &conn->net->reply);
		conn_send(conn, buf_str(&conn->net->reply), true);
	}
}

void
conn_fail(struct conn *conn, int err)
{
	switch (err) {
	case ECONNRESET:
	case EPIPE:
		conn_kill(conn, KILL_NOW, REASON_RESET, NULL);
		break;
	case ETIMEDOUT:
		conn_kill(conn, KILL_NOW, REASON_TIMEOUT, NULL);
		break;
	default:
		conn_kill(conn, KILL_NOW, REASON_ERROR, strerror(err));
	}
}

struct str
conn_unparsed(const struct conn *conn)
{
	return buf_str(&conn->unparsed);
}

void
conn_unsent_text(const struct conn *conn, struct buf *out)
{
	unsent_text(conn, out);
}

void
conn_restore_unsent(struct conn *conn, struct str bytes)
{
	if (bytes.len > 0 && unsent_add(conn, bytes) == -1)
		conn_kill(conn, KILL_NOW, REASON_MEMORY, NULL);
}

void
conn_expire(struct conn *conn)
{
	if (conn->state == CONN_FLUSHING)
		log_info("conn %llu: gave up with %zu bytes unsent",
			(unsigned long long)conn->peer.id, unsent_len(conn));
	conn_die(conn);
}

void
conn_free(struct conn *conn)
{
	if (conn->net != NULL)
		close(conn->fd);
	proto_fini(&conn->proto);
	buf_fini(&conn->unparsed);
	pager_free(conn->pager);
	free(conn->from);
	free(conn);
}
