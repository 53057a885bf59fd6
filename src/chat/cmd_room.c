/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/command.h"

#include <stdlib.h>
#include <strings.h>

#include "base/mem.h"
#include "base/table.h"
#include "chat/chat.h"
#include "chat/columns.h"
#include "chat/console.h"
#include "chat/history.h"
#include "chat/listing.h"
#include "chat/moderation.h"
#include "chat/observer.h"
#include "chat/room.h"
#include "chat/style.h"
#include "chat/user.h"
#include "chat/user_ask.h"

/* Rooms: going in and out, who is there, what was said. */

/* How much one answer lists; a bigger chat is told in numbers. */
#define LIST_PEOPLE 200
#define LIST_ROOMS 100

/* The room that an argument names, or the current one if it is empty; else told. */
static struct room *
room_or_tell(struct call *call, struct str name)
{
	char hashed[ROOM_NAME_SIZE];
	struct room *room = call->user->current;

	if (name.len > 0) {
		room = room_find(call->chat, room_name(name, hashed));
		if (room == NULL)
			user_error(call->user,
				"There is no room %s. %srooms shows the rooms.", hashed,
				user_slash(call->user));
	} else if (room == NULL) {
		user_error(call->user, "You are in no room. /join enters one.");
	}
	return room;
}

static void
cmd_join(struct call *call)
{
	struct user *user = call->user;
	uint64_t max = call->chat->conf->limits.rooms_per_person;
	char hashed[ROOM_NAME_SIZE];
	struct str name = room_name(call->args[0], hashed);
	struct room *room = room_find(call->chat, name);
	const struct room_conf *conf =
		room != NULL ? room->conf : call->chat->conf->new_room;
	bool is_inside = room != NULL && user_member(user, room) != NULL;

	if (!is_inside && user->nmembers >= max)
		user_error(user,
			"You are in %zu rooms, that is the most. /part leaves one.",
			user->nmembers);
	else if (room == NULL && !room_may_open(user, name))
		return;
	else if (!is_inside && conf->key[0] != '\0')
		user_ask(user, ASK_ROOM_KEY, room != NULL ? str_of(room->name) : name);
	else
		user_join(user, room_get(call->chat, name));
}

static void
cmd_part(struct call *call)
{
	struct room *room = room_or_tell(call, call->args[0]);

	if (room == NULL)
		return;
	if (user_member(call->user, room) == NULL)
		user_error(call->user, "You are not in %s.", room->name);
	else
		user_part(call->user, room, STR(""));
}

static int
by_name(const void *a, const void *b)
{
	return strcmp((*(struct room *const *)a)->key, (*(struct room *const *)b)->key);
}

/* All rooms in the order of their names; the caller frees the array. */
static struct room **
sorted_rooms(const struct chat *chat, size_t *count)
{
	struct room **rooms = xreallocarray(NULL, chat_rooms(chat) + 1, sizeof(*rooms));
	size_t at = 0;
	struct room *room;

	*count = 0;
	while ((room = table_next(chat->rooms, &at)) != NULL)
		rooms[(*count)++] = room;
	qsort(rooms, *count, sizeof(*rooms), by_name);
	return rooms;
}

/* A room as a line for columns_explain(). */
static void
add_room(struct buf *list, const struct user *user, const struct room *room)
{
	bool is_current = room == user->current;
	bool is_inside = user_member(user, room) != NULL;
	const char *people = room->count == 1 ? "person" : "people";

	if (user->style & STYLE_READER)
		buf_printf(list, "%s, %zu %s%s", room->name, room->count, people,
			is_current          ? ", where you talk"
				: is_inside ? ", where you are"
					    : "");
	else
		buf_printf(list, "%s %-16s %4zu %s",
			is_current          ? "*"
				: is_inside ? "+"
					    : " ",
			room->name, room->count, people);
	buf_printf(list, "\t%s\n", room->topic != NULL ? room->topic : "");
}

static void
cmd_rooms(struct call *call)
{
	struct user *user = call->user;
	struct buf list = {0};
	size_t count;
	struct room **rooms = sorted_rooms(call->chat, &count);

	if (user->is_console) {
		listing_rooms(call, rooms, count);
		free(rooms);
		return;
	}
	for (size_t i = 0; i < count && i < LIST_ROOMS; i++)
		add_room(&list, user, rooms[i]);
	columns_explain(user, buf_str(&list));
	if (count > LIST_ROOMS)
		user_notice(user, "and %zu more", count - LIST_ROOMS);
	user_notice(user, "%s/who shows the people.",
		user->style & STYLE_READER
			? ""
			: "* is where you talk, + where you are too. ");
	free(rooms);
	buf_fini(&list);
}

static int
by_text(const void *a, const void *b)
{
	return strcasecmp(*(char *const *)a, *(char *const *)b);
}

/*
 * Somebody as "ann*", "bob (away)" or, for a screen reader, "ann (claimed, away)"
 * (returns new).
 */
static char *
person_text(const struct user *user, bool is_reader)
{
	bool is_away = user->away != NULL;
	const char *words = is_away ? " (away)" : "";

	if (user->is_owner && is_reader)
		words = is_away ? " (claimed, away)" : " (claimed)";
	return xasprintf(
		"%s%s%s", user->nick, user->is_owner && !is_reader ? "*" : "", words);
}

/* The people of a room, sorted. Returns new, as its entries. */
static char **
sorted_people(const struct room *room, bool is_reader, size_t *count, bool *has_owners)
{
	char **names = xreallocarray(NULL, LIST_PEOPLE, sizeof(*names));

	*count = 0;
	*has_owners = false;
	for (size_t i = 0; i < room->count && *count < LIST_PEOPLE; i++) {
		const struct user *user = room->members[i]->user;

		if (user->is_gone)
			continue;
		names[(*count)++] = person_text(user, is_reader);
		*has_owners = *has_owners || user->is_owner;
	}
	qsort(names, *count, sizeof(*names), by_text);
	return names;
}

/*
 * In columns that fit the window; in one sentence for a screen reader. True if somebody
 * is marked.
 */
static bool
show_people(struct user *user, const struct room *room)
{
	bool is_reader = user->style & STYLE_READER;
	bool has_owners;
	size_t count;
	char **names = sorted_people(room, is_reader, &count, &has_owners);

	user_notice(user, "%s (%zu):", room->name, room->count);
	columns_show(user, names, count);
	if (room->count > LIST_PEOPLE)
		user_notice(user, "and %zu more", room->count - LIST_PEOPLE);
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
	return has_owners && !is_reader;
}

static void
cmd_who(struct call *call)
{
	struct user *user = call->user;
	bool has_marks = false;
	struct room *room;

	if (user->is_console) {
		room = call->nargs > 0 ? room_or_tell(call, call->args[0]) : NULL;
		if (call->nargs == 0 || room != NULL)
			listing_people(call, room);
		return;
	}
	if (call->nargs == 0 && user->nmembers > 0) {
		for (size_t i = 0; i < user->nmembers; i++) {
			if (show_people(user, user->members[i]->room))
				has_marks = true;
		}
	} else {
		room = room_or_tell(call, call->args[0]);
		has_marks = room != NULL && show_people(user, room);
	}
	if (has_marks)
		user_notice(user, "* has claimed the name.");
	if (call->nargs == 0 && user->nmembers > 0 &&
		chat_rooms(call->chat) > user->nmembers)
		user_notice(user, "%zu in all rooms. /rooms shows the rooms.",
			chat_people(call->chat));
}

static void
cmd_topic(struct call *call)
{
	struct user *user = call->user;
	struct room *room = room_or_tell(call, STR(""));
	uint64_t max = call->chat->conf->limits.topic_length;
	struct msg msg = user_msg(user, MSG_TOPIC);

	if (room == NULL)
		return;
	if (call->nargs == 0) {
		user_notice(user, "Topic of %s: %s", room->name,
			room->topic != NULL ? room->topic : "(none)");
		return;
	}
	if (!moderation_may_speak(user, room))
		return;
	if (call->args[0].len > max) {
		user_error(user, "That topic is too long: at most %llu bytes.",
			(unsigned long long)max);
		return;
	}
	room_set_topic(room, str_eq(call->args[0], STR("-")) ? STR("") : call->args[0]);
	observe(call->chat,
		(struct observation){
			.what = OBSERVED_TOPIC,
			.room = str_of(room->name),
			.nick = msg.nick,
			.text = room->topic != NULL ? str_of(room->topic) : STR(""),
		});
	msg.text = room->topic != NULL ? str_of(room->topic) : STR("(none)");
	room_post(room, &msg);
	user_deliver(user, &msg);
}

/*
 * What is said from outside, or with authority: a notice, with the name of who it is.
 */
static void
cmd_say(struct call *call)
{
	struct user *user = call->user;
	struct room *room = room_or_tell(call, call->args[0]);

	if (room == NULL)
		return;
	if (user->is_console && str_eq(call->args[1], STR("-")))
		console_take_lines(user, room);
	else
		room_tell(room, str_of(user->nick), call->args[1]);
}

/* "20" or "10m": how many lines of the room that is. -1 if it is neither. */
static int
history_amount(const struct call *call, const struct room *room, size_t *count)
{
	size_t all = history_count(room->history);
	uint64_t lines;
	int64_t ms;

	if (call->nargs == 0) {
		*count = all;
	} else if (str_to_uint(call->args[0], &lines) == 0) {
		*count = lines < all ? (size_t)lines : all;
	} else if (str_to_duration(call->args[0], &ms) == 0) {
		*count = history_since(room->history, call->chat->now.wall - ms / 1000);
	} else {
		return -1;
	}
	return 0;
}

static void
cmd_history(struct call *call)
{
	struct user *user = call->user;
	struct room *room = room_or_tell(call, STR(""));
	size_t count;

	if (room == NULL)
		return;
	if (history_amount(call, room, &count) == -1) {
		user_error(user,
			"How much? A number of lines like 20 or a time like 10m.");
		return;
	}
	if (count == 0) {
		user_notice(user, "%s remembers nothing of that.", room->name);
		return;
	}
	user_notice(user, "Earlier in %s:", room->name);
	user_show_history(user, room, count);
	user_notice(user, "End of the earlier lines.");
}

const struct command cmd_room[] = {
	{
		.name = "join",
		.aliases = "go j",
		.args = "<room>",
		.perm = PERM_PEOPLE,
		.run = cmd_join,
		.help = "Enter a room, or talk in one that you are in.",
		.text = "Opens the room if there is none of that name.\n"
			"One can be in several rooms at once; what one says goes to "
			"the\n"
			"room joined last.",
	},
	{
		.name = "part",
		.aliases = "leave",
		.args = "[room]",
		.perm = PERM_PEOPLE,
		.run = cmd_part,
		.help = "Leave a room; alone: the one where you talk.",
	},
	{
		.name = "rooms",
		.aliases = "list",
		.perm = PERM_PEOPLE,
		.place = PLACE_BOTH,
		.run = cmd_rooms,
		.help = "Show the rooms, their people and topics.",
		.console_text = "A line has the name, the number of people, and the "
				"topic.",
	},
	{
		.name = "who",
		.aliases = "names users",
		.args = "[room]",
		.perm = PERM_PEOPLE,
		.place = PLACE_BOTH,
		.run = cmd_who,
		.help = "Show who is in your rooms, or in another one.",
		.console_help = "Show who is here, or in a room.",
		.console_text = "A line each: the name, with a star if it is claimed,\n"
				"from where, since when, for how long idle, in which "
				"rooms.",
	},
	{
		.name = "topic",
		.args = "[text...]",
		.perm = PERM_PEOPLE,
		.run = cmd_topic,
		.help = "Show the topic, or set it (\"-\": none).",
	},
	{
		.name = "history",
		.aliases = "last review",
		.args = "[amount]",
		.perm = PERM_PEOPLE,
		.run = cmd_history,
		.help = "Show again the last lines (20) or time (10m).",
	},
	{
		.name = "say",
		.args = "<room> <text...>",
		.perm = PERM_OPERATOR,
		.place = PLACE_BOTH,
		.run = cmd_say,
		.help = "Tell a room something, as a notice.",
		.text = "It shows the name of whoever says it, who need not be in the "
			"room.",
		.console_text = "It shows your login name.\n"
				"If the text is\n.Ql \\- ,\n"
				"each line of standard input is said, up to its end, "
				"not faster "
				"than\n.Cm say_rate\nin\n.Xr prattled.ini 5\n"
				"allows; what writes to the pipe waits.\n"
				"If\n.Nm\nis ended meanwhile the rest is not said.\n"
				"What is longer than\n.Cm line_length\nthere is cut.",
	},
	{0},
};
