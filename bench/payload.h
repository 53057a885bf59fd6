/* SPDX-License-Identifier: ISC */
#ifndef BENCH_PAYLOAD_H
#define BENCH_PAYLOAD_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * What is said: text of a fixed width that tells who said it, as the how-manieth line,
 * and when, so that every receiver can check each line that he gets. Looks like
 *
 *	}NNNNNNNNTTTTTTTT the quick brown fox jumps over ...
 *
 * with two numbers of 48 bits: sequence and sender, and the time. Their digits are of
 * base 64, '0' to 'o', the lowest first, since 25 million lines are to be checked in a
 * second.
 */

/* A line begins with this byte, which nothing else that a server says holds. */
#define PAYLOAD_MARK '}'

#define PAYLOAD_HEAD (1 + 8 + 8)
#define PAYLOAD_MIN (PAYLOAD_HEAD + 15)
#define PAYLOAD_MAX 480

#define PAYLOAD_SEQUENCE_BITS 32

struct numbers {
	uint32_t sender;   /* index */
	uint32_t sequence; /* of this sender, from 0 on */
	int64_t stamp;     /* ns: when it was due */
};

struct payload {
	size_t len;
	char text[PAYLOAD_MAX]; /* only what is behind the head matters */
	/* The same without blanks, for terminals, which fold at blanks. */
	size_t dense_len;
	char dense[PAYLOAD_MAX];
};

/* `len` is between PAYLOAD_MIN and PAYLOAD_MAX. */
void payload_init(struct payload *payload, size_t len);

/* Write one, payload->len bytes, no line end. */
void payload_write(const struct payload *payload, struct numbers numbers, char *out);

/* Eight digits at once: pairs, fours, and all are moved together. */
static inline bool
payload_digits(const char *at, uint64_t *value)
{
	uint64_t v;

	memcpy(&v, at, sizeof(v));
	v = le64toh(v) - 0x3030303030303030ULL;
	if (v & 0xc0c0c0c0c0c0c0c0ULL)
		return false;
	v = (v & 0x003f003f003f003fULL) | (v & 0x3f003f003f003f00ULL) >> 2;
	v = (v & 0x00000fff00000fffULL) | (v & 0x0fff00000fff0000ULL) >> 4;
	*value = (v & 0xffffff) | (v & 0x00ffffff00000000ULL) >> 8;
	return true;
}

static inline bool
payload_head(const char *at, struct numbers *numbers)
{
	uint64_t who, when;

	if (at[0] != PAYLOAD_MARK || !payload_digits(at + 1, &who) ||
		!payload_digits(at + 9, &when))
		return false;
	numbers->sender = (uint32_t)(who >> PAYLOAD_SEQUENCE_BITS);
	numbers->sequence = (uint32_t)who;
	numbers->stamp = (int64_t)when;
	return true;
}

/* memcmp(3) for eight bytes or more, which costs less here than the call. */
static inline bool
payload_same(const char *a, const char *b, size_t len)
{
	uint64_t x, y, differ = 0;
	size_t last = len - sizeof(x);

	for (size_t i = 0; i < last; i += sizeof(x)) {
		memcpy(&x, a + i, sizeof(x));
		memcpy(&y, b + i, sizeof(y));
		differ |= x ^ y;
	}
	memcpy(&x, a + last, sizeof(x));
	memcpy(&y, b + last, sizeof(y));
	return (differ | (x ^ y)) == 0;
}

/* Are these payload->len bytes one, down to the last byte? */
static inline bool
payload_read(const struct payload *payload, const char *at, struct numbers *numbers)
{
	return payload_head(at, numbers) &&
		payload_same(at + PAYLOAD_HEAD, payload->text + PAYLOAD_HEAD,
			payload->len - PAYLOAD_HEAD);
}

/* The same of payload->dense_len bytes, from which blanks were taken. */
static inline bool
payload_read_dense(
	const struct payload *payload, const char *at, struct numbers *numbers)
{
	return payload_head(at, numbers) &&
		payload_same(at + PAYLOAD_HEAD, payload->dense + PAYLOAD_HEAD,
			payload->dense_len - PAYLOAD_HEAD);
}

#endif
