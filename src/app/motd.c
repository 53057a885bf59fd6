/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "app/motd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <event2/event.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "chat/chat.h"

/* Everybody who arrives gets it, so it is no place for a book. */
#define MOTD_MAX 16384

static const struct timeval look_every = {2, 0};

struct motd {
	struct chat *chat;
	struct event *timer;
	char *path; /* "" for none */
	struct stat
		seen; /* of the file when it was read; all zero if it was not there */
};

/* Clean the text line by line; without the line end of the last line. */
static void
clean_lines(struct buf *out, struct str text)
{
	struct str line;

	if (text.len > 0 && text.p[text.len - 1] == '\n')
		text.len--;
	while (str_split(&text, '\n', &line)) {
		if (out->len > 0)
			buf_add_char(out, '\n');
		utf8_clean(out, line);
	}
}

static int
read_file(const char *path, struct buf *out)
{
	/* A pipe without a writer must not hold up the loop. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	FILE *file = fd != -1 ? fdopen(fd, "r") : NULL;
	char text[MOTD_MAX];
	size_t len;
	int rc = -1;

	if (file == NULL)
		return -1;
	len = fread(text, 1, sizeof(text), file);
	if (!ferror(file)) {
		if (len == sizeof(text))
			log_warn("motd: %s is longer than %d bytes, the rest is not "
				 "shown",
				path, MOTD_MAX);
		clean_lines(out, str_make(text, len));
		rc = 0;
	}
	fclose(file);
	return rc;
}

static void
motd_read(struct motd *motd)
{
	struct buf text = {0};
	char *motd_text;

	if (read_file(motd->path, &text) == -1) {
		log_warn("motd: can't read %s: %s", motd->path, strerror(errno));
		buf_fini(&text);
		chat_set_motd(motd->chat, NULL);
		return;
	}
	log_info("motd: read %s", motd->path);
	motd_text = text.len > 0 ? buf_take(&text) : NULL;
	chat_set_motd(motd->chat, motd_text);
	free(motd_text);
	buf_fini(&text);
}

static void
motd_on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct motd *motd = arg;
	struct stat now = {0};

	(void)fd;
	(void)what;
	/* A file that can't be seen is as one that is not there: all zero. */
	if (stat(motd->path, &now) == -1)
		now = (struct stat){0};
	if (!file_is_unchanged(&motd->seen, &now)) {
		motd->seen = now;
		motd_read(motd);
	}
}

struct motd *
motd_new(struct event_base *base, struct chat *chat)
{
	struct motd *motd = xcalloc(1, sizeof(*motd));

	motd->chat = chat;
	motd->path = xstrdup("");
	motd->timer = event_new(base, -1, EV_PERSIST, motd_on_timer, motd);
	if (motd->timer == NULL) {
		motd_free(motd);
		return NULL;
	}
	return motd;
}

void
motd_free(struct motd *motd)
{
	if (motd == NULL)
		return;
	if (motd->timer != NULL)
		event_free(motd->timer);
	free(motd->path);
	free(motd);
}

void
motd_configure(struct motd *motd, const char *path)
{
	bool is_same = strcmp(path, motd->path) == 0;

	if (is_same && path[0] == '\0')
		return;
	free(motd->path);
	motd->path = xstrdup(path);
	motd->seen = (struct stat){0};
	event_del(motd->timer);
	if (path[0] == '\0') {
		chat_set_motd(motd->chat, NULL);
		return;
	}
	if (stat(path, &motd->seen) == -1)
		motd->seen = (struct stat){0};
	motd_read(motd);
	event_add(motd->timer, &look_every);
}
