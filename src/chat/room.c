/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/room.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/name_utf8.h"
#include "base/table.h"
#include "chat/history.h"
#include "chat/moderation.h"
#include "chat/observer.h"
#include "chat/user.h"
#include "chat/user_name.h"

struct str
room_name(struct str typed, char out[ROOM_NAME_SIZE])
{
	bool has = str_starts(typed, STR("#"));
	int len = snprintf(
		out, ROOM_NAME_SIZE, "%s%.*s", has ? "" : "#", (int)typed.len, typed.p);

	return str_make(out, len < ROOM_NAME_SIZE ? (size_t)len : 0);
}

struct room *
room_find(struct chat *chat, struct str name)
{
	char folded[NAME_MAX_BYTES + 1];

	if (name.len > NAME_MAX_BYTES) /* longer ones would fold to the same */
		return NULL;
	return table_find(chat->rooms, name_fold(name, folded));
}

bool
room_may_open(struct user *user, struct str name)
{
	const struct limits_conf *limits = &user->chat->conf->limits;

	if (!name_ok_room(name))
		user_error(user,
			"A room's name is # and letters A to Z, digits, _ and -.");
	else if (name.len > limits->room_length)
		user_error(user, "That name is too long: at most %llu characters.",
			(unsigned long long)limits->room_length);
	else if (user->chat->opened_rooms >= limits->rooms)
		user_error(user, "No more rooms can be opened now.");
	else
		/* Others read its name, which is words like any other. */
		return moderation_may_speak(user, NULL);
	return false;
}

struct room *
room_get(struct chat *chat, struct str name)
{
	struct room *room = room_find(chat, name);
	char folded[NAME_MAX_BYTES + 1];

	if (room != NULL)
		return room;
	assert(name_ok_room(name));
	room = xcalloc(1, sizeof(*room));
	room->chat = chat;
	room->name = xstrndup(name.p, name.len);
	room->key = xstrdup(name_fold(name, folded).p);
	room->history = history_new(0);
	room->individuals.room = room;
	traffic_init(&room->traffic);
	TAILQ_INIT(&room->audiences);
	table_insert(chat->rooms, str_of(room->key), room);
	chat->opened_rooms++;
	room_configure(room, chat->conf->new_room, false);
	return room;
}

void
room_free(struct room *room)
{
	while (room->count > 0)
		room_leave(room->members[room->count - 1]);
	if (room->is_emptied)
		TAILQ_REMOVE(&room->chat->emptied, room, link);
	if (!room->fixed)
		room->chat->opened_rooms--;
	table_remove(room->chat->rooms, str_of(room->key));
	history_free(room->history);
	traffic_fini(room);
	audience_fini(room);
	free(room->members);
	free(room->topic);
	free(room->key);
	free(room->name);
	free(room);
}

/* Let the sweep look at the room: it may have become superfluous. */
static void
room_check_empty(struct room *room)
{
	if (room->count > 0 || room->fixed || room->is_emptied)
		return;
	room->is_emptied = true;
	TAILQ_INSERT_TAIL(&room->chat->emptied, room, link);
}

void
room_configure(struct room *room, const struct room_conf *conf, bool fixed)
{
	if (fixed != room->fixed) {
		room->fixed = fixed;
		if (fixed)
			room->chat->opened_rooms--;
		else
			room->chat->opened_rooms++;
	}
	/* A topic that people set stays, unless the operator changed his. */
	if (room->conf == NULL || strcmp(conf->topic, room->conf->topic) != 0)
		room_set_topic(room, str_of(conf->topic));
	room->conf = conf;
	history_resize(room->history, conf->history);
	room_check_empty(room);
}

struct member *
room_enter(struct room *room, struct user *user)
{
	if (room->conf->max_people > 0 && room->count >= room->conf->max_people)
		return NULL;
	return room_put(room, user);
}

static void
room_resize(struct room *room, size_t cap)
{
	room->members = xreallocarray(room->members, cap, sizeof(*room->members));
	room->cap = cap;
}

struct member *
room_put(struct room *room, struct user *user)
{
	struct member *member;

	assert(room->walking == 0);
	if (room->count == room->cap)
		room_resize(room, room->cap > 0 ? room->cap * 2 : MEMBERS_MIN);
	member = user_add_member(user);
	member->room = room;
	member->index = (uint32_t)room->count;
	room->members[room->count++] = member;
	audience_review(user);
	return member;
}

void
room_leave(struct member *member)
{
	struct room *room = member->room;
	struct user *user = member->user;
	struct member *last = room->members[room->count - 1];

	assert(room->walking == 0);
	audience_leave(member);
	room->members[member->index] = last;
	last->index = member->index;
	room->count--;
	if (room->cap > MEMBERS_MIN && room->count < room->cap / 4)
		room_resize(room, room->cap / 2);
	user_remove_member(user, member);
	if (!user->is_gone) /* he may be in one room only now */
		audience_review(user);
	room_check_empty(room);
}

/* Remember who spoke last, each once, the latest first. */
static void
room_note_speaker(struct room *room, const struct user *user)
{
	uint64_t id = user->id;

	for (size_t i = 0; i < ROOM_SPEAKERS; i++) {
		uint64_t before = room->speakers[i];

		room->speakers[i] = id;
		if (before == user->id)
			return;
		id = before;
	}
}

bool
room_has_heard(const struct room *room, const struct user *user)
{
	for (size_t i = 0; i < ROOM_SPEAKERS; i++) {
		if (room->speakers[i] == user->id)
			return true;
	}
	return false;
}

void
room_post(struct room *room, struct msg *msg)
{
	msg->room = room;
	msg->where = str_of(room->name);
	audience_post(room, msg, chat_new_mark(room->chat));
}

/*
 * Find the people whose names the text holds, and mark them in the message: so it is
 * read once, and not again for each receiver.
 */
static void
find_mentioned(struct chat *chat, struct msg *msg)
{
	bool in_all_scripts = chat->conf->server.nick_charset == NICK_UTF8;
	struct user_list *found = &chat->mentioned;
	struct str text = msg->text;

	msg->mentions = chat_new_mark(chat);
	found->count = 0;
	while (text.len > 0) {
		struct str word =
			in_all_scripts ? name_utf8_first(&text) : name_first(&text);
		struct user *user = word.len > 0 && user_may_be(chat, word)
			? user_find(chat, word)
			: NULL;

		if (user == NULL || user->mentioned == msg->mentions)
			continue;
		user->mentioned = msg->mentions;
		if (found->count == found->cap) {
			found->cap = found->cap > 0 ? found->cap * 2 : 16;
			found->v = xreallocarray(
				found->v, found->cap, sizeof(struct user *));
		}
		found->v[found->count++] = user;
	}
	msg->mentioned = found->v;
	msg->nmentioned = found->count;
}

/* Show the speaker what the others see, if he does not see it already. */
static void
show_own(struct room *room, struct user *user, struct msg *msg)
{
	struct msg self = *msg;

	self.kind = msg->kind == MSG_ACTION ? MSG_ACTION_SELF : MSG_SAY_SELF;
	self.nrendered = 0;
	/* Where we edit, the typed line is gone: it comes back as the others see it. */
	if (user->terminal.is_ours &&
		msg_template(&room->chat->conf->format, self.kind, false)[0] == '\0')
		user_deliver(user, msg);
	else
		user_deliver(user, &self);
}

void
room_say(struct room *room, struct user *user, enum msg_kind kind, struct str text)
{
	struct msg msg = user_msg(user, kind);

	msg.text = text;
	room->chat->lines++;
	history_add(room->history, &msg);
	observe(room->chat,
		(struct observation){
			.what = kind == MSG_ACTION ? OBSERVED_ACTED : OBSERVED_SAID,
			.room = str_of(room->name),
			.nick = msg.nick,
			.text = text,
		});
	room_note_speaker(room, user);
	find_mentioned(room->chat, &msg);
	room_post(room, &msg);
	show_own(room, user, &msg);
}

void
room_tell(struct room *room, struct str name, struct str text)
{
	struct msg msg = {.kind = MSG_NOTICE, .wall = room->chat->now.wall};
	char *words =
		xasprintf("%.*s: %.*s", (int)name.len, name.p, (int)text.len, text.p);

	msg.text = str_of(words);
	history_add(room->history, &msg);
	observe(room->chat,
		(struct observation){
			.what = OBSERVED_NOTICE,
			.room = str_of(room->name),
			.nick = name,
			.text = text,
		});
	room_post(room, &msg);
	free(words);
}

void
room_set_topic(struct room *room, struct str topic)
{
	free(room->topic);
	room->topic = topic.len > 0 ? xstrndup(topic.p, topic.len) : NULL;
}

void
room_names(
	const struct room *room, const struct user *except, size_t max, struct buf *out)
{
	size_t shown = 0, skipped = 0;

	/* He may well stand behind those that are looked at: newcomers do. */
	if (except != NULL && user_member(except, room) != NULL)
		skipped++;
	for (size_t i = 0; i < room->count && shown < max; i++) {
		const struct user *user = room->members[i]->user;
		if (user == except)
			continue;
		if (user->is_gone) {
			skipped++;
			continue;
		}
		if (shown++ > 0)
			buf_add_str(out, STR(", "));
		buf_add_str(out, str_of(user->nick));
		if (user->away != NULL)
			buf_add_str(out, STR(" (away)"));
	}
	if (shown + skipped < room->count)
		buf_printf(out, " and %zu more", room->count - shown - skipped);
}
