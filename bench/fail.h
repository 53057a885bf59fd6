/* SPDX-License-Identifier: ISC */
#ifndef BENCH_FAIL_H
#define BENCH_FAIL_H

#include <stddef.h>

/*
 * The one way in which these programs fail: a line on standard error, and exit.
 */

enum {
	EXIT_BROKEN = 1, /* the measurement could not be made */
	EXIT_USAGE = 2,
	EXIT_LIMIT = 3, /* it took longer than it may */
};

/* What the lines begin with. */
void fail_name(const char *program);

__attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...);

/* The same, with the words for errno behind it. */
__attribute__((noreturn, format(printf, 1, 2))) void fail_errno(
	const char *format, ...);

/* For what is wrong with the command line. */
__attribute__((noreturn, format(printf, 1, 2))) void fail_usage(
	const char *format, ...);

/* Memory, set to zero; they return new, and fail where there is none. */
void *need(size_t count, size_t size);
void *need_again(void *old, size_t count, size_t size);

#endif
