/* SPDX-License-Identifier: ISC */
#ifndef CHAT_STYLE_H
#define CHAT_STYLE_H

#include <stdint.h>

/*
 * How a line looks differs between receivers: a number that says all of it, so that a
 * message is rendered once for each number that somebody in the room needs.
 *
 * The low bits are flags; the high half is the receiver's time zone, as in
 * SETTING_ZONE, if there is a time to show at all.
 */
enum style {
	STYLE_ELSEWHERE =
		1 << 0,         /* from a room that is not the receiver's current one */
	STYLE_CLOCK = 1 << 1,   /* begins with the time */
	STYLE_FULL = 1 << 2,    /* begins with date and time */
	STYLE_COLOUR = 1 << 3,  /* 16 colours */
	STYLE_256 = 1 << 4,     /* and 256 at that */
	STYLE_LIGHT = 1 << 5,   /* colours for a light background */
	STYLE_READER = 1 << 6,  /* for a screen reader: words instead of marks */
	STYLE_WRAP = 1 << 7,    /* holds WRAP_MARK: will be folded at a window */
	STYLE_MENTION = 1 << 8, /* holds the name of the receiver */
	STYLE_BELL = 1 << 9,    /* rings */
	STYLE_ZONE_SHIFT = 16,
};

#endif
