/* SPDX-License-Identifier: ISC */
#ifndef CONF_SOURCE_H
#define CONF_SOURCE_H

#include <stddef.h>

/* What a configuration is made from. Borrowed for the call. */
struct conf_source {
	const char *file;             /* path, or NULL for built-in defaults */
	const char *const *overrides; /* -o SECTION.KEY=VALUE, stronger than the file */
	size_t noverrides;
	const char *listen_address; /* -l ADDRESS: replaces every [listen], or NULL */
	const char *listen_port;    /* -p PORT: likewise, or NULL */
};

#endif
