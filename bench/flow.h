/* SPDX-License-Identifier: ISC */
#ifndef BENCH_FLOW_H
#define BENCH_FLOW_H

#include <stdint.h>

#include "crowd.h"

/*
 * Talk for a while, and what was measured of it.
 *
 * At a rate (open loop), line k of the flow is due at a time that is known beforehand
 * and said by sender k modulo their number. A line that is said late was due all the
 * same: its latency counts from then. In a window (closed loop), so many lines are on
 * their way at any time, and each is due when it is said.
 */
struct flow {
	double rate;     /* lines per second, of all senders together; 0: a window */
	uint64_t window; /* lines that may be on their way */
	double warmup, seconds;
};

/* What is counted. A line that comes when its flow is over was lost, and stays so. */
struct counts {
	uint64_t said, expected, arrived; /* lines; deliveries */
	uint64_t lost, doubled, reordered, garbled, stray, closed;
};

struct figures {
	double rate;    /* lines per second that were asked for; 0: a window */
	double seconds; /* that were measured */
	double lines_s, deliveries_s;
	double delivered; /* share of the rate */
	uint64_t deliveries;
	double p50, p90, p99, p999, max; /* ms */
	double late;        /* ms: of the lines said, the one that was said latest */
	double us_delivery; /* CPU of the server; negative: not known */
	double server_cpu, own_cpu; /* shares of one core; the former may be negative */
	double lines_read;          /* lines per read */
	/* Of the whole flow, warm-up and end included. */
	struct counts counts;
};

/* Run it, up to the last line or until what is left is lost. */
struct figures flow_run(struct crowd *crowd, const struct flow *flow);

/* What is timed, at a point. Two of them make the figures of the time between. */
struct measure {
	int64_t at, server_cpu, own_cpu;
	uint64_t arrived, reads;
};

struct measure measure_take(const struct crowd *crowd);
struct figures measure_between(const struct measure *from, const struct measure *to);

/* All of it so far. */
struct counts counts_take(const struct crowd *crowd);

/* Fill in what was counted since `before`, and the latencies. */
void figures_finish(struct figures *figures, const struct crowd *crowd,
	const struct counts *before);

#endif
