/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * The message goes out by the one call that needs no memory itself, past the log:
 * its thread would hardly run again before the process is gone.
 */
static _Noreturn void
no_memory(void)
{
	static const char message[] = "prattled: out of memory\n";

	/* Nothing is left to be done about a failure, but glibc insists on a look. */
	if (write(STDERR_FILENO, message, sizeof(message) - 1) == -1)
		abort();
	abort();
}

void *
xmalloc(size_t size)
{
	/* C lets malloc(0) be NULL, which must not look like a failure. */
	void *mem = malloc(size > 0 ? size : 1);

	if (mem == NULL)
		no_memory();
	return mem;
}

void *
xcalloc(size_t count, size_t size)
{
	void *mem = count > 0 && size > 0 ? calloc(count, size) : calloc(1, 1);

	if (mem == NULL)
		no_memory();
	return mem;
}

void *
xreallocarray(void *old, size_t count, size_t size)
{
	void *mem;

	if (size > 0 && count > SIZE_MAX / size)
		no_memory();
	/* realloc(p, 0) frees p or does not, as the C library likes. */
	mem = realloc(old, count > 0 && size > 0 ? count * size : 1);
	if (mem == NULL)
		no_memory();
	return mem;
}

char *
xstrdup(const char *text)
{
	return xstrndup(text, strlen(text));
}

char *
xstrndup(const char *text, size_t len)
{
	char *copy = xmalloc(len + 1);

	/* `text` may be NULL when there is nothing to copy, which memcpy forbids. */
	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *
xasprintf(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	return text;
}

char *
xvasprintf(const char *fmt, va_list args)
{
	char *text;

	/* Memory is the only thing it can lack: no format of ours has wide text. */
	if (vasprintf(&text, fmt, args) == -1)
		no_memory();
	return text;
}
