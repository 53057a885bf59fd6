/* SPDX-License-Identifier: ISC */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

#include "base/attr.h"

/*
 * Allocation that succeeds or aborts.
 *
 * A chat server without memory can do nothing useful, and branches that never run
 * are never right. In exchange everything that a stranger can grow has a limit in
 * conf/options.def before it is allocated. All results are heap memory for free(3).
 */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);

/* Resize to `count` elements of `size` bytes; aborts when the product overflows. */
void *xreallocarray(void *old, size_t count, size_t size);

char *xstrdup(const char *text);

/* Copy of the first `len` bytes of `text`, terminated. */
char *xstrndup(const char *text, size_t len);

char *xasprintf(const char *fmt, ...) printf_like(1, 2);
char *xvasprintf(const char *fmt, va_list args) printf_like(1, 0);

#endif
