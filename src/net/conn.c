/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "chat/chat.h"
#include "chat/user.h"
#include "net/sockopt.h"

/* libevent stops reading from a peer that is this far ahead of its turns. */
#define INPUT_HIGH ((size_t)32 * 1024)

/* How long a peer may take to close after us before we close anyway, milliseconds. */
#define LINGER_MS 1000

/* Pieces of the page per system call; more go in a second one. */
#define IOV_PIECES 64

static void conn_on_read(struct bufferevent *bev, void *arg);
static void conn_on_write(struct bufferevent *bev, void *arg);
static void conn_on_event(struct bufferevent *bev, short what, void *arg);

static struct conn *
conn_of(struct peer *peer)
{
	return (struct conn *)peer;
}

static size_t
conn_unsent(const struct conn *conn)
{
	return evbuffer_get_length(bufferevent_get_output(conn->bev));
}

static void
conn_deliver(struct peer *peer, struct extent extent)
{
	struct conn *conn = conn_of(peer);

	if (conn->state == CONN_OPEN)
		net_add_extent(conn->net, conn, extent);
}

static void
conn_hangup(struct peer *peer, const char *why)
{
	conn_kill(conn_of(peer), KILL_DRAIN, why);
}

static const struct peer_ops conn_peer_ops = {
	.deliver = conn_deliver,
	.hangup = conn_hangup,
};

/* Bytes of our own making, in order with the lines of this turn. */
static void
conn_send(struct conn *conn, struct str bytes)
{
	struct page *page = conn->net->page;
	size_t from = page->buf.len;

	buf_add_str(&page->buf, bytes);
	net_add_extent(conn->net, conn, page_since(page, from));
}

static struct conn *
conn_new(struct net *net, int fd, const struct listen_conf *conf)
{
	struct conn *conn = xcalloc(1, sizeof(*conn));

	conn->peer.ops = &conn_peer_ops;
	conn->peer.id = ++net->last_id;
	conn->net = net;
	conn->opened = net->clock().mono;
	proto_init(&conn->proto, net->protos[conf->speak]);
	conn->bev = bufferevent_socket_new(net->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (conn->bev == NULL) {
		log_error("no memory for a connection");
		close(fd);
		free(conn);
		return NULL;
	}
	bufferevent_setcb(conn->bev, conn_on_read, conn_on_write, conn_on_event, conn);
	bufferevent_setwatermark(conn->bev, EV_READ, 0, INPUT_HIGH);
	TAILQ_INSERT_TAIL(&net->conns, conn, link);
	net->count++;
	return conn;
}

void
conn_open(struct net *net, int fd, const struct sockaddr *sa, socklen_t sa_len,
	const struct listen_conf *conf, const char *where)
{
	uint64_t max = net->conf->limits.clients;
	struct conn *conn = conn_new(net, fd, conf);
	struct user *user;

	if (conn == NULL)
		return;
	conn->from = sockopt_text(fd, sa, sa_len);
	log_info("conn %llu: connect from %s to %s", (unsigned long long)conn->peer.id,
		conn->from, where);
	sockopt_apply(fd, sa->sa_family, conf);
	if (chat_people(net->chat) >= max) {
		conn_send(conn,
			STR("Too many people are here already. Please try again "
			    "later.\r\n"));
		conn_kill(conn, KILL_DRAIN, "too many people");
		return;
	}
	user = user_arrive(net->chat, &conn->peer, net->clock());
	/* Greeting may have ended the session, and then the user is the chat's. */
	if (conn->state != CONN_OPEN)
		return;
	conn->user = user;
	bufferevent_enable(conn->bev, EV_READ | EV_WRITE);
	net_flush_full(net);
}

/* The queue of a closing state, or NULL. */
static struct conn_queue *
conn_queue_of(const struct conn *conn)
{
	switch (conn->state) {
	case CONN_FLUSHING:
		return &conn->net->flushing;
	case CONN_LINGERING:
		return &conn->net->lingering;
	default:
		return NULL;
	}
}

/* Go over to another state, and to its queue. */
static void
conn_set_state(struct conn *conn, enum conn_state state, int64_t ms)
{
	struct conn_queue *queue = conn_queue_of(conn);

	if (queue != NULL)
		TAILQ_REMOVE(queue, conn, closing_link);
	if (conn->is_waiting)
		TAILQ_REMOVE(&conn->net->waiting, conn, waiting_link);
	conn->is_waiting = false;
	conn->state = state;
	queue = conn_queue_of(conn);
	if (queue != NULL) {
		/* The same time for all in a queue keeps it in order of deadlines. */
		conn->deadline = conn->net->clock().mono + ms;
		TAILQ_INSERT_TAIL(queue, conn, closing_link);
	}
}

static void
conn_die(struct conn *conn)
{
	if (conn->state == CONN_DEAD)
		return;
	conn_set_state(conn, CONN_DEAD, 0);
	/* No callback may find a dead connection before it is buried. */
	bufferevent_disable(conn->bev, EV_READ | EV_WRITE);
	bufferevent_setcb(conn->bev, NULL, NULL, NULL, NULL);
	TAILQ_REMOVE(&conn->net->conns, conn, link);
	TAILQ_INSERT_TAIL(&conn->net->dying, conn, link);
	conn->net->count--;
}

/*
 * All is sent: end our output, and wait for the peer to end his, unless he has. The
 * reading that goes on drops what comes.
 */
static void
conn_linger(struct conn *conn)
{
	if (conn->has_eof || shutdown(bufferevent_getfd(conn->bev), SHUT_WR) == -1) {
		conn_die(conn);
		return;
	}
	conn_set_state(conn, CONN_LINGERING, LINGER_MS);
	bufferevent_enable(conn->bev, EV_READ);
	conn_on_read(conn->bev, conn);
}

void
conn_kill(struct conn *conn, enum conn_kill how, const char *why)
{
	struct user *user = conn->user;

	if (conn->state == CONN_OPEN) {
		log_info("conn %llu: disconnect: %s (%s, %llu lines, %lld s)",
			(unsigned long long)conn->peer.id, why,
			user != NULL ? user->nick : "-",
			(unsigned long long)conn->lines,
			(long long)(conn->net->clock().mono - conn->opened) / 1000);
		conn->user = NULL;
		if (user != NULL)
			user_quit(user, str_of(why)); /* nothing, if it was his /quit */
	}
	if (how == KILL_NOW) {
		conn_die(conn);
	} else if (conn->state == CONN_OPEN) {
		bufferevent_disable(conn->bev, EV_READ);
		bufferevent_enable(conn->bev, EV_WRITE);
		conn_set_state(conn, CONN_FLUSHING, conn->net->conf->server.farewell);
		/* Even with nothing to send the flush of this turn goes on from here.
		 */
		conn_send(conn, STR(""));
	}
}

void
conn_expire(struct conn *conn)
{
	if (conn->state == CONN_FLUSHING)
		log_info("conn %llu: gave up with %zu bytes unsent",
			(unsigned long long)conn->peer.id, conn_unsent(conn));
	conn_die(conn);
}

void
conn_free(struct conn *conn)
{
	bufferevent_free(conn->bev);
	proto_fini(&conn->proto);
	free(conn->from);
	free(conn);
}

/*
 * Input
 */

/* Act on one complete line. */
static void
conn_line(struct conn *conn)
{
	struct net *net = conn->net;
	size_t max = net->conf->limits.line_length;
	bool is_cut;
	struct str line = linebuf_line(&conn->proto.lines, max, &is_cut);

	conn->lines++;
	buf_reset(&net->clean);
	utf8_clean(&net->clean, line);
	user_line(conn->user, buf_str(&net->clean), net->clock());
	if (is_cut && conn->user != NULL)
		user_error(conn->user, "That line was cut after %zu bytes.", line.len);
	net_flush_full(net);
}

/* The peer has ended his input: say an unfinished line too, then part. */
static void
conn_end_of_input(struct conn *conn)
{
	if (linebuf_finish(&conn->proto.lines))
		conn_line(conn);
	conn_kill(conn, KILL_DRAIN, "end of input");
}

/* Parse what libevent holds until the next event. */
static enum proto_event
conn_parse(struct conn *conn)
{
	struct evbuffer *input = bufferevent_get_input(conn->bev);
	struct proto *proto = &conn->proto;
	struct buf *reply = &conn->net->reply;
	enum proto_event event = PROTO_MORE;
	size_t len;

	buf_reset(reply);
	while (event == PROTO_MORE &&
		(len = evbuffer_get_contiguous_space(input)) > 0) {
		const char *p = (const char *)evbuffer_pullup(input, (ev_ssize_t)len);
		struct str bytes = str_make(p, len);

		event = proto->ops->input(
			proto, &bytes, conn->net->conf->limits.line_length, reply);
		evbuffer_drain(input, len - bytes.len);
	}
	if (reply->len > 0)
		conn_send(conn, buf_str(reply));
	return event;
}

/* Let a peer with more lines than one turn allows go on in the next. */
static void
conn_wait(struct conn *conn)
{
	if (conn->is_waiting)
		return;
	conn->is_waiting = true;
	TAILQ_INSERT_TAIL(&conn->net->waiting, conn, waiting_link);
	event_active(conn->net->again, EV_TIMEOUT, 0);
}

void
conn_work(struct conn *conn)
{
	for (unsigned n = 0; conn->state == CONN_OPEN; n++) {
		if (n == LINES_PER_TURN) {
			conn_wait(conn);
			return;
		}
		switch (conn_parse(conn)) {
		case PROTO_LINE:
			conn_line(conn);
			break;
		case PROTO_END:
			conn_end_of_input(conn);
			return;
		case PROTO_MORE:
			linebuf_relax(&conn->proto.lines);
			if (conn->has_eof)
				conn_end_of_input(conn);
			return;
		}
	}
}

static void
conn_on_read(struct bufferevent *bev, void *arg)
{
	struct conn *conn = arg;
	struct evbuffer *input = bufferevent_get_input(bev);

	if (conn->state != CONN_OPEN)
		evbuffer_drain(input, evbuffer_get_length(input));
	else if (!conn->is_waiting)
		conn_work(conn);
}

/* Why a connection broke, in words that make sense to the room too. */
static const char *
error_text(int err)
{
	switch (err) {
	case ECONNRESET:
	case EPIPE:
		return "connection reset";
	case ETIMEDOUT:
		return "connection timed out";
	default:
		return strerror(err);
	}
}

static void
conn_on_event(struct bufferevent *bev, short what, void *arg)
{
	struct conn *conn = arg;

	(void)bev;
	if (what & BEV_EVENT_ERROR) {
		conn_kill(conn, KILL_NOW, error_text(EVUTIL_SOCKET_ERROR()));
	} else if (what & BEV_EVENT_EOF) {
		conn->has_eof = true;
		if (conn->state == CONN_LINGERING)
			conn_die(conn);
		else if (!conn->is_waiting)
			conn_work(conn);
	}
}

/*
 * Output
 */

/*
 * Give the socket what it takes of this turn's extents. Returns how much that was, and
 * all of it if the connection broke, since then nothing is left to be done.
 */
static size_t
conn_write_direct(struct conn *conn, struct iovec *iov, size_t pieces, size_t total)
{
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = pieces};
	ssize_t n = sendmsg(bufferevent_getfd(conn->bev), &msg, MSG_NOSIGNAL);

	if (n >= 0)
		return (size_t)n;
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ||
		errno == ENOBUFS)
		return 0;
	conn_kill(conn, KILL_NOW, error_text(errno));
	return total;
}

/* Queue what the socket has not taken: all behind the first `sent` bytes. */
static void
conn_queue(struct conn *conn, const struct iovec *iov, size_t pieces, size_t sent)
{
	struct evbuffer *output = bufferevent_get_output(conn->bev);

	for (size_t i = 0; i < pieces; i++) {
		size_t skip = sent < iov[i].iov_len ? sent : iov[i].iov_len;

		sent -= skip;
		if (skip == iov[i].iov_len)
			continue;
		if (evbuffer_add(output, (const char *)iov[i].iov_base + skip,
			    iov[i].iov_len - skip) == -1) {
			conn_kill(conn, KILL_NOW, "no memory for output");
			return;
		}
	}
}

/* Send one batch of extents, from the link `at` on. Returns where the next begins. */
static uint32_t
conn_flush_batch(struct conn *conn, uint32_t at)
{
	struct net *net = conn->net;
	struct iovec iov[IOV_PIECES];
	size_t pieces = 0, total = 0, sent = 0;

	for (; at != 0 && pieces < IOV_PIECES; at = net->links[at].next) {
		struct extent extent = net->links[at].extent;
		struct str text;

		if (extent.len == 0)
			continue;
		text = page_text(net->page, extent);
		memcpy(&iov[pieces].iov_base, &text.p, sizeof(text.p));
		iov[pieces++].iov_len = text.len;
		total += text.len;
	}
	/* What is queued goes first, or lines would overtake each other. */
	if (total > 0 && conn_unsent(conn) == 0)
		sent = conn_write_direct(conn, iov, pieces, total);
	if (sent < total)
		conn_queue(conn, iov, pieces, sent);
	return at;
}

void
conn_flush(struct conn *conn)
{
	for (uint32_t at = conn->head; at != 0 && conn->state != CONN_DEAD;)
		at = conn_flush_batch(conn, at);
	if (conn->state == CONN_DEAD)
		return;
	if (conn_unsent(conn) > conn->net->conf->limits.send_queue)
		conn_kill(conn, KILL_NOW, "too slow to read");
	else if (conn->state == CONN_FLUSHING && conn_unsent(conn) == 0)
		conn_linger(conn);
}

/* libevent has sent all that was queued. */
static void
conn_on_write(struct bufferevent *bev, void *arg)
{
	struct conn *conn = arg;

	(void)bev;
	/* With extents still to come, conn_flush() will see to it. */
	if (conn->state == CONN_FLUSHING && !conn->is_dirty)
		conn_linger(conn);
}
