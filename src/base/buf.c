/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Most lines of a chat fit into this, so that most buffers allocate once. */
enum {
	CAP_MIN = 128
};

char *
buf_reserve(struct buf *buf, size_t len)
{
	size_t cap = buf->cap > 0 ? buf->cap : CAP_MIN;

	assert(len <= SIZE_MAX / 2 - buf->len);
	/* Doubling keeps the copying linear in what is added. */
	while (cap - buf->len < len)
		cap *= 2;
	if (cap != buf->cap) {
		buf->p = xreallocarray(buf->p, cap, 1);
		buf->cap = cap;
	}
	return buf->p + buf->len;
}

void
buf_add(struct buf *buf, const void *bytes, size_t len)
{
	if (len == 0)
		return;
	memcpy(buf_reserve(buf, len), bytes, len);
	buf->len += len;
}

void
buf_add_str(struct buf *buf, struct str s)
{
	buf_add(buf, s.p, s.len);
}

void
buf_add_char(struct buf *buf, char c)
{
	*buf_reserve(buf, 1) = c;
	buf->len++;
}

void
buf_printf(struct buf *buf, const char *fmt, ...)
{
	char *room = buf_reserve(buf, 1);
	size_t size = buf->cap - buf->len;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(room, size, fmt, args);
	va_end(args);
	assert(len >= 0);
	if ((size_t)len >= size) {
		/* Now that the length is known. The terminator wants its place too. */
		size = (size_t)len + 1;
		room = buf_reserve(buf, size);
		va_start(args, fmt);
		len = vsnprintf(room, size, fmt, args);
		va_end(args);
		assert((size_t)len == size - 1);
	}
	buf->len += (size_t)len;
}

char *
buf_take(struct buf *buf)
{
	char *text;

	*buf_reserve(buf, 1) = '\0';
	text = buf->p;
	*buf = (struct buf){0};
	return text;
}

void
buf_fini(struct buf *buf)
{
	free(buf->p);
	*buf = (struct buf){0};
}
