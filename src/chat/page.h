/* SPDX-License-Identifier: ISC */
#ifndef CHAT_PAGE_H
#define CHAT_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * The page: everything that is said, rendered once per style, one after the other. A
 * receiver is handed extents of it, never copies; at the end of the turn each
 * receiver's extents go out in one system call, or wait for more in a busy room
 * (net/pace.h). When nobody waits the page is emptied.
 *
 * Append-only, so an extent stays good until the page is emptied. Owned by the app,
 * written by the chat layer, emptied by the net layer: at the end of a turn
 * (net_flush), or between two lines if it is full (net_flush_full).
 */
struct page {
	struct buf buf;
};

/* A piece of the page. Offsets, because the buffer moves while it grows. */
struct extent {
	uint32_t from;
	uint32_t len; /* 0: nothing to deliver */
};

/* When it holds more than this it is full. */
#define PAGE_CAP ((size_t)256 * 1024)

static inline bool
page_is_full(const struct page *page)
{
	return page->buf.len > PAGE_CAP;
}

/* What was appended since the page was `from` bytes long. */
static inline struct extent
page_since(const struct page *page, size_t from)
{
	return (struct extent){(uint32_t)from, (uint32_t)(page->buf.len - from)};
}

static inline struct str
page_text(const struct page *page, struct extent extent)
{
	return str_make(page->buf.p + extent.from, extent.len);
}

#endif
