/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "payload.h"

#include <assert.h>

void
payload_init(struct payload *payload, size_t len)
{
	static const char words[] = " the quick brown fox jumps over the lazy dog and";

	assert(len >= PAYLOAD_MIN && len <= PAYLOAD_MAX);
	*payload = (struct payload){.len = len};
	memset(payload->text, PAYLOAD_MARK, PAYLOAD_HEAD);
	for (size_t i = PAYLOAD_HEAD; i < len; i++)
		payload->text[i] = words[(i - PAYLOAD_HEAD) % (sizeof(words) - 1)];
	/* A blank at the end of a line might be taken away. */
	payload->text[len - 1] = '.';
	for (size_t i = 0; i < len; i++) {
		if (payload->text[i] != ' ')
			payload->dense[payload->dense_len++] = payload->text[i];
	}
}

static void
write_digits(char *out, uint64_t value)
{
	for (int i = 0; i < 8; i++) {
		out[i] = (char)('0' + (value & 63));
		value >>= 6;
	}
}

void
payload_write(const struct payload *payload, struct numbers numbers, char *out)
{
	memcpy(out, payload->text, payload->len);
	write_digits(out + 1,
		(uint64_t)numbers.sender << PAYLOAD_SEQUENCE_BITS | numbers.sequence);
	write_digits(out + 9, (uint64_t)numbers.stamp);
}
