/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "clock.h"
#include "fail.h"
#include "relay.h"

/*
 * The floor: what the others are measured by. See relay.h.
 */

static const char usage[] =
	"Usage: floor [OPTION]...\n"
	"The least that handing out lines can cost: a server to measure others by.\n"
	"Listens on 127.0.0.1, says on which port, and ends with SIGTERM.\n"
	"\n"
	"  --port N      0 takes a free one                             [0]\n"
	"  --every MS    at least so long between two rounds; the first line\n"
	"                behind a pause goes out at once                [0]\n"
	"  --per-line    a system call for each line and receiver\n"
	"  --cap BYTES   cut off who has more than that unread          [8388608]\n"
	"  --help        this\n";

static volatile sig_atomic_t is_over;

static void
on_signal(int number)
{
	(void)number;
	is_over = 1;
}

static unsigned long
number(const char *name, const char *word, unsigned long max)
{
	char *end;
	unsigned long value = strtoul(word, &end, 10);

	if (word[0] < '0' || word[0] > '9' || *end != '\0' || value > max)
		fail_usage(
			"%s: a number up to %lu is needed, not: %s", name, max, word);
	return value;
}

static unsigned
parse(struct relay *relay, int argc, char **argv)
{
	static const struct option names[] = {
		{"cap", required_argument, NULL, 'c'},
		{"every", required_argument, NULL, 'e'},
		{"help", no_argument, NULL, 'h'},
		{"per-line", no_argument, NULL, 'l'},
		{"port", required_argument, NULL, 'p'},
		{NULL, 0, NULL, 0},
	};
	unsigned port = 0;
	int opt;

	while ((opt = getopt_long(argc, argv, ":", names, NULL)) != -1) {
		switch (opt) {
		case 'c':
			relay->cap = number("--cap", optarg, INT_MAX);
			break;
		case 'e':
			relay->every =
				(int64_t)number("--every", optarg, 10000) * NS_PER_MS;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(EXIT_SUCCESS);
		case 'l':
			relay->is_per_line = true;
			break;
		case 'p':
			port = (unsigned)number("--port", optarg, 65535);
			break;
		case ':':
			fail_usage("%s needs a value", argv[optind - 1]);
		default:
			fail_usage("what is %s?", argv[optind - 1]);
		}
	}
	if (optind < argc)
		fail_usage("what is %s?", argv[optind]);
	if (relay->is_per_line && relay->every > 0)
		fail_usage("--per-line and --every exclude each other");
	return port;
}

/* As many descriptors as we may have. */
static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		fail_errno("getrlimit");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		fail_errno("setrlimit");
}

int
main(int argc, char **argv)
{
	struct relay relay = {.cap = 8 << 20};
	struct sigaction action = {.sa_handler = on_signal};
	unsigned port;

	fail_name("floor");
	port = parse(&relay, argc, argv);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	raise_descriptors();
	relay_open(&relay, port);
	while (!is_over)
		relay_turn(&relay);
	relay_close(&relay);
	return 0;
}
