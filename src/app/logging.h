/* SPDX-License-Identifier: ISC */
#ifndef APP_LOGGING_H
#define APP_LOGGING_H

#include "base/attr.h"
#include "base/str.h"
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

/*
 * The level of the log, in the words of [log] level; and another one, until the next
 * logging_setup(). -1 if there is none such.
 */
const char *logging_level(void);
must_use int logging_set_level(struct str word);

#endif
