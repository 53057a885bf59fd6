/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/command.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/name.h"
#include "chat/ban_text.h"
#include "chat/chat.h"
#include "chat/console.h"
#include "chat/listing.h"
#include "chat/moderation.h"
#include "chat/observer.h"
#include "chat/room.h"
#include "chat/store.h"
#include "chat/user.h"
#include "chat/user_ask.h"

/* Keeping order: what moderators and operators may do. */

/* How many lines one answer lists. */
#define LIST_BANS 200

/* How many people a preview names. */
#define NAMES_SHOWN 5

/* Is there anybody to become? */
static bool
has_operators(const struct user *user)
{
	return user->chat->conf->noperators > 0;
}

static void
cmd_oper(struct call *call)
{
	if (call->user->oper != NULL && call->nargs == 0) {
		user_notice(call->user, "You are not the operator %s any more.",
			call->user->oper);
		moderation_set_operator(call->user, NULL);
	} else if (call->nargs == 0) {
		user_error(call->user, "Which operator? /oper <name>");
	} else {
		user_ask(call->user, ASK_OPER, call->args[0]);
	}
}

/*
 * Kick
 */

/* May the person act on the other one, who may be above him? Otherwise told. */
static bool
may_act_on(struct call *call, const struct user *other)
{
	if (other == call->user)
		user_error(call->user, "That is yourself.");
	else if (other->level > call->user->level)
		user_error(call->user, "%s is an operator.", other->nick);
	else
		return true;
	return false;
}

/* "kicked by ann: words" (returns new). */
static char *
kick_words(const struct call *call, struct str why)
{
	return xasprintf("kicked by %s%s%.*s", call->user->nick,
		why.len > 0 ? ": " : "", (int)why.len, why.p);
}

/* Observers hear of it before they hear that he has left. */
static void
observe_kick(const struct call *call, const struct user *other, struct str room)
{
	observe(call->chat,
		(struct observation){
			.what = OBSERVED_KICKED,
			.room = room,
			.nick = str_of(other->nick),
			.text = call->args[1],
			.other = str_of(call->user->nick),
		});
}

static void
cmd_kick(struct call *call)
{
	struct user *user = call->user;
	struct user *other = user_find_or_tell(user, call->args[0]);
	struct room *room = user->current;
	char *words;

	if (other == NULL || !may_act_on(call, other))
		return;
	words = kick_words(call, call->args[1]);
	if (user->level >= PERM_MODERATOR) {
		observe_kick(call, other, STR(""));
		user_error(other, "You were %s%s", words,
			call->args[1].len > 0 ? "" : ".");
		user_hangup(other, str_of(words), REASON_KICKED);
		user_notice(user, "%s has been disconnected.", other->nick);
	} else if (user_member(other, room) == NULL) {
		user_error(user, "%s is not in %s.", other->nick, room->name);
	} else {
		observe_kick(call, other, str_of(room->name));
		user_error(other, "You were %s%s", words,
			call->args[1].len > 0 ? "" : ".");
		user_part(other, room, str_of(words));
	}
	free(words);
}

/*
 * Bans and mutes
 */

/* Take a duration off the front of the words, if there is one; ms 0 if not. */
static int64_t
take_duration(struct str *words)
{
	struct str rest = *words;
	int64_t ms;

	if (str_to_duration(str_word(&rest), &ms) == -1)
		return 0;
	*words = rest;
	return ms;
}

/* What is said of a new ban or mute: target, time and reason. -1: told. */
static int
ban_describe(struct call *call, enum ban_kind kind, struct ban *ban)
{
	struct str words = call->args[1];
	int64_t now = call->chat->now.wall;
	struct err err;
	int64_t ms;

	*ban = (struct ban){.kind = kind, .set = now, .by = call->user->nick};
	if (ban_set_target(ban, call->args[0], &err) == -1) {
		user_error(call->user, "%s.", err.text);
		return -1;
	}
	ms = take_duration(&words);
	if (ms > 0)
		ban->until = now + (ms + 999) / 1000;
	ban->reason = xstrndup(words.p, words.len);
	return 0;
}

/* Count who is hit, and name some of them. */
static size_t
count_hits(const struct chat *chat, const struct ban *ban, struct buf *names)
{
	size_t count = 0;
	const struct user *user;

	TAILQ_FOREACH (user, &chat->idle, idle_link) {
		if (!moderation_hits(user, ban))
			continue;
		if (count < NAMES_SHOWN)
			buf_printf(names, "%s%s", count > 0 ? ", " : "", user->nick);
		count++;
	}
	if (count > NAMES_SHOWN)
		buf_printf(names, " and %zu more", count - NAMES_SHOWN);
	return count;
}

static void
cmd_ban(struct call *call)
{
	struct user *user = call->user;
	struct buf names = {0};
	struct ban ban;
	size_t count;

	if (ban_describe(call, BAN_ENTRY, &ban) == -1)
		return;
	count = count_hits(call->chat, &ban, &names);
	if (!user->is_console && moderation_hits(user, &ban)) {
		user_error(user, "That would hit yourself.");
	} else if (ban.has_net && network_is_wide(&ban.net) && !console_is_sure(user)) {
		user_notice(user, "That would hit %zu of %zu here%s%.*s.", count,
			chat_people(call->chat), count > 0 ? ": " : "", (int)names.len,
			names.p);
		if (user->is_console)
			user_error(user, "To do it, say yes ahead (prattlectl -y).");
		else
			user_ask_to_confirm(user, &ban);
	} else {
		const struct user *other = user_find(call->chat, call->args[0]);
		char addr[NETADDR_TEXT_MAX] = "";

		if (other != NULL && user_addr(other) != NULL)
			netaddr_text(user_addr(other), addr);
		moderation_ban(user, &ban);
		if (addr[0] != '\0')
			user_notice(user,
				"The name is banned; %sban %s bans the address, too.",
				user_slash(user), addr);
	}
	free(ban.reason);
	buf_fini(&names);
}

/* Who was told that he may not speak is told when he may, if no other mute hits him. */
static void
tell_unmuted(const struct call *call, const char *room)
{
	const struct chat *chat = call->chat;
	struct user *other = user_find(call->chat, call->args[0]);

	if (other == NULL ||
		bans_hit_speech(&chat->store->bans, str_of(other->nick),
			user_addr(other), str_of(room != NULL ? room : ""),
			chat->now.wall) != NULL)
		return;
	user_notice(other, "You may speak%s%s again: %s has decided so.",
		room != NULL ? " in " : "", room != NULL ? room : "", call->user->nick);
}

/* Take away bans or mutes; says how many there were. */
static void
take_away(struct call *call, struct ban *like)
{
	struct chat *chat = call->chat;
	struct err err;
	size_t count;

	if (ban_set_target(like, call->args[0], &err) == -1) {
		user_error(call->user, "%s.", err.text);
		return;
	}
	store_refresh(chat->store, STORE_BANS, chat->now.wall);
	count = bans_remove(&chat->store->bans, like);
	if (count == 0) {
		user_error(call->user, "There is no such %s. %sbans shows them.",
			like->kind == BAN_ENTRY ? "ban" : "mute",
			user_slash(call->user));
		return;
	}
	store_changed(chat->store, STORE_BANS);
	user_notice(call->user, "%.*s: %s.", (int)call->args[0].len, call->args[0].p,
		like->kind == BAN_ENTRY ? "not banned any more" : "may speak again");
	if (like->kind == BAN_SPEECH)
		tell_unmuted(call, like->room);
}

static void
cmd_unban(struct call *call)
{
	struct ban like = {.kind = BAN_ENTRY};

	take_away(call, &like);
}

static void
cmd_bans(struct call *call)
{
	const struct bans *bans = &call->chat->store->bans;
	size_t most = call->user->is_console ? SIZE_MAX : LIST_BANS;
	struct buf text = {0};

	store_refresh(call->chat->store, STORE_BANS, call->chat->now.wall);
	if (call->json != NULL) {
		listing_bans(call);
		return;
	}
	for (size_t i = 0; i < bans->count && i < most; i++) {
		buf_reset(&text);
		ban_print(&bans->v[i], &text);
		user_notice(call->user, "%.*s", (int)text.len, text.p);
	}
	if (bans->count > most)
		user_notice(call->user, "and %zu more", bans->count - most);
	if (bans->count == 0)
		user_notice(call->user, "Nobody is banned or mute.");
	buf_fini(&text);
}

/* A room's moderator acts nowhere but where he is. False: told. */
static bool
may_act_in(struct call *call, struct str room)
{
	struct user *user = call->user;

	if (user->level >= PERM_MODERATOR || str_ieq(room, str_of(user->current->name)))
		return true;
	user_error(user, "You may do that only in %s, where you are.",
		user->current->name);
	return false;
}

/*
 * The room of a mute: the one that is named in front of the other words; without that a
 * moderator's is where he is, and an operator's are all. False: told.
 */
static bool
mute_room(struct call *call, struct str *words, char **room)
{
	struct str rest = *words, word = str_word(&rest);
	const struct room *found = NULL;
	char name[ROOM_NAME_SIZE];

	if (str_starts(word, STR("#"))) {
		if (!may_act_in(call, word))
			return false;
		found = room_find(call->chat, room_name(word, name));
		if (found == NULL) {
			user_error(call->user, "There is no room %s.", name);
			return false;
		}
		*words = rest;
	} else if (call->user->level < PERM_MODERATOR) {
		found = call->user->current;
	}
	*room = found != NULL ? found->key : NULL;
	return true;
}

static void
cmd_mute(struct call *call)
{
	struct user *user = call->user;
	struct user *other = user_find(call->chat, call->args[0]);
	struct buf text = {0};
	struct ban ban;
	char *room;

	if ((other != NULL && !may_act_on(call, other)) ||
		!mute_room(call, &call->args[1], &room) ||
		ban_describe(call, BAN_SPEECH, &ban) == -1)
		return;
	ban.room = room;
	store_refresh(call->chat->store, STORE_BANS, call->chat->now.wall);
	bans_add(&call->chat->store->bans, &ban);
	store_changed(call->chat->store, STORE_BANS);
	ban_print(&ban, &text);
	user_notice(user, "Set: %.*s", (int)text.len, text.p);
	if (other != NULL)
		user_notice(other, "You may not speak%s%s any more: %s has decided so.",
			room != NULL ? " in " : "", room != NULL ? room : "",
			user->nick);
	free(ban.reason);
	buf_fini(&text);
}

/*
 * The room may be gone: its mutes are not. Its # may be missing, since nothing else can
 * stand there.
 */
static void
cmd_unmute(struct call *call)
{
	struct ban like = {.kind = BAN_SPEECH};
	char typed[ROOM_NAME_SIZE], key[NAME_MAX_BYTES + 1];
	struct str name = room_name(call->args[1], typed);

	if (call->nargs > 1) {
		if (!may_act_in(call, name))
			return;
		if (!name_ok_room(name)) {
			user_error(call->user, "There is no room %s.", typed);
			return;
		}
		(void)name_fold(name, key);
		like.room = key;
	} else if (call->user->level < PERM_MODERATOR) {
		like.room = call->user->current->key;
	}
	take_away(call, &like);
}

/*
 * Everybody
 */

static void
cmd_wall(struct call *call)
{
	char *text = xasprintf("%s to all: %.*s", call->user->nick,
		(int)call->args[0].len, call->args[0].p);

	chat_wall(call->chat, str_of(text));
	free(text);
}

static const struct {
	const char *word, *digit;
} lockdowns[] = {
	[LOCKDOWN_OFF] = {"off", "0"},
	[LOCKDOWN_MUTE] = {"mute", "1"},
	[LOCKDOWN_CLOSED] = {"closed", "2"},
	[LOCKDOWN_CLAIMED] = {"claimed", "3"},
};

/* How long a lockdown holds if nobody says so, milliseconds: it is easily forgotten. */
#define LOCKDOWN_MS ((int64_t)30 * 60 * 1000)

static void
cmd_lockdown(struct call *call)
{
	struct chat *chat = call->chat;
	struct str word = call->args[0];
	int64_t ms = LOCKDOWN_MS;
	size_t level = 0;

	if (call->nargs == 0) {
		if (chat->lockdown == LOCKDOWN_OFF)
			user_notice(call->user, "There is no lockdown.");
		moderation_tell_lockdown(call->user);
		return;
	}
	while (level <= LOCKDOWN_CLAIMED &&
		!str_ieq(word, str_of(lockdowns[level].word)) &&
		!str_eq(word, str_of(lockdowns[level].digit)))
		level++;
	if (level > LOCKDOWN_CLAIMED ||
		(call->nargs > 1 && str_to_duration(call->args[1], &ms) == -1)) {
		user_error(call->user,
			"Which? off, mute (1), closed (2) or claimed (3), and "
			"for how long, such as 30m.");
		return;
	}
	if (level == LOCKDOWN_OFF && chat->lockdown == LOCKDOWN_OFF) {
		user_notice(call->user, "There is no lockdown.");
		return;
	}
	moderation_lock(chat, (enum lockdown)level, ms);
	chat_wall(chat, str_of(moderation_lockdown_text(chat)));
	/* Who is not in the room does not hear that. */
	if (call->user->is_console && level == LOCKDOWN_OFF)
		user_notice(call->user, "%s", moderation_lockdown_text(chat));
	else if (call->user->is_console)
		moderation_tell_lockdown(call->user);
}

const struct command cmd_order[] = {
	{
		.name = "oper",
		.args = "[name]",
		.perm = PERM_PEOPLE,
		.cost = 5,
		.run = cmd_oper,
		.is_of_use = has_operators,
		.help = "Become an operator; alone: not be one any more.",
		.text = "Asks for the passphrase whose hash is in\n.Xr prattled.ini 5 "
			".",
	},
	{
		.name = "kick",
		.args = "<name> [text...]",
		.perm = PERM_MODERATOR,
		.place = PLACE_BOTH,
		.run = cmd_kick,
		.help = "Disconnect a person, or send out of a room.",
		.console_help = "Disconnect a person.",
		.console_text = "The text is shown to all.",
		.text = "A room's moderator sends out of the room; an operator\n"
			"disconnects.",
	},
	{
		.name = "mute",
		.args = "<name> [text...]",
		.perm = PERM_MODERATOR,
		.place = PLACE_BOTH,
		.run = cmd_mute,
		.help = "Silence somebody: [#room] [time] [reason].",
		.text = "A name, address or network may not speak any more.\n"
			"Without a room in all of them; a room's moderator only "
			"there.\n"
			"Without a time until\n.Ic /unmute .",
	},
	{
		.name = "unmute",
		.args = "<name> [room]",
		.perm = PERM_MODERATOR,
		.place = PLACE_BOTH,
		.run = cmd_unmute,
		.help = "End a mute.",
	},
	{
		.name = "ban",
		.args = "<who> [text...]",
		.perm = PERM_OPERATOR,
		.place = PLACE_BOTH,
		.run = cmd_ban,
		.help = "Keep somebody out: [time] [reason].",
		.text = "By name, address or network.\n"
			"A time is one like 30m, 2h or 7d; without one it holds until\n"
			".Ic /unban .\n"
			"Before a network is banned, one is told whom it would hit.",
		.console_text =
			"By name, address or network.\n"
			"A time is one like 30m, 2h or 7d; without one it holds until\n"
			".Cm unban .\n"
			"A network is banned only with\n.Fl y ;\n"
			"without it one is told whom that would hit.",
	},
	{
		.name = "unban",
		.args = "<who>",
		.perm = PERM_OPERATOR,
		.place = PLACE_BOTH,
		.run = cmd_unban,
		.help = "End a ban.",
	},
	{
		.name = "bans",
		.aliases = "banned",
		.perm = PERM_OPERATOR,
		.place = PLACE_BOTH,
		.is_peek = true,
		.run = cmd_bans,
		.help = "Show who is banned or mute.",
	},
	{
		.name = "wall",
		.aliases = "announce",
		.args = "<text...>",
		.perm = PERM_OPERATOR,
		.place = PLACE_BOTH,
		.run = cmd_wall,
		.help = "Tell everybody in all rooms.",
	},
	{
		.name = "lockdown",
		.args = "[level] [time]",
		.choices = "off mute closed claimed",
		.perm = PERM_OPERATOR,
		.place = PLACE_BOTH,
		.is_peek_alone = true,
		.run = cmd_lockdown,
		.help = "In an attack: off, mute, closed or claimed.",
		.text = "The time is one like 30m, which is the default.\n"
			"With\n.Cm mute\nnewcomers may not speak, with\n.Cm closed\n"
			"nobody may come in, with\n.Cm claimed\n"
			"only owners of claimed names may speak.\n"
			"It ends by itself; a time of 0 lasts until\n.Cm off .",
	},
	{0},
};
