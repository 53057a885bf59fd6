/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/conn_state.h"

#include <errno.h>
#include <stdlib.h>

#include <event2/event.h>

#include "base/state.h"
#include "chat/chat_state.h"
#include "chat/user.h"
#include "net/conn.h"
#include "net/net.h"
#include "net/pager.h"
#include "net/receive.h"
#include "net/unsent.h"

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
	STATE_ROW(struct conn, pager, 15, STATE_NEW, .table = &pager_state),
	STATE_ROW(struct conn, proto, 16, STATE_RECORD, .table = &proto_state),
};
static const struct state_table conn_table =
	STATE_TABLE(conn, conn_fields, accept_conn);

/* A connection, and what of it stands elsewhere. */
struct session {
	int fd;
	struct conn *conn;
	struct str speaks; /* the name of its protocol */
	struct str unparsed, unsent;
	uint64_t skipped; /* with slow_since: as in struct unsent */
	int64_t slow_since;
};
static const struct state_field session_fields[] = {
	STATE_ROW(struct session, fd, 1, STATE_FD),
	STATE_ROW(struct session, conn, 2, STATE_NEW, .table = &conn_table),
	STATE_ROW(struct session, speaks, 3, STATE_STR),
	STATE_ROW(struct session, unparsed, 5, STATE_STR),
	STATE_ROW(struct session, unsent, 6, STATE_STR),
	STATE_ROW(struct session, skipped, 7, STATE_UINT),
	STATE_ROW(struct session, slow_since, 8, STATE_SINCE),
};
static const struct state_table session_table =
	STATE_TABLE(session, session_fields, NULL);

/*
 * Saving
 */

void
conn_state_save(const struct conn *conn, struct state_out *out, unsigned number)
{
	struct conn copy = *conn; /* what is to be saved is not const */
	struct buf unsent = {0};
	struct session session = {
		.fd = conn->fd,
		.conn = &copy,
		.speaks = str_of(conn->proto.ops->name),
		.unparsed = conn_unparsed(conn),
	};

	conn_unsent_text(conn, &unsent);
	session.unsent = buf_str(&unsent);
	if (unsent_is_slow(conn)) {
		session.skipped = conn->unsent->skipped;
		session.slow_since = conn->unsent->slow_since;
	}
	state_put(out, number, &session_table, &session);
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
restore_slow(struct conn *conn, const struct session *session)
{
	struct unsent_queue *queue = &conn->net->slow;
	struct unsent *unsent = conn->unsent;
	struct unsent *before = TAILQ_LAST(queue, unsent_queue);

	unsent->skipped = session->skipped;
	unsent->slow_since = session->slow_since;
	while (before != NULL && before->slow_since > unsent->slow_since)
		before = TAILQ_PREV(before, unsent_queue, slow_link);
	if (before != NULL)
		TAILQ_INSERT_AFTER(queue, before, unsent, slow_link);
	else
		TAILQ_INSERT_HEAD(queue, unsent, slow_link);
}

/* Into a queue of those that are closing, where the earliest comes first. */
static void
restore_closing(struct conn *conn, struct conn_queue *queue)
{
	struct conn *before = TAILQ_LAST(queue, conn_queue);

	while (before != NULL && before->deadline > conn->deadline)
		before = TAILQ_PREV(before, conn_queue, queue_link);
	if (before != NULL)
		TAILQ_INSERT_AFTER(queue, before, conn, queue_link);
	else
		TAILQ_INSERT_HEAD(queue, conn, queue_link);
	conn->queue = queue;
}

/* Into the queue of its state, before anything can end it. */
static void
join_queue(struct conn *conn)
{
	if (conn->state == CONN_FLUSHING)
		restore_closing(conn, &conn->net->flushing);
	else if (conn->state == CONN_LINGERING)
		restore_closing(conn, &conn->net->lingering);
}

/* Go on with a session. */
static void
resume_open(struct conn *conn, struct str unparsed)
{
	struct net *net = conn->net;

	conn->user = chat_state_attach(net->chat, &conn->peer);
	if (conn->user == NULL) {
		conn_send(conn, STR("This session is lost in a restart. Sorry!\r\n"),
			false);
		conn_kill(conn, KILL_DRAIN, REASON_RESTART, NULL);
		return;
	}
	if (!conn->has_eof && event_add(&conn->readable, NULL) == -1)
		conn_fail(conn, errno);
	else if (unparsed.len > 0 || conn->has_eof)
		receive_restore(conn, unparsed);
}

/* Go on with what is left of one. */
static void
resume(struct conn *conn, struct str unparsed)
{
	switch (conn->state) {
	case CONN_FLUSHING:
		/* If all was sent, the end of this turn sees to it. */
		conn_send(conn, STR(""), true);
		break;
	case CONN_LINGERING:
		if (event_add(&conn->readable, NULL) == -1)
			conn_fail(conn, errno);
		break;
	default:
		resume_open(conn, unparsed);
	}
}

/* Have it in net, on its descriptor. What is of no use for that is freed. */
static void
enter(struct net *net, struct session *session)
{
	struct conn *conn = session->conn;

	session->conn = NULL;
	conn_attach(conn, net, session->fd);
	join_queue(conn);
	if (conn->peer.id > net->last_id)
		net->last_id = conn->peer.id;
	conn_restore_unsent(conn, session->unsent);
	/* Only those who talk, and have something unsent, can be slow. */
	if (conn->state == CONN_OPEN && conn->unsent != NULL &&
		session->slow_since != 0)
		restore_slow(conn, session);
	if (conn->state != CONN_DEAD)
		resume(conn, session->unparsed);
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
