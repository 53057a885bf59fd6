/* SPDX-License-Identifier: ISC */
#ifndef NET_NET_H
#define NET_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/moment.h"
#include "chat/page.h"
#include "chat/reason.h"
#include "conf/conf.h"
#include "net/arrival.h"
#include "net/pace.h"

/*
 * All connections together: the registry, the work that is left for the next turn, and
 * the flush at the end of a turn that gives each receiver his extents of the page, or
 * lets him wait for more (net/pace.h).
 *
 * A turn, as the app drives it: libevent's callbacks run and mark; then net_flush() and
 * chat_sweep() until both have nothing left; then net_bury() frees.
 */
struct chat;
struct conn;
struct event;
struct event_base;
struct proto_ops;

TAILQ_HEAD(conn_queue, conn);
TAILQ_HEAD(unsent_queue, unsent);

/* An extent in somebody's list; `next` is an index, 0 ends the list. */
struct link {
	struct extent extent;
	uint32_t next;
	bool is_raw; /* goes out as it is, ahead of the text: telnet */
};

/* An extent as it is folded for windows of a width; none: its length is 0. */
struct folded {
	struct extent extent;
	unsigned columns;
	struct buf text;
};

struct conn_list {
	struct conn **v;
	size_t count, cap;
};

struct net {
	struct event_base *base;
	struct chat *chat;
	struct page *page;
	const struct conf *conf; /* borrowed; replaced by net_reconfigure() */
	struct moment (*clock)(void);
	const struct proto_ops *const *protos; /* by enum listen_speak */

	struct arrivals arrivals;    /* no sessions yet */
	struct conn_queue conns;     /* open or closing */
	struct conn_queue dying;     /* marked dead, freed by net_bury() */
	struct conn_queue flushing;  /* sending their last lines, earliest first */
	struct conn_queue lingering; /* waiting for the peer's end, earliest first */
	struct conn_queue waiting;   /* have complete lines left for the next turn */
	struct conn_queue throttled; /* may take their next line a little later */
	struct unsent_queue slow;    /* their lines are skipped, longest first */
	int64_t throttled_due;       /* when those are looked at, monotonic ms */
	struct event *again;         /* keeps the loop turning while some wait */
	size_t count;                /* of conns */
	uint64_t closes[REASONS];    /* sessions that ended, by reason */
	uint64_t skipped;            /* lines that slow readers did not get */
	uint64_t accepted, refused;  /* connections that became a session, or did not */
	uint64_t lines;              /* that came from people */
	uint64_t received, sent;     /* bytes */
	uint64_t queued;             /* bytes: the sum of all that is unsent here */
	uint64_t last_id;
	size_t buried;     /* conns since memory was given back */
	size_t freed;      /* and unsent bytes, that were not sent */
	int64_t relax_due; /* when that is given back, monotonic milliseconds; or 0 */

	struct pace pace;
	bool is_telling;        /* an audience, whose time has come */
	struct conn *acting;    /* whose line is being acted on, or NULL */
	struct conn_list dirty; /* who got extents in this turn, each once */
	struct conn_list held;  /* who waits for the end of the window, each once */
	struct link *links;     /* all extent lists; [0] is unused */
	size_t nlinks, links_cap;

	char *input;          /* INPUT_HIGH bytes: what is being read, for receive.c */
	struct moment now;    /* of the callback that runs, see net_wake() */
	int64_t woken;        /* when this turn began, as moment.us; 0: it has not */
	struct buf clean;     /* scratch: the line being acted on */
	struct buf screen;    /* scratch: what a terminal gets by one call */
	struct buf reply;     /* scratch: what a protocol answers */
	struct buf prompt;    /* scratch: what stands before the line being typed */
	struct folded folded; /* the last one, for transmit.c; while the page is kept */
};

/*
 * Borrows all arguments. `clock` is asked for the time at each callback. NULL with
 * nothing left behind if libevent fails.
 */
struct net *net_new(struct event_base *base, struct chat *chat, struct page *page,
	const struct conf *conf, const struct proto_ops *const *protos,
	struct moment (*clock)(void));

/* Close and free everything at once. The chat must be alive still. NULL is fine. */
void net_free(struct net *net);

/* Go over to a new configuration. The old one may be freed when this returns. */
void net_reconfigure(struct net *net, const struct conf *conf);

/*
 * A callback of the loop begins: sets net->now, and returns it. The first one of a turn
 * is when it began.
 */
struct moment net_wake(struct net *net);

/*
 * The turn is over at `us` (as moment.us): how long it took, in microseconds. 0 if
 * nobody knows, since no callback has called net_wake().
 */
uint64_t net_turn_took(struct net *net, int64_t us);

/*
 * Hand out what is noted (chat/audience.h) and the page: one system call per receiver,
 * now or when his time has come, for which net_next_due() asks. Audiences are told only
 * until there were AUDIENCE_MAX people in them, or what arrives meanwhile would wait
 * for a big room; for the next ones net_next_due() is now. When nobody waits the page
 * is empty.
 */
void net_flush(struct net *net);

/* The same, and nobody waits. */
void net_flush_all(struct net *net);

/*
 * That within a turn, if the page has grown over its cap, or the notes over theirs.
 * Between two lines only.
 */
void net_flush_full(struct net *net);

/* Free the connections that died in this turn. Only between turns. */
void net_bury(struct net *net);

/* When net_tick() wants to be called, monotonic milliseconds; -1 for never. */
int64_t net_next_due(const struct net *net);

/*
 * Close those whose time for the last lines is over. Whose time to wait for more lines
 * is over gets them by the net_flush() at the end of the turn.
 */
void net_tick(struct net *net, struct moment now);

/* End all sessions: what is unsent gets server.farewell to leave. */
void net_close_all(struct net *net, enum reason reason);

/* Open and closing connections. */
size_t net_count(const struct net *net);

/* For receive.c: the next line of `conn` may be taken only later. */
void net_throttle(struct net *net, struct conn *conn);

/* For conn.c: remember an extent for `conn`, as text or raw. */
void net_add_extent(
	struct net *net, struct conn *conn, struct extent extent, bool is_raw);

/* He has been given his extents, or will not get them. */
void net_drop_extents(struct net *net, struct conn *conn);

#endif
