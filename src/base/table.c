/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/table.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/mem.h"

enum {
	CAP_MIN = 8
};

/* A slot is free if its value is NULL. Small, since there are many. */
struct entry {
	uint32_t hash; /* of the key: growing and removing need no second look at it */
	uint32_t len;  /* of the key */
	const char *key;
	void *value;
};

/*
 * Open addressing with linear probing: an entry stands at the first slot, counted
 * from the one that its hash names, that was free when it came. The array is a power
 * of two long and at least a quarter of it is free, so that every search ends. It gets
 * smaller again when most of it is free.
 */
struct table {
	struct entry *slots;
	size_t cap;
	size_t count;
	uint64_t seed[2]; /* secret, lest strangers choose names that collide */
};

/* The state of SipHash (Aumasson and Bernstein, 2012). */
struct sip {
	uint64_t a, b, c, d;
};

static inline uint64_t
rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void
sip_round(struct sip *v)
{
	v->a += v->b;
	v->b = rotate(v->b, 13) ^ v->a;
	v->a = rotate(v->a, 32);
	v->c += v->d;
	v->d = rotate(v->d, 16) ^ v->c;
	v->a += v->d;
	v->d = rotate(v->d, 21) ^ v->a;
	v->c += v->b;
	v->b = rotate(v->b, 17) ^ v->c;
	v->c = rotate(v->c, 32);
}

static void
sip_add(struct sip *v, uint64_t word)
{
	v->d ^= word;
	sip_round(v);
	v->a ^= word;
}

/*
 * SipHash with 1 and 3 rounds, which is enough against strangers who never see a hash.
 * Words are read in the machine's byte order, since no hash leaves it.
 */
static uint32_t
hash_of(const uint64_t seed[2], struct str key)
{
	struct sip v = {
		seed[0] ^ UINT64_C(0x736f6d6570736575),
		seed[1] ^ UINT64_C(0x646f72616e646f6d),
		seed[0] ^ UINT64_C(0x6c7967656e657261),
		seed[1] ^ UINT64_C(0x7465646279746573),
	};
	uint64_t last = (uint64_t)key.len << 56, word;

	for (; key.len >= sizeof(word); key = str_from(key, sizeof(word))) {
		memcpy(&word, key.p, sizeof(word));
		sip_add(&v, word);
	}
	for (size_t i = 0; i < key.len; i++)
		last |= (uint64_t)(unsigned char)key.p[i] << (8 * i);
	sip_add(&v, last);
	v.c ^= 0xFF;
	sip_round(&v);
	sip_round(&v);
	sip_round(&v);
	return (uint32_t)(v.a ^ v.b ^ v.c ^ v.d);
}

struct table *
table_new(void)
{
	struct table *table = xcalloc(1, sizeof(*table));
	ssize_t got;

	/* Waits at most during the machine's early boot. */
	do
		got = getrandom(table->seed, sizeof(table->seed), 0);
	while (got == -1 && errno == EINTR);
	/*
	 * So few bytes come all at once; without any, names could be made to collide.
	 */
	if (got != (ssize_t)sizeof(table->seed))
		abort();
	table->cap = CAP_MIN;
	table->slots = xcalloc(table->cap, sizeof(*table->slots));
	return table;
}

void
table_free(struct table *table)
{
	if (table == NULL)
		return;
	free(table->slots);
	free(table);
}

size_t
table_count(const struct table *table)
{
	return table->count;
}

/* The slot of the key, or the free one where it would have to go. */
static size_t
probe(const struct table *table, uint32_t hash, struct str key)
{
	size_t at = hash & (table->cap - 1);

	while (table->slots[at].value != NULL) {
		const struct entry *entry = &table->slots[at];

		if (entry->hash == hash &&
			str_eq(str_make(entry->key, entry->len), key))
			break;
		at = (at + 1) & (table->cap - 1);
	}
	return at;
}

static void
resize(struct table *table, size_t cap)
{
	struct entry *old = table->slots;
	size_t old_cap = table->cap;

	assert(cap <= UINT32_MAX);
	table->cap = cap;
	table->slots = xcalloc(table->cap, sizeof(*table->slots));
	for (size_t i = 0; i < old_cap; i++) {
		struct str key = str_make(old[i].key, old[i].len);

		if (old[i].value != NULL)
			table->slots[probe(table, old[i].hash, key)] = old[i];
	}
	free(old);
}

void *
table_find(const struct table *table, struct str key)
{
	return table->slots[probe(table, hash_of(table->seed, key), key)].value;
}

void
table_insert(struct table *table, struct str key, void *value)
{
	uint32_t hash = hash_of(table->seed, key);
	size_t at;

	assert(value != NULL && key.len <= UINT32_MAX);
	if (table->count + 1 > table->cap / 4 * 3)
		resize(table, table->cap * 2);
	at = probe(table, hash, key);
	assert(table->slots[at].value == NULL);
	table->slots[at] = (struct entry){hash, (uint32_t)key.len, key.p, value};
	table->count++;
}

/*
 * Free a slot. Searches stop at free slots, so entries behind it that had to go past
 * it on their way from home move up; markers in their place would pile up in a table
 * that people enter and leave for months.
 */
static void
vacate(struct table *table, size_t hole)
{
	size_t mask = table->cap - 1;

	for (size_t at = (hole + 1) & mask; table->slots[at].value != NULL;
		at = (at + 1) & mask) {
		size_t from_home = (at - table->slots[at].hash) & mask;

		if (from_home >= ((at - hole) & mask)) {
			table->slots[hole] = table->slots[at];
			hole = at;
		}
	}
	table->slots[hole] = (struct entry){0};
}

void *
table_remove(struct table *table, struct str key)
{
	size_t at = probe(table, hash_of(table->seed, key), key);
	void *value = table->slots[at].value;

	if (value != NULL) {
		vacate(table, at);
		table->count--;
		/* Half as many would still have to leave before that is done again. */
		if (table->cap > CAP_MIN && table->count < table->cap / 8)
			resize(table, table->cap / 2);
	}
	return value;
}

void *
table_next(const struct table *table, size_t *cursor)
{
	while (*cursor < table->cap) {
		void *value = table->slots[(*cursor)++].value;

		if (value != NULL)
			return value;
	}
	return NULL;
}
