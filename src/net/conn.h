/* SPDX-License-Identifier: ISC */
#ifndef NET_CONN_H
#define NET_CONN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "base/attr.h"
#include "chat/peer.h"
#include "conf/conf.h"
#include "net/net.h"
#include "net/proto.h"

/*
 * One connection: a bufferevent, what is spoken on it, and the person behind it.
 *
 * Input goes by libevent (net/receive.h). Output goes as
 * extents of the page by one system call at the end of the turn; only what the socket
 * does not take is copied to the bufferevent, which sends it in its own time.
 *
 * A connection dies in up to three steps, each of which only marks:
 *
 *	CONN_OPEN	talking
 *	CONN_FLUSHING	the session is over, its last lines are still to be sent
 *	CONN_LINGERING	all is sent and the end of output too (shutdown); what the peer
 *			still sends is dropped until it closes. Closing with unread
 *			input would send a reset, which can destroy the last lines
 *	CONN_DEAD	to be freed by net_bury()
 */
struct bufferevent;
struct pager;
struct user;

enum conn_state {
	CONN_OPEN,
	CONN_FLUSHING,
	CONN_LINGERING,
	CONN_DEAD,
};

struct conn {
	struct peer peer; /* first: how the chat knows us */
	struct net *net;
	struct user *user; /* NULL when the session is over */
	struct bufferevent *bev;
	char *from; /* where the peer comes from; peer.from is the same */
	struct proto proto;
	enum conn_state state;
	bool has_eof;        /* the peer will send nothing more */
	bool is_known;       /* its first bytes are no other protocol's */
	bool is_broken;      /* reset, but lines that came before are still taken */
	bool is_dirty;       /* in net->dirty */
	uint32_t head, tail; /* this turn's extents, indices into net->links */
	int64_t opened;      /* monotonic milliseconds */
	int64_t deadline;    /* while closing */
	uint64_t lines;      /* taken from the peer */
	int64_t undecided;   /* its first bytes may be foreign since then; 0: not */
	bool has_asked; /* a command was run in this turn: its answer may be paged */
	struct pager *pager;       /* NULL unless a long answer is being read */
	TAILQ_ENTRY(conn) link;    /* in net->conns or net->dying */
	uint64_t skipped;          /* lines that it did not get since it became slow */
	int64_t slow_since;        /* in net->slow since then, monotonic ms; 0: not */
	struct conn_queue *parked; /* net->waiting, net->throttled, or NULL */
	TAILQ_ENTRY(conn) parked_link;
	TAILQ_ENTRY(conn) slow_link;
	TAILQ_ENTRY(conn) closing_link; /* in net->flushing or net->lingering */
};

enum conn_kill {
	KILL_NOW,   /* nothing more can or shall be sent */
	KILL_DRAIN, /* send what is due, then close */
};

/*
 * Open a session on a connected socket accepted under `conf`. Takes the descriptor,
 * also when it fails: then it is closed, the reason logged. `where` is the address it
 * was accepted on.
 */
void conn_open(struct net *net, int fd, const struct sockaddr *sa, socklen_t sa_len,
	const struct listen_conf *conf, const char *where);

/*
 * For conn_open() and for conn_state.c: give a connection its socket, and put it into
 * the list of net's. Nothing is read or written yet. False, and the socket is closed,
 * if libevent fails.
 */
must_use bool conn_attach(struct conn *conn, struct net *net, int fd);

/*
 * End the session. May be called any number of times and from anywhere: it marks, tells
 * the chat, and counts and logs the reason the first time. `detail` says more than the
 * reason's own words, or is NULL.
 */
void conn_kill(
	struct conn *conn, enum conn_kill how, enum reason reason, const char *detail);

/* The same for a connection that broke with this errno. */
void conn_fail(struct conn *conn, int err);

/*
 * Send bytes of our own making in this turn: raw ones go as they are ahead of the text,
 * text goes in order with the lines of the chat.
 */
void conn_send(struct conn *conn, struct str bytes, bool is_raw);

/* What is queued and not yet taken by the socket, in bytes. */
size_t conn_unsent(const struct conn *conn);

/*
 * All is sent: end our output, and wait for the peer to end his, unless he has. The
 * reading that goes on drops what comes.
 */
void conn_linger(struct conn *conn);

/* The time for the last lines, or for the peer to close, is over. */
void conn_expire(struct conn *conn);

/* Let it wait in a queue of net's for its next line, or take it out of there. */
void conn_park(struct conn *conn, struct conn_queue *queue);
void conn_unpark(struct conn *conn);

/*
 * Close the socket, if there is one, and free, for net.c and conn_state.c. The user
 * must be gone.
 */
void conn_free(struct conn *conn);

#endif
