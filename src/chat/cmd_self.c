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

static const char *
current_word(const struct user *user, const struct setting *setting)
{
	return setting->words[user->settings[setting - settings]];
}

static void
list_words(const struct setting *setting, struct buf *out)
{
	for (size_t i = 0; setting->words[i] != NULL; i++)
		buf_printf(out, "%s%s", i > 0 ? ", " : "", setting->words[i]);
}

static void
show_setting(struct user *user, const struct setting *setting)
{
	struct buf words = {0};

	list_words(setting, &words);
	user_notice(user, "%-10s %-6s %s (%.*s)", setting->name,
		current_word(user, setting), setting->help, (int)words.len, words.p);
	buf_fini(&words);
}

static void
change_setting(struct user *user, const struct setting *setting, struct str word)
{
	int value = setting_value(setting, word);
	struct buf words = {0};

	if (value >= 0) {
		user->settings[setting - settings] = (uint8_t)value;
		user_notice(
			user, "%s is %s now.", setting->name, setting->words[value]);
		return;
	}
	list_words(setting, &words);
	user_error(user, "%s can be %.*s, not %.*s.", setting->name, (int)words.len,
		words.p, (int)word.len, word.p);
	buf_fini(&words);
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

static void
cmd_set(struct call *call)
{
	const struct setting *setting = setting_find(call->args[0]);

	if (call->nargs == 0) {
		for (size_t i = 0; i < SETTINGS; i++)
			show_setting(call->user, &settings[i]);
	} else if (setting == NULL) {
		explain_unknown(call->user, call->args[0]);
	} else if (call->nargs == 1) {
		show_setting(call->user, setting);
	} else {
		change_setting(call->user, setting, call->args[1]);
	}
}

static void
cmd_quiet(struct call *call)
{
	struct user *user = call->user;
	bool on = user->settings[SETTING_QUIET] == QUIET_ON;

	/* Alone it turns over, as people expect of a word without an argument. */
	if (call->nargs == 0)
		call->args[0] = on ? STR("off") : STR("on");
	change_setting(user, &settings[SETTING_QUIET], call->args[0]);
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
