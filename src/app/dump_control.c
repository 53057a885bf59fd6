/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "app/dump.h"

#include <stdbool.h>

#include "chat/command.h"

/* What a shell can complete of the first argument of a command. */
enum kind {
	KIND_NOTHING,
	KIND_CHOICE, /* one of command->choices */
	KIND_PERSON,
	KIND_ROOM,
	KIND_COMMAND,
};

static enum kind
kind_of(const struct command *command)
{
	static const struct {
		const char *word;
		enum kind kind;
	} words[] = {
		{"<name>", KIND_PERSON},
		{"<who>", KIND_PERSON},
		{"<room>", KIND_ROOM},
		{"[room]", KIND_ROOM},
		{"[command]", KIND_COMMAND},
	};
	struct str args = str_of(command->args != NULL ? command->args : "");
	struct str first = str_word(&args);

	if (command->choices != NULL)
		return KIND_CHOICE;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (str_eq(first, str_of(words[i].word)))
			return words[i].kind;
	}
	return KIND_NOTHING;
}

static const struct command *
next(const struct command *command)
{
	do
		command = command_next(command);
	while (command != NULL && !command_is_for(command, true));
	return command;
}

void
dump_control_table(struct buf *out)
{
	buf_add_str(out,
		STR("/* SPDX-License-Identifier: ISC */\n\n"
		    "/* Printed by prattled --dump control-table: COMMAND(usage, help) "
		    "*/\n"
		    "\n/* clang-format off */\n"));
	for (const struct command *c = NULL; (c = next(c)) != NULL;)
		buf_printf(out, "COMMAND(\"%s%s%s\", \"%s\")\n", c->name,
			c->args != NULL ? " " : "", c->args != NULL ? c->args : "",
			command_help(c, true));
	buf_add_str(out, STR("/* clang-format on */\n"));
}

/* What a shell does to offer something; choices stand between the first two. */
struct shell {
	const char *choices[2];
	const char *people, *rooms, *commands;
};

static const struct shell bash = {{"echo '", "'"}, "_prattlectl_ask who",
	"_prattlectl_ask rooms", "echo \"$_prattlectl_commands\""};
static const struct shell zsh = {{"compadd ", ""}, "_prattlectl_ask who",
	"_prattlectl_ask rooms", "_prattlectl_commands"};

/* A case for all commands whose first argument is of that kind. */
static void
add_case(struct buf *out, enum kind kind, const char *action)
{
	const char *before = "\t";

	for (const struct command *c = NULL; (c = next(c)) != NULL;) {
		if (kind_of(c) == kind) {
			buf_printf(out, "%s%s", before, c->name);
			before = "|";
		}
	}
	buf_printf(out, ") %s ;;\n", action);
}

/* What the first argument of a command can be, as a function of the shell. */
static void
add_words(struct buf *out, const struct shell *shell)
{
	buf_add_str(out,
		STR("# What the first argument of a command can be.\n"
		    "_prattlectl_words()\n{\n\tcase $1 in\n"));
	for (const struct command *c = NULL; (c = next(c)) != NULL;) {
		if (kind_of(c) == KIND_CHOICE)
			buf_printf(out, "\t%s) %s%s%s ;;\n", c->name, shell->choices[0],
				c->choices, shell->choices[1]);
	}
	add_case(out, KIND_PERSON, shell->people);
	add_case(out, KIND_ROOM, shell->rooms);
	add_case(out, KIND_COMMAND, shell->commands);
	buf_add_str(out, STR("\tesac\n}\n\n"));
}

static const char bash_head[] = "# SPDX-License-Identifier: ISC\n"
				"# shellcheck shell=bash\n"
				"#\n"
				"# Completion of prattlectl for bash. Printed by "
				"prattled --dump control-bash.\n"
				"\n"
				"# The first words of what the daemon lists, as people "
				"may type them: \"#\" begins a\n"
				"# comment in a shell, and the daemon does without.\n"
				"_prattlectl_ask()\n"
				"{\n"
				"\t\"${COMP_WORDS[0]}\" \"${options[@]}\" \"$1\" "
				"2>/dev/null | sed 's/^#//; s/[* ].*//'\n"
				"}\n"
				"\n";

static const char bash_main[] =
	"_prattlectl()\n"
	"{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} command='' words='' found i\n"
	"\tlocal -a options=()\n"
	"\n"
	"\tCOMPREPLY=()\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tcase ${COMP_WORDS[i]} in\n"
	"\t\t-s|--socket)\n"
	"\t\t\t# --socket=SOCKET is three words here.\n"
	"\t\t\t[[ ${COMP_WORDS[++i]} != '=' ]] || ((++i))\n"
	"\t\t\t((i < COMP_CWORD)) || {\n"
	"\t\t\t\tcur=${cur#=}\n"
	"\t\t\t\tfound=$(compgen -f -- \"$cur\") && mapfile -t COMPREPLY "
	"<<<\"$found\"\n"
	"\t\t\t\treturn\n"
	"\t\t\t}\n"
	"\t\t\toptions=(-s \"${COMP_WORDS[i]}\")\n"
	"\t\t\t;;\n"
	"\t\t-*) ;;\n"
	"\t\t*)\n"
	"\t\t\tcommand=${COMP_WORDS[i]}\n"
	"\t\t\tbreak\n"
	"\t\t\t;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\tif [[ -z $command && $cur == -* ]]; then\n"
	"\t\twords='-s --socket -j --json -y --yes -V --version -h --help'\n"
	"\telif [[ -z $command ]]; then\n"
	"\t\twords=$_prattlectl_commands\n"
	"\telif ((i + 1 == COMP_CWORD)); then\n"
	"\t\twords=$(_prattlectl_words \"$command\")\n"
	"\tfi\n"
	"\tfound=$(compgen -W \"$words\" -- \"$cur\") && mapfile -t COMPREPLY "
	"<<<\"$found\"\n"
	"}\n"
	"\n"
	"complete -F _prattlectl prattlectl\n";

void
dump_control_bash(struct buf *out)
{
	buf_add_str(out, str_of(bash_head));
	buf_add_str(out, STR("_prattlectl_commands='"));
	for (const struct command *c = NULL; (c = next(c)) != NULL;)
		buf_printf(out, "%s%s", c->name, next(c) != NULL ? " " : "'\n\n");
	add_words(out, &bash);
	buf_add_str(out, str_of(bash_main));
}

static const char zsh_head[] =
	"#compdef prattlectl\n"
	"# SPDX-License-Identifier: ISC\n"
	"#\n"
	"# Completion of prattlectl for zsh. Printed by prattled --dump control-zsh.\n"
	"\n"
	"# The first words of what the daemon lists; it does without the \"#\" of "
	"rooms.\n"
	"_prattlectl_ask()\n"
	"{\n"
	"\tlocal socket=${opt_args[-s]:-${opt_args[--socket]}}\n"
	"\tlocal -a names\n"
	"\n"
	"\tnames=(${(f)\"$(prattlectl ${socket:+-s${(Q)socket}} $1 "
	"2>/dev/null |\n"
	"\t\tsed 's/^#//; s/[* ].*//')\"})\n"
	"\tcompadd -a names\n"
	"}\n"
	"\n"
	"_prattlectl_commands()\n"
	"{\n"
	"\tlocal -a commands\n"
	"\n"
	"\tcommands=(\n";

static const char zsh_main[] =
	"_arguments -S \\\n"
	"\t'(-s --socket)'{-s+,--socket=}'[where prattled listens]:socket:_files' \\\n"
	"\t'(-j --json)'{-j,--json}'[show the answer as JSON]' \\\n"
	"\t'(-y --yes)'{-y,--yes}'[yes to what would be asked]' \\\n"
	"\t'(- *)'{-V,--version}'[print the version]' \\\n"
	"\t'(- *)'{-h,--help}'[print help]' \\\n"
	"\t'1:command:_prattlectl_commands' \\\n"
	"\t'2::argument: _prattlectl_words $words[CURRENT-1]'\n";

/* A sentence within single quotes, of which _describe takes colons for its own. */
static void
add_zsh_text(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			buf_add_str(out, STR("'\\''"));
		else if (*text == ':')
			buf_add_str(out, STR("\\:"));
		else
			buf_add_char(out, *text);
	}
}

void
dump_control_zsh(struct buf *out)
{
	buf_add_str(out, str_of(zsh_head));
	for (const struct command *c = NULL; (c = next(c)) != NULL;) {
		buf_printf(out, "\t\t'%s:", c->name);
		add_zsh_text(out, command_help(c, true));
		buf_add_str(out, STR("'\n"));
	}
	buf_add_str(out, STR("\t)\n\t_describe command commands\n}\n\n"));
	add_words(out, &zsh);
	buf_add_str(out, str_of(zsh_main));
}
