/* SPDX-License-Identifier: ISC */
#ifndef CHAT_REASON_H
#define CHAT_REASON_H

#include <stdint.h>

#include "base/buf.h"

/*
 * Why a session ended, or never began: each one is counted, and named in the log by
 * words that stay the same, so that one can search for them.
 */
enum reason {
	REASON_NONE, /* goes on */
	REASON_QUIT,
	REASON_EOF,     /* the peer ended its input */
	REASON_RESET,   /* the peer, or something between us, broke the connection */
	REASON_TIMEOUT, /* the kernel heard nothing from it any more */
	REASON_ERROR,   /* anything else that the system says of a connection */
	REASON_IDLE,
	REASON_SILENT, /* no first line in time */
	REASON_FLOOD,
	REASON_SLOW,     /* did not read */
	REASON_FOREIGN,  /* spoke another protocol */
	REASON_PROXY,    /* no header where listen.proxy wants one, or a bad one */
	REASON_FULL,     /* limits.clients */
	REASON_ADDRESS,  /* limits.clients_per_address */
	REASON_CONNECTS, /* limits.connects_per_address */
	REASON_BANNED,
	REASON_KICKED,
	REASON_LOCKDOWN,
	REASON_DISPLACED,  /* the owner of the name came back */
	REASON_PASSPHRASE, /* too many wrong ones */
	REASON_MEMORY,
	REASON_STOP,    /* the daemon ends */
	REASON_RESTART, /* it is restarted, and the session can't go on */
	REASONS         /* how many */
};

/* "idle", "too slow to read", ... Never NULL. */
const char *reason_text(enum reason reason);

/* The same in one word, for monitoring: "idle", "slow", ... Never NULL. */
const char *reason_label(enum reason reason);

/* Append "quit 12, idle 3": how often each one was, as far as any was. */
void reasons_print(const uint64_t counts[REASONS], struct buf *out);

#endif
