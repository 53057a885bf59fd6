/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/reason.h"

#include <assert.h>
#include <inttypes.h>

static const char *const texts[] = {
	[REASON_NONE] = "none",
	[REASON_QUIT] = "quit",
	[REASON_EOF] = "end of input",
	[REASON_RESET] = "connection reset",
	[REASON_TIMEOUT] = "connection timed out",
	[REASON_ERROR] = "connection failed",
	[REASON_IDLE] = "idle",
	[REASON_SILENT] = "no first line in time",
	[REASON_FLOOD] = "flooding",
	[REASON_SLOW] = "too slow to read",
	[REASON_FOREIGN] = "another protocol",
	[REASON_PROXY] = "not by the PROXY protocol",
	[REASON_FULL] = "too many people",
	[REASON_ADDRESS] = "too many people from one address",
	[REASON_CONNECTS] = "too many connections from one address",
	[REASON_BANNED] = "banned",
	[REASON_KICKED] = "kicked",
	[REASON_LOCKDOWN] = "lockdown",
	[REASON_DISPLACED] = "displaced by the owner of the name",
	[REASON_PASSPHRASE] = "too many wrong passphrases",
	[REASON_MEMORY] = "out of memory",
	[REASON_STOP] = "the daemon stops",
	[REASON_RESTART] = "lost in a restart",
};
_Static_assert(sizeof(texts) / sizeof(texts[0]) == REASONS, "a text per reason");

static const char *const labels[] = {
	[REASON_NONE] = "none",
	[REASON_QUIT] = "quit",
	[REASON_EOF] = "eof",
	[REASON_RESET] = "reset",
	[REASON_TIMEOUT] = "timeout",
	[REASON_ERROR] = "error",
	[REASON_IDLE] = "idle",
	[REASON_SILENT] = "silent",
	[REASON_FLOOD] = "flood",
	[REASON_SLOW] = "slow",
	[REASON_FOREIGN] = "foreign",
	[REASON_PROXY] = "proxy",
	[REASON_FULL] = "full",
	[REASON_ADDRESS] = "address",
	[REASON_CONNECTS] = "connects",
	[REASON_BANNED] = "banned",
	[REASON_KICKED] = "kicked",
	[REASON_LOCKDOWN] = "lockdown",
	[REASON_DISPLACED] = "displaced",
	[REASON_PASSPHRASE] = "passphrase",
	[REASON_MEMORY] = "memory",
	[REASON_STOP] = "stop",
	[REASON_RESTART] = "restart",
};
_Static_assert(sizeof(labels) / sizeof(labels[0]) == REASONS, "a label per reason");

const char *
reason_text(enum reason reason)
{
	assert(reason < REASONS);
	return texts[reason];
}

const char *
reason_label(enum reason reason)
{
	assert(reason < REASONS);
	return labels[reason];
}

void
reasons_print(const uint64_t counts[REASONS], struct buf *out)
{
	const char *between = "";

	for (enum reason reason = 0; reason < REASONS; reason++) {
		if (counts[reason] == 0)
			continue;
		buf_printf(out, "%s%s %" PRIu64, between, reason_text(reason),
			counts[reason]);
		between = ", ";
	}
}
