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
 *	^SSSSSSSSNNNNNNNNTTTTTTTTTTTTTTTT the quick brown fox jumps over ...
 *
 * with sender, sequence number and time as decimal digits at fixed places.
 */

/* A line begins with this byte, which nothing else that a server says holds. */
#define PAYLOAD_MARK '^'

#define PAYLOAD_HEAD (1 + 8 + 8 + 16)
#define PAYLOAD_MIN (PAYLOAD_HEAD + 3)
#define PAYLOAD_MAX 480

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

/*
 * Eight decimal digits at once: the first is in the lowest byte, and pairs, fours and
 * eights are put together by three multiplications.
 */
static inline bool
payload_digits(const char *at, uint32_t *value)
{
	uint64_t v;

	memcpy(&v, at, sizeof(v));
	v = le64toh(v) ^ 0x3030303030303030ULL;
	if ((((v & 0x7f7f7f7f7f7f7f7fULL) + 0x7676767676767676ULL) | v) &
		0x8080808080808080ULL)
		return false;
	v = (v * 10 + (v >> 8)) & 0x00ff00ff00ff00ffULL;
	v = (v * 100 + (v >> 16)) & 0x0000ffff0000ffffULL;
	*value = (uint32_t)(v * 10000 + (v >> 32));
	return true;
}

static inline bool
payload_head(const char *at, struct numbers *numbers)
{
	uint32_t high, low;

	if (at[0] != PAYLOAD_MARK || !payload_digits(at + 1, &numbers->sender) ||
		!payload_digits(at + 9, &numbers->sequence) ||
		!payload_digits(at + 17, &high) || !payload_digits(at + 25, &low))
		return false;
	numbers->stamp = (int64_t)high * 100000000 + low;
	return true;
}

/* Are these payload->len bytes one, down to the last byte? */
static inline bool
payload_read(const struct payload *payload, const char *at, struct numbers *numbers)
{
	return payload_head(at, numbers) &&
		memcmp(at + PAYLOAD_HEAD, payload->text + PAYLOAD_HEAD,
			payload->len - PAYLOAD_HEAD) == 0;
}

/* The same of payload->dense_len bytes, from which blanks were taken. */
static inline bool
payload_read_dense(
	const struct payload *payload, const char *at, struct numbers *numbers)
{
	return payload_head(at, numbers) &&
		memcmp(at + PAYLOAD_HEAD, payload->dense + PAYLOAD_HEAD,
			payload->dense_len - PAYLOAD_HEAD) == 0;
}

#endif
