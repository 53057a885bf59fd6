/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/template.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/suggest.h"
#include "base/utf8.h"

enum piece_kind {
	PIECE_TEXT,  /* .text as it stands */
	PIECE_HOLE,  /* .text is the name */
	PIECE_OPEN,  /* a { without its }; .text is what follows */
	PIECE_STRAY, /* a } without its { */
};

/* What a template is made of. */
struct piece {
	enum piece_kind kind;
	struct str text;
};

/* How many bytes at the front of `s` stand before the next brace. */
static size_t
before_brace(struct str s)
{
	size_t n = 0;

	while (n < s.len && s.p[n] != '{' && s.p[n] != '}')
		n++;
	return n;
}

/* The hole behind a { that was taken off the front of `*rest`. */
static struct piece
take_hole(struct str *rest)
{
	size_t len = before_brace(*rest);
	struct piece piece = {PIECE_OPEN, str_make(rest->p, len)};

	if (len < rest->len && rest->p[len] == '}') {
		piece.kind = PIECE_HOLE;
		len++;
	}
	*rest = str_from(*rest, len);
	return piece;
}

/* Take the next piece off the front of `*rest`; false at the end. */
static bool
take_piece(struct str *rest, struct piece *piece)
{
	size_t len = before_brace(*rest);
	char brace;

	if (rest->len == 0)
		return false;
	if (len > 0) {
		*piece = (struct piece){PIECE_TEXT, str_make(rest->p, len)};
		*rest = str_from(*rest, len);
		return true;
	}
	brace = rest->p[0];
	*piece = (struct piece){PIECE_STRAY, str_make(rest->p, 1)};
	*rest = str_from(*rest, 1);
	if (rest->len > 0 && rest->p[0] == brace) {
		/* Doubled, it stands for itself. */
		piece->kind = PIECE_TEXT;
		*rest = str_from(*rest, 1);
	} else if (brace == '{') {
		*piece = take_hole(rest);
	}
	return true;
}

static bool
is_name(struct str hole, const char *names)
{
	struct str rest = str_of(names), name;

	while ((name = str_word(&rest)).len > 0) {
		if (str_eq(name, hole))
			return true;
	}
	return false;
}

/* Say which holes there are, and the one that was probably meant. */
static void
explain_unknown(struct str hole, const char *names, struct err *err)
{
	/* Suggestions are terminated strings; the blanks of a copy become that. */
	char *copy = xstrdup(names);
	struct str rest = str_of(copy), name;
	struct suggest suggest;
	struct buf known = {0};
	char nearest[128];

	suggest_init(&suggest, hole);
	while ((name = str_word(&rest)).len > 0) {
		char *word = copy + (name.p - copy);

		word[name.len] = '\0';
		suggest_offer(&suggest, word);
		buf_printf(&known, "%s{%s}", known.len > 0 ? ", " : ", only ", word);
	}
	buf_add_char(&known, '\0');
	/* Cut, lest a forgotten } push the useful part out of the message. */
	hole = utf8_cut(hole, 40);
	err_set(err, "there is no {%.*s} here%s%s", (int)hole.len, hole.p,
		suggest_text(&suggest, "{", "}", nearest, sizeof(nearest)), known.p);
	buf_fini(&known);
	free(copy);
}

int
template_check(const char *text, const char *names, struct err *err)
{
	struct str rest = str_of(text);
	struct piece piece;

	while (take_piece(&rest, &piece)) {
		struct str start = utf8_cut(piece.text, 40);

		switch (piece.kind) {
		case PIECE_TEXT:
			break;
		case PIECE_HOLE:
			if (is_name(piece.text, names))
				break;
			explain_unknown(piece.text, names, err);
			return -1;
		case PIECE_OPEN:
			err_set(err, "no } closes {%.*s (write {{ for a { itself)",
				(int)start.len, start.p);
			return -1;
		case PIECE_STRAY:
			err_set(err, "no { opens the } (write }} for a } itself)");
			return -1;
		}
	}
	return 0;
}

void
template_render(struct buf *out, const char *text, template_fill *fill, void *arg)
{
	struct str rest = str_of(text);
	struct piece piece;

	while (take_piece(&rest, &piece)) {
		assert(piece.kind == PIECE_TEXT || piece.kind == PIECE_HOLE);
		if (piece.kind == PIECE_TEXT)
			buf_add_str(out, piece.text);
		else
			fill(arg, piece.text, out);
	}
}
