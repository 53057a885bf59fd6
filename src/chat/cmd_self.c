/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/command.h"

#include "base/suggest.h"
#include "chat/columns.h"
#include "chat/setting.h"
#include "chat/style.h"
#include "chat/user.h"
#include "chat/user_claim.h"

/* Oneself: name and settings. */

static void
cmd_nick(struct call *call)
{
	user_claim_nick(call->user, call->args[0]);
}

/* Show the settings from `first` on. */
static void
show_settings(struct user *user, enum setting_id first, int count)
{
	bool is_reader = user->style & STYLE_READER;
	struct buf list = {0};

	for (enum setting_id id = first; count > 0; id++, count--) {
		const struct setting *setting = &settings[id];

		buf_printf(&list, is_reader ? "%s is " : "%-11s", setting->name);
		setting_print(setting, user->settings[id], &list);
		buf_printf(&list, "\t%s (", setting->help);
		setting_describe(setting, &list);
		buf_add_str(&list, STR(")\n"));
	}
	columns_explain(user, buf_str(&list));
	buf_fini(&list);
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

/* There is none of that name: which may be meant? */
static void
explain_unknown(struct user *user, struct str name)
{
	struct suggest suggest;
	struct buf like = {0};
	char hint[128];

	suggest_init(&suggest, name);
	for (size_t i = 0; i < SETTINGS; i++) {
		suggest_offer(&suggest, settings[i].name);
		if (str_istarts(str_of(settings[i].name), name))
			buf_printf(&like, "%s%s", like.len > 0 ? ", " : "",
				settings[i].name);
	}
	if (like.len > 0)
		user_error(user, "%.*s could be %.*s: type more of it.", (int)name.len,
			name.p, (int)like.len, like.p);
	else
		user_error(user, "There is no setting %.*s%s. /set shows them.",
			(int)name.len, name.p,
			suggest_text(&suggest, "", "", hint, sizeof(hint)));
	buf_fini(&like);
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
		show_settings(call->user, 0, SETTINGS);
	} else if (setting == NULL) {
		explain_unknown(call->user, call->args[0]);
	} else if (call->nargs == 1) {
		show_settings(call->user, id_of(setting), 1);
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
		show_settings(call->user, id, 1);
	else
		change_setting(call->user, id, call->args[0]);
}

static void
cmd_quiet(struct call *call)
{
	bool on = call->user->settings[SETTING_QUIET] == QUIET_ON;

	/* Alone it turns over, as people expect of a switch without an argument. */
	if (call->nargs == 0)
		change_setting(call->user, SETTING_QUIET, on ? STR("off") : STR("on"));
	else
		cmd_setting(call);
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
		.run = cmd_quiet,
		.help = "Hide who comes, goes and takes another name.",
		.text = "Alone it changes over from one to the other.",
	},
	{
		.name = "timestamp",
		.aliases = "time",
		.args = "[off|clock|full]",
		.perm = PERM_PEOPLE,
		.run = cmd_setting,
		.help = "Begin each line with the time.",
		.text = ".Cm clock\nis the time of day,\n.Cm full\nhas the date, too.",
	},
	{
		.name = "zone",
		.aliases = "tz",
		.args = "[hours]",
		.perm = PERM_PEOPLE,
		.run = cmd_setting,
		.help = "Set your time zone: +2, -03:30, UTC or server.",
	},
	{
		.name = "color",
		.aliases = "colour",
		.args = "[auto|on|off]",
		.perm = PERM_PEOPLE,
		.run = cmd_setting,
		.help = "Switch colours; auto: as your terminal can.",
	},
	{
		.name = "bell",
		.args = "[mention|off|pm|all]",
		.perm = PERM_PEOPLE,
		.run = cmd_setting,
		.help = "Choose what rings your terminal's bell.",
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
