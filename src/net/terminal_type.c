/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/terminal_type.h"

#include <string.h>

#include "base/state.h"
#include "base/utf8.h"

enum {
	MTTS_ANSI = 1,
	MTTS_256_COLOURS = 8,
	MTTS_READER = 64
};

static const struct state_field fields[] = {
	STATE_ROW(struct terminal_type, last, 1, STATE_TEXT),
	STATE_ROW(struct terminal_type, has_mtts, 2, STATE_BOOL),
	STATE_ROW(struct terminal_type, mtts, 3, STATE_UINT),
	STATE_ROW(struct terminal_type, colours, 4, STATE_UINT),
	STATE_ROW(struct terminal_type, has_editor, 5, STATE_BOOL),
};
const struct state_table terminal_type_state = STATE_TABLE(terminal_type, fields, NULL);

/* Beginnings of names of terminals that show colours. No name: no colour. */
static const char *const colourful[] = {
	"xterm",
	"screen",
	"tmux",
	"linux",
	"rxvt",
	"ansi",
	"cygwin",
	"putty",
	"konsole",
	"gnome",
	"vte",
	"alacritty",
	"kitty",
	"foot",
	"st-",
	"wezterm",
	"ghostty",
	"tintin",
	"tinyfugue",
	"mudlet",
	"kbtin",
	"cmud",
	"zmud",
	"atlantis",
	"blowtorch",
	"potato",
	"mushclient",
};

/*
 * Beginnings of names of clients whose people type into an input line of the client,
 * and of terminals that can't take a line away again.
 */
static const char *const with_editor[] = {
	"dumb",
	"hardcopy",
	"network",
	"unknown",
	"tintin",
	"tinyfugue",
	"kbtin",
	"mudlet",
	"mushclient",
	"cmud",
	"zmud",
	"atlantis",
	"blowtorch",
	"potato",
	"beip",
	"blightmud",
	"axmud",
	"powwow",
};

static bool
is_listed(struct str name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (str_istarts(name, str_of(list[i])))
			return true;
	}
	return false;
}

#define IS_LISTED(name, list) is_listed(name, list, sizeof(list) / sizeof(*(list)))

static bool
has_part(struct str name, struct str part)
{
	for (size_t i = 0; i + part.len <= name.len; i++) {
		if (str_istarts(str_from(name, i), part))
			return true;
	}
	return false;
}

static unsigned
name_colours(struct str name)
{
	if (has_part(name, STR("256color")) || has_part(name, STR("truecolor")))
		return 256;
	if (has_part(name, STR("-mono")))
		return 0;
	if (IS_LISTED(name, colourful))
		return 16;
	return has_part(name, STR("color")) ? 16 : 0;
}

bool
terminal_type_add(struct terminal_type *type, struct str name)
{
	uint64_t mtts;

	name = utf8_cut(name, sizeof(type->last) - 1);
	if (str_eq(name, str_of(type->last)))
		return false;
	memcpy(type->last, name.p, name.len);
	type->last[name.len] = '\0';
	type->has_editor = type->has_editor || IS_LISTED(name, with_editor);
	if (str_istarts(name, STR("MTTS ")) &&
		str_to_uint(str_from(name, strlen("MTTS ")), &mtts) == 0) {
		type->has_mtts = true;
		type->has_editor = true; /* only MUD clients tell that */
		type->mtts = mtts & 0xffff;
	} else if (name_colours(name) > type->colours) {
		type->colours = name_colours(name);
	}
	return true;
}

unsigned
terminal_type_colours(const struct terminal_type *type)
{
	if (!type->has_mtts)
		return type->colours;
	if (type->mtts & MTTS_256_COLOURS)
		return 256;
	return type->mtts & MTTS_ANSI ? 16 : 0;
}

bool
terminal_type_is_reader(const struct terminal_type *type)
{
	return type->has_mtts && type->mtts & MTTS_READER;
}
