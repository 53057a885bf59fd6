/* SPDX-License-Identifier: ISC */
#ifndef CHAT_FLOOD_H
#define CHAT_FLOOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bucket.h"
#include "base/moment.h"

/*
 * How much one person may say and do. Each line costs tokens, more the longer it is,
 * and each command what its row says. Who has none left waits: his next lines stay
 * where they are, in the kernel, which slows him down. Who goes on like that gets a
 * word, and then the door.
 */
struct state_table;
struct user;

/*
 * What a line costs, in thousandths of a token: one, and one more for each so many
 * bytes that it is longer than so many.
 */
#define FLOOD_TOKEN 1000
#define FLOOD_BYTES_PER_TOKEN 512

extern const struct state_table flood_state;

struct flood {
	struct bucket bucket;
	int64_t since;  /* waits on and off since then, monotonic ms; 0: not */
	bool is_warned; /* the word has been said */
};

/*
 * In how many milliseconds may the next line of this person be taken? 0 for now. May
 * say the word to him, or hang up; then user->is_gone. While a passphrase of his is
 * being checked it may not be taken either, whatever the limits are.
 */
int64_t flood_wait(struct user *user, struct moment now);

/* A line was taken that costs so many tokens (of a command: its cost) and bytes. */
void flood_charge(struct user *user, unsigned tokens, size_t bytes, int64_t now);

#endif
