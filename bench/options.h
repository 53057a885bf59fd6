/* SPDX-License-Identifier: ISC */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/*
 * The command line of bench/load.
 */

enum mode {
	MODE_RATE,
	MODE_WINDOW,
	MODE_RISING,
	MODE_IDLE,
	MODE_STOPPED,
	MODES
};

struct speech;

struct options {
	struct sockaddr_storage address;
	socklen_t address_len;
	const struct speech *speech; /* --protocol */
	enum mode mode;
	unsigned sessions;
	unsigned rooms; /* 0: the room that people are put into */
	unsigned senders;
	unsigned sources;  /* loopback addresses to come from */
	unsigned underway; /* most sessions that are logging in at a time */
	size_t payload;
	double rate; /* lines per second, of all senders together */
	unsigned window;
	bool seen_by_one;
	double limit_p99;                         /* ms */
	double warmup, seconds, settle, patience; /* s */
	unsigned lines;
	unsigned limit; /* s */
	pid_t pid;      /* of the server; 0: not known */
	int cpu;        /* to run on; -1: any */
};

/* The word for a mode, as it is typed. */
const char *mode_name(enum mode mode);

/* Parse it all. Fails, with EXIT_USAGE, when it makes no sense. */
void options_parse(struct options *options, int argc, char **argv);

#endif
