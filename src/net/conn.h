/* SPDX-License-Identifier: ISC */
#ifndef NET_CONN_H
#define NET_CONN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <event2/event_struct.h>

#include "base/buf.h"
#include "chat/peer.h"
#include "conf/conf.h"
#include "net/net.h"
#include "net/proto.h"

/*
 * One connection: a socket, what is spoken on it, and the person behind it.
 *
 * It is made to cost little while nothing happens, for most people only read. Input is
 * read into a buffer that all connections share and acted on there (net/receive.h);
 * `unparsed` holds what must wait. Output goes as extents of the page by one system
 * call at the end of the turn; `unsent` holds what the socket does not take. Both are
 * there only as long as they hold something.
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
struct pager;
struct unsent;
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
	struct user *user;     /* NULL when the session is over */
	struct event readable; /* pending as long as we read */
	struct proto proto;
	struct buf unparsed;      /* read, but its turn has not come */
	struct unsent *unsent;    /* NULL as long as the socket takes everything */
	char *from;               /* where the peer comes from; peer.from is the same */
	struct pager *pager;      /* NULL unless a long answer is being read */
	TAILQ_ENTRY(conn) link;   /* in net->conns or net->dying */
	struct conn_queue *queue; /* the one of net's that it waits in, or NULL: */
	TAILQ_ENTRY(conn) queue_link; /* waiting, throttled, flushing, lingering */
	int64_t opened;               /* monotonic milliseconds */
	union {
		int64_t undecided; /* while open: its first bytes may be foreign since
				      then; 0: not */
		int64_t deadline;  /* while closing */
	};
	uint64_t lines;      /* taken from the peer */
	uint32_t head, tail; /* extents for him, indices into net->links */
	uint32_t nbytes;     /* in them */
	struct extent asked; /* has_asked: from the command to its answer's end */
	uint32_t window;     /* of net->pace, in which he was sent something last */
	uint32_t held;       /* where he is in net->held, from 1 on; 0: not */
	int fd;
	enum conn_state state;
	bool has_eof;   /* the peer will send nothing more */
	bool is_known;  /* its first bytes are no other protocol's */
	bool is_broken; /* reset, but lines that came before are still taken */
	bool is_dirty;  /* in net->dirty */
	bool is_urgent; /* some of what he has is for him alone, and does not wait */
	bool is_told;   /* some of it is what his audience is told now */
	bool has_asked; /* a command was typed in the editor: its answer may be paged */
	bool is_slowed; /* in net->throttled for having sent too much */
};

enum conn_kill {
	KILL_NOW,   /* nothing more can or shall be sent */
	KILL_DRAIN, /* send what is due, then close */
};

/*
 * Open a session on a connected socket whose person is at `sa`. Takes the descriptor,
 * also when it fails: then it is closed, the reason logged. `where` is the address it
 * was accepted on, for the log.
 */
void conn_open(struct net *net, int fd, const struct sockaddr *sa, socklen_t sa_len,
	enum listen_speak speak, const char *where);

/*
 * For conn_open() and for conn_state.c: give a connection its socket, and put it into
 * the list of net's. Nothing is read or written yet.
 */
void conn_attach(struct conn *conn, struct net *net, int fd);

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
 * Send bytes of our own making at the end of the turn: raw ones go as they are ahead of
 * the text, text goes in order with the lines of the chat.
 */
void conn_send(struct conn *conn, struct str bytes, bool is_raw);

/*
 * All is sent: end our output, and wait for the peer to end his, unless he has. The
 * reading that goes on drops what comes.
 */
void conn_linger(struct conn *conn);

/*
 * For whoever hands a connection over to another process: what was read and not acted
 * on yet, and what the socket has not taken yet. Only behind net_flush_all(), or there
 * are lines on the page, too. conn_unparsed() borrows until something is done with the
 * connection; conn_unsent_text() appends.
 */
struct str conn_unparsed(const struct conn *conn);
void conn_unsent_text(const struct conn *conn, struct buf *out);

/*
 * The reverse of the latter, for a connection that is just open: the bytes are sent
 * before all else. That of the former is receive_restore().
 */
void conn_restore_unsent(struct conn *conn, struct str bytes);

/* The time for the last lines, or for the peer to close, is over. */
void conn_expire(struct conn *conn);

/* Let it wait in a queue of net's, unless it is in one; or take it out of there. */
void conn_enqueue(struct conn *conn, struct conn_queue *queue);
void conn_dequeue(struct conn *conn);

/*
 * Free, and close the socket if it was attached: for net.c and conn_state.c. The user
 * must be gone.
 */
void conn_free(struct conn *conn);

#endif
