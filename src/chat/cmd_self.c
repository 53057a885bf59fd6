/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/command.h"

#include "base/suggest.h"
#include "chat/setting.h"
#include "chat/user.h"

/* Oneself: name and settings. */

static void
cmd_nick(struct call *call)
{
	struct err err;

	if (user_rename(call->user, call->args[0], &err) == -1)
		user_error(call->user, "%s", err.text);
}

static void
show_setting(struct user *user, enum setting_id id)
{
	struct buf value = {0}, words = {0};

	setting_print(&settings[id], user->settings[id], &value);
	setting_describe(&settings[id], &words);
	user_notice(user, "%-9s %-8.*s %s (%.*s)", settings[id].name, (int)value.len,
		value.p, settings[id].help, (int)words.len, words.p);
	buf_fini(&value);
	buf_fini(&words);
}

static void
change_setting(struct user *user, enum setting_id id, struct str word)
{
	struct buf text = {0};
	int16_t value;

	if (setting_parse(&settings[id], word, &value) == 0) {
		user_set(user, id, value);
		setting_print(&settings[id], value, &text);
		user_notice(user, "%s is %.*s now.", settings[id].name, (int)text.len,
			text.p);
	} else {
		setting_describe(&settings[id], &text);
		user_error(user, "%s can be %.*s, not %.*s.", settings[id].name,
			(int)text.len, text.p, (int)word.len, word.p);
	}
	buf_fini(&text);
}

static void
explain_unknown(struct user *user, struct str name)
{
	struct suggest suggest;
	char hint[128];

	suggest_init(&suggest, name);
	for (size_t i = 0; i < SETTINGS; i++)
		suggest_offer(&suggest, settings[i].name);
	user_error(user, "There is no setting %.*s%s. /set shows them.", (int)name.len,
		name.p, suggest_text(&suggest, "", "", hint, sizeof(hint)));
}

/* The number of a row of the table. */
static enum setting_id
id_of(const struct setting *setting)
{
	return (enum setting_id)(setting - settings);
}

static void
cmd_set(struct call *call)
{
	const struct setting *setting = setting_find(call->args[0]);

	if (call->nargs == 0) {
		for (enum setting_id id = 0; id < SETTINGS; id++)
			show_setting(call->user, id);
	} else if (setting == NULL) {
		explain_unknown(call->user, call->args[0]);
	} else if (call->nargs == 1) {
		show_setting(call->user, id_of(setting));
	} else {
		change_setting(call->user, id_of(setting), call->args[1]);
	}
}

/* A command that has the name of a setting, and is short for /set with it. */
static void
cmd_setting(struct call *call)
{
	enum setting_id id = id_of(setting_find(str_of(call->command->name)));

	if (call->nargs == 0)
		show_setting(call->user, id);
	else
		change_setting(call->user, id, call->args[0]);
}

const struct command cmd_self[] = {
	{
		.name = "nick",
		.aliases = "name",
		.args = "<name>",
		.perm = PERM_PEOPLE,
		.run = cmd_nick,
		.help = "Take a name: letters A to Z, digits, _ and -.",
	},
	{
		.name = "quiet",
		.args = "[on|off]",
		.perm = PERM_PEOPLE,
		.run = cmd_setting,
		.help = "Hide who comes, goes and takes another name.",
	},
	{
		.name = "timestamp",
		.aliases = "time",
		.args = "[off|clock|full]",
		.perm = PERM_PEOPLE,
		.run = cmd_setting,
		.help = "Begin each line with the time.",
	},
	{
		.name = "zone",
		.aliases = "tz",
		.args = "[hours]",
		.perm = PERM_PEOPLE,
		.run = cmd_setting,
		.help = "Your time zone: \"+2\", \"-03:30\", \"UTC\", \"server\".",
	},
	{
		.name = "color",
		.aliases = "colour",
		.args = "[auto|on|off]",
		.perm = PERM_PEOPLE,
		.run = cmd_setting,
		.help = "Switch colours.",
	},
	{
		.name = "bell",
		.args = "[mention|off|pm|all]",
		.perm = PERM_PEOPLE,
		.run = cmd_setting,
		.help = "When to ring.",
	},
	{
		.name = "set",
		.args = "[setting] [value]",
		.perm = PERM_PEOPLE,
		.run = cmd_set,
		.help = "Show or change your settings.",
	},
	{0},
};
