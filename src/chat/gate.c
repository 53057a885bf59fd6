/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/gate.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/bucket.h"
#include "base/mem.h"
#include "base/state.h"
#include "base/table.h"

/* The time over which connections are counted, milliseconds. */
#define CONNECTS_MS ((int64_t)10 * 60 * 1000)

/* How many that may be forgotten are looked at for each newcomer: it never piles up. */
#define FORGET_STEPS 2

/* One address, or /64. */
struct owner {
	struct netaddr addr; /* the key in gate->owners */
	size_t people;
	struct bucket connects;
	bool is_busy;            /* between gate_begin() and gate_end() */
	TAILQ_ENTRY(owner) link; /* in gate->absent while nobody is there */
};

TAILQ_HEAD(owner_queue, owner);

static const struct state_field fields[] = {
	STATE_ROW(struct owner, addr.bytes, 1, STATE_BYTES),
	STATE_ROW(struct owner, connects, 2, STATE_RECORD, .table = &bucket_state),
};
static const struct state_table owner_state = STATE_TABLE(owner, fields, NULL);

struct gate {
	struct table *owners;
	struct owner_queue absent; /* who left first comes first */
};

struct gate *
gate_new(void)
{
	struct gate *gate = xcalloc(1, sizeof(*gate));

	gate->owners = table_new();
	TAILQ_INIT(&gate->absent);
	return gate;
}

static struct str
owner_key(const struct owner *owner)
{
	return str_make((const char *)owner->addr.bytes, sizeof(owner->addr.bytes));
}

static void
owner_free(struct gate *gate, struct owner *owner)
{
	table_remove(gate->owners, owner_key(owner));
	free(owner);
}

void
gate_free(struct gate *gate)
{
	struct owner *owner;

	if (gate == NULL)
		return;
	for (size_t at = 0; (owner = table_next(gate->owners, &at)) != NULL; at = 0)
		owner_free(gate, owner);
	table_free(gate->owners);
	free(gate);
}

static struct owner *
owner_find(const struct gate *gate, const struct netaddr *addr)
{
	struct owner like = {.addr = network_of_owner(addr).addr};

	return table_find(gate->owners, owner_key(&like));
}

static struct owner *
owner_get(struct gate *gate, const struct netaddr *addr)
{
	struct owner *owner = owner_find(gate, addr);

	if (owner == NULL) {
		owner = xcalloc(1, sizeof(*owner));
		owner->addr = network_of_owner(addr).addr;
		table_insert(gate->owners, owner_key(owner), owner);
		TAILQ_INSERT_TAIL(&gate->absent, owner, link);
	}
	return owner;
}

static struct bucket_rate
connects_rate(const struct limits_conf *limits)
{
	return (struct bucket_rate){
		.tokens = limits->connects_per_address,
		.ms = CONNECTS_MS,
		.burst = limits->connects_per_address,
	};
}

/* Are his connections too long ago to matter? */
static bool
has_calmed(const struct owner *owner, const struct limits_conf *limits, int64_t now)
{
	return limits->connects_per_address == 0 ||
		bucket_is_full(&owner->connects, connects_rate(limits), now);
}

/* Forget some who have been away for long enough. */
static void
gate_forget(struct gate *gate, const struct limits_conf *limits, int64_t now)
{
	for (int i = 0; i < FORGET_STEPS; i++) {
		struct owner *owner = TAILQ_FIRST(&gate->absent);

		if (owner == NULL)
			return;
		TAILQ_REMOVE(&gate->absent, owner, link);
		if (!owner->is_busy && has_calmed(owner, limits, now))
			owner_free(gate, owner);
		else
			TAILQ_INSERT_TAIL(&gate->absent, owner, link);
	}
}

enum reason
gate_ask(struct gate *gate, const struct limits_conf *limits,
	const struct netaddr *addr, int64_t now)
{
	struct owner *owner;

	gate_forget(gate, limits, now);
	owner = owner_get(gate, addr);
	if (limits->clients_per_address > 0 &&
		owner->people >= limits->clients_per_address)
		return REASON_ADDRESS;
	if (limits->connects_per_address > 0) {
		struct bucket_rate rate = connects_rate(limits);

		if (bucket_wait(&owner->connects, rate, now) > 0)
			return REASON_CONNECTS;
		bucket_take(&owner->connects, rate, 1000, now);
	}
	return REASON_NONE;
}

void
gate_enter(struct gate *gate, const struct netaddr *addr)
{
	struct owner *owner = owner_get(gate, addr);

	if (owner->people++ == 0)
		TAILQ_REMOVE(&gate->absent, owner, link);
}

void
gate_leave(struct gate *gate, const struct netaddr *addr)
{
	struct owner *owner = owner_find(gate, addr);

	assert(owner != NULL && owner->people > 0);
	if (--owner->people > 0)
		return;
	TAILQ_INSERT_TAIL(&gate->absent, owner, link);
	/* Of the exempt nothing is counted, and nobody comes by to forget them. */
	if (!owner->is_busy && owner->connects.spent == 0) {
		TAILQ_REMOVE(&gate->absent, owner, link);
		owner_free(gate, owner);
	}
}

bool
gate_begin(struct gate *gate, const struct netaddr *addr)
{
	struct owner *owner = owner_get(gate, addr);
	bool may = !owner->is_busy;

	owner->is_busy = true;
	return may;
}

void
gate_end(struct gate *gate, const struct netaddr *addr)
{
	struct owner *owner = owner_find(gate, addr);

	assert(owner != NULL && owner->is_busy);
	owner->is_busy = false;
}

void
gate_save(const struct gate *gate, struct state_out *out, unsigned number)
{
	const struct owner *owner;
	size_t at = 0;

	/* Those who are absent in their order, and whoever is here. */
	TAILQ_FOREACH (owner, &gate->absent, link) {
		if (owner->connects.spent > 0)
			state_put(out, number, &owner_state, owner);
	}
	while ((owner = table_next(gate->owners, &at)) != NULL) {
		if (owner->people > 0 && owner->connects.spent > 0)
			state_put(out, number, &owner_state, owner);
	}
}

int
gate_restore(struct gate *gate, struct state_in *in, const struct state_item *item,
	struct err *err)
{
	struct owner owner = {0};

	if (state_get(in, item, &owner_state, &owner, err) == -1)
		return -1;
	owner_get(gate, &owner.addr)->connects = owner.connects;
	return 0;
}

size_t
gate_count(const struct gate *gate)
{
	return table_count(gate->owners);
}
