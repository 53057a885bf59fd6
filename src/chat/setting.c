/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/setting.h"

#include <stdlib.h>

/* The ends of the earth: from 12 hours west to 14 hours east of Greenwich. */
#define ZONE_WEST_MAX (12 * 60)
#define ZONE_EAST_MAX (14 * 60)

/* clang-format off */
const struct setting settings[SETTINGS] = {
	[SETTING_QUIET] = {
		.name = "quiet",
		.words = {"off", "on"},
		.help = "Hide who comes, goes and takes another name.",
	},
	[SETTING_TIMESTAMP] = {
		.name = "timestamp",
		.words = {"off", "clock", "full"},
		.help = "Show the time, or date and time.",
		.text = "Each line begins with it.",
	},
	[SETTING_ZONE] = {
		.name = "zone",
		.words = {"server"},
		.is_zone = true,
		.help = "Your time zone.",
		.text = "Either that of the server or hours east of UTC, such as\n"
			".Cm +2\nor\n.Cm \\-03:30 ;\n.Cm UTC\nis\n.Cm +0 .",
	},
	[SETTING_COLOR] = {
		.name = "color",
		.words = {"auto", "on", "off"},
		.help = "Colours; auto: as your terminal can.",
		.text = "Clients that say nothing of their terminal, such as\n.Xr nc 1 ,\n"
			"get none by themselves.",
	},
	[SETTING_THEME] = {
		.name = "theme",
		.words = {"dark", "light"},
		.help = "Colours for a dark or light background.",
	},
	[SETTING_BELL] = {
		.name = "bell",
		.words = {"mention", "off", "pm", "all"},
		.help = "Ring when you are meant.",
		.text = ".Cm mention\nrings for your name and for private messages,\n"
			".Cm pm\nonly for these,\n.Cm all\nfor every line that is said.\n"
			"Lines that come at once ring once, and only telnet clients ring.",
	},
	[SETTING_EDIT] = {
		.name = "edit",
		.words = {"on", "off"},
		.help = "Edit your line here, where your client can.",
		.text = "What you type is then shown, completed and drawn again by the\n"
			"server, so that no line of others breaks it.",
	},
	[SETTING_PAGER] = {
		.name = "pager",
		.words = {"on", "off"},
		.help = "Stop long answers at each full screen.",
	},
	[SETTING_READER] = {
		.name = "reader",
		.words = {"auto", "on", "off"},
		.help = "Plain sentences for a screen reader.",
		.text = "No colours, no columns, words instead of marks, and a line that\n"
			"is being typed is not drawn again.",
	},
};
/* clang-format on */

const struct setting *
setting_find(struct str name)
{
	const struct setting *found = NULL;

	for (size_t i = 0; i < SETTINGS; i++) {
		if (str_ieq(str_of(settings[i].name), name))
			return &settings[i];
		if (name.len > 0 && str_istarts(str_of(settings[i].name), name)) {
			if (found != NULL)
				return NULL;
			found = &settings[i];
		}
	}
	return found;
}

/* "+2", "-3:30", "UTC": minutes east of UTC. */
static int
parse_zone(struct str word, int *minutes)
{
	struct str hours = str_from(word, 1), rest;
	uint64_t h, m = 0;
	int sign;

	if (str_ieq(word, STR("UTC"))) {
		*minutes = 0;
		return 0;
	}
	if (word.len < 2 || (word.p[0] != '+' && word.p[0] != '-'))
		return -1;
	sign = word.p[0] == '-' ? -1 : 1;
	rest = hours;
	if (!str_split(&rest, ':', &hours) || str_to_uint(hours, &h) == -1 || h > 14)
		return -1;
	if (rest.p != NULL && (rest.len != 2 || str_to_uint(rest, &m) == -1 || m > 59))
		return -1;
	*minutes = sign * (int)(h * 60 + m);
	return *minutes >= -ZONE_WEST_MAX && *minutes <= ZONE_EAST_MAX ? 0 : -1;
}

int
setting_parse(const struct setting *setting, struct str word, int16_t *value)
{
	int minutes;

	for (int16_t i = 0; setting->words[i] != NULL; i++) {
		if (str_ieq(str_of(setting->words[i]), word)) {
			*value = i;
			return 0;
		}
	}
	if (!setting->is_zone || parse_zone(word, &minutes) == -1)
		return -1;
	*value = (int16_t)(ZONE_UTC + minutes);
	return 0;
}

void
setting_print(const struct setting *setting, int16_t value, struct buf *out)
{
	int minutes = value - ZONE_UTC;

	if (setting->is_zone && value != ZONE_SERVER)
		buf_printf(out, "%c%02d:%02d", minutes < 0 ? '-' : '+',
			abs(minutes) / 60, abs(minutes) % 60);
	else
		buf_printf(out, "%s", setting->words[value]);
}

void
setting_describe(const struct setting *setting, struct buf *out)
{
	for (size_t i = 0; setting->words[i] != NULL; i++) {
		bool is_last = setting->words[i + 1] == NULL && !setting->is_zone;

		buf_printf(out, "%s%s",
			i == 0            ? ""
				: is_last ? " or "
					  : ", ",
			setting->words[i]);
	}
	if (setting->is_zone)
		buf_add_str(out, STR(", UTC or hours like +2, -03:30"));
}
