/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/user_style.h"

#include "chat/audience.h"
#include "chat/style.h"

/* Lines of one person that come closer together than that were pasted. Milliseconds. */
#define BURST_GAP 50

/* Does the person want a sign for such a message? */
static bool
user_wants_bell(const struct user *user, const struct msg *msg, bool mentioned)
{
	bool is_private = msg->kind == MSG_PRIVATE;

	if (!user->terminal.is_telnet || msg->is_old || msg->from == user->id)
		return false;
	switch (user->settings[SETTING_BELL]) {
	case BELL_ALL:
		return msg_is_speech(msg->kind);
	case BELL_MENTION:
		return is_private || mentioned;
	case BELL_PM:
		return is_private;
	default:
		return false;
	}
}

/* Ring, but only once for lines that were pasted: they are one act. */
static bool
user_ring(struct user *user, const struct msg *msg)
{
	int64_t now = user->chat->now.mono;
	bool goes_on = user->rung_by == msg->from && now - user->rung_at < BURST_GAP;

	user->rung_by = msg->from;
	user->rung_at = now;
	return !goes_on;
}

static bool
is_mentioned(const struct user *user, const struct msg *msg)
{
	return msg->mentions != 0 && msg->mentions == user->mentioned &&
		msg->from != user->id;
}

bool
user_is_special(const struct user *user, const struct msg *msg)
{
	return is_mentioned(user, msg) &&
		(user->style & (STYLE_COLOUR | STYLE_READER) ||
			user_wants_bell(user, msg, true));
}

bool
user_rings_always(const struct user *user)
{
	return user->terminal.is_telnet && user->settings[SETTING_BELL] == BELL_ALL;
}

uint32_t
user_style(struct user *user, const struct msg *msg)
{
	bool mentioned = is_mentioned(user, msg);
	uint32_t style = user->style;

	if ((msg_is_speech(msg->kind) || msg->kind == MSG_NOTICE) &&
		msg->room != NULL && msg->room != user->current)
		style |= STYLE_ELSEWHERE;
	/* The mark shows only where there is a terminal to show it. */
	if (mentioned && style & (STYLE_COLOUR | STYLE_READER))
		style |= STYLE_MENTION;
	if (user_wants_bell(user, msg, mentioned) && user_ring(user, msg))
		style |= STYLE_BELL;
	return style;
}

void
user_restyle(struct user *user)
{
	static const uint32_t time_styles[] = {
		[TIMESTAMP_OFF] = 0,
		[TIMESTAMP_CLOCK] = STYLE_CLOCK,
		[TIMESTAMP_FULL] = STYLE_FULL,
	};
	const int16_t *set = user->settings;
	bool reader = set[SETTING_READER] == READER_ON ||
		(set[SETTING_READER] == READER_AUTO && user->terminal.is_reader);
	bool colour = set[SETTING_COLOR] == COLOR_ON ||
		(set[SETTING_COLOR] == COLOR_AUTO && user->terminal.colours > 0);
	uint32_t style = time_styles[set[SETTING_TIMESTAMP]];

	/* Without a time to show the zone would only make styles that look alike. */
	if (style != 0)
		style |= (uint32_t)set[SETTING_ZONE] << STYLE_ZONE_SHIFT;
	if (reader)
		style |= STYLE_READER;
	else if (colour)
		style |= STYLE_COLOUR | (user->terminal.colours > 16 ? STYLE_256 : 0) |
			(set[SETTING_THEME] == THEME_LIGHT ? STYLE_LIGHT : 0);
	if (user->terminal.columns > 0)
		style |= STYLE_WRAP;
	user->style = style;
	audience_review(user);
}
