/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/editor_edit.h"

#include <stddef.h>

#include "net/editor_keys.h"
#include "net/editor_text.h"

enum {
	DEL = 0x7F
};

/* Nearly all is a place in the line, and what to do with the text up to there. */
enum deed {
	MOVE,
	DELETE,
	KILL
};

typedef size_t (*place_fn)(const struct editor_text *text);

struct binding {
	unsigned code;
	enum deed deed;
	place_fn place;
};

static size_t
line_begin(const struct editor_text *text)
{
	(void)text;
	return 0;
}

static size_t
line_end(const struct editor_text *text)
{
	return text->buf.len;
}

static const struct binding bindings[] = {
	{CTRL('A'), MOVE, line_begin},
	{CTRL('B'), MOVE, editor_text_left},
	{CTRL('D'), DELETE, editor_text_right},
	{CTRL('E'), MOVE, line_end},
	{CTRL('F'), MOVE, editor_text_right},
	{CTRL('H'), DELETE, editor_text_left},
	{CTRL('K'), KILL, line_end},
	{CTRL('U'), KILL, line_begin},
	{CTRL('W'), KILL, editor_text_blank_left},
	{DEL, DELETE, editor_text_left},
	{KEY_ALT | 'b', MOVE, editor_text_word_left},
	{KEY_ALT | 'd', KILL, editor_text_word_right},
	{KEY_ALT | 'f', MOVE, editor_text_word_right},
	{KEY_ALT | CTRL('H'), KILL, editor_text_word_left},
	{KEY_ALT | DEL, KILL, editor_text_word_left},
	{KEY_DELETE, DELETE, editor_text_right},
	{KEY_END, MOVE, line_end},
	{KEY_HOME, MOVE, line_begin},
	{KEY_LEFT, MOVE, editor_text_left},
	{KEY_RIGHT, MOVE, editor_text_right},
	{KEY_WORD_LEFT, MOVE, editor_text_word_left},
	{KEY_WORD_RIGHT, MOVE, editor_text_word_right},
};

static const struct binding *
find_binding(unsigned code)
{
	for (size_t i = 0; i < sizeof(bindings) / sizeof(*bindings); i++) {
		if (bindings[i].code == code)
			return &bindings[i];
	}
	return NULL;
}

bool
editor_edit_press(struct editor_text *text, unsigned code)
{
	const struct binding *binding = find_binding(code);
	size_t place = binding != NULL ? binding->place(text) : 0;
	bool fits = true;

	if (binding == NULL) {
		if (code == CTRL('T'))
			editor_text_swap(text);
		else if (code == CTRL('Y'))
			fits = editor_text_insert(text, buf_str(&text->kill));
	} else if (binding->deed == MOVE) {
		text->cursor = place;
	} else if (binding->deed == DELETE) {
		editor_text_delete(text, place);
	} else {
		editor_text_kill(text, place);
	}
	text->killing = binding != NULL && binding->deed == KILL;
	return fits;
}
