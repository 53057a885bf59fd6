/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/flood.h"

#include "base/state.h"
#include "chat/user.h"
#include "chat/verify.h"

/* How soon to ask again while a passphrase is being checked, milliseconds. */
#define VERIFY_MS 10

/* How long somebody waits on and off before he is told why, milliseconds. */
#define WORD_MS 5000

static const struct state_field fields[] = {
	STATE_ROW(struct flood, bucket, 1, STATE_RECORD, .table = &bucket_state),
	STATE_ROW(struct flood, since, 2, STATE_SINCE),
	STATE_ROW(struct flood, is_warned, 3, STATE_BOOL),
};
const struct state_table flood_state = STATE_TABLE(flood, fields, NULL);

static struct bucket_rate
flood_rate(const struct limits_conf *limits)
{
	return (struct bucket_rate){
		.tokens = limits->rate,
		.ms = 1000,
		.burst = limits->burst,
	};
}

int64_t
flood_wait(struct user *user, struct moment now)
{
	const struct limits_conf *limits = &user->chat->conf->limits;
	struct flood *flood = &user->flood;
	int64_t wait, waited;

	if (verify_is_pending(user))
		return VERIFY_MS;
	if (limits->rate == 0)
		return 0;
	wait = bucket_wait(&flood->bucket, flood_rate(limits), now.mono);
	if (wait == 0)
		return 0;
	if (flood->since == 0)
		flood->since = now.mono;
	waited = now.mono - flood->since;
	if (limits->flood_time > 0 && waited >= limits->flood_time) {
		user_error(user, "That was too much. Goodbye!");
		user_hangup(user, str_of(reason_text(REASON_FLOOD)), REASON_FLOOD);
	} else if (waited >= WORD_MS && !flood->is_warned) {
		flood->is_warned = true;
		user_error(user,
			"Slower, please: your lines are taken at %llu in a second "
			"now, the others wait.",
			(unsigned long long)limits->rate);
	}
	return wait;
}

void
flood_charge(struct user *user, unsigned tokens, size_t bytes, int64_t now)
{
	const struct limits_conf *limits = &user->chat->conf->limits;
	struct bucket_rate rate = flood_rate(limits);
	struct flood *flood = &user->flood;
	size_t more = bytes > FLOOD_BYTES_PER_TOKEN ? bytes - FLOOD_BYTES_PER_TOKEN : 0;
	int64_t cost = (int64_t)tokens * FLOOD_TOKEN +
		(int64_t)(more * FLOOD_TOKEN / FLOOD_BYTES_PER_TOKEN);

	if (limits->rate == 0)
		return;
	/* Half of the burst is back, and not just what the line waited for: a pause. */
	if (flood->since != 0 &&
		bucket_has(&flood->bucket, rate,
			rate.burst > 2 ? (rate.burst + 1) / 2 : 2, now)) {
		flood->since = 0;
		flood->is_warned = false;
	}
	bucket_take(&flood->bucket, rate, cost, now);
}
