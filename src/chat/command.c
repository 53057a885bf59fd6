/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/command.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/suggest.h"
#include "base/utf8.h"
#include "chat/console.h"
#include "chat/moderation.h"
#include "chat/user.h"

/* The order of /help and of the man page. */
static const struct command *const tables[] = {
	cmd_talk, cmd_room, cmd_self, cmd_claim, cmd_info, cmd_order, cmd_daemon};
#define NTABLES (sizeof(tables) / sizeof(tables[0]))

const struct command *
command_next(const struct command *command)
{
	if (command == NULL)
		return tables[0];
	if (command[1].name != NULL)
		return command + 1;
	/* The end of a table: find which one it was. */
	for (size_t i = 0; i + 1 < NTABLES; i++) {
		for (const struct command *row = tables[i]; row->name != NULL; row++) {
			if (row == command)
				return tables[i + 1];
		}
	}
	return NULL;
}

enum match {
	MATCH_NONE,
	MATCH_PREFIX,
	MATCH_EXACT
};

static enum match
match_name(const char *name, struct str typed)
{
	if (!str_istarts(str_of(name), typed))
		return MATCH_NONE;
	return strlen(name) == typed.len ? MATCH_EXACT : MATCH_PREFIX;
}

/* The first alias that begins so, or an empty one. */
static struct str
find_alias(const struct command *command, struct str typed)
{
	struct str rest = str_of(command->aliases != NULL ? command->aliases : "");
	struct str alias;

	while ((alias = str_word(&rest)).len > 0 && !str_istarts(alias, typed))
		continue;
	return alias;
}

/* The better of how the name and the aliases match. */
static enum match
match_command(const struct command *command, struct str typed)
{
	enum match best = match_name(command->name, typed);
	struct str rest = str_of(command->aliases != NULL ? command->aliases : "");
	struct str alias;

	while ((alias = str_word(&rest)).len > 0) {
		if (str_ieq(alias, typed))
			return MATCH_EXACT;
		if (best == MATCH_NONE && str_istarts(alias, typed))
			best = MATCH_PREFIX;
	}
	return best;
}

bool
command_is_for(const struct command *command, bool is_console)
{
	return command->place == PLACE_BOTH ||
		(command->place == PLACE_CONSOLE) == is_console;
}

const char *
command_help(const struct command *command, bool is_console)
{
	return is_console && command->console_help != NULL ? command->console_help
							   : command->help;
}

const char *
command_text(const struct command *command, bool is_console)
{
	return is_console && command->console_text != NULL ? command->console_text
							   : command->text;
}

/* Who looks for a command: which of them are his. */
struct seeker {
	bool is_console;
	const struct user *user; /* only those that are listed for him, or NULL */
};

/* As command_next(), of those. */
static const struct command *
next_for(const struct command *command, struct seeker seeker)
{
	do
		command = command_next(command);
	while (command != NULL &&
		(!command_is_for(command, seeker.is_console) ||
			(seeker.user != NULL &&
				!command_is_listed(command, seeker.user))));
	return command;
}

/* Nothing matched: say so, with the nearest name or alias. */
static void
explain_unknown(struct str typed, struct seeker seeker, struct err *err)
{
	const char *slash = seeker.is_console ? "" : "/";
	struct suggest suggest;
	char hint[128];

	suggest_init(&suggest, typed);
	for (const struct command *c = NULL; (c = next_for(c, seeker)) != NULL;)
		suggest_offer(&suggest, c->name);
	err_set(err, "There is no command %s%.*s%s. %shelp shows them%s", slash,
		(int)utf8_cut(typed, 32).len, typed.p,
		suggest_text(&suggest, slash, "", hint, sizeof(hint)), slash,
		seeker.is_console
			? "."
			: "; to say a line that begins with a slash, double it.");
}

/* More than one command begins like that: name them. */
static void
explain_ambiguous(struct str typed, struct seeker seeker, struct err *err)
{
	const char *slash = seeker.is_console ? "" : "/";
	struct buf names = {0};

	for (const struct command *c = NULL; (c = next_for(c, seeker)) != NULL;) {
		struct str alias = find_alias(c, typed);

		if (match_command(c, typed) != MATCH_PREFIX)
			continue;
		buf_printf(&names, "%s%s%s", names.len > 0 ? ", " : "", slash, c->name);
		if (match_name(c->name, typed) == MATCH_NONE)
			buf_printf(&names, " (%s%.*s)", slash, (int)alias.len, alias.p);
	}
	err_set(err, "%s%.*s could be %.*s: type more of it.", slash, (int)typed.len,
		typed.p, (int)names.len, names.p);
	buf_fini(&names);
}

/* The one of that very name, or else of that alias, or NULL. */
static const struct command *
find_exact(struct str name, struct seeker seeker)
{
	const struct command *c = NULL;

	/* Scripts and most people type the name: so it is looked for alone first. */
	while ((c = next_for(c, seeker)) != NULL && !str_ieq(str_of(c->name), name))
		continue;
	if (c != NULL)
		return c;
	while ((c = next_for(c, seeker)) != NULL &&
		match_command(c, name) != MATCH_EXACT)
		continue;
	return c;
}

/* The one that begins so. NULL with the reason in `err` if that is none, or several. */
static const struct command *
find_begun(struct str name, struct seeker seeker, struct err *err)
{
	const struct command *found = NULL;
	size_t count = 0;

	for (const struct command *c = NULL; (c = next_for(c, seeker)) != NULL;) {
		if (match_command(c, name) == MATCH_NONE)
			continue;
		found = c;
		count++;
	}
	if (count == 0)
		explain_unknown(name, seeker, err);
	else if (count > 1)
		explain_ambiguous(name, seeker, err);
	return count == 1 ? found : NULL;
}

const struct command *
command_find(struct str name, const struct user *user, struct err *err)
{
	struct seeker all = {.is_console = user->is_console};
	struct seeker his = {.is_console = user->is_console, .user = user};
	const struct command *exact;

	if (name.len == 0) {
		err_set(err,
			user->is_console
				? "Which command? help shows them."
				: "A command follows its slash at once: /help shows "
				  "them.");
		return NULL;
	}
	exact = find_exact(name, all);
	return exact != NULL ? exact : find_begun(name, his, err);
}

/* Fill in the arguments by the specification. False: too few or too many. */
static bool
command_split(struct call *call, struct str line)
{
	struct str specs =
		str_of(call->command->args != NULL ? call->command->args : "");
	struct str spec;

	line = str_trim(line);
	while ((spec = str_word(&specs)).len > 0) {
		struct str arg;

		if (spec.p[spec.len - 2] == '.') { /* "...>" or "...]" */
			arg = line;
			line = STR("");
		} else {
			arg = str_word(&line);
		}
		if (arg.len == 0)
			return spec.p[0] == '[';
		call->args[call->nargs++] = arg;
	}
	return line.len == 0;
}

bool
command_permits(const struct command *command, const struct user *user)
{
	if (!command_is_for(command, user->is_console))
		return false;
	if (command->perm == PERM_MODERATOR && user->current != NULL &&
		moderation_has_room(user, user->current))
		return true;
	return command->perm == PERM_PEOPLE || user->level >= (int)command->perm;
}

bool
command_is_listed(const struct command *command, const struct user *user)
{
	return command_permits(command, user) &&
		(command->is_of_use == NULL || command->is_of_use(user));
}

/* Who did what with powers that not everybody has, or tried to. */
static void
audit(const struct user *user, const struct command *command, bool permits,
	struct str line)
{
	const char *power = permits ? "moderator" : "nobody";
	bool is_peek = command->is_peek || (command->is_peek_alone && line.len == 0);

	if (command->perm == PERM_PEOPLE || (permits && is_peek))
		return;
	log_notice("audit: %s (%s) from %s: %s/%s%s%.*s", user->nick,
		user->oper != NULL ? user->oper : power, user->peer->from,
		permits ? "" : "refused ", command->name, line.len > 0 ? " " : "",
		(int)line.len, line.p);
}

enum command_result
command_run(struct user *user, struct str line)
{
	struct call call = {.user = user, .chat = user->chat};
	const char *slash = user_slash(user);
	struct err err;
	struct str name;
	bool permits;

	/* "/ text" is a slip, not a command with a name that is found later on. */
	name = str_starts(line, STR(" ")) ? STR("") : str_word(&line);
	call.command = command_find(name, user, &err);
	if (call.command == NULL) {
		user_error(user, "%s", err.text);
		return COMMAND_MISTYPED;
	}
	permits = command_permits(call.command, user);
	audit(user, call.command, permits, str_trim(line));
	if (!permits) {
		user_error(user, "You may not use %s%s.", slash, call.command->name);
		return COMMAND_REFUSED;
	}
	if (!command_split(&call, line)) {
		user_error(user, "Usage: %s%s %s", slash, call.command->name,
			call.command->args != NULL ? call.command->args
						   : "(nothing behind it)");
		return COMMAND_MISTYPED;
	}
	flood_charge(user, call.command->cost, 0, call.chat->now.mono);
	call.json = console_json(user);
	call.command->run(&call);
	return COMMAND_RAN;
}

bool
command_is_shown(const struct user *user, struct str line)
{
	struct call call = {0};
	struct err err;

	line = str_from(line, 1);
	call.command = command_find(str_word(&line), user, &err);
	return call.command != NULL && call.command->is_shown &&
		command_split(&call, line);
}

/* How many words a specification has. */
static size_t
count_words(const char *text)
{
	struct str rest = str_of(text != NULL ? text : "");
	size_t count = 0;

	while (str_word(&rest).len > 0)
		count++;
	return count;
}

const char *
command_fault(const struct command *command)
{
	if (command->perm == PERM_UNSET)
		return "has no permission";
	if (command->run == NULL || command->help == NULL)
		return "has no handler or no help";
	if (count_words(command->args) > COMMAND_ARGS_MAX)
		return "has too many arguments";
	return NULL;
}

int
command_check(struct err *err)
{
	for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
		const char *fault = command_fault(c);

		for (const struct command *d = NULL; (d = command_next(d)) != c;) {
			if (match_command(d, str_of(c->name)) == MATCH_EXACT)
				fault = "has the name of another command";
		}
		if (fault != NULL) {
			err_set(err, "command /%s %s", c->name, fault);
			return -1;
		}
	}
	return 0;
}
