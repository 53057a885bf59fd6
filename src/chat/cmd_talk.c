/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/command.h"

#include <stdlib.h>

#include "base/mem.h"
#include "chat/audience.h"
#include "chat/chat.h"
#include "chat/moderation.h"
#include "chat/room.h"
#include "chat/user.h"
#include "chat/user_name.h"

/* Talking: to the room, to one person, and not. */

/* Is a free text of a command short enough? Otherwise says so. */
static bool
check_length(struct call *call, struct str text, const char *what)
{
	uint64_t max = call->chat->conf->limits.topic_length;

	if (text.len <= max)
		return true;
	user_error(call->user, "That %s is too long: at most %llu bytes.", what,
		(unsigned long long)max);
	return false;
}

static void
cmd_me(struct call *call)
{
	struct user *user = call->user;

	if (user->current == NULL) {
		user_error(user, "You are in no room. /join enters one.");
		return;
	}
	if (!moderation_may_speak(user, user->current))
		return;
	user->has_spoken = true;
	room_say(user->current, user, MSG_ACTION, call->args[0]);
}

/* Deliver a private message, and tell the sender what became of it. */
static void
tell_privately(struct user *user, struct user *to, struct str text)
{
	struct msg msg = user_msg(user, MSG_PRIVATE);
	struct msg self = user_msg(user, MSG_PRIVATE_SELF);

	if (to == user) {
		user_error(user, "That is yourself.");
		return;
	}
	if (ignore_has(&to->ignored, msg.nick, user->id)) {
		user_error(user, "Not delivered: %s is ignoring you.", to->nick);
		return;
	}
	/* An operator can always be asked why. */
	if (to->level < PERM_MODERATOR && !moderation_may_speak(user, NULL))
		return;
	msg.text = text;
	to->last_from = user->id;
	user_deliver(to, &msg);
	if (to->is_gone) {
		user_error(user, "Not delivered: %s has just left.", to->nick);
		return;
	}
	self.nick = str_of(to->nick);
	self.text = text;
	user_deliver(user, &self);
	if (to->away != NULL)
		user_notice(user, "%s is away%s%s.", to->nick,
			to->away[0] != '\0' ? ": " : "", to->away);
}

static void
cmd_msg(struct call *call)
{
	struct user *to = user_find_or_tell(call->user, call->args[0]);

	if (to != NULL)
		tell_privately(call->user, to, call->args[1]);
}

static void
cmd_reply(struct call *call)
{
	struct user *user = call->user;
	struct user *to = user_find_id(call->chat, user->last_from);

	if (user->last_from == 0)
		user_error(user, "Nobody has written to you privately yet.");
	else if (to == NULL)
		user_error(user, "Who wrote to you last has left.");
	else
		tell_privately(user, to, call->args[0]);
}

static void
cmd_away(struct call *call)
{
	struct user *user = call->user;

	if (!check_length(call, call->args[0], "message"))
		return;
	if (call->nargs > 0 && !moderation_may_speak(user, NULL))
		return;
	free(user->away);
	user->away = xstrndup(call->args[0].p, call->args[0].len);
	user_notice(user, "You are away%s%s. /back ends it.",
		user->away[0] != '\0' ? ": " : "", user->away);
}

static void
cmd_back(struct call *call)
{
	struct user *user = call->user;

	if (user->away == NULL) {
		user_error(user, "You are not away.");
		return;
	}
	free(user->away);
	user->away = NULL;
	user_notice(user, "You are back.");
}

static void
list_ignored(struct user *user)
{
	struct buf names = {0};

	for (size_t i = 0; i < user->ignored.count; i++)
		buf_printf(&names, "%s%s", i > 0 ? ", " : "", user->ignored.v[i].key);
	if (names.len == 0)
		user_notice(user, "You ignore nobody.");
	else
		user_notice(user, "You ignore %.*s.", (int)names.len, names.p);
	buf_fini(&names);
}

static void
cmd_ignore(struct call *call)
{
	struct user *user = call->user;
	struct str nick = call->args[0];
	struct user *other = user_find(call->chat, nick);
	uint64_t max = call->chat->conf->limits.ignores;

	if (call->nargs == 0)
		list_ignored(user);
	else if (!user_nick_ok(call->chat, nick))
		user_error(user, "%.*s is not a name.", (int)nick.len, nick.p);
	else if (other == user)
		user_error(user, "You can't ignore yourself.");
	else if (user->ignored.count >= max)
		user_error(user,
			"You ignore %llu people already, more is not possible.",
			(unsigned long long)max);
	else if (!ignore_add(&user->ignored, nick, other != NULL ? other->id : 0))
		user_error(user, "You ignore %.*s already.", (int)nick.len, nick.p);
	else
		user_notice(user, "You don't see any more what %.*s says%s.",
			(int)nick.len, nick.p,
			other != NULL ? "" : " (nobody of that name is here now)");
	audience_review(user);
}

static void
cmd_unignore(struct call *call)
{
	struct user *user = call->user;
	struct str nick = call->args[0];
	struct user *other = user_find(call->chat, nick);

	if (!ignore_remove(&user->ignored, nick, other != NULL ? other->id : 0))
		user_error(user, "You don't ignore %.*s.", (int)nick.len, nick.p);
	else
		user_notice(
			user, "You see again what %.*s says.", (int)nick.len, nick.p);
	audience_review(user);
}

/* All rooms that the person is in see the words: so he must be allowed in each. */
static bool
may_say_farewell(struct user *user)
{
	for (size_t i = 0; i < user->nmembers; i++) {
		if (!moderation_may_speak(user, user->members[i]->room))
			return false;
	}
	return true;
}

static void
cmd_quit(struct call *call)
{
	struct str words = call->args[0];

	if (!check_length(call, call->args[0], "farewell"))
		return;
	/* Who may not speak leaves without words, and is told why. */
	if (words.len > 0 && !may_say_farewell(call->user))
		words = STR("");
	/* In words, because several clients show no sign of a closed connection. */
	user_notice(call->user, "Goodbye!");
	user_hangup(call->user, words, REASON_QUIT);
}

const struct command cmd_talk[] = {
	{
		.name = "me",
		.aliases = "emote",
		.args = "<text...>",
		.perm = PERM_PEOPLE,
		.is_shown = true,
		.run = cmd_me,
		.help = "Do something: \"/me waves\" shows \"* ann waves\".",
	},
	{
		.name = "msg",
		.aliases = "tell m w pm",
		.args = "<name> <text...>",
		.perm = PERM_PEOPLE,
		.is_shown = true,
		.run = cmd_msg,
		.help = "Tell one person what nobody else sees.",
		.text = "The answer says whether it arrived, and whether that person "
			"is\n"
			"away.",
	},
	{
		.name = "reply",
		.aliases = "r",
		.args = "<text...>",
		.perm = PERM_PEOPLE,
		.is_shown = true,
		.run = cmd_reply,
		.help = "Answer who wrote to you privately last.",
	},
	{
		.name = "away",
		.aliases = "afk",
		.args = "[text...]",
		.perm = PERM_PEOPLE,
		.run = cmd_away,
		.help = "Say that you are not at the keyboard.",
		.text = "Shown in\n.Ic /who\nand to those who write to you privately.",
	},
	{
		.name = "back",
		.perm = PERM_PEOPLE,
		.run = cmd_back,
		.help = "End /away.",
	},
	{
		.name = "ignore",
		.args = "[name]",
		.perm = PERM_PEOPLE,
		.run = cmd_ignore,
		.help = "Hide a person's lines; alone: whom you ignore.",
		.text = "Private messages of that person are refused, and the person "
			"is\n"
			"told so.\n"
			"It follows the person to another name, and the name to "
			"another\n"
			"connection.",
	},
	{
		.name = "unignore",
		.args = "<name>",
		.perm = PERM_PEOPLE,
		.run = cmd_unignore,
		.help = "End /ignore for a person.",
	},
	{
		.name = "quit",
		.aliases = "exit q bye",
		.args = "[text...]",
		.perm = PERM_PEOPLE,
		.run = cmd_quit,
		.help = "Leave, with words for the others if you like.",
	},
	{0},
};
