/* SPDX-License-Identifier: ISC */
#ifndef CHAT_STORE_H
#define CHAT_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/worker.h"
#include "chat/ban.h"
#include "chat/claim.h"

/*
 * What outlives the daemon, in the folder server.state: the files `bans` and `claims`.
 *
 * They are read at the start and at each reload; other programs may write `bans`
 * meanwhile (and send HUP). A change is written by the worker thread, the whole file
 * anew, so a full or slow disk never makes the chat wait: if it fails, that is logged
 * once a minute, what is in memory goes on to hold, and it is tried again.
 *
 * Two who write at the same time lose nothing but, maybe, what one of them took away:
 * before the thread replaces a file it looks whether that is still the one which is
 * known here, and if not, what is new in it is added first.
 *
 * Without a folder bans live in memory, and names can't be claimed.
 */
struct chat;
struct save;
struct store;

enum store_file {
	STORE_BANS,
	STORE_CLAIMS,
	STORE_FILES /* how many */
};

/* What tells one version of a file from the next; all zero if there is none. */
struct stamp {
	int64_t mtime_ns, size;
	uint64_t device, inode;
};

struct store {
	char *folder;          /* server.state; "" for none */
	struct worker *worker; /* borrowed */
	struct bans bans;
	struct claims *claims;
	int64_t expiry_due; /* of claims: when to look next, monotonic ms */
	struct store_state {
		struct stamp stamp; /* of the file as it was last read or written */
		bool is_wrong;      /* it has mistakes: not in memory, not touched */
		bool is_unread;     /* wrong because it could not be read */
		bool is_dirty;  /* changed since the last text that was handed over */
		bool is_saving; /* a job is under way */
		char *failure;  /* why the last job failed, until it is logged */
		int64_t retry;  /* after a failure: when next, monotonic ms; else 0 */
		int64_t warned; /* a failure was logged then; 0: never */
	} files[STORE_FILES];
};

/* Borrows the worker. Returns new, and empty: store_load() is next. */
struct store *store_new(const char *folder, struct worker *worker);

/*
 * Jobs under way must have come back (worker_free()). What is still unwritten then is
 * written at once. NULL is fine.
 */
void store_free(struct store *store);

/* Can names be claimed? */
bool store_takes_claims(const struct store *store);

/*
 * Read both files; one that is not there is empty. -1 with every mistake in `errors`;
 * a file with mistakes changes nothing, and is not written over until it is right. One
 * that can't be read is tried again by store_tick().
 */
must_use int store_load(struct store *store, int64_t wall, struct errlist *errors);

/*
 * Before a change: read the file again if somebody else has written it since. Mistakes
 * in it are logged. After a change: have it written.
 */
void store_refresh(struct store *store, enum store_file file, int64_t wall);
void store_changed(struct store *store, enum store_file file);

/* Remove what is expired; log what failed, and try it again. */
void store_tick(struct store *store, const struct chat *chat);

/* When that is next due, monotonic milliseconds; -1 for never. */
int64_t store_next_due(const struct store *store, const struct chat *chat);

#endif
