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

/*
 * Add what was asked for to what is left over, and take off what the time that has
 * passed is enough for. Two lines in a window may be over its budget, and yet there is
 * time for each of them: what is left over is worked off in the next one. It is
 * remembered for no longer than two.
 */
static void
work_off(struct pace *pace, int64_t now)
{
	uint64_t share = budget(pace), most = 3 * share, done = most;
	int64_t passed = now - (pace->end - pace->length);

	if (pace->length > 0 && passed < 3 * pace->length)
		done = share * (uint64_t)passed / (uint64_t)pace->length;
	pace->left += pace->asked;
	if (pace->left > most)
		pace->left = most;
	pace->left -= pace->left < done ? pace->left : done;
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
	work_off(pace, now);
	/* So much that it is better to wait? */
	pace->is_busy = pace->left > budget(pace);
	learn_cost(pace);
	pace->length = length;
	pace->end = now + length;
	pace->spent = 0;
	pace->asked = 0;
	pace->window++;
	return true;
}

void
pace_ask(struct pace *pace, size_t people)
{
	pace->asked += people;
}

void
pace_spend(struct pace *pace)
{
	pace->calls++;
	pace->spent++;
}

void
pace_answer(struct pace *pace)
{
	pace->calls++;
}

void
pace_took(struct pace *pace, int64_t us)
{
	pace->took += us;
}

enum pace_when
pace_when(struct pace *pace, bool has_waited, size_t len, bool more, size_t people)
{
	if (pace->length == 0 || has_waited || len >= PACE_ENOUGH)
		return PACE_NOW;
	if (pace->is_busy || pace->spent >= budget(pace)) {
		/* What they have got together so far was counted already. */
		pace_ask(pace, people);
		return PACE_LATER;
	}
	return more ? PACE_SOON : PACE_NOW;
}

bool
pace_may_send(struct pace *pace, uint32_t last, size_t len, bool more)
{
	bool may = pace_when(pace, last != pace->window, len, more, 1) == PACE_NOW;

	if (may) {
		pace_ask(pace, 1);
		pace_spend(pace);
	}
	return may;
}
