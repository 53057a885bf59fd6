/* SPDX-License-Identifier: ISC */
#ifndef APP_BAG_H
#define APP_BAG_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"

/*
 * Many descriptors in one: a socket in whose queue they wait, in their order, to be
 * taken out by another process. For a service manager, which keeps few.
 */
struct state_fds;

struct bag {
	int fd;    /* what is handed over */
	int other; /* the other end, which tells whether anybody has it */
};

/*
 * Put them in; they stay open here, too. -1 with the reason in `err`. In any case
 * bag_close() is due, which leaves what is inside to whom the bag was handed over.
 */
must_use int bag_pack(struct bag *bag, const struct state_fds *fds, struct err *err);
void bag_close(struct bag *bag);

/* Let go of it here. Is there somebody else who has it? */
must_use bool bag_is_kept(struct bag *bag);

/*
 * Take them out, close-on-exec, and append them to `fds`. -1 with the reason in `err`:
 * then there may be some.
 */
must_use int bag_unpack(int bag, struct state_fds *fds, struct err *err);

#endif
