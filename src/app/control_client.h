/* SPDX-License-Identifier: ISC */
#ifndef APP_CONTROL_CLIENT_H
#define APP_CONTROL_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/attr.h"
#include "base/bucket.h"
#include "base/buf.h"
#include "base/moment.h"
#include "base/str.h"
#include "chat/observer.h"
#include "conf/conf.h"
#include "net/linebuf.h"

/*
 * One connection to the control socket: bytes to lines, lines to its console, and the
 * answers back. For control.c and control_events.c.
 */
struct chat;
struct console;
struct control_client;
struct event;
struct event_base;
struct net;

TAILQ_HEAD(control_clients, control_client);

/* What all clients share. Borrowed by each. */
struct control_shared {
	struct event_base *base;
	struct chat *chat;
	struct net *net;
	struct moment (*clock)(void);
	const struct conf *conf;
	struct control_clients clients; /* the one that was silent longest first */
	struct control_clients dead;
	size_t nwatching;         /* clients that read events */
	struct observer observer; /* for all of these */
	bool is_observing;
};

enum control_state {
	CONTROL_REQUESTS, /* sends them, one at a time */
	CONTROL_PIPE,     /* sends lines to be said */
	CONTROL_EVENTS,   /* reads events */
	CONTROL_WAITING,  /* for what becomes of the restart */
	CONTROL_LEAVING,  /* has only to read what is unsent */
	CONTROL_DEAD      /* will be freed at the end of the turn */
};

struct control_client {
	struct control_shared *shared;
	TAILQ_ENTRY(control_client) link;
	enum control_state state;
	char *from; /* for the log */
	int fd;
	struct event *readable, *writable;
	struct event *timer; /* to go on; of a slow reader: to give up */
	struct console *console;
	struct buf in; /* bytes that were read, to be looked at from in_at on */
	size_t in_at;
	bool has_eof; /* nothing more will be read */
	struct linebuf lines;
	struct bucket bucket; /* of lines said */
	struct buf out;       /* those from out_at on are unsent */
	size_t out_at;
	uint64_t skipped; /* events since it is slow */
};

/*
 * A client that has connected, `name` being that of its user. Takes fd. NULL if
 * libevent fails.
 */
must_use struct control_client *control_client_new(
	struct control_shared *shared, int fd, const char *name, const char *from);

/* Only between turns. */
void control_client_free(struct control_client *client);

/* It is gone, or has to go, now. May be called again. `why` is for the log. */
void control_client_kill(struct control_client *client, const char *why);

/* Send, as far as the kernel takes it; the rest later. */
void control_client_send(struct control_client *client, struct str bytes);

/* Have its timer do what it is for in so many milliseconds. */
void control_client_wait(struct control_client *client, int64_t ms);

/* How much is unsent. */
size_t control_client_unsent(const struct control_client *client);

/*
 * The restart that it waits for has failed, and why; or has not (NULL). Then it goes on
 * with its requests.
 */
void control_client_answer(struct control_client *client, const char *why);

/* All its members are as another process has left them: go on from there. */
void control_client_resume(struct control_client *client);

#endif
