/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "flow.h"

#include "clock.h"
#include "process.h"

/* One flow while it runs. */
struct run {
	struct crowd *crowd;
	const struct flow *flow;
	unsigned senders;
	int64_t start;
	uint64_t next; /* the line that is due next */
	uint64_t arrived_before, expected_before, watched_before;
};

/* When line `k` of a flow at a rate is due. */
static int64_t
due_time(const struct run *run, uint64_t k)
{
	return run->start + (int64_t)((double)k * ((double)NS_PER_S / run->flow->rate));
}

/* See crowd_stamp: line `index` of this sender. */
static int64_t
stamp(const void *arg, const struct sender *sender, uint64_t index, int64_t now)
{
	const struct run *run = arg;

	if (run->flow->window > 0)
		return now;
	return due_time(
		run, index * run->senders + (uint64_t)(sender - run->crowd->senders));
}

/* Lines that have been said and have not arrived. */
static uint64_t
underway(const struct run *run)
{
	const struct crowd *crowd = run->crowd;
	uint64_t arrived, expected;

	if (crowd->options->seen_by_one) {
		arrived = crowd->watched - run->watched_before;
	} else {
		/* On average: a line has arrived when all its receivers have it. */
		arrived = crowd->tally->arrived - run->arrived_before;
		expected = crowd->expected - run->expected_before;
		arrived = expected == 0 ? 0
					: (uint64_t)((double)run->next *
						  (double)arrived / (double)expected);
	}
	return arrived < run->next ? run->next - arrived : 0;
}

/* Let line `k`, and those before it, be due. */
static void
fall_due(struct run *run, uint64_t k)
{
	struct sender *sender;
	uint64_t first = run->next;

	for (; run->next < k; run->next++)
		run->crowd->senders[run->next % run->senders].due++;
	for (uint64_t i = 0; i < k - first && i < run->senders; i++) {
		sender = &run->crowd->senders[(first + i) % run->senders];
		crowd_speak(run->crowd, sender, stamp, run);
	}
}

/* Senders whose sockets had no room may have some now. */
static void
speak_again(struct run *run)
{
	struct sender *sender;

	for (unsigned i = 0; i < run->senders; i++) {
		sender = &run->crowd->senders[i];
		if (sender->index < sender->due)
			crowd_speak(run->crowd, sender, stamp, run);
	}
}

/* Say what is due. When more is: a time, or `end`. */
static int64_t
push(struct run *run, int64_t end)
{
	const struct flow *flow = run->flow;
	int64_t now = crowd_now(run->crowd), next;
	uint64_t due = run->next, out;

	speak_again(run);
	if (flow->window > 0) {
		out = underway(run);
		if (out < flow->window)
			fall_due(run, run->next + flow->window - out);
		return end;
	}
	if (now >= run->start)
		due = (uint64_t)((double)(now - run->start) / (double)NS_PER_S *
			      flow->rate) +
			1;
	while (due > run->next && due_time(run, due - 1) > now)
		due--;
	if (due > run->next)
		fall_due(run, due);
	next = due_time(run, run->next);
	return next < end ? next : end;
}

static void
talk_until(struct run *run, int64_t end)
{
	while (crowd_now(run->crowd) < end)
		crowd_turn(run->crowd, push(run, end));
}

struct measure
measure_take(const struct crowd *crowd)
{
	return (struct measure){
		.at = crowd_now(crowd),
		.server_cpu =
			crowd->options->pid > 0 ? process_cpu(crowd->options->pid) : 0,
		.own_cpu = process_own_cpu(),
		.arrived = crowd->tally->arrived,
		.reads = crowd->reads,
	};
}

struct figures
measure_between(const struct measure *from, const struct measure *to)
{
	double ns = (double)(to->at - from->at);
	double cpu = (double)(to->server_cpu - from->server_cpu);
	uint64_t arrived = to->arrived - from->arrived;
	uint64_t reads = to->reads - from->reads;
	struct figures figures = {
		.seconds = clock_to_s(to->at - from->at),
		.deliveries = arrived,
		.deliveries_s = (double)arrived * (double)NS_PER_S / ns,
		.own_cpu = (double)(to->own_cpu - from->own_cpu) / ns,
		.lines_read = reads > 0 ? (double)arrived / (double)reads : 0,
		.server_cpu = -1,
		.us_delivery = -1,
	};

	if (from->server_cpu > 0) {
		figures.server_cpu = cpu / ns;
		if (arrived > 0)
			figures.us_delivery = cpu / 1000 / (double)arrived;
	}
	return figures;
}

struct counts
counts_take(const struct crowd *crowd)
{
	struct counts counts = {
		.expected = crowd->expected,
		.arrived = crowd->tally->arrived - crowd->overdue,
		.lost = crowd_lost(crowd),
		.doubled = crowd->tally->doubled,
		.reordered = crowd->tally->reordered,
		.garbled = crowd->garbled,
		.stray = crowd->stray,
		.closed = crowd->closed,
	};

	for (unsigned i = 0; i < crowd->options->senders; i++)
		counts.said += crowd->senders[i].sent;
	return counts;
}

void
figures_finish(
	struct figures *figures, const struct crowd *crowd, const struct counts *before)
{
	const struct histogram *latency = &crowd->latency;
	struct counts now = counts_take(crowd);

	figures->p50 = clock_to_ms(histogram_at(latency, 0.5));
	figures->p90 = clock_to_ms(histogram_at(latency, 0.9));
	figures->p99 = clock_to_ms(histogram_at(latency, 0.99));
	figures->p999 = clock_to_ms(histogram_at(latency, 0.999));
	figures->max = clock_to_ms(latency->max);
	figures->late = clock_to_ms(crowd->late);
	figures->counts = (struct counts){
		.said = now.said - before->said,
		.expected = now.expected - before->expected,
		.arrived = now.arrived - before->arrived,
		.lost = now.lost - before->lost,
		.doubled = now.doubled - before->doubled,
		.reordered = now.reordered - before->reordered,
		.garbled = now.garbled - before->garbled,
		.stray = now.stray - before->stray,
		.closed = now.closed - before->closed,
	};
}

/* Set up the senders. */
static struct run
begin(struct crowd *crowd, const struct flow *flow)
{
	struct run run = {
		.crowd = crowd,
		.flow = flow,
		.senders = crowd->options->senders,
		.start = crowd_now(crowd),
		.arrived_before = crowd->tally->arrived,
		.expected_before = crowd->expected,
		.watched_before = crowd->watched,
	};

	for (unsigned i = 0; i < run.senders; i++) {
		crowd->senders[i].index = crowd->senders[i].due = 0;
		crowd->senders[i].begun = crowd->senders[i].sent;
	}
	crowd->late = 0;
	histogram_reset(&crowd->latency);
	crowd->record_from = run.start + clock_from_s(flow->warmup);
	crowd->record_to = crowd->record_from + clock_from_s(flow->seconds);
	return run;
}

/* Say what was due and did not fit into a socket, and wait for all. */
static void
finish(struct run *run)
{
	struct crowd *crowd = run->crowd;
	int64_t patience = clock_from_s(crowd->options->patience);
	int64_t end = crowd_now(crowd) + patience;

	while (crowd_now(crowd) < end && crowd_has_more(crowd)) {
		crowd_turn(crowd, end);
		speak_again(run);
	}
	crowd_drain(crowd, patience);
}

struct figures
flow_run(struct crowd *crowd, const struct flow *flow)
{
	struct run run = begin(crowd, flow);
	struct counts before = counts_take(crowd);
	struct measure from, to;
	struct figures figures;
	uint64_t lines;

	talk_until(&run, crowd->record_from);
	from = measure_take(crowd);
	lines = run.next;
	talk_until(&run, crowd->record_to);
	to = measure_take(crowd);
	lines = run.next - lines;
	finish(&run);

	figures = measure_between(&from, &to);
	figures_finish(&figures, crowd, &before);
	figures.rate = flow->rate;
	figures.lines_s = (double)lines / figures.seconds;
	if (flow->rate > 0 && figures.counts.expected > 0)
		figures.delivered = figures.deliveries_s * (double)figures.counts.said /
			(flow->rate * (double)figures.counts.expected);
	return figures;
}
