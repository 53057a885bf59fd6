/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/conn_state.h"

#include <errno.h>
#include <stdlib.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/state.h"
#include "chat/chat_state.h"
#include "chat/user.h"
#include "net/conn.h"
#include "net/net.h"
#include "net/pager.h"

static const char *const states[] = {
	[CONN_OPEN] = "open",
	[CONN_FLUSHING] = "flushing",
	[CONN_LINGERING] = "lingering",
};

static int
accept_conn(void *record, struct err *err)
{
	struct conn *conn = record;

	conn->peer.from = conn->from;
	conn->proto.wants_keys = conn->pager != NULL;
	if (conn->peer.id != 0 && conn->from != NULL &&
		(conn->pager == NULL || conn->proto.editor != NULL))
		return 0;
	err_set(err, "no number, no address, or a page that nobody turns");
	return -1;
}

static const struct state_field conn_fields[] = {
	STATE_ROW(struct conn, peer.id, 1, STATE_UINT),
	STATE_ROW(struct conn, peer.has_addr, 2, STATE_BOOL),
	STATE_ROW(struct conn, peer.addr.bytes, 3, STATE_BYTES),
	STATE_ROW(struct conn, from, 4, STATE_STRING),
	STATE_ROW(struct conn, state, 5, STATE_ENUM, .words = states,
		.nwords = sizeof(states) / sizeof(states[0])),
	STATE_ROW(struct conn, has_eof, 6, STATE_BOOL),
	STATE_ROW(struct conn, is_known, 7, STATE_BOOL),
	STATE_ROW(struct conn, is_broken, 8, STATE_BOOL),
	STATE_ROW(struct conn, opened, 9, STATE_AGE),
	STATE_ROW(struct conn, deadline, 10, STATE_SINCE),
	STATE_ROW(struct conn, lines, 11, STATE_UINT),
	STATE_ROW(struct conn, undecided, 12, STATE_SINCE),
	STATE_ROW(struct conn, skipped, 13, STATE_UINT),
	STATE_ROW(struct conn, slow_since, 14, STATE_SINCE),
	STATE_ROW(struct conn, pager, 15, STATE_NEW, .table = &pager_state),
	STATE_ROW(struct conn, proto, 16, STATE_RECORD, .table = &proto_state),
};
static const struct state_table conn_table =
	STATE_TABLE(conn, conn_fields, accept_conn);

/* Where its next line waits. */
enum parking {
	PARKED_NOT,
	PARKED_WAITING,
	PARKED_THROTTLED
};
static const char *const parkings[] = {"not", "waiting", "throttled"};

/* A connection, and what of it stands elsewhere. */
struct session {
	int fd;
	struct conn *conn;
	struct str speaks; /* the name of its protocol */
	enum parking parking;
	struct str unparsed, unsent;
};
static const struct state_field session_fields[] = {
	STATE_ROW(struct session, fd, 1, STATE_FD),
	STATE_ROW(struct session, conn, 2, STATE_NEW, .table = &conn_table),
	STATE_ROW(struct session, speaks, 3, STATE_STR),
	STATE_ROW(struct session, parking, 4, STATE_ENUM, .words = parkings,
		.nwords = sizeof(parkings) / sizeof(parkings[0])),
	STATE_ROW(struct session, unparsed, 5, STATE_STR),
	STATE_ROW(struct session, unsent, 6, STATE_STR),
};
static const struct state_table session_table =
	STATE_TABLE(session, session_fields, NULL);

/*
 * What libevent has of a connection
 */

/* Append all bytes. Not by evbuffer_copyout(), which a frozen buffer refuses. */
static void
add_content(struct buf *out, struct evbuffer *from)
{
	int count = evbuffer_peek(from, -1, NULL, NULL, 0);
	struct evbuffer_iovec *pieces = xcalloc((size_t)count + 1, sizeof(*pieces));

	count = evbuffer_peek(from, -1, NULL, pieces, count);
	for (int i = 0; i < count; i++)
		buf_add(out, pieces[i].iov_base, pieces[i].iov_len);
	free(pieces);
}

/* Put bytes in, as if they had been read. -1 if there is no memory. */
static int
restore_unparsed(struct conn *conn, struct str bytes)
{
	struct evbuffer *input = bufferevent_get_input(conn->bev);
	int rc;

	/* Only reading may add to it, and nothing else does it here. */
	evbuffer_unfreeze(input, 0);
	rc = evbuffer_add(input, bytes.p, bytes.len);
	evbuffer_freeze(input, 0);
	return rc;
}

static int
restore_unsent(struct conn *conn, struct str bytes)
{
	return evbuffer_add(bufferevent_get_output(conn->bev), bytes.p, bytes.len);
}

/*
 * Saving
 */

void
conn_state_save(const struct conn *conn, struct state_out *out, unsigned number)
{
	struct conn copy = *conn; /* what is to be saved is not const */
	struct buf unparsed = {0}, unsent = {0};
	struct session session = {
		.fd = bufferevent_getfd(conn->bev),
		.conn = &copy,
		.speaks = str_of(conn->proto.ops->name),
	};

	if (conn->parked == &conn->net->waiting)
		session.parking = PARKED_WAITING;
	else if (conn->parked == &conn->net->throttled)
		session.parking = PARKED_THROTTLED;
	add_content(&unparsed, bufferevent_get_input(conn->bev));
	add_content(&unsent, bufferevent_get_output(conn->bev));
	session.unparsed = buf_str(&unparsed);
	session.unsent = buf_str(&unsent);
	state_put(out, number, &session_table, &session);
	buf_fini(&unparsed);
	buf_fini(&unsent);
}

/*
 * Restoring
 */

/* The protocol of that name, or NULL. */
static const struct proto_ops *
find_proto(const struct net *net, struct str name)
{
	for (int speak = 0; speak <= SPEAK_LINE; speak++) {
		if (str_eq(name, str_of(net->protos[speak]->name)))
			return net->protos[speak];
	}
	return NULL;
}

/* Into the queue of those whose lines are skipped, where the longest comes first. */
static void
restore_slow(struct conn *conn)
{
	struct conn_queue *queue = &conn->net->slow;
	struct conn *before = TAILQ_LAST(queue, conn_queue);

	while (before != NULL && before->slow_since > conn->slow_since)
		before = TAILQ_PREV(before, conn_queue, slow_link);
	if (before != NULL)
		TAILQ_INSERT_AFTER(queue, before, conn, slow_link);
	else
		TAILQ_INSERT_HEAD(queue, conn, slow_link);
}

/* Into a queue of those that are closing, where the earliest comes first. */
static void
restore_closing(struct conn *conn, struct conn_queue *queue)
{
	struct conn *before = TAILQ_LAST(queue, conn_queue);

	while (before != NULL && before->deadline > conn->deadline)
		before = TAILQ_PREV(before, conn_queue, closing_link);
	if (before != NULL)
		TAILQ_INSERT_AFTER(queue, before, conn, closing_link);
	else
		TAILQ_INSERT_HEAD(queue, conn, closing_link);
}

/* Into the queues that go with its state, before anything can end it. */
static void
join_queues(struct conn *conn)
{
	/* Only those who talk can be slow. */
	if (conn->state != CONN_OPEN)
		conn->slow_since = 0;
	if (conn->slow_since != 0)
		restore_slow(conn);
	if (conn->state == CONN_FLUSHING)
		restore_closing(conn, &conn->net->flushing);
	else if (conn->state == CONN_LINGERING)
		restore_closing(conn, &conn->net->lingering);
}

/* Go on with a session. */
static void
resume_open(struct conn *conn, enum parking parking)
{
	static const struct timeval at_once = {0, 0};
	struct net *net = conn->net;
	short what = conn->has_eof ? EV_WRITE : EV_READ | EV_WRITE;

	conn->user = chat_state_attach(net->chat, &conn->peer);
	if (conn->user == NULL) {
		conn_send(conn, STR("This session is lost in a restart. Sorry!\r\n"),
			false);
		conn_kill(conn, KILL_DRAIN, REASON_RESTART, NULL);
		return;
	}
	if (bufferevent_enable(conn->bev, what) == -1) {
		conn_fail(conn, errno);
	} else if (parking == PARKED_WAITING) {
		conn_park(conn, &net->waiting);
		evtimer_add(net->again, &at_once);
	} else if (parking == PARKED_THROTTLED) {
		net_throttle(net, conn);
	}
}

/* Go on with what is left of one. */
static void
resume(struct conn *conn, enum parking parking)
{
	switch (conn->state) {
	case CONN_FLUSHING:
		bufferevent_enable(conn->bev, EV_WRITE);
		/* If all was sent, the end of this turn sees to it. */
		conn_send(conn, STR(""), true);
		break;
	case CONN_LINGERING:
		bufferevent_enable(conn->bev, EV_READ);
		break;
	default:
		resume_open(conn, parking);
	}
}

/* Have it in net, on its descriptor. What is of no use for that is freed. */
static void
enter(struct net *net, struct session *session)
{
	struct conn *conn = session->conn;

	session->conn = NULL;
	if (!conn_attach(conn, net, session->fd)) {
		conn_free(conn);
		return;
	}
	join_queues(conn);
	if (conn->peer.id > net->last_id)
		net->last_id = conn->peer.id;
	if (restore_unparsed(conn, session->unparsed) == -1 ||
		restore_unsent(conn, session->unsent) == -1)
		conn_kill(conn, KILL_NOW, REASON_MEMORY, NULL);
	else
		resume(conn, session->parking);
}

int
conn_state_restore(struct net *net, struct state_in *in, const struct state_item *item,
	struct err *err)
{
	struct session session = {.fd = -1};
	int rc = state_get(in, item, &session_table, &session, err);

	if (rc == 0 && session.conn == NULL) {
		err_set(err, "a session without its connection");
		rc = -1;
	}
	if (rc == 0) {
		session.conn->proto.ops = find_proto(net, session.speaks);
		if (session.conn->proto.ops == NULL) {
			err_set(err,
				"a session speaks a protocol that is not known here");
			rc = -1;
		}
	}
	if (rc == 0 && session.fd != -1)
		enter(net, &session);
	if (session.conn != NULL)
		conn_free(session.conn);
	return rc;
}
