/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/mem.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#ifdef HAVE_MALLOC_TRIM
#include <malloc.h>
#endif
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Guarded by its lock: who comes second waits until the memory is really free. */
static struct {
	pthread_mutex_t lock;
	void *block; /* NULL: there is none */
	size_t size; /* of the block */
	bool low;    /* there should be one */
} reserve = {.lock = PTHREAD_MUTEX_INITIALIZER};

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

/* An allocation failed. After this it may be tried once more. */
static void
use_reserve(void)
{
	pthread_mutex_lock(&reserve.lock);
	if (reserve.block != NULL)
		reserve.low = true;
	free(reserve.block);
	reserve.block = NULL;
	reserve.size = 0;
	pthread_mutex_unlock(&reserve.lock);
}

FILE *
mem_fopen(const char *path, const char *mode)
{
	FILE *file = fopen(path, mode);

	if (file == NULL && errno == ENOMEM) {
		use_reserve();
		file = fopen(path, mode);
	}
	return file;
}

bool
mem_reserve(size_t size)
{
	bool kept;

	pthread_mutex_lock(&reserve.lock);
	if (reserve.size != size) {
		free(reserve.block);
		reserve.block = size > 0 ? malloc(size) : NULL;
		reserve.size = reserve.block != NULL ? size : 0;
	}
	kept = reserve.size == size;
	reserve.low = !kept;
	pthread_mutex_unlock(&reserve.lock);
	return kept;
}

bool
mem_is_low(void)
{
	bool low;

	pthread_mutex_lock(&reserve.lock);
	low = reserve.low;
	pthread_mutex_unlock(&reserve.lock);
	return low;
}

/* Resize (NULL: allocate) to `size` bytes, which is not 0. */
static void *
resize(void *old, size_t size)
{
	void *mem = realloc(old, size);

	if (mem == NULL) {
		use_reserve();
		mem = realloc(old, size);
	}
	if (mem == NULL)
		no_memory();
	return mem;
}

void *
xmalloc(size_t size)
{
	/* C lets malloc(0) be NULL, which must not look like a failure. */
	return resize(NULL, size > 0 ? size : 1);
}

void *
xcalloc(size_t count, size_t size)
{
	void *mem;

	if (count == 0 || size == 0)
		count = size = 1;
	mem = calloc(count, size);
	if (mem == NULL) {
		use_reserve();
		mem = calloc(count, size);
	}
	if (mem == NULL)
		no_memory();
	return mem;
}

void *
xreallocarray(void *old, size_t count, size_t size)
{
	if (size > 0 && count > SIZE_MAX / size)
		no_memory();
	/* realloc(p, 0) frees p or does not, as the C library likes. */
	return resize(old, count > 0 && size > 0 ? count * size : 1);
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
	va_list again;
	char *text;
	int len;

	/* Not vasprintf(), which would not ask us for its memory. */
	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len < 0)
		no_memory();
	text = xmalloc((size_t)len + 1);
	(void)vsnprintf(text, (size_t)len + 1, fmt, args);
	return text;
}

void
mem_trim(void)
{
#ifdef HAVE_MALLOC_TRIM
	(void)malloc_trim(0);
#endif
}
