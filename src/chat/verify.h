/* SPDX-License-Identifier: ISC */
#ifndef CHAT_VERIFY_H
#define CHAT_VERIFY_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/str.h"

/*
 * Passphrases of people, hashed and checked by the worker thread. While that is under
 * way the person's next lines wait (flood_wait() says so), so that a script may send
 * them behind each other. For each address there is one at a time (but not for those
 * that are exempt from its limits), and few in all.
 *
 * The answer comes back to `done` with the person looked up again; if he has left
 * meanwhile it does not come back.
 */
struct user;

/* How many wait or are worked on, of all people; behind them the worker has room. */
#define VERIFY_MOST 12

enum verify_kind {
	VERIFY_HASH, /* make a hash of it */
	VERIFY_CHECK /* does it belong to the hash? */
};

struct verify_result {
	bool ok;          /* VERIFY_CHECK: it does; VERIFY_HASH: there is a hash */
	const char *hash; /* VERIFY_HASH: the new one; borrowed for the call */
	const char *why;  /* VERIFY_HASH that failed: the reason; borrowed likewise */
	struct str about; /* as given to verify_start() */
};

typedef void (*verify_done)(struct user *user, const struct verify_result *result);

/*
 * Begin. `secret` and `about` are copied, the copy of the secret is wiped afterwards.
 * `hash` is what to check against, copied; NULL (nobody of that name) does the same
 * work and fails. False, and the person is told, if there is too much to do already.
 */
must_use bool verify_start(struct user *user, enum verify_kind kind, struct str secret,
	const char *hash, struct str about, verify_done done);

/* Is one of this person's under way? */
bool verify_is_pending(const struct user *user);

#endif
