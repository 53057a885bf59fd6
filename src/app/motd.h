/* SPDX-License-Identifier: ISC */
#ifndef APP_MOTD_H
#define APP_MOTD_H

#include "base/attr.h"

/*
 * The message of the day: a file that is read again by itself when it changes. It is
 * looked at on a timer, which works on every file system and across editors that
 * replace the file instead of writing to it.
 */
struct chat;
struct event_base;
struct motd;

/* Nothing is read before motd_configure(). NULL if libevent fails. Borrows both. */
must_use struct motd *motd_new(struct event_base *base, struct chat *chat);

/* NULL is fine. */
void motd_free(struct motd *motd);

/* Read `path` now and watch it from now on; "" for no message. Copies. */
void motd_configure(struct motd *motd, const char *path);

#endif
