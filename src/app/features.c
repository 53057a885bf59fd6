/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "app/features.h"

#include <stddef.h>

#include "conf/conf.h"

const struct proto_ops *const feature_protos[] = {
	[SPEAK_AUTO] = &proto_auto,
	[SPEAK_TELNET] = &proto_telnet,
	[SPEAK_LINE] = &proto_line,
};

const char *const feature_names[] = {
#ifdef HAVE_UTF8PROC
	"utf8proc",
#endif
	NULL,
};
