/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "modes.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "crowd.h"
#include "fail.h"
#include "flow.h"
#include "process.h"
#include "report.h"

/* How much more a step of mode rising asks for, and what share of it must arrive. */
#define STEP 1.4
#define DELIVERED_MIN 0.97

/* A step that is too much is tried so often. */
#define TRIES 2

/* Mode idle: so many are there before memory is measured for the first time. */
#define IDLE_FIRST 10

/* What one takes for silence after the logins, and how long to wait for it at most. */
#define SILENCE (200 * NS_PER_MS)
#define SILENCE_MAX (20 * NS_PER_S)

/* Mode idle: between two lines. */
#define PAUSE (100 * NS_PER_MS)

static double
now_s(const struct crowd *crowd)
{
	return clock_to_s(crowd_now(crowd));
}

/* Wait until all that the logins have caused has been said. */
static void
settle(struct crowd *crowd)
{
	int64_t end = crowd_now(crowd) + SILENCE_MAX;
	uint64_t bytes;

	crowd_pass(crowd, clock_from_s(crowd->options->settle));
	do {
		bytes = crowd->bytes;
		crowd_pass(crowd, SILENCE);
	} while (crowd->bytes != bytes && crowd_now(crowd) < end);
}

/* The CPU time of the server since it was `before`, in us, for each of `count`. */
static double
cpu_each(const struct crowd *crowd, int64_t before, size_t count)
{
	pid_t pid = crowd->options->pid;

	return pid > 0 ? (double)(process_cpu(pid) - before) / 1000 / (double)count
		       : -1;
}

/* Log in all, and report how long it took for `count` of them. */
static void
login_all(struct crowd *crowd, struct report *report, size_t count)
{
	pid_t pid = crowd->options->pid;
	int64_t cpu = pid > 0 ? process_cpu(pid) : 0, ns;

	crowd->login_from = 0;
	crowd_login(crowd, crowd->count);
	ns = crowd->login_to - crowd->login_from;
	report_number(report, "login_s", clock_to_s(ns));
	report_number(report, "logins_per_s", (double)count / clock_to_s(ns));
	report_number(report, "us_per_login", cpu_each(crowd, cpu, count));
	settle(crowd);
	/* What others are told of it may come later. */
	report_number(report, "us_per_login_settled", cpu_each(crowd, cpu, count));
	if (crowd->closed > 0)
		fail("the server has closed %llu sessions behind the logins",
			(unsigned long long)crowd->closed);
}

static struct flow
flow_of(const struct options *options)
{
	return (struct flow){
		.rate = options->mode == MODE_WINDOW ? 0 : options->rate,
		.window = options->mode == MODE_WINDOW ? options->window : 0,
		.warmup = options->warmup,
		.seconds = options->seconds,
	};
}

static void
run_flow(struct crowd *crowd, struct report *report)
{
	struct flow flow = flow_of(crowd->options);
	struct figures figures;

	login_all(crowd, report, crowd->count);
	if (flow.window > 0)
		report_count(report, "window", flow.window);
	figures = flow_run(crowd, &flow);
	report_figures(report, &figures);
}

/* Why this step is too much; NULL if it is not. */
static const char *
too_much(const struct options *options, const struct figures *figures)
{
	const struct counts *counts = &figures->counts;

	if (counts->lost > 0)
		return "lost";
	if (counts->doubled > 0)
		return "doubled";
	if (counts->reordered > 0)
		return "reordered";
	if (counts->garbled > 0)
		return "garbled";
	if (counts->stray > 0)
		return "stray";
	if (counts->closed > 0)
		return "closed";
	if (figures->delivered < DELIVERED_MIN)
		return "delivered";
	if (figures->p99 > options->limit_p99)
		return "p99";
	return NULL;
}

/* May it be better at the next try? This machine has other things to do, too. */
static bool
is_by_chance(const char *why)
{
	return strcmp(why, "p99") == 0 || strcmp(why, "delivered") == 0;
}

/* What has come of mode rising so far. */
struct climb {
	struct crowd *crowd;
	struct report *report;
	struct figures good; /* of the last rate that was not too much */
	const char *why;     /* the one tried last was; NULL: it was not */
};

/* Is this rate not too much? */
static bool
climb_try(struct climb *climb, double rate)
{
	const struct options *options = climb->crowd->options;
	struct flow flow = flow_of(options);
	struct figures figures;

	flow.rate = rate;
	for (int i = 0; i < TRIES; i++) {
		/* The alarm would leave nothing behind. */
		climb->why = "time";
		if (now_s(climb->crowd) + flow.warmup + flow.seconds +
				2 * options->patience >
			options->limit)
			return false;
		figures = flow_run(climb->crowd, &flow);
		climb->why = too_much(options, &figures);
		report_open(climb->report, NULL, '{');
		report_figures(climb->report, &figures);
		report_close(climb->report, '}');
		if (climb->why == NULL) {
			climb->good = figures;
			return true;
		}
		if (!is_by_chance(climb->why))
			return false;
	}
	return false;
}

static void
run_rising(struct crowd *crowd, struct report *report)
{
	/* By which the last step is halved, and that once more: roots of STEP. */
	static const double halves[] = {1.1832, 1.0878};
	struct climb climb = {
		.crowd = crowd,
		.report = report,
		.good = {.us_delivery = -1, .server_cpu = -1},
	};
	double rate = crowd->options->rate;
	const char *why;

	login_all(crowd, report, crowd->count);
	report_open(report, "steps", '[');
	while (climb_try(&climb, rate))
		rate *= STEP;
	why = climb.why;
	for (size_t i = 0;
		climb.good.rate > 0 && i < sizeof(halves) / sizeof(halves[0]); i++) {
		if (!climb_try(&climb, climb.good.rate * halves[i]))
			why = climb.why;
	}
	report_close(report, ']');
	report_word(report, "ended_by", why);
	report_number(report, "limit_ms", crowd->options->limit_p99);
	report_figures(report, &climb.good);
}

/*
 * Idle
 */

static int
compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static double
median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return count % 2 == 1 ? values[count / 2]
			      : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* See crowd_stamp. */
static int64_t
stamp_now(const void *arg, const struct sender *sender, uint64_t index, int64_t now)
{
	(void)arg;
	(void)sender;
	(void)index;
	return now;
}

/* Say lines one by one, each when the one before is everywhere. */
static void
say_alone(struct crowd *crowd, struct report *report)
{
	const struct options *options = crowd->options;
	double *first = need(options->lines, sizeof(*first));
	double *last = need(options->lines, sizeof(*last));
	struct counts before = counts_take(crowd);
	struct measure from, to;
	struct figures figures;
	struct sender *sender;
	int64_t said;

	crowd->record_from = 0;
	crowd->record_to = INT64_MAX;
	from = measure_take(crowd);
	for (unsigned i = 0; i < options->lines; i++) {
		sender = &crowd->senders[i % options->senders];
		said = crowd_now(crowd);
		crowd->first_at = 0;
		sender->due++;
		crowd_speak(crowd, sender, stamp_now, NULL);
		crowd_drain(crowd, clock_from_s(options->patience));
		first[i] = clock_to_ms(crowd->first_at - said);
		last[i] = clock_to_ms(crowd->last_at - said);
		crowd_pass(crowd, PAUSE);
	}
	to = measure_take(crowd);
	figures = measure_between(&from, &to);
	figures_finish(&figures, crowd, &before);
	report_number(report, "first_ms", median(first, options->lines));
	report_number(report, "last_ms", median(last, options->lines));
	report_figures(report, &figures);
	free(first);
	free(last);
}

/* Wait until the server has let go of as many descriptors as it had before. */
static void
wait_gone(struct crowd *crowd, int descriptors)
{
	int64_t end = crowd_now(crowd) + 30 * NS_PER_S;

	while (process_descriptors(crowd->options->pid) > descriptors) {
		if (crowd_now(crowd) > end)
			fail("30 s after they left, the server still holds %d "
			     "descriptors; "
			     "it was %d",
				process_descriptors(crowd->options->pid), descriptors);
		crowd_pass(crowd, 20 * NS_PER_MS);
	}
}

static void
run_idle(struct crowd *crowd, struct report *report)
{
	pid_t pid = crowd->options->pid;
	size_t first = crowd->count > 2 * IDLE_FIRST ? IDLE_FIRST : 1;
	int64_t pss = 0, rss = 0;
	int descriptors = 0;

	crowd_login(crowd, first);
	settle(crowd);
	if (pid > 0) {
		pss = process_pss(pid);
		rss = process_rss(pid);
		descriptors = process_descriptors(pid);
		report_count(report, "rss_before", (uint64_t)rss);
	}
	login_all(crowd, report, crowd->count - first);
	if (pid > 0) {
		report_number(report, "bytes_per_session",
			(double)(process_pss(pid) - pss) /
				(double)(crowd->count - first));
		report_count(report, "rss_full", (uint64_t)process_rss(pid));
	}
	say_alone(crowd, report);
	crowd_leave(crowd, first);
	if (pid > 0) {
		wait_gone(crowd, descriptors);
		settle(crowd);
		report_count(report, "rss_after", (uint64_t)process_rss(pid));
	}
}

/*
 * Somebody who does not read
 */

static void
run_stopped(struct crowd *crowd, struct report *report)
{
	const struct options *options = crowd->options;
	struct flow flow = flow_of(options);
	struct session *reader = &crowd->sessions[crowd->receivers - 1];
	struct figures without, with;

	login_all(crowd, report, crowd->count);
	if (options->pid > 0)
		report_count(report, "rss_before", (uint64_t)process_rss(options->pid));
	without = flow_run(crowd, &flow);
	crowd_deafen(crowd, reader);
	with = flow_run(crowd, &flow);
	if (options->pid > 0)
		report_count(report, "rss_after", (uint64_t)process_rss(options->pid));
	report_word(report, "stopped_reader",
		reader->state == SESSION_CLOSED ? "closed" : "kept");
	report_open(report, "without", '{');
	report_figures(report, &without);
	report_close(report, '}');
	/* It may well be closed for that. */
	with.counts.closed -= reader->state == SESSION_CLOSED;
	report_figures(report, &with);
}

void
modes_run(struct crowd *crowd)
{
	struct report report;

	report_init(&report, crowd);
	switch (crowd->options->mode) {
	case MODE_RATE:
	case MODE_WINDOW:
		run_flow(crowd, &report);
		break;
	case MODE_RISING:
		run_rising(crowd, &report);
		break;
	case MODE_IDLE:
		run_idle(crowd, &report);
		break;
	case MODE_STOPPED:
		run_stopped(crowd, &report);
		break;
	case MODES:
		break;
	}
	report_fini(&report);
}
