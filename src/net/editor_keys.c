/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/editor_keys.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/state.h"
#include "base/utf8.h"

enum {
	BEL = 0x07,
	ESC = 0x1B,
	DEL = 0x7F,
	PARAM_MOST = 999, /* no key has more; a digit behind it still fits the type */
};

enum state {
	GROUND,
	ESCAPE,       /* behind ESC */
	INTERMEDIATE, /* behind ESC and 20 to 2F: character sets and the like */
	CONTROL,      /* behind CSI */
	CONSOLE,      /* behind CSI [: one more byte, F1 to F5 of the Linux console */
	SHIFT,        /* behind SS2 or SS3 */
	STRING_BEGIN, /* behind ESC and ] or P: OSC or DCS, if it goes on like one */
	STRING,       /* in one of these */
	STRING_END,   /* and there behind ESC */
};

static const char *const states[] = {
	[GROUND] = "ground",
	[ESCAPE] = "escape",
	[INTERMEDIATE] = "intermediate",
	[CONTROL] = "control",
	[CONSOLE] = "console",
	[SHIFT] = "shift",
	[STRING_BEGIN] = "string begin",
	[STRING] = "string",
	[STRING_END] = "string end",
};

static const struct state_field fields[] = {
	STATE_ROW(struct editor_keys, state, 1, STATE_ENUM, .words = states,
		.nwords = sizeof(states) / sizeof(states[0])),
	STATE_ROW(struct editor_keys, partial_len, 2, STATE_UINT, .max = 3),
	STATE_ROW(struct editor_keys, partial, 3, STATE_BYTES),
	STATE_ROW(struct editor_keys, param, 4, STATE_UINT, .max = 2),
	STATE_ROW(struct editor_keys, params, 5, STATE_UINT, .count = 2),
	STATE_ROW(struct editor_keys, odd, 6, STATE_BOOL),
	STATE_ROW(struct editor_keys, alt, 7, STATE_BOOL),
	STATE_ROW(struct editor_keys, after_cr, 8, STATE_BOOL),
	STATE_ROW(struct editor_keys, pasting, 9, STATE_BOOL),
};
const struct state_table editor_keys_state = STATE_TABLE(editor_keys, fields, NULL);

/*
 * A terminal answers with a string if it is asked, and nobody asks it here; whoever
 * meant Alt-P or Alt-] gets out of a longer one.
 */
#define STRING_MOST 256

/* Modifiers, as parameters have them: one less than the number sent. */
enum {
	MOD_ALT = 2,
	MOD_CTRL = 4,
};

static bool
give(struct editor_keys *keys, struct editor_key *key, unsigned code)
{
	/* A paste is text, whatever it looks like. */
	if (keys->pasting)
		return false;
	key->code = code;
	return true;
}

static bool
give_text(struct editor_key *key, struct str text)
{
	key->code = KEY_TEXT;
	key->text = text;
	return true;
}

static void
begin(struct editor_keys *keys, enum state state)
{
	keys->state = (unsigned char)state;
	keys->param = 0;
	keys->params[0] = keys->params[1] = 0;
	keys->odd = false;
}

static bool
give_arrow(
	struct editor_keys *keys, struct editor_key *key, unsigned plain, unsigned word)
{
	unsigned mods = keys->params[1] > 0 ? keys->params[1] - 1u : 0;
	bool by_word = keys->alt || (mods & (MOD_ALT | MOD_CTRL)) != 0;

	return give(keys, key, by_word ? word : plain);
}

/* The letter at the end of a control sequence, or behind SS3. */
static bool
on_letter(struct editor_keys *keys, struct editor_key *key, unsigned char c)
{
	switch (c) {
	case 'A':
		return give(keys, key, KEY_UP);
	case 'B':
		return give(keys, key, KEY_DOWN);
	case 'C':
		return give_arrow(keys, key, KEY_RIGHT, KEY_WORD_RIGHT);
	case 'D':
		return give_arrow(keys, key, KEY_LEFT, KEY_WORD_LEFT);
	case 'H':
		return give(keys, key, KEY_HOME);
	case 'F':
		return give(keys, key, KEY_END);
	case 'M': /* Enter of the number pad, if SS3 */
		return keys->state == SHIFT && give(keys, key, KEY_ENTER);
	case 'c': /* rxvt, Ctrl with the arrows */
		return keys->state == SHIFT && give(keys, key, KEY_WORD_RIGHT);
	case 'd':
		return keys->state == SHIFT && give(keys, key, KEY_WORD_LEFT);
	default:
		return false;
	}
}

/* The number of a key in a control sequence that ends in '~'. */
static bool
on_tilde(struct editor_keys *keys, struct editor_key *key)
{
	switch (keys->params[0]) {
	case 1:
	case 7: /* rxvt */
		return give(keys, key, KEY_HOME);
	case 3:
		return give(keys, key, KEY_DELETE);
	case 4:
	case 8: /* rxvt */
		return give(keys, key, KEY_END);
	case 200:
		if (!give(keys, key, KEY_PASTE))
			return false;
		keys->pasting = true;
		return true;
	case 201:
		keys->pasting = false;
		return false;
	default:
		return false;
	}
}

/* A printable byte behind CSI. */
static bool
on_control(struct editor_keys *keys, struct editor_key *key, unsigned char c)
{
	bool given = false;

	if (c >= '0' && c <= '9' && keys->param < 2) {
		unsigned short *param = &keys->params[keys->param];

		if (*param < PARAM_MOST)
			*param = (unsigned short)(*param * 10 + (c - '0'));
		return false;
	}
	if (c == ';') {
		keys->param = keys->param < 2 ? (unsigned char)(keys->param + 1) : 2;
		return false;
	}
	if (c < 0x40) {
		keys->odd = keys->odd || c < '0' || c > '9';
		return false;
	}
	if (c == '[' && keys->param == 0 && keys->params[0] == 0 && !keys->odd) {
		keys->state = CONSOLE;
		return false;
	}
	if (!keys->odd)
		given = c == '~' ? on_tilde(keys, key) : on_letter(keys, key, c);
	keys->state = GROUND;
	return given;
}

/* A printable byte behind ESC. */
static bool
on_escape(struct editor_keys *keys, struct editor_key *key, unsigned char c)
{
	switch (c) {
	case '[':
		begin(keys, CONTROL);
		return false;
	case 'N':
	case 'O':
		begin(keys, SHIFT);
		keys->odd = c == 'N';
		return false;
	case ']':
	case 'P':
		begin(keys, STRING_BEGIN);
		return false;
	default:
		begin(keys, c < 0x30 ? INTERMEDIATE : GROUND);
		return c >= 0x30 && give(keys, key, KEY_ALT | c);
	}
}

/* A printable byte (20 to 7E) within a sequence. */
static bool
on_sequence(struct editor_keys *keys, struct editor_key *key, unsigned char c)
{
	bool given = false;

	switch ((enum state)keys->state) {
	case ESCAPE:
		return on_escape(keys, key, c);
	case CONTROL:
		return on_control(keys, key, c);
	case INTERMEDIATE:
		if (c >= 0x30)
			keys->state = GROUND;
		break;
	case SHIFT:
		/* Old terminals have the modifier here; all others one letter only. */
		if (c >= '1' && c <= '9' && keys->params[1] == 0) {
			keys->params[1] = (unsigned short)(c - '0');
			break;
		}
		given = !keys->odd && on_letter(keys, key, c);
		keys->state = GROUND;
		break;
	case STRING_END:
		if (c != '\\')
			return on_escape(keys, key, c);
		keys->state = GROUND;
		break;
	case CONSOLE:
		keys->state = GROUND;
		break;
	case STRING:
		if (++keys->params[0] > STRING_MOST)
			keys->state = GROUND;
		break;
	case STRING_BEGIN:
	case GROUND:
		break;
	}
	return given;
}

/* Does a string go on like this, as answers of terminals do? */
static bool
begins_string(unsigned char c)
{
	return (c >= '0' && c <= '9') || strchr("!$+>|", c) != NULL;
}

/* Behind what may have been Alt and a key: was it? Then `c` is the next one. */
static bool
was_alt(struct editor_keys *keys, unsigned char c)
{
	if (keys->state != STRING_BEGIN)
		return false;
	keys->state = begins_string(c) ? STRING : GROUND;
	return keys->state == GROUND;
}

static bool
on_esc(struct editor_keys *keys, struct editor_key *key)
{
	enum state state = keys->state;

	/* Alt and an arrow are ESC and its sequence in rxvt and PuTTY. */
	keys->alt = state == ESCAPE;
	if (state == STRING) {
		keys->state = STRING_END;
		return false;
	}
	begin(keys, ESCAPE);
	return give(keys, key, KEY_ESCAPE);
}

/*
 * A control character. It ends whatever sequence it stands in, so that a person whose
 * Alt key began one by accident gets out of it.
 */
static bool
on_ctrl(struct editor_keys *keys, struct editor_key *key, unsigned char c)
{
	enum state state = keys->state;
	bool after_cr = keys->after_cr;

	keys->after_cr = c == '\r';
	if (c == ESC)
		return on_esc(keys, key);
	begin(keys, GROUND);
	if (c == BEL && (state == STRING || state == STRING_END))
		return false;
	if (after_cr && (c == '\n' || c == '\0'))
		return false;
	if (c == '\r' || c == '\n') {
		key->code = KEY_ENTER;
		return true;
	}
	if (c == CTRL('C'))
		keys->pasting = false;
	if (c == '\t' && keys->pasting)
		return give_text(key, STR(" "));
	if (c == '\0')
		return false;
	if (state == ESCAPE && (c == '\b' || c == DEL))
		return give(keys, key, KEY_ALT | (unsigned)c);
	return give(keys, key, c);
}

/* A whole character of more than one byte. */
static bool
on_wide(struct editor_keys *keys, struct editor_key *key, uint32_t cp)
{
	/* Within a string it is part of it; other sequences are broken off by it. */
	bool within = keys->state == STRING;

	if (cp >= 0x80 && cp < 0xA0) {
		/* C1: another way to write ESC and a letter, but never Alt. */
		begin(keys, GROUND);
		keys->alt = false;
		if (strchr("[NO]P", (int)cp - 0x40) != NULL)
			return on_escape(keys, key, (unsigned char)(cp - 0x40));
		return false;
	}
	if (within)
		return false;
	begin(keys, GROUND);
	return give_text(key, str_make(keys->partial, keys->partial_len));
}

/* Could these bytes, which are no character, become one? */
static bool
is_incomplete(struct str s, size_t decoded)
{
	unsigned char first = (unsigned char)s.p[0];
	size_t need = first < 0xC2 || first > 0xF4 ? 1
		: first < 0xE0                     ? 2
		: first < 0xF0                     ? 3
						   : 4;

	return decoded == s.len && s.len < need;
}

static bool
give_bad(struct editor_keys *keys, struct editor_key *key)
{
	bool within = keys->state == STRING;

	keys->partial_len = 0;
	if (within)
		return false;
	begin(keys, GROUND);
	return give_text(key, STR("\xEF\xBF\xBD"));
}

/*
 * The next byte `c` when it is not ASCII. `*used` is false if it was not taken because
 * the bytes before it are no character.
 */
static bool
on_high(struct editor_keys *keys, struct editor_key *key, char c, bool *used)
{
	size_t len = (size_t)keys->partial_len + 1;
	struct str s = str_make(keys->partial, len);
	bool given;
	uint32_t cp;
	size_t decoded;

	keys->after_cr = false;
	keys->partial[keys->partial_len] = c;
	decoded = utf8_decode(s, &cp);
	*used = decoded == len;
	if (!*used)
		return give_bad(keys, key);
	if (cp == UTF8_REPLACEMENT && is_incomplete(s, decoded)) {
		keys->partial_len++;
		return false;
	}
	if (cp == UTF8_REPLACEMENT && len < 3)
		return give_bad(keys, key);
	keys->partial_len++;
	given = on_wide(keys, key, cp);
	keys->partial_len = 0;
	return given;
}

/* How many printable ASCII bytes `s` begins with. */
static size_t
plain_len(struct str s)
{
	size_t n = 0;

	while (n < s.len && s.p[n] >= 0x20 && s.p[n] < DEL)
		n++;
	return n;
}

bool
editor_keys_next(struct editor_keys *keys, struct str *bytes, struct editor_key *key)
{
	while (bytes->len > 0) {
		unsigned char c = (unsigned char)bytes->p[0];
		bool given, used = true;

		if (c >= 0x80) {
			given = on_high(keys, key, bytes->p[0], &used);
		} else if (keys->partial_len > 0) {
			used = false;
			given = give_bad(keys, key);
		} else if (c < 0x20 || c == DEL) {
			given = on_ctrl(keys, key, c);
		} else if (keys->state != GROUND && !was_alt(keys, c)) {
			given = on_sequence(keys, key, c);
		} else {
			size_t run = plain_len(*bytes);

			keys->after_cr = false;
			given = give_text(key, str_make(bytes->p, run));
			*bytes = str_from(*bytes, run - 1);
		}
		*bytes = str_from(*bytes, used ? 1 : 0);
		if (given)
			return true;
	}
	return false;
}
