/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/pace.h"

/* The calls of so many windows are remembered in what a call costs, about. */
#define COST_MEMORY 8

/* Fewer calls than this say nothing about what one costs. */
#define COST_CALLS 200

/* Whatever was measured, nanoseconds: on a machine that halts it may be anything. */
#define COST_MIN 2000
#define COST_MAX 30000

static uint64_t
cost(const struct pace *pace)
{
	return pace->cost > 0 ? pace->cost : PACE_CALL_NS;
}

static uint64_t
budget(const struct pace *pace)
{
	uint64_t ns = (uint64_t)pace->length * 1000 * PACE_SHARE / 100;

	return ns / cost(pace);
}

/* What a call costs, by those of the window that is over. */
static void
learn_cost(struct pace *pace)
{
	uint64_t measured;

	if (pace->calls >= COST_CALLS && pace->took > 0) {
		measured = (uint64_t)pace->took * 1000 / pace->calls;
		measured = measured < COST_MIN ? COST_MIN : measured;
		measured = measured > COST_MAX ? COST_MAX : measured;
		pace->cost = (cost(pace) * (COST_MEMORY - 1) + measured) / COST_MEMORY;
	}
	pace->calls = 0;
	pace->took = 0;
}

bool
pace_begin(struct pace *pace, int64_t length, int64_t now)
{
	if (length > 0 && length == pace->length && now < pace->end)
		return false;
	/* What was asked for long ago says nothing about now. */
	pace->is_busy = pace->asked > budget(pace) && now < pace->end + pace->length;
	learn_cost(pace);
	pace->length = length;
	pace->end = now + length;
	pace->spent = 0;
	pace->asked = 0;
	pace->window++;
	return true;
}

void
pace_spend(struct pace *pace)
{
	pace->calls++;
	pace->spent++;
	pace->asked++;
}

void
pace_answer(struct pace *pace)
{
	pace->calls++;
}

void
pace_took(struct pace *pace, int64_t us, bool began)
{
	pace->took += us;
	if (began)
		pace->end -= (us < pace->length ? us : pace->length) / 2;
}

bool
pace_may_tell(struct pace *pace, uint32_t last, size_t len, bool more, size_t people)
{
	if (pace->length == 0 || last != pace->window || len >= PACE_ENOUGH)
		return true;
	if (pace->is_busy || pace->spent >= budget(pace)) {
		/* What they have got together so far was counted already. */
		pace->asked += people;
		return false;
	}
	return !more;
}

bool
pace_may_send(struct pace *pace, uint32_t last, size_t len, bool more)
{
	bool may = pace_may_tell(pace, last, len, more, 1);

	if (may)
		pace_spend(pace);
	return may;
}
