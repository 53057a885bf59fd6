/* SPDX-License-Identifier: ISC */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/attr.h"

/*
 * Allocation that succeeds or aborts.
 *
 * A chat server without memory can do nothing useful, and branches that never run
 * are never right. In exchange everything that a stranger can grow has a limit in
 * conf/options.def before it is allocated. All results are heap memory for free(3).
 *
 * What is left of that is the one allocation that fails because something else on the
 * machine is greedy for a moment. It shall cost nobody anything: an allocation that
 * fails gives up a reserve, kept for this, and is tried again; only if that fails too
 * the process aborts. Whoever runs the loop fills the reserve again at the end of the
 * turn, and as long as it can't lets no newcomers in.
 *
 * The reserve is one of the few mutable globals of the daemon (ARCHITECTURE.md): memory
 * is the process's, and malloc(3) has no argument for it either. All functions here may
 * be called from any thread.
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

/*
 * fopen(3), which needs memory of its own: if there is none it is tried again, as
 * above. NULL with errno set if it fails.
 */
must_use FILE *mem_fopen(const char *path, const char *mode);

/*
 * Keep `size` bytes in reserve; nothing happens if they are there. 0 gives them up, at
 * the end. False if there is not enough memory: then there is no reserve.
 */
must_use bool mem_reserve(size_t size);

/*
 * Give what was freed back to the system, as far as malloc(3) can. Takes longer the
 * more there is, so do it rarely: when much was freed.
 */
void mem_trim(void);

/* Is there no reserve, because it was used or mem_reserve() was false? */
bool mem_is_low(void);

#endif
