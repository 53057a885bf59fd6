/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/listing.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/span.h"
#include "base/timestamp.h"
#include "chat/ban.h"
#include "chat/chat.h"
#include "chat/columns.h"
#include "chat/command.h"
#include "chat/room.h"
#include "chat/store.h"
#include "chat/user.h"

static int
by_key(const void *a, const void *b)
{
	return strcmp((*(const struct user *const *)a)->key,
		(*(const struct user *const *)b)->key);
}

/*
 * Who is in the room, or anywhere, in the order of names. The caller frees the array.
 */
static const struct user **
sorted_people(const struct chat *chat, const struct room *room, size_t *count)
{
	size_t most = room != NULL ? room->count : chat_people(chat);
	const struct user **people = xreallocarray(NULL, most + 1, sizeof(*people));
	const struct user *user;

	*count = 0;
	/* Those who have left are in another queue. */
	TAILQ_FOREACH (user, &chat->idle, idle_link) {
		if (room == NULL || user_member(user, room) != NULL)
			people[(*count)++] = user;
	}
	qsort(people, *count, sizeof(*people), by_key);
	return people;
}

static void
add_rooms(struct buf *out, const struct user *user)
{
	for (size_t i = 0; i < user->nmembers; i++)
		buf_printf(out, "%s%s", i > 0 ? " " : ", in ",
			user->members[i]->room->name);
}

/* A line for columns_explain(). */
static void
print_person(struct buf *list, const struct user *user, int64_t now)
{
	buf_printf(list, "%s%s\t%s, here ", user->nick, user->is_owner ? "*" : "",
		user->peer->from);
	span_print(list, now - user->arrived, 1);
	buf_add_str(list, STR(", idle "));
	span_print(list, now - user->active, 1);
	add_rooms(list, user);
	if (user->oper != NULL)
		buf_printf(list, ", %s %s",
			user->level == PERM_OPERATOR ? "operator" : "moderator",
			user->oper);
	if (user->away != NULL)
		buf_printf(list, ", away%s%s", user->away[0] != '\0' ? ": " : "",
			user->away);
	buf_add_char(list, '\n');
}

static void
write_person(struct json *json, const struct user *user, int64_t now)
{
	json_begin(json, '{');
	json_member(json, "nick", user->nick);
	json_member_uint(json, "id", user->id);
	json_member_bool(json, "claimed", user->is_owner);
	json_member(json, "from", user->peer->from);
	json_member_uint(json, "here", (uint64_t)(now - user->arrived) / 1000);
	json_member_uint(json, "idle", (uint64_t)(now - user->active) / 1000);
	json_key(json, "rooms");
	json_begin(json, '[');
	for (size_t i = 0; i < user->nmembers; i++)
		json_str(json, str_of(user->members[i]->room->name));
	json_end(json, ']');
	json_member(json, "operator", user->oper);
	json_member(json, "away", user->away);
	json_end(json, '}');
}

void
listing_people(struct call *call, const struct room *room)
{
	int64_t now = call->chat->now.mono;
	struct buf list = {0};
	size_t count;
	const struct user **people = sorted_people(call->chat, room, &count);

	if (call->json != NULL) {
		json_key(call->json, "people");
		json_begin(call->json, '[');
		for (size_t i = 0; i < count; i++)
			write_person(call->json, people[i], now);
		json_end(call->json, ']');
	} else {
		for (size_t i = 0; i < count; i++)
			print_person(&list, people[i], now);
		columns_explain(call->user, buf_str(&list));
		if (count == 0)
			user_notice(call->user, "Nobody is %s.",
				room != NULL ? "there" : "here");
	}
	free(people);
	buf_fini(&list);
}

void
listing_rooms(struct call *call, struct room *const *rooms, size_t count)
{
	struct json *json = call->json;
	struct buf list = {0};

	if (json != NULL) {
		json_key(json, "rooms");
		json_begin(json, '[');
	}
	for (size_t i = 0; i < count; i++) {
		const struct room *room = rooms[i];

		if (json != NULL) {
			json_begin(json, '{');
			json_member(json, "room", room->name);
			json_member_uint(json, "people", room->count);
			json_member(json, "topic", room->topic);
			json_member_bool(json, "configured", room->fixed);
			json_end(json, '}');
		} else {
			buf_printf(&list, "%-16s %4zu\t%s\n", room->name, room->count,
				room->topic != NULL ? room->topic : "");
		}
	}
	if (json != NULL)
		json_end(json, ']');
	columns_explain(call->user, buf_str(&list));
	buf_fini(&list);
}

/* A time, or null. */
static void
write_time(struct json *json, const char *key, int64_t time)
{
	char text[TIMESTAMP_TEXT_MAX];

	timestamp_text(time, text);
	json_member(json, key, time != 0 ? text : NULL);
}

void
listing_bans(struct call *call)
{
	const struct bans *bans = &call->chat->store->bans;
	struct json *json = call->json;
	char net[NETWORK_TEXT_MAX];

	json_key(json, "bans");
	json_begin(json, '[');
	for (size_t i = 0; i < bans->count; i++) {
		const struct ban *ban = &bans->v[i];

		if (ban->has_net)
			network_text(&ban->net, net);
		json_begin(json, '{');
		json_member(json, "kind", ban->kind == BAN_ENTRY ? "ban" : "mute");
		json_member(json, ban->has_net ? "network" : "nick",
			ban->has_net ? net : ban->nick);
		json_member(json, "room", ban->room);
		write_time(json, "until", ban->until);
		write_time(json, "set", ban->set);
		json_member(json, "by", ban->by);
		json_member(json, "reason", ban->reason);
		json_end(json, '}');
	}
	json_end(json, ']');
}
