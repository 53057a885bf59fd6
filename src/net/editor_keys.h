/* SPDX-License-Identifier: ISC */
#ifndef NET_EDITOR_KEYS_H
#define NET_EDITOR_KEYS_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/str.h"

/*
 * From the bytes that a terminal sends to the keys that were pressed. Knows UTF-8, line
 * ends, the escape sequences of xterm and of those that differ from it (rxvt, PuTTY,
 * the Linux console), and bracketed paste; knows nothing of what keys do.
 *
 * It never matters where the bytes are cut: what is not complete is kept, in a few
 * bytes, and a sequence that is not understood is swallowed whole. Any control
 * character ends a sequence, so nobody is caught in one that he began by accident.
 */

/*
 * What a key is: one of these; or a control character (CTRL('A'), 0x7F); or KEY_ALT and
 * the ASCII character or control character that was pressed with Alt.
 */
enum editor_key_code {
	KEY_TEXT = 0x100, /* something printable; `text` has it */
	KEY_ENTER,
	KEY_ESCAPE, /* ESC, at once; what it begins may still follow as another key */
	KEY_UP,
	KEY_DOWN,
	KEY_LEFT,
	KEY_RIGHT,
	KEY_WORD_LEFT,
	KEY_WORD_RIGHT,
	KEY_HOME,
	KEY_END,
	KEY_DELETE,
	KEY_PASTE, /* a paste begins */
	KEY_ALT = 0x200,
};

#define CTRL(letter) ((letter)&0x1F)

struct editor_key {
	unsigned code;
	/*
	 * Of KEY_TEXT: a run of printable ASCII, or one other character, which is valid
	 * UTF-8 but need not be clean. Good until the next call.
	 */
	struct str text;
};

struct state_table;
extern const struct state_table editor_keys_state;

/* The state between two bytes. Zero-initialise it. */
struct editor_keys {
	unsigned char state;       /* where in which sequence */
	unsigned char partial_len; /* bytes of an incomplete character */
	char partial[4];           /* and here they are */
	unsigned char param;       /* which of the parameters is being read */
	unsigned short params[2];  /* of a control sequence */
	bool odd;                  /* the sequence is of no kind that keys use */
	bool alt;                  /* ESC ESC began it */
	bool after_cr;             /* the next LF or NUL belongs to it */
	bool pasting;              /* within a bracketed paste */
};

/*
 * Take the next key off the front of `*bytes`. False if there is none, and then all
 * bytes are used up.
 *
 * Within a paste there are only KEY_TEXT and KEY_ENTER; a tab is a blank. Only ^C is
 * itself: it ends the paste, for its end may have been lost.
 */
must_use bool editor_keys_next(
	struct editor_keys *keys, struct str *bytes, struct editor_key *key);

#endif
