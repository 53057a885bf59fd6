/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "crowd.h"
#include "fail.h"
#include "modes.h"
#include "options.h"

/*
 * A load generator for chat servers on this machine; see usage in options.c and
 * README.md. It shares no code with prattled, so that no mistake can hide in both.
 */

static void
on_alarm(int number)
{
	static const char words[] = "load: not done within --limit; given up\n";
	ssize_t done = write(STDERR_FILENO, words, sizeof(words) - 1);

	(void)number;
	(void)done;
	_exit(EXIT_LIMIT);
}

/* Whatever hangs, it ends. */
static void
set_limit(unsigned seconds)
{
	struct sigaction action = {.sa_handler = on_alarm};

	sigaction(SIGALRM, &action, NULL);
	alarm(seconds);
}

static void
pin(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) == -1)
		fail_errno("--cpu %d", cpu);
}

int
main(int argc, char **argv)
{
	struct options options;
	struct crowd *crowd;

	fail_name("load");
	options_parse(&options, argc, argv);
	set_limit(options.limit);
	pin(options.cpu);
	crowd = crowd_new(&options);
	modes_run(crowd);
	crowd_free(crowd);
	return 0;
}
