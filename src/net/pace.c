/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/pace.h"

static uint64_t
budget(const struct pace *pace)
{
	return (uint64_t)pace->length / 1000 * PACE_CALLS_PER_MS * PACE_PACKET;
}

bool
pace_begin(struct pace *pace, int64_t length, int64_t now)
{
	if (length > 0 && length == pace->length && now < pace->end)
		return false;
	/* What was asked for long ago says nothing about now. */
	pace->is_busy = pace->asked > budget(pace) && now < pace->end + pace->length;
	pace->length = length;
	pace->end = now + length;
	pace->spent = 0;
	pace->asked = 0;
	pace->window++;
	return true;
}

void
pace_spend(struct pace *pace, size_t len)
{
	uint64_t empty = len < PACE_PACKET ? PACE_PACKET - len : 0;

	pace->spent += empty;
	pace->asked += empty;
}

void
pace_began(struct pace *pace, int64_t took)
{
	pace->end -= took < pace->length ? took / 3 : pace->length / 3;
}

bool
pace_may_tell(struct pace *pace, uint32_t last, size_t len, bool more, size_t people)
{
	if (pace->length == 0 || last != pace->window || len >= PACE_ENOUGH)
		return true;
	if (pace->is_busy || pace->spent >= budget(pace)) {
		/* What they have got together so far was counted already. */
		pace->asked += people * PACE_PACKET;
		return false;
	}
	return !more;
}

bool
pace_may_send(struct pace *pace, uint32_t last, size_t len, bool more)
{
	bool may = pace_may_tell(pace, last, len, more, 1);

	if (may)
		pace_spend(pace, len);
	return may;
}
