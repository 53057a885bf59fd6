/* SPDX-License-Identifier: ISC */
#ifndef CHAT_CLAIM_H
#define CHAT_CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/*
 * Claimed names: who knows the passphrase may use the name, nobody else. Kept as a text
 * file, one line each, in the order of the names:
 *
 *	ann $y$j9T$... claimed=2026-11-21 seen=2026-11-30
 *
 * the name as its owner writes it, the hash of the passphrase (crypt(3)), and days in
 * UTC, which may be left out. Empty lines and those that begin with # or ; are skipped
 * (and are lost when the daemon writes the file). No secret is ever here, only hashes.
 *
 * Names are good ones of base/name_utf8.h. Nothing here reads a clock or a file; see
 * chat/store.h.
 */
struct claims;

struct claim {
	char *nick;      /* as its owner writes it */
	char *key;       /* folded */
	char *skeleton;  /* what it looks like */
	char *hash;      /* of the passphrase */
	int64_t claimed; /* seconds since the epoch, in the file days; 0: unknown */
	int64_t seen;    /* the same: when the owner was here last */
};

struct claims *claims_new(void);         /* returns new, empty */
void claims_free(struct claims *claims); /* NULL is fine */

/*
 * Could it be a hash? It begins with '$' and is a word of printable ASCII, of less than
 * PASSPHRASE_HASH_MAX bytes; what crypt(3) can do with it is not asked.
 */
bool claim_is_hash(struct str s);

/*
 * Have what the text of a file called `file` says instead. All or nothing: with a
 * mistake in it every mistake is added to `errors` as "FILE:LINE: what is wrong (what
 * would be right)", all stays as it was, and -1 is returned. No error quotes the file,
 * in which somebody could have written a passphrase instead of its hash.
 */
must_use int claims_load(struct claims *claims, struct str text, const char *file,
	struct errlist *errors);

/* Append all of them as such a text. */
void claims_print(const struct claims *claims, struct buf *out);

size_t claims_count(const struct claims *claims);

/* The claim on a name, or NULL. Good until the next change of the claims. */
const struct claim *claims_find(const struct claims *claims, struct str nick);

/*
 * A claim on another name that people would take for this one (name_utf8_skeleton), or
 * NULL. Good until the next change of the claims.
 */
const struct claim *claims_find_alike(struct claims *claims, struct str nick);

/*
 * Claim a good name, or give it another hash, which claim_is_hash(). Copies. Its owner
 * is here, and writes it so.
 */
void claims_set(struct claims *claims, struct str nick, const char *hash, int64_t wall);

/* Its owner is here. True if that changes the file (it is another day). */
bool claims_touch(struct claims *claims, struct str nick, int64_t wall);

/* Give the name up. False if it is not claimed. */
bool claims_remove(struct claims *claims, struct str nick);

/*
 * Remove claims whose owners were last seen before that, in seconds since the epoch.
 * Not those of whom that is unknown: they were written by hand. How many?
 */
size_t claims_expire(struct claims *claims, int64_t before);

/* Walk all in the order of their names: `i` below claims_count(). */
const struct claim *claims_get(const struct claims *claims, size_t i);

#endif
