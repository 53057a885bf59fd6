/* SPDX-License-Identifier: ISC */
#ifndef APP_HOST_H
#define APP_HOST_H

#include "chat/host.h"

/*
 * What operators ask of the daemon, by commands of the chat (chat/host.h). The argument
 * is the struct app.
 */
extern const struct host_ops app_host;

#endif
