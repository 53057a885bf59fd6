/* SPDX-License-Identifier: ISC */
#ifndef APP_FEATURES_H
#define APP_FEATURES_H

#include "net/proto.h"

/*
 * What is built in. The one place that decides it, so that the rest of the code is the
 * same in every build.
 */

/* What can be spoken on a connection, by enum listen_speak. */
extern const struct proto_ops *const feature_protos[];

/* Names of the optional features of this build, ended by NULL; for --version. */
extern const char *const feature_names[];

#endif
