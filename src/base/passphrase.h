/* SPDX-License-Identifier: ISC */
#ifndef BASE_PASSPHRASE_H
#define BASE_PASSPHRASE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

/*
 * Hashes of passphrases by crypt(3): yescrypt where the library has it ("$y$..."),
 * else SHA-512 ("$6$..."). Both are slow on purpose (some 20 ms), so a worker thread
 * calls these; they are reentrant.
 */
#define PASSPHRASE_HASH_MAX 256
#define PASSPHRASE_BYTES_MAX 512 /* crypt(3) takes no more */

/*
 * Hash a passphrase with a new salt. -1 with the reason in `err`: empty, longer than
 * PASSPHRASE_BYTES_MAX, has a NUL, or no salt is to be had.
 */
must_use int passphrase_hash(
	struct str secret, char out[PASSPHRASE_HASH_MAX], struct err *err);

/*
 * Does the passphrase belong to the hash? With `hash` NULL (nobody of that name) it
 * does the same work and is false, so that the time tells nothing.
 */
must_use bool passphrase_check(struct str secret, const char *hash);

/* Could this be a hash that passphrase_check() understands? */
bool passphrase_is_hash(const char *text);

/* Overwrite a secret, in a way that no compiler leaves out. */
void passphrase_wipe(void *p, size_t len);

#endif
