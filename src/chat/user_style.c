/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/user_style.h"

#include "chat/style.h"

/* Does the person want a sign for this message? */
static bool
user_rings(const struct user *user, const struct msg *msg, bool mentioned)
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

uint32_t
user_style(const struct user *user, const struct msg *msg)
{
	bool mentioned = msg->mentions != 0 && msg->mentions == user->mentioned &&
		msg->from != user->id;
	uint32_t style = user->style;

	if (msg_is_speech(msg->kind) && msg->room != NULL && msg->room != user->current)
		style |= STYLE_ELSEWHERE;
	/* The mark shows only where there is a terminal to show it. */
	if (mentioned && style & (STYLE_COLOUR | STYLE_READER))
		style |= STYLE_MENTION;
	if (user_rings(user, msg, mentioned))
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
}
