/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *name = "bench";

void
fail_name(const char *program)
{
	name = program;
}

static void
say(const char *format, va_list arguments, const char *why)
{
	fflush(stdout);
	fprintf(stderr, "%s: ", name);
	vfprintf(stderr, format, arguments);
	fprintf(stderr, "%s%s\n", why == NULL ? "" : ": ", why == NULL ? "" : why);
}

void
fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(format, arguments, NULL);
	va_end(arguments);
	exit(EXIT_BROKEN);
}

void
fail_errno(const char *format, ...)
{
	const char *why = strerror(errno);
	va_list arguments;

	va_start(arguments, format);
	say(format, arguments, why);
	va_end(arguments);
	exit(EXIT_BROKEN);
}

void
fail_usage(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(format, arguments, NULL);
	va_end(arguments);
	fprintf(stderr, "%s: --help says more\n", name);
	exit(EXIT_USAGE);
}

void *
need(size_t count, size_t size)
{
	void *memory = calloc(count > 0 ? count : 1, size);

	if (memory == NULL)
		fail("no memory for %zu times %zu bytes", count, size);
	return memory;
}

void *
need_again(void *old, size_t count, size_t size)
{
	void *memory;

	if (count > SIZE_MAX / size)
		fail("no memory for %zu times %zu bytes", count, size);
	memory = realloc(old, count * size);
	if (memory == NULL)
		fail("no memory for %zu times %zu bytes", count, size);
	return memory;
}
