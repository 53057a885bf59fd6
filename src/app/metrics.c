/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "app/metrics.h"

#include <inttypes.h>
#include <string.h>

#define MICRO 1000000

static const char *
version_value(size_t i)
{
	(void)i;
	return PACKAGE_VERSION;
}

static const char *
reason_value(size_t i)
{
	return reason_label((enum reason)i);
}

static const char *
connect_value(size_t i)
{
	static const char *const values[] = {"accepted", "refused"};

	return values[i];
}

static const char *
reload_value(size_t i)
{
	static const char *const values[] = {"done", "failed"};

	return values[i];
}

static const struct metric_label version = {"version", 0, 1, version_value};
static const struct metric_label connects = {"result", 0, 2, connect_value};
static const struct metric_label reloads = {"result", 0, 2, reload_value};
static const struct metric_label reasons = {
	"reason", REASON_NONE + 1, REASONS, reason_value};

/* A row is named after its member, but where the member has another unit. */
#define MEMBER(member) .name = #member, .offset = offsetof(struct numbers, member)

/* clang-format off */
const struct metric metrics[] = {
	{MEMBER(people), .type = METRIC_GAUGE,
		.help = "People who are here."},
	{MEMBER(rooms), .type = METRIC_GAUGE,
		.help = "Rooms that there are."},
	{MEMBER(connections), .type = METRIC_GAUGE,
		.help = "Connections, also those that are being closed."},
	{MEMBER(lines), .type = METRIC_COUNTER,
		.help = "Lines that were said in rooms."},
	{MEMBER(input_lines), .type = METRIC_COUNTER,
		.help = "Lines that came from people, commands and answers among them."},
	{MEMBER(deliveries), .type = METRIC_COUNTER,
		.help = "Lines told to people, each one once for everybody who gets it."},
	{MEMBER(skipped_lines), .type = METRIC_COUNTER,
		.help = "Lines that people did not get because they did not read."},
	{MEMBER(received_bytes), .type = METRIC_COUNTER, .unit = "bytes",
		.help = "What was read from connections."},
	{MEMBER(sent_bytes), .type = METRIC_COUNTER, .unit = "bytes",
		.help = "What the system has taken to send to connections."},
	{MEMBER(queue_bytes), .type = METRIC_GAUGE, .unit = "bytes",
		.help = "What waits for the system to take it."},
	{MEMBER(connects), .type = METRIC_COUNTER, .label = &connects,
		.help = "Connections that became a session, or were sent away."},
	{MEMBER(disconnects), .type = METRIC_COUNTER, .label = &reasons,
		.help = "Sessions that ended, and connections that became none."},
	{.name = "turn_seconds", .offset = offsetof(struct numbers, turns),
		.type = METRIC_HISTOGRAM, .unit = "seconds",
		.help = "Time that a turn of the event loop took, in which all others wait."},
	{MEMBER(open_fds), .type = METRIC_GAUGE,
		.help = "Descriptors that are open."},
	{MEMBER(max_fds), .type = METRIC_GAUGE,
		.help = "Descriptors that may be open."},
	{MEMBER(resident_memory_bytes), .type = METRIC_GAUGE, .unit = "bytes",
		.help = "Memory that is resident."},
	{.name = "cpu_seconds", .offset = offsetof(struct numbers, cpu),
		.type = METRIC_COUNTER, .unit = "seconds", .is_micro = true,
		.help = "Time of the processors that was used."},
	{MEMBER(reloads), .type = METRIC_COUNTER, .label = &reloads,
		.help = "How often the configuration was read again."},
	{MEMBER(restarts), .type = METRIC_COUNTER,
		.help = "Restarts in place, since the first start."},
	{MEMBER(log_records_dropped), .type = METRIC_COUNTER,
		.help = "Records that are missing in the log, whose reader was too slow."},
	{MEMBER(bans), .type = METRIC_GAUGE,
		.help = "Bans and mutes."},
	{MEMBER(claims), .type = METRIC_GAUGE,
		.help = "Names that are claimed."},
	{.name = "start_time_seconds", .offset = offsetof(struct numbers, started),
		.type = METRIC_GAUGE, .unit = "seconds", .is_micro = true,
		.help = "When the daemon was started, in seconds since 1970."},
	{.name = "build_info", .offset = offsetof(struct numbers, one),
		.type = METRIC_GAUGE, .label = &version,
		.help = "Always 1; the label says which version this is."},
	{0},
};
/* clang-format on */

static const void *
member_of(const struct metric *metric, const struct numbers *numbers)
{
	return (const char *)numbers + metric->offset;
}

/* What a name of a sample ends in. */
static const char *
suffix_of(const struct metric *metric)
{
	return metric->type == METRIC_COUNTER ? "_total" : "";
}

/* What stands ahead of the samples. */
static void
print_head(const struct metric *metric, enum metrics_format format, struct buf *out)
{
	static const char *const types[] = {
		[METRIC_GAUGE] = "gauge",
		[METRIC_COUNTER] = "counter",
		[METRIC_HISTOGRAM] = "histogram",
	};
	/* In OpenMetrics the name of a counter is without what its samples end in. */
	const char *suffix = format == METRICS_PROMETHEUS ? suffix_of(metric) : "";

	buf_printf(out, "# TYPE " METRIC_PREFIX "%s%s %s\n", metric->name, suffix,
		types[metric->type]);
	if (metric->unit != NULL && format == METRICS_OPENMETRICS)
		buf_printf(out, "# UNIT " METRIC_PREFIX "%s %s\n", metric->name,
			metric->unit);
	buf_printf(out, "# HELP " METRIC_PREFIX "%s%s %s\n", metric->name, suffix,
		metric->help);
}

static void
print_value(uint64_t value, bool is_micro, struct buf *out)
{
	if (is_micro)
		buf_printf(out, "%" PRIu64 ".%06" PRIu64, value / MICRO, value % MICRO);
	else
		buf_printf(out, "%" PRIu64, value);
	buf_add_char(out, '\n');
}

static void
print_samples(
	const struct metric *metric, const struct numbers *numbers, struct buf *out)
{
	const uint64_t *values = member_of(metric, numbers);
	const struct metric_label *label = metric->label;
	const char *suffix = suffix_of(metric);

	if (label == NULL) {
		buf_printf(out, METRIC_PREFIX "%s%s ", metric->name, suffix);
		print_value(*values, metric->is_micro, out);
		return;
	}
	for (size_t i = label->first; i < label->end; i++) {
		buf_printf(out, METRIC_PREFIX "%s%s{%s=\"%s\"} ", metric->name, suffix,
			label->name, label->value(i));
		print_value(values[i], metric->is_micro, out);
	}
}

static void
print_histogram(
	const struct metric *metric, const struct numbers *numbers, struct buf *out)
{
	const struct histogram *histogram = member_of(metric, numbers);
	uint64_t count = 0;

	for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
		count += histogram->counts[i];
		/* As everybody writes it, since it is part of a name: 0.000128. */
		buf_printf(out, METRIC_PREFIX "%s_bucket{le=\"%.9g\"} %" PRIu64 "\n",
			metric->name, (double)histogram_bound(i) / MICRO, count);
	}
	count += histogram->counts[HISTOGRAM_BOUNDS];
	buf_printf(out, METRIC_PREFIX "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n",
		metric->name, count);
	buf_printf(out, METRIC_PREFIX "%s_count %" PRIu64 "\n", metric->name, count);
	buf_printf(out, METRIC_PREFIX "%s_sum ", metric->name);
	print_value(histogram->sum, true, out);
}

bool
metrics_format(struct str name, enum metrics_format *format)
{
	static const char *const names[] = {
		[METRICS_OPENMETRICS] = "openmetrics",
		[METRICS_PROMETHEUS] = "prometheus",
	};

	*format = METRICS_OPENMETRICS;
	if (name.len == 0)
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (str_ieq(name, str_of(names[i]))) {
			*format = (enum metrics_format)i;
			return true;
		}
	}
	return false;
}

void
metrics_print(
	const struct numbers *numbers, enum metrics_format format, struct buf *out)
{
	for (const struct metric *metric = metrics; metric->name != NULL; metric++) {
		print_head(metric, format, out);
		if (metric->type == METRIC_HISTOGRAM)
			print_histogram(metric, numbers, out);
		else
			print_samples(metric, numbers, out);
	}
	if (format == METRICS_OPENMETRICS)
		buf_add_str(out, STR("# EOF\n"));
}
