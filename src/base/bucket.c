/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/bucket.h"

#include <assert.h>

#include "base/state.h"

static int
accept_bucket(void *record, struct err *err)
{
	const struct bucket *bucket = record;

	if (bucket->spent >= 0)
		return 0;
	err_set(err, "more than full");
	return -1;
}

static const struct state_field fields[] = {
	STATE_ROW(struct bucket, spent, 1, STATE_INT),
	STATE_ROW(struct bucket, when, 2, STATE_AGE),
	STATE_ROW(struct bucket, part, 3, STATE_UINT),
};
const struct state_table bucket_state = STATE_TABLE(bucket, fields, accept_bucket);

enum {
	TOKEN = 1000, /* in thousandths */
};

/* What comes back in a time: thousandths of tokens, and parts of one, 2^-32 each. */
struct gain {
	uint64_t whole; /* INT64_MAX stands for that or more, which fills any bucket */
	uint32_t part;
};

/* Sum and product, at most INT64_MAX; the terms of a sum are no more either. */
static uint64_t
add(uint64_t a, uint64_t b)
{
	return b > INT64_MAX - a ? INT64_MAX : a + b;
}

static uint64_t
multiply(uint64_t a, uint64_t b)
{
	return b > 0 && a > INT64_MAX / b ? INT64_MAX : a * b;
}

/*
 * ms * tokens * TOKEN / rate.ms, without a product that could overflow: whole periods
 * apart from the rest, and of the rest what each millisecond gives in whole thousandths
 * apart from what is left over.
 */
static struct gain
gain_in(struct bucket_rate rate, uint64_t ms)
{
	uint64_t period = (uint64_t)rate.ms;
	uint64_t each = multiply(rate.tokens, TOKEN);
	uint64_t rest = ms % period;
	uint64_t over = rest * (each % period); /* below period squared */
	struct gain gain;

	assert(rate.ms > 0 && rate.ms <= INT32_MAX);
	gain.whole = multiply(ms / period, each);
	gain.whole = add(gain.whole, rest * (each / period));
	gain.whole = add(gain.whole, over / period);
	gain.part = (uint32_t)((over % period << 32) / period);
	return gain;
}

/* The bucket after `ms` more milliseconds. */
static struct bucket
filled(struct bucket bucket, struct bucket_rate rate, uint64_t ms)
{
	struct gain gain = gain_in(rate, ms);
	uint64_t part = (uint64_t)bucket.part + gain.part;
	uint64_t whole = add(gain.whole, part >> 32);

	if (whole >= (uint64_t)bucket.spent) {
		bucket.spent = 0;
		bucket.part = 0;
	} else {
		bucket.spent -= (int64_t)whole;
		bucket.part = (uint32_t)part;
	}
	return bucket;
}

/* The bucket at `now`. */
static struct bucket
filled_until(struct bucket bucket, struct bucket_rate rate, int64_t now)
{
	if (now > bucket.when) {
		/* Unsigned, since the difference may be more than is signed. */
		bucket = filled(bucket, rate, (uint64_t)now - (uint64_t)bucket.when);
		bucket.when = now;
	}
	return bucket;
}

void
bucket_take(struct bucket *bucket, struct bucket_rate rate, int64_t cost, int64_t now)
{
	assert(cost >= 0);
	*bucket = filled_until(*bucket, rate, now);
	bucket->spent = (int64_t)add((uint64_t)bucket->spent, (uint64_t)cost);
}

/* The most that may be missing when a whole token is there. */
static int64_t
spare(struct bucket_rate rate)
{
	assert(rate.burst > 0);
	return (int64_t)multiply(rate.burst - 1, TOKEN);
}

int64_t
bucket_wait(const struct bucket *bucket, struct bucket_rate rate, int64_t now)
{
	struct bucket then = filled_until(*bucket, rate, now);
	int64_t few = 0, enough = 1;

	if (then.spent <= spare(rate))
		return 0;
	/*
	 * Found by trying, which takes twice as many steps as the answer has bits: so
	 * it is right to the millisecond, however the numbers round.
	 */
	while (filled(then, rate, (uint64_t)enough).spent > spare(rate)) {
		if (enough > INT64_MAX / 2)
			return INT64_MAX;
		few = enough;
		enough *= 2;
	}
	while (enough - few > 1) {
		int64_t middle = few + (enough - few) / 2;

		if (filled(then, rate, (uint64_t)middle).spent > spare(rate))
			few = middle;
		else
			enough = middle;
	}
	return enough;
}

bool
bucket_has(const struct bucket *bucket, struct bucket_rate rate, uint64_t tokens,
	int64_t now)
{
	struct bucket then = filled_until(*bucket, rate, now);

	return tokens <= rate.burst &&
		(uint64_t)then.spent <= multiply(rate.burst - tokens, TOKEN);
}

bool
bucket_is_full(const struct bucket *bucket, struct bucket_rate rate, int64_t now)
{
	return filled_until(*bucket, rate, now).spent == 0;
}
