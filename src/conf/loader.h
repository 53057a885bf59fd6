/* SPDX-License-Identifier: ISC */
#ifndef CONF_LOADER_H
#define CONF_LOADER_H

#include "base/err.h"
#include "conf/conf.h"

/*
 * The way of the operator's words, from the file and from -o, into the sections: which
 * section, which key, was it there before, is the value right. For conf.c only.
 */

/*
 * Enter all that `source` says but -l and -p into `conf`, which holds the defaults.
 * Every mistake is appended to `errors`; then `conf` is good for nothing but freeing.
 */
void loader_run(
	struct conf *conf, const struct conf_source *source, struct errlist *errors);

#endif
