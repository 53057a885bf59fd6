/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "report.h"

#include <inttypes.h>
#include <stdlib.h>

#include "crowd.h"
#include "fail.h"
#include "flow.h"
#include "speech.h"

/* What comes before a value: a comma, and its name. */
static void
begin_value(struct report *report, const char *name)
{
	if (report->has_one)
		fputc(',', report->out);
	report->has_one = true;
	if (name != NULL)
		fprintf(report->out, "\"%s\":", name);
}

void
report_number(struct report *report, const char *name, double value)
{
	begin_value(report, name);
	if (value < 0)
		fputs("null", report->out);
	else
		fprintf(report->out, "%.6g", value);
}

void
report_count(struct report *report, const char *name, uint64_t value)
{
	begin_value(report, name);
	fprintf(report->out, "%" PRIu64, value);
}

/* Words are ours, and hold nothing that JSON would want escaped. */
void
report_word(struct report *report, const char *name, const char *word)
{
	begin_value(report, name);
	fprintf(report->out, "\"%s\"", word);
}

void
report_open(struct report *report, const char *name, char bracket)
{
	begin_value(report, name);
	fputc(bracket, report->out);
	report->has_one = false;
}

void
report_close(struct report *report, char bracket)
{
	fputc(bracket, report->out);
	report->has_one = true;
}

void
report_figures(struct report *report, const struct figures *figures)
{
	const struct counts *counts = &figures->counts;

	if (figures->rate > 0) {
		report_number(report, "rate", figures->rate);
		report_number(report, "delivered", figures->delivered);
	}
	report_number(report, "seconds", figures->seconds);
	report_number(report, "lines_s", figures->lines_s);
	report_number(report, "deliveries_s", figures->deliveries_s);
	report_count(report, "deliveries", figures->deliveries);
	report_number(report, "p50_ms", figures->p50);
	report_number(report, "p90_ms", figures->p90);
	report_number(report, "p99_ms", figures->p99);
	report_number(report, "p999_ms", figures->p999);
	report_number(report, "max_ms", figures->max);
	report_number(report, "said_late_ms", figures->late);
	report_number(report, "us_per_delivery", figures->us_delivery);
	report_number(report, "server_cpu", figures->server_cpu);
	report_number(report, "own_cpu", figures->own_cpu);
	report_number(report, "lines_per_read", figures->lines_read);
	report_count(report, "said", counts->said);
	report_count(report, "expected", counts->expected);
	report_count(report, "arrived", counts->arrived);
	report_count(report, "lost", counts->lost);
	report_count(report, "doubled", counts->doubled);
	report_count(report, "reordered", counts->reordered);
	report_count(report, "garbled", counts->garbled);
	report_count(report, "stray", counts->stray);
	report_count(report, "closed", counts->closed);
}

void
report_init(struct report *report, const struct crowd *crowd)
{
	const struct options *options = crowd->options;

	*report = (struct report){0};
	report->out = open_memstream(&report->text, &report->len);
	if (report->out == NULL)
		fail_errno("open_memstream");
	fputc('{', report->out);
	report_word(report, "mode", mode_name(options->mode));
	report_word(report, "protocol", options->speech->name);
	report_count(report, "sessions", options->sessions);
	report_count(report, "rooms", options->rooms);
	report_count(report, "senders", options->senders);
	report_count(report, "payload", options->payload);
}

void
report_fini(struct report *report)
{
	fputs("}\n", report->out);
	if (fclose(report->out) == EOF)
		fail_errno("open_memstream");
	if (fwrite(report->text, 1, report->len, stdout) < report->len ||
		fflush(stdout) == EOF)
		fail_errno("standard output");
	free(report->text);
}
