/* SPDX-License-Identifier: ISC */
#ifndef APP_METRICS_H
#define APP_METRICS_H

#include <stdbool.h>
#include <stddef.h>

#include "app/numbers.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"

/*
 * The numbers as text for monitoring, in one of two formats that Prometheus and others
 * read: OpenMetrics 1.0, or the older one of Prometheus (0.0.4), which its tools and
 * the textfile collector of its node exporter take. They differ in little, but in the
 * names of counters so much that no text is both.
 *
 * One table says what there is, to these and to the man page. To add a metric: add a
 * member to struct numbers, take it in numbers_take(), add its row, run
 * tools/update-docs. Names follow the rules of Prometheus: base units, named at the
 * end, _total for what only grows. Labels are from sets that are fixed here: never
 * anything that people choose.
 */
enum metric_type {
	METRIC_GAUGE,
	METRIC_COUNTER,
	METRIC_HISTOGRAM, /* of microseconds */
};

/* A label: metrics with one are an array in struct numbers. */
struct metric_label {
	const char *name;
	size_t first, end;              /* the indices that are shown */
	const char *(*value)(size_t i); /* plain text: no quote, no backslash */
};

struct metric {
	const char *name; /* without METRIC_PREFIX, and _total of a counter */
	enum metric_type type;
	const char *unit;                 /* the end of the name, or NULL */
	const char *help;                 /* one sentence of plain text */
	size_t offset;                    /* of the member of struct numbers */
	bool is_micro;                    /* the member counts millionths of the unit */
	const struct metric_label *label; /* or NULL */
};

#define METRIC_PREFIX "prattle_"

/* Ended by a row without a name. */
extern const struct metric metrics[];

enum metrics_format {
	METRICS_OPENMETRICS,
	METRICS_PROMETHEUS,
};

/* Which format has that name? "" is the first. False if none. */
must_use bool metrics_format(struct str name, enum metrics_format *format);

/* Append all of them. */
void metrics_print(
	const struct numbers *numbers, enum metrics_format format, struct buf *out);

#endif
