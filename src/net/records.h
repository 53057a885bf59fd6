/* SPDX-License-Identifier: ISC */
#ifndef NET_RECORDS_H
#define NET_RECORDS_H

#include <stddef.h>

/*
 * The small records of libevent, in a place of their own.
 *
 * libevent keeps a record for each descriptor that it has ever watched, for ever. On
 * the heap, those of ten thousand people would stand in the midst of everything else
 * that they needed, and none of it could be given back when they have gone. Here they
 * stand side by side. A page of them that holds nothing but zeroes is one of
 * descriptors that nobody watches: it goes back to the kernel, which hands out zeroes
 * when it is touched again, so that libevent need not know.
 *
 * These are the functions for event_set_mem_functions(3), which has no argument for a
 * context: there is one such place in the process. They never return NULL; what is too
 * large for a record, or finds no place, is base/mem.h's. For the thread of the loop
 * only.
 */
void *records_alloc(size_t size);
void *records_resize(void *old, size_t size);
void records_free(void *old);

/* Give back pages of zeroes. Looks at each page of records: do it rarely. */
void records_trim(void);

/* The largest one, bytes. */
#define RECORD_SIZE 32

/* How many records there is a place for: 32 MiB of addresses, but no memory yet. */
#define RECORDS_MAX (1024 * 1024)

#endif
