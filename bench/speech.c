/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "speech.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crowd.h"
#include "fail.h"
#include "telnet.h"

/*
 * Who comes is told of when he has stayed for 2 s, and if many do that is gathered for
 * 2 s more: server.settle and server.gather_time.
 */
#define PRATTLED_SETTLE 4.5

/* Send something short. */
__attribute__((format(printf, 3, 4))) static void
send_text(struct crowd *crowd, struct session *session, const char *format, ...)
{
	char text[200];
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	session_send(crowd, session, text, (size_t)len);
}

/* Does the line hold this? */
__attribute__((format(printf, 3, 4))) static bool
holds(const char *line, size_t len, const char *format, ...)
{
	char text[80];
	va_list arguments;
	int text_len;

	va_start(arguments, format);
	text_len = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return memmem(line, len, text, (size_t)text_len) != NULL;
}

static bool
starts(const char *line, size_t len, const char *with)
{
	return len >= strlen(with) && memcmp(line, with, strlen(with)) == 0;
}

static void
wrap_nothing(const struct crowd *crowd, struct sender *sender)
{
	(void)crowd;
	sender->before_len = 0;
}

/*
 * prattled: the greeting, a name, and perhaps a room
 */

enum {
	LINE_GREETING,
	LINE_NAME,
	LINE_ROOM,
};

static const char *
line_end(const struct session *session)
{
	return session->telnet != NULL ? "\r" : "\n";
}

static void
line_text(struct crowd *crowd, struct session *session, const char *line, size_t len)
{
	switch (session->step) {
	case LINE_GREETING:
		/* Names are taken where the server has what it needs to know of a
		 * terminal. */
		if (!holds(line, len, "You are "))
			return;
		session->step = LINE_NAME;
		if (session->telnet == NULL || telnet_is_ready(session->telnet))
			send_text(crowd, session, "/nick b%u%s", session->index,
				line_end(session));
		break;
	case LINE_NAME:
		if (!holds(line, len, " is now b%u", session->index))
			return;
		if (crowd->options->rooms == 0) {
			session_in(crowd, session);
			return;
		}
		session->step = LINE_ROOM;
		send_text(crowd, session, "/join #r%u%s", session->room,
			line_end(session));
		break;
	case LINE_ROOM:
		if (holds(line, len, "In #r%u", session->room))
			session_in(crowd, session);
		break;
	default:
		break;
	}
}

/*
 * The same by telnet; see telnet.c
 */

static void
telnet_begin(struct crowd *crowd, struct session *session)
{
	session->telnet = telnet_new(crowd, session);
}

/* The server leaves nothing to be asked for: now a name can be given. */
void
speech_telnet_ready(struct crowd *crowd, struct session *session)
{
	if (session->step == LINE_NAME)
		send_text(crowd, session, "/nick b%u%s", session->index,
			line_end(session));
}

/*
 * The floor: as much talk as with prattled, and nothing behind it
 */

static void
floor_text(struct crowd *crowd, struct session *session, const char *line, size_t len)
{
	(void)line;
	(void)len;
	switch (session->step++) {
	case LINE_GREETING:
		send_text(crowd, session, "/nick b%u\n", session->index);
		break;
	case LINE_NAME:
		if (crowd->options->rooms > 0)
			send_text(crowd, session, "/join #r%u\n", session->room);
		else
			session_in(crowd, session);
		break;
	case LINE_ROOM:
		session_in(crowd, session);
		break;
	default:
		break;
	}
}

/*
 * IRC
 */

enum {
	IRC_WELCOME,
	IRC_NAMES,
};

static void
irc_begin(struct crowd *crowd, struct session *session)
{
	send_text(crowd, session, "NICK b%u\r\nUSER b%u 0 * :bench\r\n", session->index,
		session->index);
}

static void
irc_text(struct crowd *crowd, struct session *session, const char *line, size_t len)
{
	if (starts(line, len, "PING ")) {
		send_text(crowd, session, "PONG %.*s\r\n",
			(int)(len < 150 ? len - 5 : 145), line + 5);
		return;
	}
	if (session->state != SESSION_LOGIN)
		return;
	if (session->step == IRC_WELCOME &&
		holds(line, len, " 001 b%u ", session->index)) {
		session->step = IRC_NAMES;
		send_text(crowd, session, "JOIN #r%u\r\n", session->room);
	} else if (session->step == IRC_NAMES &&
		holds(line, len, " 366 b%u ", session->index)) {
		session_in(crowd, session);
	}
}

static void
irc_wrap(const struct crowd *crowd, struct sender *sender)
{
	(void)crowd;
	sender->before_len = (size_t)snprintf(sender->before, sizeof(sender->before),
		"PRIVMSG #r%u :", sender->session->room);
}

/*
 * Redis: channels, and connections that publish
 */

static void
redis_begin(struct crowd *crowd, struct session *session)
{
	char channel[16];
	int len;

	if (!session->is_receiver) {
		session_in(crowd, session);
		return;
	}
	len = snprintf(channel, sizeof(channel), "r%u", session->room);
	send_text(
		crowd, session, "*2\r\n$9\r\nSUBSCRIBE\r\n$%d\r\n%s\r\n", len, channel);
}

static void
redis_text(struct crowd *crowd, struct session *session, const char *line, size_t len)
{
	/* How many channels it has now: the end of the answer. */
	if (starts(line, len, ":"))
		session_in(crowd, session);
}

static void
redis_wrap(const struct crowd *crowd, struct sender *sender)
{
	char channel[16];
	int len = snprintf(channel, sizeof(channel), "r%u", sender->session->room);

	sender->before_len = (size_t)snprintf(sender->before, sizeof(sender->before),
		"*3\r\n$7\r\nPUBLISH\r\n$%d\r\n%s\r\n$%zu\r\n", len, channel,
		crowd->payload.len);
}

/*
 * ncat --chat: nothing to say, and who is there is announced
 */

static void
ncat_text(struct crowd *crowd, struct session *session, const char *line, size_t len)
{
	(void)line;
	(void)len;
	session_in(crowd, session);
}

static const struct speech speeches[] = {
	{
		.name = "line",
		.settle = PRATTLED_SETTLE,
		.text = line_text,
		.wrap = wrap_nothing,
		.after = "\n",
	},
	{
		.name = "telnet",
		.settle = PRATTLED_SETTLE,
		.begin = telnet_begin,
		.text = line_text,
		.wrap = wrap_nothing,
		.after = "\r",
	},
	{
		.name = "floor",
		.settle = 0.5,
		.text = floor_text,
		.wrap = wrap_nothing,
		.after = "\n",
	},
	{
		.name = "irc",
		.settle = 0.5,
		.listens = true,
		.begin = irc_begin,
		.text = irc_text,
		.wrap = irc_wrap,
		.after = "\r\n",
	},
	{
		.name = "redis",
		.settle = 0.5,
		.has_publishers = true,
		.begin = redis_begin,
		.text = redis_text,
		.wrap = redis_wrap,
		.after = "\r\n",
	},
	{
		.name = "ncat",
		.settle = 0.5,
		.text = ncat_text,
		.wrap = wrap_nothing,
		.after = "\n",
	},
};

const struct speech *
speech_find(const char *name)
{
	for (size_t i = 0; i < sizeof(speeches) / sizeof(speeches[0]); i++) {
		if (strcmp(name, speeches[i].name) == 0)
			return &speeches[i];
	}
	return NULL;
}
