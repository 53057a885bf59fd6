/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/command.h"

#include <string.h>

#include "base/buf.h"
#include "base/mdoc.h"
#include "base/span.h"
#include "chat/chat.h"
#include "chat/columns.h"
#include "chat/room.h"
#include "chat/setting.h"
#include "chat/user.h"

/* Questions: about the commands, a person, the daemon. */

static void
help_all(struct user *user)
{
	const char *slash = user_slash(user);
	struct buf list = {0};

	for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
		if (!command_is_listed(c, user))
			continue;
		buf_printf(&list, "%s%s%s%s\t%s\n", slash, c->name,
			c->args != NULL ? " " : "", c->args != NULL ? c->args : "",
			command_help(c, user->is_console));
	}
	if (!user->is_console)
		user_notice(
			user, "What you type is said in the room. These are commands:");
	columns_explain(user, buf_str(&list));
	if (!user->is_console)
		user_notice(user,
			"A clear beginning is enough (/hist 5). // says a slash.");
	buf_fini(&list);
}

/* More than one sentence about it, or NULL: for a setting what /set has to say. */
static const char *
more_about(const struct command *command, bool is_console)
{
	const char *text = command_text(command, is_console);

	for (size_t i = 0; text == NULL && !is_console && i < SETTINGS; i++) {
		if (strcmp(settings[i].name, command->name) == 0)
			text = settings[i].text;
	}
	return text;
}

static void
help_one(struct user *user, const struct command *command)
{
	static const char *const whose[] = {
		[PERM_MODERATOR] = "For moderators and operators.",
		[PERM_OPERATOR] = "For operators.",
	};
	const char *text = more_about(command, user->is_console);
	struct str rest = str_of(command->aliases != NULL ? command->aliases : "");
	const char *slash = user_slash(user);
	struct buf also = {0}, more = {0};
	struct str alias;

	while ((alias = str_word(&rest)).len > 0)
		buf_printf(&also, " %s%.*s", slash, (int)alias.len, alias.p);
	user_notice(user, "%s%s%s%s: %s", slash, command->name,
		command->args != NULL ? " " : "",
		command->args != NULL ? command->args : "",
		command_help(command, user->is_console));
	if (text != NULL) {
		mdoc_add_plain(&more, str_of(text), slash);
		user_notice(user, "%.*s", (int)more.len, more.p);
	}
	if (also.len > 0)
		user_notice(user, "Also:%.*s", (int)also.len, also.p);
	if (command->perm > PERM_PEOPLE && !user->is_console)
		user_notice(user, "%s", whose[command->perm]);
	buf_fini(&also);
	buf_fini(&more);
}

static void
cmd_help(struct call *call)
{
	struct user *user = call->user;
	struct str name = call->args[0];
	const struct command *command;
	struct err err;

	if (call->nargs == 0) {
		help_all(user);
		return;
	}
	if (str_starts(name, STR("/")))
		name = str_from(name, 1);
	command = command_find(name, user, &err);
	if (command != NULL)
		help_one(user, command);
	else
		user_error(user, "%s", err.text);
}

static void
cmd_whois(struct call *call)
{
	struct user *user = user_find_or_tell(call->user, call->args[0]);
	int64_t now = call->chat->now.mono;
	struct buf out = {0};

	if (user == NULL)
		return;
	buf_printf(&out, "%s came ", user->nick);
	span_print(&out, now - user->arrived, 1);
	buf_add_str(&out, STR(" ago, last typed "));
	span_print(&out, now - user->active, 1);
	buf_add_str(&out, STR(" ago"));
	if (user->is_owner)
		buf_add_str(&out, STR(", has claimed the name"));
	if (user->away != NULL)
		buf_printf(&out, ", is away%s%s", user->away[0] != '\0' ? ": " : "",
			user->away);
	user_notice(call->user, "%.*s.", (int)out.len, out.p);
	if (call->user->level >= PERM_MODERATOR)
		user_notice(
			call->user, "%s comes from %s.", user->nick, user->peer->from);

	buf_reset(&out);
	for (size_t i = 0; i < user->nmembers; i++)
		buf_printf(
			&out, "%s%s", i > 0 ? ", " : "", user->members[i]->room->name);
	if (out.len > 0)
		user_notice(
			call->user, "%s is in %.*s.", user->nick, (int)out.len, out.p);
	buf_fini(&out);
}

static void
cmd_motd(struct call *call)
{
	if (!user_show_motd(call->user))
		user_notice(call->user, "There is no message of the day.");
}

static void
cmd_version(struct call *call)
{
	user_notice(call->user, "%s runs %s.", call->chat->conf->server.name,
		PACKAGE_STRING);
}

static void
cmd_uptime(struct call *call)
{
	const struct chat *chat = call->chat;
	struct buf up = {0};

	span_print(&up, chat->now.mono - chat->started.mono, 1);
	user_notice(call->user, "Up %.*s; people: %zu, rooms: %zu, lines said: %llu.",
		(int)up.len, up.p, chat_people(chat), chat_rooms(chat),
		(unsigned long long)chat->lines);
	buf_fini(&up);
}

const struct command cmd_info[] = {
	{
		.name = "help",
		.aliases = "? h",
		.args = "[command]",
		.perm = PERM_PEOPLE,
		.place = PLACE_BOTH,
		.run = cmd_help,
		.help = "Show the commands, or more about one.",
	},
	{
		.name = "whois",
		.aliases = "finger",
		.args = "<name>",
		.perm = PERM_PEOPLE,
		.place = PLACE_BOTH,
		.run = cmd_whois,
		.help = "Show since when a person is here, and where.",
	},
	{
		.name = "motd",
		.perm = PERM_PEOPLE,
		.run = cmd_motd,
		.help = "Show the message of the day again.",
	},
	{
		.name = "version",
		.perm = PERM_PEOPLE,
		.place = PLACE_BOTH,
		.run = cmd_version,
		.help = "Show which prattle this is.",
	},
	{
		.name = "uptime",
		.perm = PERM_PEOPLE,
		.place = PLACE_BOTH,
		.run = cmd_uptime,
		.help = "Show how long this has been running.",
	},
	{0},
};
