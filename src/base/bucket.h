/* SPDX-License-Identifier: ISC */
#ifndef BASE_BUCKET_H
#define BASE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct state_table;

/*
 * A token bucket, for whatever may happen often in a while but not for long: it holds
 * up to `burst` tokens, gets `rate` of them back in each second, and each act takes
 * some. Counts in thousandths of a token, and in small parts of those, so that slow
 * rates that are asked often lose nothing; no floating point, no clock.
 *
 * Rate and burst are not kept here, for they belong to the configuration and may change
 * at any time: each call gets them, and the time since the last call counts as if they
 * had been so all along.
 *
 * Zero-initialised, it is full.
 */
struct bucket {
	int64_t spent; /* thousandths of tokens missing at `when`; may exceed burst */
	int64_t when;  /* monotonic milliseconds */
	uint32_t part; /* of the last of `spent`, what is back: in units of 2^-32 */
};

/* For a state that is kept (base/state.h). */
extern const struct state_table bucket_state;

struct bucket_rate {
	uint64_t tokens; /* that come back in each ...; 0: none ever does */
	int64_t ms;      /* ... of so many milliseconds, 1 to INT32_MAX (24 days) */
	uint64_t burst;  /* the most it holds, > 0 */
};

/*
 * Take `cost` tokens, thousandths of one (not negative): always, even if there are
 * fewer, which leaves a debt that makes the next one wait. (Who refuses instead asks
 * bucket_wait() first.)
 */
void bucket_take(
	struct bucket *bucket, struct bucket_rate rate, int64_t cost, int64_t now);

/*
 * In how many milliseconds a whole token will be there: 0 if it is, now. INT64_MAX if
 * that never happens. A `now` before the last one counts as that one.
 */
int64_t bucket_wait(const struct bucket *bucket, struct bucket_rate rate, int64_t now);

/* Are so many whole tokens there? */
bool bucket_has(const struct bucket *bucket, struct bucket_rate rate, uint64_t tokens,
	int64_t now);

/* Is it full again, so that it may be forgotten? */
bool bucket_is_full(const struct bucket *bucket, struct bucket_rate rate, int64_t now);

#endif
