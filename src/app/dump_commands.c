/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "app/dump.h"

#include "chat/command.h"
#include "chat/setting.h"

/* "<name> [text...]" as mdoc macros: what may be left out is .Op, what is named .Ar. */
static void
add_args(struct buf *out, const char *args)
{
	struct str rest = str_of(args != NULL ? args : "");
	struct str word;

	while ((word = str_word(&rest)).len > 0) {
		bool optional = word.p[0] == '[';
		bool more = word.p[word.len - 2] == '.';
		size_t end = more ? 4 : 1;

		buf_printf(out, " %sAr %.*s", optional ? "Oo " : "",
			(int)(word.len - 1 - end), word.p + 1);
		if (more)
			buf_add_str(out, STR(" ..."));
		if (optional)
			buf_add_str(out, STR(" Oc"));
	}
}

static void
add_command(struct buf *out, const struct command *command)
{
	struct str rest = str_of(command->aliases != NULL ? command->aliases : "");
	struct str alias;

	buf_printf(out, ".It Ic /%s", command->name);
	add_args(out, command->args);
	buf_printf(out, "\n%s\n", command->help);
	if (command->text != NULL)
		buf_printf(out, "%s\n", command->text);
	for (bool first = true; (alias = str_word(&rest)).len > 0; first = false) {
		buf_printf(out, "%s.Ic /%.*s", first ? "Also\n" : " ,\n",
			(int)alias.len, alias.p);
		if (rest.len == 0)
			buf_add_str(out, STR(" .\n"));
	}
}

static void
add_setting(struct buf *out, const struct setting *setting)
{
	buf_printf(out, ".It Ic /set %s", setting->name);
	for (size_t i = 0; setting->words[i] != NULL; i++)
		buf_printf(out, "%s Cm %s", i > 0 ? " |" : "", setting->words[i]);
	if (setting->is_zone)
		buf_add_str(out, STR(" | Ar hours"));
	buf_printf(out, "\n%s\n", setting->help);
	if (setting->text != NULL)
		buf_printf(out, "%s\n", setting->text);
	buf_printf(out, "At first\n.Cm %s .\n", setting->words[0]);
}

void
dump_commands(struct buf *out)
{
	buf_add_str(out, STR(".Bl -tag -width Ds\n"));
	for (const struct command *c = NULL; (c = command_next(c)) != NULL;)
		add_command(out, c);
	buf_add_str(out,
		STR(".El\n.Ss Settings\n.Ic /set\nknows these:\n"
		    ".Bl -tag -width Ds\n"));
	for (size_t i = 0; i < SETTINGS; i++)
		add_setting(out, &settings[i]);
	buf_add_str(out, STR(".El\n"));
}
