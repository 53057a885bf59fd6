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
 * else SHA-512 ("$6$..."). Both are slow on purpose (some 40 ms, and yescrypt wants
 * 16 MiB meanwhile), so a worker thread calls these, one at a time; they are reentrant.
 * What they hold of a secret is overwritten before they return.
 */
#define PASSPHRASE_HASH_MAX 256
#define PASSPHRASE_BYTES_MAX 511 /* crypt(3) takes no more */

/*
 * Hash a passphrase with a new salt. -1 with the reason in `err`: empty, longer than
 * PASSPHRASE_BYTES_MAX, has a NUL, no salt or not enough memory is to be had.
 */
must_use int passphrase_hash(
	struct str secret, char out[PASSPHRASE_HASH_MAX], struct err *err);

/*
 * Does the passphrase belong to the hash? With `hash` NULL (nobody of that name), or a
 * text that is none, it does the same work and is false, so that the time tells
 * nothing. False, too, if there is not enough memory to know.
 */
must_use bool passphrase_check(struct str secret, const char *hash);

/*
 * Could this be a hash that passphrase_check() understands? Besides its own kinds these
 * are SHA-256, bcrypt, and (with yescrypt) scrypt and gost-yescrypt, for operators who
 * have them from elsewhere; older ones are refused.
 */
must_use bool passphrase_is_hash(const char *text);

/*
 * Are these two, be they secrets or hashes, the same? Takes as long for a good
 * beginning as for a bad one.
 */
must_use bool passphrase_same(struct str a, struct str b);

/* Overwrite a secret, in a way that no compiler leaves out. */
void passphrase_wipe(void *p, size_t len);

#endif
