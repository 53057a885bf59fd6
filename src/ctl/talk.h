/* SPDX-License-Identifier: ISC */
#ifndef CTL_TALK_H
#define CTL_TALK_H

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

/*
 * The conversation with the daemon: one request, its answer to the terminal or whatever
 * there is, and standard input if the daemon asks for it. It knows the form of answers
 * (chat/console.h), and no command.
 */

/* What becomes of it, and the exit status of prattlectl. */
enum talk_result {
	TALK_OK = 0,
	TALK_FAILED = 1,      /* the daemon has not done it */
	TALK_USAGE = 2,       /* wrong use, here or for the daemon */
	TALK_UNREACHABLE = 3, /* there is no daemon, or none that answers */
};

/* Connect to the socket. The descriptor, or -1 with the reason in `err`. */
must_use int talk_connect(const char *path, struct err *err);

/* Send the request, a line without its end, and see to the answer. Takes fd. */
enum talk_result talk(int fd, struct str request);

/* Whether all that was printed is written; if not, that is said. */
enum talk_result talk_finish(void);

/* One line on standard error, for a person: "prattlectl: TEXT". */
void talk_complain(const char *fmt, ...) printf_like(1, 2);

#endif
