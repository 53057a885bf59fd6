/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/chat.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/name.h"
#include "base/table.h"
#include "base/worker.h"
#include "chat/gate.h"
#include "chat/moderation.h"
#include "chat/observer.h"
#include "chat/room.h"
#include "chat/store.h"
#include "chat/traffic.h"
#include "chat/user.h"
#include "chat/user_alike.h"
#include "chat/user_claim.h"

/* Bind a room of the config to its section, opening it if need be. */
static void
chat_bind_room(struct chat *chat, const struct room_conf *conf)
{
	struct room *room = room_get(chat, str_of(conf->section_name));

	room_configure(room, conf, true);
}

/* The section of a room, or NULL. */
static const struct room_conf *
chat_room_conf(const struct conf *conf, const struct room *room)
{
	for (size_t i = 0; i < conf->nrooms; i++) {
		if (str_ieq(str_of(conf->rooms[i]->section_name), str_of(room->name)))
			return conf->rooms[i];
	}
	return NULL;
}

struct chat *
chat_new(const struct conf *conf, struct page *page, struct worker *worker,
	struct moment now)
{
	struct chat *chat = xcalloc(1, sizeof(*chat));

	chat->conf = conf;
	chat->page = page;
	chat->now = now;
	chat->started = now;
	chat->users = table_new();
	chat->shapes = xcalloc(NAME_SHAPES, sizeof(*chat->shapes));
	chat->users_by_id = table_new();
	chat->rooms = table_new();
	chat->gate = gate_new();
	chat->worker = worker;
	chat->store = store_new(conf->server.state, worker);
	TAILQ_INIT(&chat->settling);
	TAILQ_INIT(&chat->idle);
	TAILQ_INIT(&chat->silent);
	TAILQ_INIT(&chat->leaving);
	TAILQ_INIT(&chat->emptied);
	TAILQ_INIT(&chat->observers);
	TAILQ_INIT(&chat->due);
	TAILQ_INIT(&chat->resting);
	TAILQ_INIT(&chat->gathering);
	for (size_t i = 0; i < conf->nrooms; i++)
		chat_bind_room(chat, conf->rooms[i]);
	return chat;
}

void
chat_free(struct chat *chat)
{
	struct user *user;
	struct room *room;

	if (chat == NULL)
		return;
	while ((user = TAILQ_FIRST(&chat->leaving)) != NULL)
		user_free(user);
	while ((user = TAILQ_FIRST(&chat->idle)) != NULL)
		user_free(user);
	/* Removing disturbs a walk, so each one starts anew and takes what it finds. */
	for (size_t at = 0; (room = table_next(chat->rooms, &at)) != NULL; at = 0)
		room_free(room);
	table_free(chat->users);
	free(chat->shapes);
	table_free(chat->users_by_id);
	table_free(chat->alikes);
	table_free(chat->rooms);
	gate_free(chat->gate);
	store_free(chat->store);
	closing_fini(&chat->closing);
	free(chat->notes.v);
	free(chat->mentioned.v);
	free(chat->motd);
	free(chat);
}

void
chat_reconfigure(struct chat *chat, const struct conf *conf, struct moment now)
{
	size_t at = 0;
	struct room *room;

	chat->now = now;
	for (size_t i = 0; i < conf->nrooms; i++)
		chat_bind_room(chat, conf->rooms[i]);
	chat->conf = conf;
	while ((room = table_next(chat->rooms, &at)) != NULL) {
		if (chat_room_conf(conf, room) == NULL)
			room_configure(room, conf->new_room, false);
	}
	moderation_reconfigure(chat);
	if (conf->server.nick_charset != NICK_UTF8)
		user_alike_drop(chat);
}

void
chat_set_host(struct chat *chat, const struct host_ops *host, void *arg)
{
	chat->host = host;
	chat->host_arg = arg;
}

void
chat_set_motd(struct chat *chat, const char *text)
{
	free(chat->motd);
	chat->motd = text != NULL ? xstrdup(text) : NULL;
}

int
chat_load(struct chat *chat, struct moment now, struct errlist *errors)
{
	int rc;

	chat->now = now;
	rc = store_load(chat->store, now.wall, errors);
	user_claim_review(chat);
	return rc;
}

void
chat_collect(struct chat *chat, struct moment now)
{
	chat->now = now;
	worker_collect(chat->worker);
}

int64_t
chat_next_due(const struct chat *chat)
{
	const struct user *settling = TAILQ_FIRST(&chat->settling);
	const struct user *idle = TAILQ_FIRST(&chat->idle);
	const struct user *silent = TAILQ_FIRST(&chat->silent);
	int64_t timeout = chat->conf->limits.idle_timeout;
	int64_t patience = chat->conf->limits.first_line;
	int64_t due = moment_earlier(
		store_next_due(chat->store, chat), moderation_next_due(chat));

	due = moment_earlier(due, closing_next_due(chat));
	due = moment_earlier(due, traffic_next_due(chat));
	if (settling != NULL)
		due = moment_earlier(
			due, settling->arrived + chat->conf->server.settle);
	if (idle != NULL && timeout > 0)
		due = moment_earlier(due, idle->active + timeout);
	if (silent != NULL && patience > 0)
		due = moment_earlier(due, silent->arrived + patience);
	return due;
}

void
chat_tick(struct chat *chat, struct moment now)
{
	int64_t settle = chat->conf->server.settle;
	int64_t timeout = chat->conf->limits.idle_timeout;
	int64_t patience = chat->conf->limits.first_line;
	struct user *user;

	chat->now = now;
	store_tick(chat->store, chat);
	moderation_tick(chat);
	closing_tick(chat);
	/* All queues are in the order in which their people become due. */
	while ((user = TAILQ_FIRST(&chat->settling)) != NULL &&
		user->arrived + settle <= now.mono)
		user_settle(user);
	traffic_tick(chat);
	while (timeout > 0 && (user = TAILQ_FIRST(&chat->idle)) != NULL &&
		user->active + timeout <= now.mono) {
		user_error(user, "You were idle for too long. Goodbye!");
		user_hangup(user, STR("idle"), REASON_IDLE);
	}
	while (patience > 0 && (user = TAILQ_FIRST(&chat->silent)) != NULL &&
		user->arrived + patience <= now.mono) {
		user_error(user, "You have not said anything. Goodbye!");
		user_hangup(user, STR(""), REASON_SILENT);
	}
}

void
chat_sweep(struct chat *chat)
{
	struct user *user;
	struct room *room;

	while ((user = TAILQ_FIRST(&chat->leaving)) != NULL) {
		user_announce_quit(user);
		user_free(user);
	}
	while ((room = TAILQ_FIRST(&chat->emptied)) != NULL) {
		TAILQ_REMOVE(&chat->emptied, room, link);
		room->is_emptied = false;
		if (room->count == 0 && !room->fixed)
			room_free(room);
	}
}

bool
chat_is_swept(const struct chat *chat)
{
	return TAILQ_EMPTY(&chat->leaving) && TAILQ_EMPTY(&chat->emptied);
}

void
chat_wall(struct chat *chat, struct str text)
{
	struct msg msg = {.kind = MSG_NOTICE, .text = text, .wall = chat->now.wall};
	struct user *user;
	size_t at = 0;

	observe(chat, (struct observation){.what = OBSERVED_NOTICE, .text = text});
	while ((user = table_next(chat->users, &at)) != NULL)
		user_deliver(user, &msg);
}

void
chat_close(struct chat *chat, struct str text)
{
	traffic_settle(chat);
	chat_wall(chat, text);
	chat->closing.at = 0;
	chat->is_closing = true;
}

bool
chat_is_exempt(const struct chat *chat, const struct peer *peer)
{
	return !peer->has_addr ||
		network_list_has(&chat->conf->limits.exempt, &peer->addr);
}

enum reason
chat_admit(struct chat *chat, const struct peer *peer, struct moment now,
	struct buf *words)
{
	const struct limits_conf *limits = &chat->conf->limits;
	enum reason reason = REASON_NONE;

	chat->now = now;
	if (chat->is_low)
		reason = REASON_MEMORY;
	else if (limits->clients > 0 && chat_people(chat) >= limits->clients)
		reason = REASON_FULL;
	else if (!chat_is_exempt(chat, peer))
		reason = gate_ask(chat->gate, limits, &peer->addr, now.mono);
	if (reason == REASON_NONE)
		reason = moderation_admit(chat, peer, words);
	switch (reason) {
	case REASON_MEMORY:
	case REASON_FULL:
		buf_add_str(words,
			STR("Too many people are here already. "
			    "Please try again later."));
		break;
	case REASON_ADDRESS:
		buf_add_str(words,
			STR("Too many people from your address are here "
			    "already."));
		break;
	case REASON_CONNECTS:
		buf_add_str(words,
			STR("Too many connections from your address. "
			    "Please try again in some minutes."));
		break;
	default:
		break;
	}
	return reason;
}

size_t
chat_people(const struct chat *chat)
{
	return table_count(chat->users);
}

size_t
chat_rooms(const struct chat *chat)
{
	return table_count(chat->rooms);
}

uint64_t
chat_new_mark(struct chat *chat)
{
	return ++chat->seen;
}
