/* SPDX-License-Identifier: ISC */
#ifndef BASE_STATE_FILE_H
#define BASE_STATE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/state.h"
#include "base/str.h"

/*
 * State as a file: in memory only (memfd), sealed against changes, to be inherited by
 * the process that goes on with it. In front of the records (base/state.h) stands a
 * header of STATE_HEADER_BYTES, numbers little-endian:
 *
 *	0	8 bytes	"prattle\n"
 *	8	4	version of the format: STATE_FORMAT
 *	12	4	zero
 *	16	8	bytes behind the header
 *	24	8	checksum: FNV-1a, 64 bits, of what is behind the header and then
 *			of the header with zeros here
 *	32	32	version of the program that wrote it, zeros behind
 *
 * The format gets another number only if an older reader could take it for something
 * that it is not; new members and records do not need that.
 */
#define STATE_FORMAT 1
#define STATE_HEADER_BYTES 64
#define STATE_VERSION_MAX 32

/* A state that is being written. */
struct state_file {
	struct state_out out; /* first: for state_put(); holds the descriptors, too */
	int fd;
	uint64_t bytes; /* behind the header so far */
	uint64_t sum;   /* of these */
	int error;      /* errno of the write that failed, or 0 */
};

/*
 * Begin at `now` (monotonic ms). -1 with the reason in `err`. In any case
 * state_file_fini() is due.
 */
must_use int state_file_begin(struct state_file *file, int64_t now, struct err *err);

/*
 * All is written: returns the descriptor, sealed, close-on-exec and the caller's; -1
 * with the reason in `err` if something could not be written.
 */
must_use int state_file_end(struct state_file *file, struct err *err);

void state_file_fini(struct state_file *file);

/* A state that is being read. Zero-initialise it. */
struct state_map {
	void *p; /* the whole file */
	size_t bytes;
	struct str body;                     /* the records */
	char version[STATE_VERSION_MAX + 1]; /* of the program that wrote it */
};

/*
 * Open what is behind the descriptor, which stays the caller's. -1 with the reason in
 * `err`: it is no state, not whole, damaged, or of a format that is not known here.
 */
must_use int state_map_open(struct state_map *map, int fd, struct err *err);

/* What was read must not be used any more. May be called in any case. */
void state_map_close(struct state_map *map);

#endif
