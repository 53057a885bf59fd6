/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <event2/event.h>

#include "app/app.h"
#include "app/cli.h"
#include "app/dump.h"
#include "app/features.h"
#include "app/handover.h"
#include "app/hash.h"

static void
print_version(void)
{
	printf("%s\nlibevent %s\nfeatures:", PACKAGE_STRING, event_get_version());
	for (size_t i = 0; feature_names[i] != NULL; i++)
		printf(" %s", feature_names[i]);
	printf("%s\n", feature_names[0] == NULL ? " none beyond the core" : "");
}

static const struct {
	const char *name;
	void (*dump)(struct buf *out);
} dumps[] = {
	{"conf", dump_conf},
	{"options", dump_options},
	{"commands", dump_commands},
	{"metrics", dump_metrics},
	{"control", dump_control},
	{"control-table", dump_control_table},
	{"control-bash", dump_control_bash},
	{"control-zsh", dump_control_zsh},
};
#define NDUMPS (sizeof(dumps) / sizeof(dumps[0]))

static int
print_dump(const char *what)
{
	for (size_t i = 0; i < NDUMPS; i++) {
		struct buf out = {0};

		if (strcmp(what, dumps[i].name) != 0)
			continue;
		dumps[i].dump(&out);
		fwrite(out.p, 1, out.len, stdout);
		buf_fini(&out);
		return EX_OK;
	}
	fprintf(stderr, "prattled: --dump prints ");
	for (size_t i = 0; i < NDUMPS; i++)
		fprintf(stderr, "%s%s",
			i == 0                   ? ""
				: i + 1 < NDUMPS ? ", "
						 : " or ",
			dumps[i].name);
	fprintf(stderr, ", not \"%s\"\n", what);
	return EX_USAGE;
}

static int
run(const struct cli *cli)
{
	switch (cli->mode) {
	case CLI_RUN:
		return app_run(cli);
	case CLI_TEST:
		return app_test(cli);
	case CLI_DUMP:
		return print_dump(cli->dump);
	case CLI_CHECK_STATE:
		return handover_check(cli);
	case CLI_HASH:
		return hash_print();
	case CLI_VERSION:
		print_version();
		return EX_OK;
	case CLI_HELP:
		cli_help();
		return EX_OK;
	}
	return EX_SOFTWARE;
}

/* What was asked for is not done before it is written: a disk may be full. */
static int
finish(int rc)
{
	if (rc != EX_OK || (fflush(stdout) == 0 && !ferror(stdout)))
		return rc;
	fprintf(stderr, "prattled: can't write to standard output\n");
	return EX_IOERR;
}

int
main(int argc, char **argv)
{
	struct cli cli;
	int rc;

	if (cli_parse(&cli, argc, argv) == -1) {
		cli_fini(&cli);
		return EX_USAGE;
	}
	rc = run(&cli);
	cli_fini(&cli);
	return finish(rc);
}
