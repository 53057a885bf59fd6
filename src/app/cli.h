/* SPDX-License-Identifier: ISC */
#ifndef APP_CLI_H
#define APP_CLI_H

#include <stdbool.h>

#include "base/attr.h"
#include "conf/source.h"

/*
 * The command line.
 */
enum cli_mode {
	CLI_RUN,         /* be the daemon */
	CLI_TEST,        /* -t: check the configuration, print it, exit */
	CLI_DUMP,        /* --dump WHAT */
	CLI_HASH,        /* --hash */
	CLI_CHECK_STATE, /* --check-state FD */
	CLI_HELP,        /* -h */
	CLI_VERSION,     /* -V */
};

struct cli {
	enum cli_mode mode;
	bool daemonise;      /* -d */
	int verbose;         /* how many -v */
	const char *program; /* as we were called */
	const char *dump;
	int state_fd;              /* of --check-state */
	struct conf_source source; /* -c, -o, -l, -p */
	const char **overrides;    /* owned; what source.overrides points to */
	char *absolute_file; /* owned; source.file where the daemon leaves for / */
};

/*
 * Parse. 0, or -1 after a line on stderr that says what is wrong. The texts point into
 * argv. Without -c the file is the installed one if there is one.
 */
must_use int cli_parse(struct cli *cli, int argc, char **argv);

void cli_fini(struct cli *cli);

/*
 * A command line for exec(2) that says the same about the daemon, with `program` as its
 * first word and `more` (ended by NULL, or NULL) behind. Returns new, for
 * cli_words_free().
 */
must_use char **cli_words(
	const struct cli *cli, const char *program, const char *const *more);
void cli_words_free(char **words);

/* The usage text on stdout. */
void cli_help(void);

#endif
