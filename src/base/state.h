/* SPDX-License-Identifier: ISC */
#ifndef BASE_STATE_H
#define BASE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/*
 * What one process leaves to the next, which may be of another version: structs as
 * bytes, and back. base/state_file.h is where the bytes go.
 *
 * A struct that is kept has one const table with a row for each member that is kept.
 * Writing and reading both are loops over it, so a new member is one row:
 *
 *	static const struct state_field fields[] = {
 *		STATE_ROW(struct user, nick, 2, STATE_STRING),
 *		STATE_ROW(struct user, arrived, 12, STATE_AGE),
 *	};
 *
 * The number is the member's name in the bytes. It is never given to another member,
 * nor to one of another kind: what a newer version has put in is skipped, and what an
 * older one has left out stays as it was before reading. Zeros, and what is empty, are
 * not written; so whoever reads begins with a zeroed struct.
 *
 * The bytes are those of Protocol Buffers (varints and length-delimited fields only),
 * so `protoc --decode_raw` shows them. Reading trusts nothing: any bytes give an error
 * or structs that are as their tables want them.
 */
struct state_table;

enum state_kind {
	STATE_BOOL,
	STATE_UINT, /* unsigned of any size; with .count an array of them */
	STATE_INT,  /* signed of any size */
	STATE_ENUM, /* by its word in .words, so that values may get other numbers */
	/*
	 * Monotonic milliseconds, kept as the distance from the moment of writing: so
	 * what was due in a second is due in a second.
	 */
	STATE_AGE,
	STATE_SINCE,   /* the same, where 0 says that it is not so, and stays 0 */
	STATE_FD,      /* a descriptor, by its place in struct state_fds; -1: none */
	STATE_TEXT,    /* char[], terminated */
	STATE_STRING,  /* char *, owned; NULL and "" are two things */
	STATE_STR,     /* struct str; after reading it borrows from what is read */
	STATE_BUF,     /* struct buf */
	STATE_BYTES,   /* unsigned char[], all of it */
	STATE_NUMBERS, /* struct state_numbers */
	STATE_RECORD,  /* an embedded struct of .table */
	STATE_NEW,     /* a pointer to one on the heap, or NULL */
	STATE_ARRAY    /* a pointer to some on the heap; .count_at has how many */
};

/* A growing list of numbers. Zero-initialise it. */
struct state_numbers {
	uint64_t *v; /* owned */
	size_t count;
};

struct state_field {
	size_t offset, size; /* of the member */
	const char *name;    /* of the member, for errors */
	unsigned number;
	enum state_kind kind;
	const struct state_table *table; /* RECORD, NEW, ARRAY */
	const char *const *words;        /* ENUM: by value; NULL: never kept */
	size_t nwords;
	/*
	 * The most that may be read: of a number; of text the bytes, of NUMBERS and
	 * ARRAY the elements. 0: what the member holds.
	 */
	uint64_t max;
	size_t count;    /* UINT: of how many elements the member is; 0: no array */
	size_t count_at; /* ARRAY: offset of the size_t that counts */
	bool (*when)(const void *record); /* is it written? NULL: yes */
};

/* A row: number and kind, then what the kind needs as .member = value. */
#define STATE_ROW(type, member, ...)                                                   \
	{                                                                              \
		.offset = offsetof(type, member), .size = sizeof(((type *)0)->member), \
		.name = #member, __VA_ARGS__                                           \
	}

struct state_table {
	const char *name; /* of the struct, for errors */
	const struct state_field *fields;
	size_t nfields; /* at most STATE_FIELDS_MAX */
	size_t size;    /* of the struct */
	/*
	 * Everything is read: does it make sense together? May put right what follows
	 * from other members. -1 with the reason in `err`. NULL: it does.
	 */
	int (*accept)(void *record, struct err *err);
};

#define STATE_FIELDS_MAX 64

/* The table of a struct whose rows are in an array; `check` is accept, or NULL. */
#define STATE_TABLE(type, rows, check)                                                 \
	{                                                                              \
		.name = #type, .fields = rows,                                         \
		.nfields = sizeof(rows) / sizeof((rows)[0]),                           \
		.size = sizeof(struct type), .accept = check                           \
	}

/*
 * Descriptors, which travel beside the bytes: these only say which one of the list. A
 * new process may have got them under other numbers.
 */
struct state_fds {
	int *v;         /* -1: it is not here, for the state is only being checked */
	bool *is_taken; /* when reading: somebody has it */
	size_t count, cap;
};

void state_fds_add(struct state_fds *fds, int fd);
void state_fds_fini(struct state_fds *fds); /* closes nothing */

/*
 * Writing
 */

/* Zero-initialise it, but for what is said below. */
struct state_out {
	struct buf buf; /* what is written, unless `full` takes it away */
	int64_t now;    /* monotonic ms; to be set before */
	struct state_fds fds;
	/* Called between two records when there is much in `buf`, to take it out. */
	void (*full)(struct state_out *out);
};

/* Append a record, which the reader finds by its number. */
void state_put(struct state_out *out, unsigned number, const struct state_table *table,
	const void *record);

void state_out_fini(struct state_out *out);

/*
 * Reading
 */
struct state_in {
	struct str rest;       /* what is still to be read; set before */
	int64_t now;           /* monotonic ms; set before */
	struct state_fds *fds; /* borrowed */
};

/* One record, not looked into. */
struct state_item {
	unsigned number;
	struct str bytes;
};

/* Take the next record off the front. 1; 0 at the end; -1 with the reason in `err`. */
must_use int state_next(struct state_in *in, struct state_item *item, struct err *err);

/*
 * Read a record into a struct, which is zeroed or holds what is to stay if it is not in
 * the bytes. -1 with the reason in `err`: what is owned by the struct then is for the
 * caller to free all the same.
 */
must_use int state_get(struct state_in *in, const struct state_item *item,
	const struct state_table *table, void *record, struct err *err);

/* For lists of numbers. */
void state_numbers_add(struct state_numbers *numbers, uint64_t number);
void state_numbers_fini(struct state_numbers *numbers);

#endif
