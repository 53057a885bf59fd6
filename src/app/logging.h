/* SPDX-License-Identifier: ISC */
#ifndef APP_LOGGING_H
#define APP_LOGGING_H

#include "conf/conf.h"

/*
 * From the [log] section to the log (base/log.h).
 */
enum logging_phase {
	LOGGING_FOREGROUND,
	LOGGING_STARTING,   /* with -d, while the one who started us still waits */
	LOGGING_BACKGROUND, /* with -d, from then on */
};

/* Send the log where `conf` wants it; each `verbose` goes one level further. */
void logging_setup(const struct log_conf *conf, int verbose, enum logging_phase phase);

#endif
