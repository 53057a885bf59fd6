/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "app/logging.h"

#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "base/log.h"

#include "app/service.h"

/* In the order of the words of the options level and facility. */
static const int levels[] = {LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG};
static const int facilities[] = {LOG_DAEMON, LOG_USER, LOG_LOCAL0, LOG_LOCAL1,
	LOG_LOCAL2, LOG_LOCAL3, LOG_LOCAL4, LOG_LOCAL5, LOG_LOCAL6, LOG_LOCAL7};

#define LEVELS (sizeof(levels) / sizeof(levels[0]))

static enum log_target
choose_target(const struct log_conf *conf, enum logging_phase phase)
{
	/* Whoever starts a daemon waits for it, and wants to see why it failed. */
	if (phase == LOGGING_STARTING)
		return LOG_TO_BOTH;
	switch ((enum log_where)conf->target) {
	case LOG_WHERE_STDERR:
		return LOG_TO_STDERR;
	case LOG_WHERE_SYSLOG:
		return LOG_TO_SYSLOG;
	case LOG_WHERE_BOTH:
		return LOG_TO_BOTH;
	case LOG_WHERE_AUTO:
		break;
	}
	return phase == LOGGING_FOREGROUND ? LOG_TO_STDERR : LOG_TO_SYSLOG;
}

void
logging_setup(const struct log_conf *conf, int verbose, enum logging_phase phase)
{
	int level = levels[conf->level] + verbose;

	log_setup(choose_target(conf, phase),
		service_stderr_is_journal() ? LOG_PREFIX_JOURNAL : LOG_PREFIX_TIME,
		level < LOG_DEBUG ? level : LOG_DEBUG, facilities[conf->facility]);
}

/* The words of [log] level, one for each of `levels`. */
static const char *const *
level_words(void)
{
	for (size_t i = 0; i < conf_nsections; i++) {
		const struct conf_section *section = &conf_sections[i];

		for (size_t j = 0; j < section->noptions; j++) {
			if (strcmp(section->name, "log") == 0 &&
				strcmp(section->options[j].name, "level") == 0)
				return section->options[j].words;
		}
	}
	abort();
}

const char *
logging_level(void)
{
	size_t i = 0;

	while (i + 1 < LEVELS && levels[i] < log_level())
		i++;
	return level_words()[i];
}

int
logging_set_level(struct str word)
{
	const char *const *words = level_words();

	for (size_t i = 0; i < LEVELS; i++) {
		if (str_ieq(word, str_of(words[i]))) {
			log_set_level(levels[i]);
			return 0;
		}
	}
	return -1;
}
