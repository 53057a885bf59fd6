/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "app/dump.h"

#include "app/metrics.h"

static void
add_label(const struct metric_label *label, struct buf *out)
{
	/* One that stands for itself, such as a version, is told of by the help. */
	if (label->end - label->first == 1)
		return;
	buf_printf(out, "The label\n.Cm %s\nis one of\n", label->name);
	for (size_t i = label->first; i < label->end; i++)
		buf_printf(out, ".Cm %s%s\n", label->value(i),
			i + 1 < label->end ? " ," : " .");
}

static void
add_metric(const struct metric *metric, struct buf *out)
{
	static const char *const types[] = {
		[METRIC_GAUGE] = "A gauge.",
		[METRIC_COUNTER] = "A counter.",
		[METRIC_HISTOGRAM] = "A histogram.",
	};

	buf_printf(out, ".It Li " METRIC_PREFIX "%s%s\n", metric->name,
		metric->type == METRIC_COUNTER ? "_total" : "");
	buf_printf(out, "%s\n%s\n", metric->help, types[metric->type]);
	if (metric->label != NULL)
		add_label(metric->label, out);
}

void
dump_metrics(struct buf *out)
{
	buf_add_str(out, STR(".Bl -tag -width Ds\n"));
	for (const struct metric *metric = metrics; metric->name != NULL; metric++)
		add_metric(metric, out);
	buf_add_str(out, STR(".El\n"));
}
