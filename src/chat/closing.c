/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/closing.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/span.h"
#include "chat/chat.h"
#include "chat/host.h"
#include "chat/user.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

/* How long before the end everybody is told again. */
static const int64_t marks[] = {24 * HOUR, 12 * HOUR, 6 * HOUR, 3 * HOUR, 2 * HOUR,
	HOUR, 30 * MINUTE, 15 * MINUTE, 10 * MINUTE, 5 * MINUTE, 2 * MINUTE, MINUTE,
	30 * SECOND, 10 * SECOND};
#define MARKS (sizeof(marks) / sizeof(marks[0]))

static bool
is_announced(const struct chat *chat)
{
	return chat->closing.at != 0;
}

/* The next time to say it, before the end, ms; 0: the end itself. */
static int64_t
next_mark(const struct closing *closing)
{
	for (size_t i = 0; i < MARKS; i++) {
		if (marks[i] < closing->told)
			return marks[i];
	}
	return 0;
}

/* "This chat closes in 5 minutes.", of what is left to the full second. */
static void
print_words(struct buf *out, const struct closing *closing, int64_t ms)
{
	buf_add_str(out, STR("This chat closes in "));
	span_print(out, (ms + SECOND - 1) / SECOND * SECOND, 2);
	buf_printf(out, " (%s).", closing->by);
}

/* Tell everybody. */
static void
announce(struct chat *chat, int64_t ms)
{
	struct buf words = {0};

	chat->closing.told = ms;
	print_words(&words, &chat->closing, ms);
	chat_wall(chat, buf_str(&words));
	buf_fini(&words);
}

void
closing_begin(struct chat *chat, int64_t ms, const char *by)
{
	free(chat->closing.by);
	chat->closing.by = xstrdup(by);
	chat->closing.at = chat->now.mono + ms;
	announce(chat, ms);
}

bool
closing_cancel(struct chat *chat)
{
	if (!is_announced(chat))
		return false;
	chat->closing.at = 0;
	chat_wall(chat, STR("This chat does not close after all."));
	return true;
}

void
closing_tell(struct user *user)
{
	struct chat *chat = user->chat;
	struct buf words = {0};

	if (!is_announced(chat))
		return;
	print_words(&words, &chat->closing, chat->closing.at - chat->now.mono);
	user_notice(user, "%.*s", (int)words.len, words.p);
	buf_fini(&words);
}

int64_t
closing_next_due(const struct chat *chat)
{
	return is_announced(chat) ? chat->closing.at - next_mark(&chat->closing) : -1;
}

static void
end(struct chat *chat)
{
	char *why = xasprintf("/shutdown by %s", chat->closing.by);

	chat->closing.at = 0;
	chat->host->shutdown(chat->host_arg, why);
	free(why);
}

void
closing_tick(struct chat *chat)
{
	int64_t left = chat->closing.at - chat->now.mono;

	if (!is_announced(chat) || closing_next_due(chat) > chat->now.mono)
		return;
	if (left <= 0)
		end(chat);
	else
		announce(chat, left);
}

void
closing_fini(struct closing *closing)
{
	free(closing->by);
	*closing = (struct closing){0};
}
