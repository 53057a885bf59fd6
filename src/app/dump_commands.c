/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "app/dump.h"

#include <stdbool.h>
#include <string.h>

#include "chat/command.h"
#include "chat/setting.h"

/*
 * One word of a specification as mdoc macros: what may be left out is .Op, a name is
 * .Ar, and what is typed as it is ("on|off") is .Cm.
 */
static void
add_arg(struct buf *out, struct str word)
{
	bool optional = word.p[0] == '[';
	bool more = word.p[word.len - 2] == '.';
	struct str names = str_make(word.p + 1, word.len - (more ? 5 : 2)), name;
	bool is_choice = memchr(names.p, '|', names.len) != NULL;

	if (optional)
		buf_add_str(out, STR(" Oo"));
	for (bool first = true; str_split(&names, '|', &name); first = false)
		buf_printf(out, "%s %s %.*s", first ? "" : " |",
			is_choice ? "Cm" : "Ar", (int)name.len, name.p);
	if (more)
		buf_add_str(out, STR(" ..."));
	if (optional)
		buf_add_str(out, STR(" Oc"));
}

/* How the commands are shown: as people type them, or as words of prattlectl. */
struct look {
	const char *macro;
	const char *slash;
	bool is_console;
};

static const struct look look_room = {"Ic", "/", false};
static const struct look look_console = {"Cm", "", true};

/* The text of a row: where it names other commands, ".Ic /kick", in the same look. */
static void
add_text(struct buf *out, const char *text, const struct look *look)
{
	static const struct str command = {".Ic /", 5};
	struct str rest = str_of(text), line;

	while (str_split(&rest, '\n', &line)) {
		if (str_starts(line, command)) {
			line = str_from(line, command.len);
			buf_printf(out, ".%s %s", look->macro, look->slash);
		}
		buf_add_str(out, line);
		buf_add_char(out, '\n');
	}
}

static void
add_command(struct buf *out, const struct command *command, const struct look *look)
{
	struct str rest = str_of(command->aliases != NULL ? command->aliases : "");
	struct str args = str_of(command->args != NULL ? command->args : "");
	const char *text = command_text(command, look->is_console);
	struct str alias, word;

	buf_printf(out, ".It %s %s%s", look->macro, look->slash, command->name);
	while ((word = str_word(&args)).len > 0)
		add_arg(out, word);
	buf_printf(out, "\n%s\n", command_help(command, look->is_console));
	if (text != NULL)
		add_text(out, text, look);
	for (bool first = true; (alias = str_word(&rest)).len > 0; first = false) {
		/* A "?" alone would be punctuation to mdoc. */
		buf_printf(out, "%s.%s %s%s%.*s", first ? "Also\n" : " ,\n",
			look->macro, look->slash,
			look->is_console && alias.p[0] == '?' ? "\\&" : "",
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
	for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
		if (command_is_for(c, false))
			add_command(out, c, &look_room);
	}
	buf_add_str(out,
		STR(".El\n.Ss Settings\n.Ic /set\nknows these:\n"
		    ".Bl -tag -width Ds\n"));
	for (size_t i = 0; i < SETTINGS; i++)
		add_setting(out, &settings[i]);
	buf_add_str(out, STR(".El\n"));
}

void
dump_control(struct buf *out)
{
	buf_add_str(out, STR(".Bl -tag -width Ds\n"));
	for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
		if (command_is_for(c, true))
			add_command(out, c, &look_console);
	}
	buf_add_str(out, STR(".El\n"));
}
