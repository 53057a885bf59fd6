/* SPDX-License-Identifier: ISC */
#ifndef APP_LIBRARY_H
#define APP_LIBRARY_H

/*
 * libevent as we want it: its memory comes from net/records.h and base/mem.h, with the
 * reserve, since it does not survive a lack of memory by itself
 * (bufferevent_setwatermark() goes on with a NULL that it got); what it has to say goes
 * to our log. Before anything else of it.
 */
void library_init(void);

#endif
