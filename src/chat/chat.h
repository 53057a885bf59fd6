/* SPDX-License-Identifier: ISC */
#ifndef CHAT_CHAT_H
#define CHAT_CHAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/moment.h"
#include "base/str.h"
#include "chat/audience.h"
#include "chat/closing.h"
#include "chat/page.h"
#include "chat/reason.h"
#include "conf/conf.h"

/*
 * The chat: who is present, which rooms there are, what is due. Knows no sockets and
 * reads no clock; it is driven by
 *
 *	user_arrive(), user_line(), user_quit()		chat/user.h
 *	chat_tick()					when chat_next_due() has come
 *	chat_sweep(), audience_hand_out()		at the end of each turn
 *
 * Nothing is freed while these run, except in chat_sweep(): a person who leaves is only
 * marked, so a walk over a room is safe whatever happens during it.
 */
struct gate;
struct host_ops;
struct observer;
struct peer;
struct room;
struct store;
struct table;
struct user;
struct worker;

TAILQ_HEAD(user_queue, user);
TAILQ_HEAD(room_queue, room);
TAILQ_HEAD(observer_queue, observer);

struct user_list {
	struct user **v;
	size_t count, cap;
};

struct chat {
	const struct conf *conf;     /* borrowed; replaced by chat_reconfigure() */
	struct page *page;           /* borrowed; where lines are rendered */
	struct table *users;         /* folded nick -> struct user */
	uint32_t *shapes;            /* how many of them have a name of that shape */
	struct table *users_by_id;   /* id -> struct user */
	struct table *rooms;         /* folded name -> struct room */
	size_t opened_rooms;         /* rooms that are not from the config */
	struct table *alikes;        /* see chat/user_alike.h; NULL: not asked for */
	struct user_queue settling;  /* newcomers not yet announced, oldest first */
	struct user_queue idle;      /* everybody, longest idle first */
	struct user_queue leaving;   /* marked by user_quit(), freed by the sweep */
	struct user_queue silent;    /* have not said a first line, oldest first */
	struct gate *gate;           /* who comes from where; owned */
	struct worker *worker;       /* borrowed, for what takes time */
	struct store *store;         /* bans and claimed names; owned */
	const struct host_ops *host; /* what only the daemon can do; not NULL */
	void *host_arg;
	int lockdown;                  /* enum lockdown */
	int64_t lockdown_since;        /* monotonic ms */
	int64_t lockdown_until;        /* the same; 0: until it is ended */
	struct room_queue emptied;     /* to be freed by the sweep if still empty */
	struct room_queue gathering;   /* with traffic to tell, earliest first */
	struct audience_queue due;     /* who has something noted and is not held */
	struct audience_queue resting; /* who was told lately, longest ago first */
	size_t noted;                  /* how many audiences have something noted */
	struct notes notes;            /* what */
	struct user_list mentioned;    /* scratch: in the line that is being said */
	struct moment now;             /* of the entry function that was called last */
	struct moment started;
	char *motd;      /* message of the day; owned, may be NULL */
	uint64_t seen;   /* mark of the last walk that reaches everybody once */
	uint64_t lines;  /* said so far, for the status line */
	uint64_t asker;  /* id of who has asked for a restart, 0: nobody here */
	bool is_low;     /* there is no memory for newcomers */
	bool is_closing; /* by chat_close() */
	/* See chat/observer.h. */
	struct observer_queue observers;
	/* Lines told to people, each once for each of them. */
	uint64_t deliveries;
	struct closing closing; /* the end, if it was announced */
};

/*
 * A chat with the rooms of `conf`. Borrows conf, page and worker. Returns new. Its
 * store is empty: store_load().
 */
struct chat *chat_new(const struct conf *conf, struct page *page, struct worker *worker,
	struct moment now);

/* Free it with everybody in it; peers are not told. NULL is fine. */
void chat_free(struct chat *chat);

/*
 * Go over to a new configuration: rooms that came are opened, rooms that went become
 * ordinary ones (and vanish when empty), nobody is moved. The old one may be freed
 * when this returns.
 */
void chat_reconfigure(struct chat *chat, const struct conf *conf, struct moment now);

/* Who answers what only the daemon can do (chat/host.h). Borrows. */
void chat_set_host(struct chat *chat, const struct host_ops *host, void *arg);

/* Take a new message of the day (copied); NULL for none. */
void chat_set_motd(struct chat *chat, const char *text);

/*
 * Read what outlives the daemon (chat/store.h), at the start and at each reload. -1
 * with every mistake in `errors`; then what is right holds.
 */
must_use int chat_load(struct chat *chat, struct moment now, struct errlist *errors);

/* The worker has something: act on it. */
void chat_collect(struct chat *chat, struct moment now);

/* When chat_tick() wants to be called, monotonic milliseconds; -1 for never. */
int64_t chat_next_due(const struct chat *chat);

/* Announce newcomers who have settled, send away who was idle too long. */
void chat_tick(struct chat *chat, struct moment now);

/*
 * Bury the dead: those who left are taken out of their rooms, announced and freed, as
 * are empty rooms. Announcing renders onto the page, so the page is to be handed out
 * and flushed afterwards; and delivering may end more sessions, so it is called again
 * until chat_is_swept().
 */
void chat_sweep(struct chat *chat);
bool chat_is_swept(const struct chat *chat);

/*
 * The end is near: everybody is told `text` as a notice, and from now on nobody is told
 * of anybody's leaving.
 */
void chat_close(struct chat *chat, struct str text);

/*
 * May somebody come in? To be asked before user_arrive(), once for each connection.
 * REASON_NONE if so; else the line that he is told is appended to `words`.
 */
must_use enum reason chat_admit(struct chat *chat, const struct peer *peer,
	struct moment now, struct buf *words);

/* Is the peer exempt from the limits of an address? */
bool chat_is_exempt(const struct chat *chat, const struct peer *peer);

/* Tell everybody, as a notice. */
void chat_wall(struct chat *chat, struct str text);

size_t chat_people(const struct chat *chat);
size_t chat_rooms(const struct chat *chat);

/*
 * A mark that no user carries yet, for walks that may come upon somebody twice: set
 * user->seen to it when reached, skip who has it.
 */
uint64_t chat_new_mark(struct chat *chat);

#endif
