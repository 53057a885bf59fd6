/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/records.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"

/* So much of the place is made ready at once, bytes: a multiple of any page's size. */
#define STEP ((size_t)64 * 1024)
#define PLACE ((size_t)RECORDS_MAX * RECORD_SIZE)

/* As malloc(3) has it: records are of any type. */
_Static_assert(RECORD_SIZE % _Alignof(max_align_t) == 0, "records are aligned");
_Static_assert(PLACE % STEP == 0, "the last step is a whole one");

struct record {
	struct record *next; /* of the free ones */
	char rest[RECORD_SIZE - sizeof(struct record *)];
};

/* The process's, as the heap is. */
static struct {
	struct record *all;  /* NULL: not asked for yet, or not to be had */
	struct record *free; /* that were used */
	size_t used;         /* how many of them ever were */
	size_t ready;        /* how many of them have memory, if they are touched */
	bool is_asked;
} place;

/* Address space for all of them: so it is easy to see whether a pointer is to one. */
static void
place_open(void)
{
	void *all = mmap(NULL, PLACE, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	place.is_asked = true;
	if (all != MAP_FAILED)
		place.all = all;
}

/* Make more of them ready. */
static bool
place_grow(void)
{
	if (!place.is_asked)
		place_open();
	if (place.all == NULL || place.ready == RECORDS_MAX ||
		mprotect(place.all + place.ready, STEP, PROT_READ | PROT_WRITE) == -1)
		return false;
	place.ready += STEP / RECORD_SIZE;
	return true;
}

static bool
is_record(const void *at)
{
	uintptr_t from = (uintptr_t)place.all;

	return (uintptr_t)at >= from && (uintptr_t)at < from + place.used * RECORD_SIZE;
}

void *
records_alloc(size_t size)
{
	struct record *record = place.free;

	if (size > RECORD_SIZE)
		return xmalloc(size);
	if (record != NULL) {
		place.free = record->next;
		return record;
	}
	if (place.used == place.ready && !place_grow())
		return xmalloc(size);
	return &place.all[place.used++];
}

void *
records_resize(void *old, size_t size)
{
	void *mem;

	if (old == NULL)
		return records_alloc(size);
	if (!is_record(old))
		return xreallocarray(old, 1, size);
	if (size <= RECORD_SIZE)
		return old;
	mem = xmalloc(size);
	memcpy(mem, old, RECORD_SIZE);
	records_free(old);
	return mem;
}

void
records_free(void *old)
{
	struct record *record = old;

	if (!is_record(old)) {
		free(old);
		return;
	}
	memset(record, 0, sizeof(*record));
	record->next = place.free;
	place.free = record;
}

void
records_trim(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *from = (char *)place.all;

	for (size_t at = 0; at < place.used * RECORD_SIZE; at += page) {
		const char *bytes = from + at;

		/* All bytes are like the next ones, and the first one is 0. */
		if (bytes[0] == 0 && memcmp(bytes, bytes + 1, page - 1) == 0)
			(void)madvise(from + at, page, MADV_DONTNEED);
	}
}
