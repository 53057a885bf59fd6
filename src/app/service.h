/* SPDX-License-Identifier: ISC */
#ifndef APP_SERVICE_H
#define APP_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "net/listener.h"

/*
 * The service manager's side: systemd's three small protocols, without its library.
 * Without a service manager everything here does nothing. sd_notify(3),
 * sd_listen_fds(3) and sd_watchdog_enabled(3) describe them.
 */

/*
 * Send a state such as "READY=1"; several are separated by newlines. Never blocks; a
 * state that can't be delivered is lost.
 */
void service_notify(const char *fmt, ...) printf_like(1, 2);

/*
 * The manager's store of descriptors: what is put there comes back to the next process
 * of the service, by service_take_fds(), under its name. 0: there is none.
 */
size_t service_store_size(void);
void service_store(const char *name, const int *fds, size_t count);

/* Take away all of that name. */
void service_unstore(const char *name);

/*
 * Wait until the manager has acted on all that it was sent, at most `ms` milliseconds.
 * False if that is not known.
 */
must_use bool service_sync(int ms);

/* Is there anybody to notify? */
bool service_is_managed(void);

/* Tell that a reload begins; the next READY=1 ends it. */
void service_notify_reloading(void);

/* How often the manager wants WATCHDOG=1, in milliseconds; 0 for never. */
int64_t service_watchdog_ms(void);

/*
 * The descriptors that were passed to us, made non-blocking and close-on-exec. Returns
 * new (each name is owned, too); *count is 0 if there are none. Takes them out of the
 * environment, so that it works once.
 */
must_use struct passed_fd *service_take_fds(size_t *count);

/* Is stderr a stream of the journal, which wants a "<N>" before each record? */
bool service_stderr_is_journal(void);

#endif
