/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

#include "ctl/talk.h"

#define DEFAULT_SOCKET RUNSTATEDIR "/prattle/control"

/* One list for getopt and --help, so that neither can forget an option. */
static const struct {
	struct option opt;
	const char *arg;
	const char *help;
} rows[] = {
	{{"socket", required_argument, NULL, 's'}, "SOCKET",
		"where prattled listens (default: " DEFAULT_SOCKET ")"},
	{{"json", no_argument, NULL, 'j'}, NULL, "show the answer as JSON"},
	{{"yes", no_argument, NULL, 'y'}, NULL, "yes to what would be asked"},
	{{"version", no_argument, NULL, 'V'}, NULL, "print the version"},
	{{"help", no_argument, NULL, 'h'}, NULL, "print this"},
};
#define NROWS (sizeof(rows) / sizeof(rows[0]))

/* The commands of the daemon that this belongs to; another one may have others. */
static const struct {
	const char *usage;
	const char *help;
} commands[] = {
#define COMMAND(usage, help) {usage, help},
#include "ctl/commands.def"
#undef COMMAND
};

struct ctl {
	const char *socket;
	bool json, yes;
};

static void
print_help(void)
{
	printf("Usage: prattlectl [OPTION]... COMMAND [ARGUMENT]...\n"
	       "Give a command to prattled, the chat daemon of this machine.\n\n");
	for (size_t i = 0; i < NROWS; i++) {
		char text[32];

		snprintf(text, sizeof(text), "--%s%s%s", rows[i].opt.name,
			rows[i].arg != NULL ? "=" : "",
			rows[i].arg != NULL ? rows[i].arg : "");
		printf("  -%c, %-18s %s\n", rows[i].opt.val, text, rows[i].help);
	}
	printf("\nCommands, of which a clear beginning is enough:\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		printf("  %-24s %s\n", commands[i].usage, commands[i].help);
	printf("\nExit status: 0 done, 1 refused, 2 wrong use, 3 no prattled there.\n"
	       "See prattlectl(1).\n");
}

/* The words of the command line as one request. False after a complaint. */
static bool
add_words(struct buf *request, const struct ctl *ctl, char **words)
{
	buf_printf(request, "%s%s", ctl->json ? "json " : "", ctl->yes ? "yes " : "");
	for (size_t i = 0; words[i] != NULL; i++) {
		if (strpbrk(words[i], "\r\n") != NULL) {
			talk_complain(
				"an argument has more than one line; to say more, "
				"use a pipe: say ROOM -");
			return false;
		}
		buf_printf(request, "%s%s", i > 0 ? " " : "", words[i]);
	}
	return true;
}

static enum talk_result
give(const struct ctl *ctl, char **words)
{
	enum talk_result result = TALK_USAGE;
	struct buf request = {0};
	struct err err;
	int fd;

	if (add_words(&request, ctl, words)) {
		fd = talk_connect(ctl->socket, &err);
		if (fd != -1) {
			result = talk(fd, buf_str(&request));
		} else {
			talk_complain("%s", err.text);
			result = TALK_UNREACHABLE;
		}
	}
	buf_fini(&request);
	return result;
}

/*
 * Where a standard stream is closed the socket would get its number, and the daemon
 * what is printed. Something stands there instead that fails when it is used.
 */
static void
fill_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) == -1)
			(void)open(
				"/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
	}
}

int
main(int argc, char **argv)
{
	struct ctl ctl = {.socket = DEFAULT_SOCKET};
	struct option longs[NROWS + 1] = {0};
	int opt;

	fill_streams();
	for (size_t i = 0; i < NROWS; i++)
		longs[i] = rows[i].opt;
	/* What stands behind the command is its own, whatever it looks like. */
	while ((opt = getopt_long(argc, argv, "+s:jyVh", longs, NULL)) != -1) {
		switch (opt) {
		case 's':
			ctl.socket = optarg;
			break;
		case 'j':
			ctl.json = true;
			break;
		case 'y':
			ctl.yes = true;
			break;
		case 'V':
			printf("prattlectl (%s)\n", PACKAGE_STRING);
			return (int)talk_finish();
		case 'h':
			print_help();
			return (int)talk_finish();
		default:
			fprintf(stderr, "Try \"%s --help\".\n", argv[0]);
			return TALK_USAGE;
		}
	}
	if (optind == argc) {
		talk_complain("which command? Try \"%s --help\".", argv[0]);
		return TALK_USAGE;
	}
	return (int)give(&ctl, argv + optind);
}
