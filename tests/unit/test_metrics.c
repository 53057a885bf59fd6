/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/metrics.h"

static const struct numbers some = {
	.people = 3,
	.lines = UINT64_MAX,
	.queue_bytes = 4096,
	.connects = {7, 2},
	.disconnects = {[REASON_QUIT] = 5, [REASON_STOP] = 6},
	.turns = {.counts = {10, 0, 3, [HISTOGRAM_BOUNDS] = 1}, .sum = 9000123},
	.cpu = 1234567,
	.started = (uint64_t)1795255872 * 1000000,
	.one = 1,
};

static char *
print(enum metrics_format format)
{
	struct buf out = {0};

	metrics_print(&some, format, &out);
	return buf_take(&out);
}

/* The text holds these whole lines, one behind the other. */
static void
assert_lines(const char *text, const char *lines)
{
	const char *at = strstr(text, lines);

	if (at == NULL || (at > text && at[-1] != '\n'))
		fail_msg("there is no\n%s", lines);
}

static bool
is_name(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz_");

	return len > 0 && name[len] == '\0' && name[0] != '_' && name[len - 1] != '_' &&
		strstr(name, "__") == NULL;
}

static bool
ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len > end_len && strcmp(text + len - end_len, end) == 0;
}

static void
check_label(const struct metric_label *label)
{
	assert_true(is_name(label->name));
	assert_string_not_equal(label->name, "le");
	assert_true(label->first < label->end);
	for (size_t i = label->first; i < label->end; i++) {
		const char *value = label->value(i);

		assert_true(value[0] != '\0');
		assert_null(strpbrk(value, "\"\\\n"));
		for (size_t j = label->first; j < i; j++)
			assert_string_not_equal(value, label->value(j));
	}
}

/* Rows that make sense, and names that nothing else can be taken for. */
static void
test_table(void **state)
{
	static const char *const taken[] = {
		"_total", "_created", "_count", "_sum", "_bucket", "_gcount", "_gsum"};

	(void)state;
	for (const struct metric *m = metrics; m->name != NULL; m++) {
		if (!is_name(m->name))
			fail_msg("%s is no name", m->name);
		for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++)
			assert_false(ends_in(m->name, taken[i]));
		for (const struct metric *other = metrics; other < m; other++)
			assert_string_not_equal(m->name, other->name);
		assert_true(ends_in(m->help, "."));
		assert_null(strpbrk(m->help, "\"\\\n"));
		if (m->unit != NULL)
			assert_true(ends_in(m->name, m->unit));
		else
			assert_false(ends_in(m->name, "seconds") ||
				ends_in(m->name, "bytes") || m->is_micro);
		if (m->label != NULL)
			check_label(m->label);
		assert_true(m->offset < sizeof(struct numbers));
	}
}

static void
test_openmetrics(void **state)
{
	char *text = print(METRICS_OPENMETRICS);

	(void)state;
	assert_ptr_equal(strstr(text,
				 "# TYPE prattle_people gauge\n"
				 "# HELP prattle_people People who are here.\n"
				 "prattle_people 3\n"
				 "# TYPE prattle_rooms gauge\n"),
		text);
	assert_lines(text,
		"# TYPE prattle_lines counter\n"
		"# HELP prattle_lines Lines that were said in rooms.\n"
		"prattle_lines_total 18446744073709551615\n");
	assert_lines(text,
		"# TYPE prattle_queue_bytes gauge\n"
		"# UNIT prattle_queue_bytes bytes\n"
		"# HELP prattle_queue_bytes What waits for the system to take it.\n"
		"prattle_queue_bytes 4096\n");
	assert_lines(text,
		"prattle_connects_total{result=\"accepted\"} 7\n"
		"prattle_connects_total{result=\"refused\"} 2\n");
	assert_lines(text, "prattle_cpu_seconds_total 1.234567\n");
	assert_lines(text, "prattle_start_time_seconds 1795255872.000000\n");
	assert_lines(text, "prattle_build_info{version=\"" PACKAGE_VERSION "\"} 1\n");
	assert_true(ends_in(text, "\n# EOF\n"));
	assert_ptr_equal(strstr(text, "# EOF"), text + strlen(text) - 6);
	free(text);
}

static void
test_prometheus(void **state)
{
	char *text = print(METRICS_PROMETHEUS);

	(void)state;
	assert_lines(text,
		"# TYPE prattle_lines_total counter\n"
		"# HELP prattle_lines_total Lines that were said in rooms.\n"
		"prattle_lines_total 18446744073709551615\n");
	assert_lines(text, "# TYPE prattle_queue_bytes gauge\n");
	assert_lines(text, "# TYPE prattle_turn_seconds histogram\n");
	assert_null(strstr(text, "# UNIT"));
	assert_null(strstr(text, "# EOF"));
	free(text);
}

/* All of them, also those that never happened. */
static void
test_reasons(void **state)
{
	char *text = print(METRICS_OPENMETRICS), *at = text;
	size_t count = 0;

	(void)state;
	assert_lines(text,
		"prattle_disconnects_total{reason=\"quit\"} 5\n"
		"prattle_disconnects_total{reason=\"eof\"} 0\n");
	assert_lines(text, "prattle_disconnects_total{reason=\"stop\"} 6\n");
	while ((at = strstr(at, "prattle_disconnects_total{")) != NULL) {
		count++;
		at++;
	}
	assert_int_equal(count, REASONS - 1);
	assert_null(strstr(text, "\"none\""));
	free(text);
}

static void
test_histogram(void **state)
{
	char *text = print(METRICS_OPENMETRICS);

	(void)state;
	assert_lines(text,
		"prattle_turn_seconds_bucket{le=\"1.6e-05\"} 10\n"
		"prattle_turn_seconds_bucket{le=\"3.2e-05\"} 10\n"
		"prattle_turn_seconds_bucket{le=\"6.4e-05\"} 13\n"
		"prattle_turn_seconds_bucket{le=\"0.000128\"} 13\n");
	assert_lines(text,
		"prattle_turn_seconds_bucket{le=\"4.194304\"} 13\n"
		"prattle_turn_seconds_bucket{le=\"8.388608\"} 13\n"
		"prattle_turn_seconds_bucket{le=\"+Inf\"} 14\n"
		"prattle_turn_seconds_count 14\n"
		"prattle_turn_seconds_sum 9.000123\n");
	free(text);
}

static void
test_formats(void **state)
{
	enum metrics_format format;

	(void)state;
	assert_true(metrics_format(STR("prometheus"), &format));
	assert_int_equal(format, METRICS_PROMETHEUS);
	assert_true(metrics_format(STR("OpenMetrics"), &format));
	assert_int_equal(format, METRICS_OPENMETRICS);
	assert_true(metrics_format(STR(""), &format));
	assert_int_equal(format, METRICS_OPENMETRICS);
	assert_false(metrics_format(STR("prom"), &format));
	assert_false(metrics_format(STR("json"), &format));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_openmetrics),
		cmocka_unit_test(test_prometheus),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_histogram),
		cmocka_unit_test(test_formats),
	};

	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
