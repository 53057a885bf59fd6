/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/setting.h"

const struct setting settings[SETTINGS] = {
	[SETTING_QUIET] =
		{
			.name = "quiet",
			.words = {"off", "on"},
			.help = "Hide who comes, goes and takes another name.",
		},
	[SETTING_TIMESTAMP] =
		{
			.name = "timestamp",
			.words = {"off", "clock"},
			.help = "Begin each line with the time.",
		},
};

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

int
setting_value(const struct setting *setting, struct str word)
{
	for (int i = 0; setting->words[i] != NULL; i++) {
		if (str_ieq(str_of(setting->words[i]), word))
			return i;
	}
	return -1;
}
