/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "app/library.h"

#include <stdlib.h>
#include <sysexits.h>

#include <event2/event.h>

#include "base/log.h"
#include "net/records.h"

/* How long the log may take to hand over the last words, milliseconds. */
#define LAST_WORDS_MS 2000

static void
on_message(int severity, const char *text)
{
	static const int levels[] = {
		[EVENT_LOG_DEBUG] = LOG_DEBUG,
		[EVENT_LOG_MSG] = LOG_NOTICE,
		[EVENT_LOG_WARN] = LOG_WARNING,
		[EVENT_LOG_ERR] = LOG_ERR,
	};

	log_at(levels[severity], "libevent: %s", text);
}

/* It has said why. What it calls an error is the system's, all else its own. */
static void
on_fatal(int error)
{
	log_stop(LAST_WORDS_MS);
	if (error == 1)
		exit(EX_OSERR);
	abort();
}

void
library_init(void)
{
	event_set_mem_functions(records_alloc, records_resize, records_free);
	event_set_log_callback(on_message);
	event_set_fatal_callback(on_fatal);
}
