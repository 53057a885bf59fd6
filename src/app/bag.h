/* SPDX-License-Identifier: ISC */
#ifndef APP_BAG_H
#define APP_BAG_H

#include "base/attr.h"
#include "base/err.h"

/*
 * Many descriptors in one: a socket in whose queue they wait, in their order, to be
 * taken out by another process. For a service manager, which keeps few.
 */
struct state_fds;

/*
 * Put them in. Returns the bag's descriptor, which is the caller's; those inside stay
 * open here, too. -1 with the reason in `err`.
 */
must_use int bag_pack(const struct state_fds *fds, struct err *err);

/*
 * Take them out, close-on-exec, and append them to `fds`. -1 with the reason in `err`:
 * then there may be some.
 */
must_use int bag_unpack(int bag, struct state_fds *fds, struct err *err);

#endif
