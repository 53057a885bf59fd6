/* SPDX-License-Identifier: ISC */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct crowd;
struct figures;

/*
 * The result: one line of JSON. It is put together as it comes, and printed whole or
 * not at all.
 */
struct report {
	FILE *out;
	char *text;
	size_t len;
	bool has_one; /* the innermost object or array is not empty */
};

/* Begin it, with what was asked for. */
void report_init(struct report *report, const struct crowd *crowd);

/* Print it. */
void report_fini(struct report *report);

/* Members; the name is NULL in an array. A negative number is not known: null. */
void report_number(struct report *report, const char *name, double value);
void report_count(struct report *report, const char *name, uint64_t value);
void report_word(struct report *report, const char *name, const char *word);

/* The figures of a flow, each a member. */
void report_figures(struct report *report, const struct figures *figures);

/* What is reported between these two is an object, or an array, within. */
void report_open(struct report *report, const char *name, char bracket);
void report_close(struct report *report, char bracket);

#endif
