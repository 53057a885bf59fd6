/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "app/cli.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

/* Read without -c, if it is there. */
#define CLI_DEFAULT_FILE SYSCONFDIR "/prattled.ini"

enum {
	OPT_DUMP = 256,
	OPT_HASH,
	OPT_CHECK_STATE
};

/* One list for getopt and --help, so that neither can forget an option. */
static const struct {
	struct option opt;
	const char *arg;
	const char *help;
} rows[] = {
	{{"config", required_argument, NULL, 'c'}, "FILE",
		"read this configuration (default: " CLI_DEFAULT_FILE ", if there)"},
	{{"listen", required_argument, NULL, 'l'}, "ADDRESS",
		"listen here instead of where the configuration says"},
	{{"port", required_argument, NULL, 'p'}, "PORT",
		"listen on this port instead (0: a free one, the log says which)"},
	{{"option", required_argument, NULL, 'o'}, "SECTION.KEY=VALUE",
		"set an option, stronger than the configuration"},
	{{"daemon", no_argument, NULL, 'd'}, NULL,
		"go to the background, log to syslog, write the pidfile"},
	{{"test", no_argument, NULL, 't'}, NULL,
		"check the configuration, print what holds, exit with 0 or 1"},
	{{"verbose", no_argument, NULL, 'v'}, NULL, "log more; twice: still more"},
	{{"dump", required_argument, NULL, OPT_DUMP}, "WHAT",
		"print conf (a sample file), options or commands (for man pages), ..."},
	{{"hash", no_argument, NULL, OPT_HASH}, NULL,
		"ask for a passphrase, print its hash for the configuration"},
	{{"check-state", required_argument, NULL, OPT_CHECK_STATE}, "FD",
		"for a restart: can this prattled go on with that state?"},
	{{"version", no_argument, NULL, 'V'}, NULL, "print the version"},
	{{"help", no_argument, NULL, 'h'}, NULL, "print this"},
};
#define NROWS (sizeof(rows) / sizeof(rows[0]))

static void
cli_add_override(struct cli *cli, const char *text)
{
	size_t n = cli->source.noverrides;

	cli->overrides = xreallocarray(cli->overrides, n + 1, sizeof(*cli->overrides));
	cli->overrides[n] = text;
	cli->source.overrides = cli->overrides;
	cli->source.noverrides = n + 1;
}

static int
cli_take_file(struct cli *cli, const char *name)
{
	/* As a variable of a script that is not set. */
	if (name[0] == '\0') {
		fprintf(stderr, "%s: -c takes the name of a file, not \"\"\n",
			cli->program);
		return -1;
	}
	cli->source.file = name;
	return 0;
}

/* A descriptor. */
static int
cli_take_fd(struct cli *cli, const char *text)
{
	uint64_t fd;

	if (str_to_uint(str_of(text), &fd) == -1 || fd > INT32_MAX) {
		fprintf(stderr, "%s: --check-state takes a descriptor, not \"%s\"\n",
			cli->program, text);
		return -1;
	}
	cli->mode = CLI_CHECK_STATE;
	cli->state_fd = (int)fd;
	return 0;
}

/* One option; -1 if it is not right (which has been said). */
static int
cli_take(struct cli *cli, int opt)
{
	switch (opt) {
	case 'c':
		return cli_take_file(cli, optarg);
	case 'l':
		cli->source.listen_address = optarg;
		return 0;
	case 'p':
		cli->source.listen_port = optarg;
		return 0;
	case 'o':
		cli_add_override(cli, optarg);
		return 0;
	case 'd':
		cli->daemonise = true;
		return 0;
	case 'v':
		cli->verbose++;
		return 0;
	case 't':
		cli->mode = CLI_TEST;
		return 0;
	case OPT_DUMP:
		cli->mode = CLI_DUMP;
		cli->dump = optarg;
		return 0;
	case OPT_HASH:
		cli->mode = CLI_HASH;
		return 0;
	case OPT_CHECK_STATE:
		return cli_take_fd(cli, optarg);
	case 'V':
		cli->mode = CLI_VERSION;
		return 0;
	case 'h':
		cli->mode = CLI_HELP;
		return 0;
	default:
		return -1;
	}
}

int
cli_parse(struct cli *cli, int argc, char **argv)
{
	struct option longs[NROWS + 1] = {0};
	int opt, rc = 0;

	*cli = (struct cli){.program = argv[0]};
	for (size_t i = 0; i < NROWS; i++)
		longs[i] = rows[i].opt;
	while (rc == 0 &&
		(opt = getopt_long(argc, argv, "c:l:p:o:dtvVh", longs, NULL)) != -1)
		rc = cli_take(cli, opt);
	if (rc == 0 && optind < argc) {
		fprintf(stderr, "%s: unexpected word \"%s\"\n", argv[0], argv[optind]);
		rc = -1;
	}
	if (rc == -1) {
		fprintf(stderr, "Try \"%s --help\".\n", argv[0]);
		return -1;
	}
	if (cli->source.file == NULL && access(CLI_DEFAULT_FILE, F_OK) == 0)
		cli->source.file = CLI_DEFAULT_FILE;
	/* In the background we are in /, and a reload must find the file from there. */
	if (cli->daemonise && cli->source.file != NULL)
		cli->absolute_file = realpath(cli->source.file, NULL);
	if (cli->absolute_file != NULL)
		cli->source.file = cli->absolute_file;
	return 0;
}

void
cli_fini(struct cli *cli)
{
	free(cli->overrides);
	free(cli->absolute_file);
	cli->overrides = NULL;
	cli->absolute_file = NULL;
}

/* A growing command line. */
struct words {
	char **v;
	size_t count;
};

static void
add_word(struct words *words, const char *text)
{
	words->v = xreallocarray(words->v, words->count + 2, sizeof(*words->v));
	words->v[words->count++] = xstrdup(text);
	words->v[words->count] = NULL;
}

/* An option with its value, unless that is NULL. */
static void
add_option(struct words *words, const char *option, const char *value)
{
	if (value == NULL)
		return;
	add_word(words, option);
	add_word(words, value);
}

char **
cli_words(const struct cli *cli, const char *program, const char *const *more)
{
	const struct conf_source *source = &cli->source;
	struct words words = {0};

	add_word(&words, program);
	add_option(&words, "-c", source->file);
	add_option(&words, "-l", source->listen_address);
	add_option(&words, "-p", source->listen_port);
	for (size_t i = 0; i < source->noverrides; i++)
		add_option(&words, "-o", source->overrides[i]);
	for (int i = 0; i < cli->verbose; i++)
		add_word(&words, "-v");
	if (cli->daemonise)
		add_word(&words, "-d");
	for (; more != NULL && *more != NULL; more++)
		add_word(&words, *more);
	return words.v;
}

void
cli_words_free(char **words)
{
	for (size_t i = 0; words[i] != NULL; i++)
		free(words[i]);
	free(words);
}

void
cli_help(void)
{
	printf("Usage: prattled [OPTION]...\n"
	       "A chat room that people enter with telnet or nc.\n\n");
	for (size_t i = 0; i < NROWS; i++) {
		const struct option *opt = &rows[i].opt;
		char text[64];

		snprintf(text, sizeof(text), "--%s%s%s", opt->name,
			rows[i].arg != NULL ? "=" : "",
			rows[i].arg != NULL ? rows[i].arg : "");
		if (opt->val < OPT_DUMP)
			printf("  -%c, %-27s %s\n", opt->val, text, rows[i].help);
		else
			printf("      %-27s %s\n", text, rows[i].help);
	}
	printf("\nSee prattled(8), prattled.ini(5), and prattle(7) for the people who "
	       "chat.\n");
}
