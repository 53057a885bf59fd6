/* SPDX-License-Identifier: ISC */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"

/*
 * A growing byte buffer. Zero-initialise it; it allocates on first use. Pointers
 * into it are good until the next addition.
 */
struct buf {
	char *p;    /* NULL until something is added */
	size_t len; /* bytes used */
	size_t cap; /* bytes allocated */
};

void buf_add(struct buf *buf, const void *bytes, size_t len);
void buf_add_str(struct buf *buf, struct str s);
void buf_add_char(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *fmt, ...) printf_like(2, 3);

/* Room for `len` more bytes at the end; the caller writes there and raises len. */
char *buf_reserve(struct buf *buf, size_t len);

/* Empty it but keep the memory. */
static inline void
buf_reset(struct buf *buf)
{
	buf->len = 0;
}

static inline struct str
buf_str(const struct buf *buf)
{
	return str_make(buf->p, buf->len);
}

/* The content as a terminated heap string (returns new); the buffer is empty again. */
must_use char *buf_take(struct buf *buf);

/* Free the memory; the buffer may be used again. */
void buf_fini(struct buf *buf);

#endif
