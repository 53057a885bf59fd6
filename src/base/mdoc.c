/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/mdoc.h"

#include <stdbool.h>
#include <string.h>

/* Append a word without its escapes. */
static void
add_word(struct buf *out, struct str word)
{
	for (size_t i = 0; i < word.len; i++) {
		if (word.p[i] == '\\' && i + 1 < word.len && word.p[++i] == '&')
			continue;
		buf_add_char(out, word.p[i]);
	}
}

/* Append the name of a command, which has a slash in the text. */
static void
add_command(struct buf *out, struct str word, const char *slash)
{
	buf_printf(out, "%s%.*s", slash, (int)word.len - 1, word.p + 1);
}

/* A blank, where something stands before it in this text, which began at `start`. */
static void
add_blank(struct buf *out, size_t start)
{
	if (out->len > start)
		buf_add_char(out, ' ');
}

static bool
is_punctuation(struct str word)
{
	return word.len == 1 && strchr(".,;:)", word.p[0]) != NULL;
}

/* Append an argument of a macro, the `nth` one from 0, that is not punctuation. */
static void
add_argument(struct buf *out, struct str macro, size_t nth, struct str word,
	const char *slash)
{
	if (nth == 0 && str_eq(macro, STR("Fl")))
		buf_add_char(out, '-');
	if (str_eq(macro, STR("Ic")) && str_starts(word, STR("/"))) {
		add_command(out, word, slash);
	} else if (str_eq(macro, STR("Ql"))) {
		buf_add_char(out, '"');
		add_word(out, word);
		buf_add_char(out, '"');
	} else {
		add_word(out, word);
	}
}

/* Append what a macro line says, in a text that began at `start`. */
static void
add_macro(struct buf *out, struct str line, size_t start, const char *slash)
{
	struct str macro = str_word(&line), word;

	for (size_t nth = 0; (word = str_word(&line)).len > 0; nth++) {
		if (is_punctuation(word)) {
			buf_add_str(out, word);
		} else if (nth == 1 && str_eq(macro, STR("Xr"))) {
			buf_printf(out, "(%.*s)", (int)word.len, word.p);
		} else {
			add_blank(out, start);
			add_argument(out, macro, nth, word, slash);
		}
	}
}

void
mdoc_add_plain(struct buf *out, struct str mdoc, const char *slash)
{
	size_t start = out->len;
	struct str line, word;

	while (str_split(&mdoc, '\n', &line)) {
		if (str_starts(line, STR("."))) {
			add_macro(out, str_from(line, 1), start, slash);
			continue;
		}
		while ((word = str_word(&line)).len > 0) {
			add_blank(out, start);
			add_word(out, word);
		}
	}
}
