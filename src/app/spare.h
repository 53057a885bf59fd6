/* SPDX-License-Identifier: ISC */
#ifndef APP_SPARE_H
#define APP_SPARE_H

#include "base/attr.h"

/*
 * A descriptor that is kept for when there are no others: given up, it is one for
 * somebody who has to get in all the same. When he has left it is filled up again,
 * before anybody else can have what he had.
 */
struct spare {
	int fd; /* -1: given up, or not filled up yet */
};

/* Have one, unless there is one already; nothing happens if none can be had. */
void spare_fill(struct spare *spare);
void spare_close(struct spare *spare);

/*
 * Give it up and accept who waits at this socket, as accept4(2) does: non-blocking and
 * close-on-exec. -1 with errno if that fails, or if there is none.
 */
must_use int spare_accept(struct spare *spare, int listener);

#endif
