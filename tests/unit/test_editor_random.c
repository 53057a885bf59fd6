/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/width.h"
#include "base/wrap.h"
#include "editor_model.h"
#include "net/editor.h"
#include "screen.h"
#include "state_copy.h"

/*
 * A person types at random while others talk, the window changes its size, and the
 * daemon is restarted, which leaves only what editor_state keeps. After
 * each step the screen has to show what the model says: the row with the cursor, and
 * above it, whole, all that was printed.
 */
enum {
	ROWS = 12,
	LINE_MAX_BYTES = 75, /* times a hundred is less than the history may hold */
	SEEDS = 20,
	STEPS = 5000,
};

struct game {
	uint64_t seed, random;
	int step;
	const char *what; /* the step was */
	struct editor *editor;
	struct screen *screen;
	struct model model;
	const char *prompt;
	struct buf *above; /* the rows printed since the screen was cleared */
	size_t count;
};

static _Noreturn void
lose(const struct game *game, const char *why)
{
	struct buf dump = {0};

	screen_dump(game->screen, &dump);
	fail_msg("seed %llu, step %d (%s): %s; line \"%.*s\" at %zu, %zu columns, "
		 "screen:\n%.*s",
		(unsigned long long)game->seed, game->step, game->what, why,
		(int)game->model.line.len, game->model.line.text,
		game->model.line.cursor, game->screen->columns, (int)dump.len, dump.p);
	abort();
}

static unsigned
pick(struct game *game, unsigned count)
{
	game->random = game->random * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(game->random >> 33) % count;
}

static void
show(struct game *game, struct buf *out)
{
	screen_feed(game->screen, buf_str(out));
	buf_fini(out);
	if (game->screen->error != NULL)
		lose(game, game->screen->error);
}

/* Append clean text as a row has it that it begins: it has nothing to lean on. */
static void
add_shown(struct buf *out, struct str text)
{
	bool first = true;

	while (text.len > 0) {
		unsigned columns, joined;
		struct buf probe = {0};
		size_t len = width_cluster(text, &columns);

		buf_add_char(&probe, ' ');
		buf_add(&probe, text.p, len);
		if (!first ||
			(columns > 0 && width_cluster(buf_str(&probe), &joined) == 1))
			buf_add(out, text.p, len);
		else if (columns > 0)
			buf_add_str(out,
				columns > 1 ? STR("\xEF\xBF\xBD ")
					    : STR("\xEF\xBF\xBD"));
		first = first && columns == 0;
		text = str_from(text, len);
		buf_fini(&probe);
	}
}

/* How much of the front of the text, in whole characters, takes `columns` at most? */
static size_t
columns_len(struct str text, size_t columns)
{
	size_t at = 0;

	while (at < text.len) {
		unsigned width;
		size_t len = width_cluster(str_from(text, at), &width);

		if (width > columns)
			break;
		columns -= width;
		at += len;
	}
	return at;
}

static void
trim(struct buf *row)
{
	while (row->len > 0 && row->p[row->len - 1] == ' ')
		row->len--;
}

/*
 * The prompt as it is now: of the editor, or of the search. At most half the row, and
 * it begins with something that is seen.
 */
static void
add_prompt(const struct game *game, struct buf *out)
{
	struct buf text = {0};
	struct str s;

	if (game->model.searching)
		buf_printf(&text,
			"(%s) %.*s: ", game->model.failed ? "no match" : "search",
			(int)game->model.query.len, game->model.query.text);
	else
		buf_add_str(&text, str_of(game->prompt));
	s = buf_str(&text);
	while (s.len > 0) {
		unsigned columns;
		size_t len = width_cluster(s, &columns);

		if (columns > 0 && width_text(s) <= (game->screen->columns - 1) / 2)
			break;
		s = str_from(s, len);
	}
	buf_add_str(out, s);
	buf_fini(&text);
}

/* Is the row this, if of the line `from` and what follows is seen? */
static bool
is_row_from(const struct game *game, struct str row, struct str line, size_t cursor,
	size_t from)
{
	struct buf want = {0};
	size_t room = game->screen->columns - 1, column, marks = from > 0, seen;
	struct str rest = str_from(line, from);
	bool goes_on, same;

	add_prompt(game, &want);
	room -= width_text(buf_str(&want));
	column = game->screen->columns - 1 - room;
	if (from > 0)
		buf_add_char(&want, '<');
	goes_on = marks + width_text(rest) > room;
	if (goes_on) {
		size_t begin = want.len;

		marks++;
		rest.len = columns_len(rest, room - marks);
		seen = from + rest.len;
		add_shown(&want, rest);
		while (width_text(str_from(buf_str(&want), begin)) < room - marks)
			buf_add_char(&want, ' ');
		buf_add_char(&want, '>');
	} else {
		add_shown(&want, rest);
		seen = line.len;
	}
	trim(&want);
	column += (from > 0) + width_text(str_from(str_make(line.p, cursor), from));
	same = str_eq(buf_str(&want), row) && column == game->screen->column;
	/* The cursor stands at something that is seen, or at the end. */
	same = same && cursor >= from && (cursor < seen || cursor == line.len);
	buf_fini(&want);
	return same;
}

/* The row of the cursor. If the line does not fit any part of it will do. */
static void
check_row(const struct game *game)
{
	struct str line = str_make(game->model.line.text, game->model.line.len);
	size_t cursor = model_border(line, game->model.line.cursor), from = 0;
	struct buf row = {0}, prompt = {0};
	bool found, fits;

	if (game->model.hidden) {
		line.len = 0;
		cursor = 0;
	}
	add_prompt(game, &prompt);
	fits = width_text(buf_str(&prompt)) + width_text(line) <=
		game->screen->columns - 1;
	screen_add_row(game->screen, game->screen->row, &row);
	found = is_row_from(game, buf_str(&row), line, cursor, 0);
	while (!found && !fits && from < line.len) {
		from = model_border(line, from + 1);
		found = is_row_from(game, buf_str(&row), line, cursor, from);
	}
	if (!found)
		lose(game, "the row is wrong");
	buf_fini(&row);
	buf_fini(&prompt);
}

static void
check_screen(const struct game *game)
{
	const struct screen *screen = game->screen;
	size_t row = game->count < ROWS - 1 ? game->count : ROWS - 1;

	if (screen->row != row || screen->wraps)
		lose(game, "the cursor is in another row");
	check_row(game);
	for (size_t i = 0; i < ROWS; i++) {
		struct buf text = {0};
		bool same = true;

		screen_add_row(screen, i, &text);
		if (i < row)
			same = str_eq(buf_str(&text),
				buf_str(&game->above[game->count - row + i]));
		else if (i > row)
			same = text.len == 0;
		buf_fini(&text);
		if (!same)
			lose(game, "a row above or below is wrong");
	}
}

/* The rows that folded output makes are on the screen from now on. */
static void
remember_rows(struct game *game, struct str folded)
{
	struct str piece;

	while (str_split(&folded, '\n', &piece) && folded.p != NULL) {
		struct buf *row;

		game->above = xreallocarray(game->above, game->count + 1, sizeof(*row));
		row = &game->above[game->count++];
		*row = (struct buf){0};
		piece.len--;
		while (piece.len > 0) {
			unsigned columns;
			size_t colour = width_sgr(piece);
			size_t len =
				colour > 0 ? colour : width_cluster(piece, &columns);

			/* At the margin there is nothing to show an accent with. */
			if (colour == 0 && (row->len > 0 || columns > 0))
				buf_add(row, piece.p, len);
			piece = str_from(piece, len);
		}
		trim(row);
	}
}

static void
print(struct game *game, struct str line)
{
	struct buf out = {0}, folded = {0};

	wrap_line(&folded, line, game->screen->columns);
	editor_erase(game->editor, &out);
	buf_add_str(&out, buf_str(&folded));
	editor_draw(game->editor, &out);
	remember_rows(game, buf_str(&folded));
	buf_fini(&folded);
	show(game, &out);
}

static void
forget_rows(struct game *game)
{
	while (game->count > 0)
		buf_fini(&game->above[--game->count]);
	free(game->above);
	game->above = NULL;
}

/* Somebody says something. */
static void
step_print(struct game *game)
{
	static const char *const words[] = {"a", "hello", " ", " ", " ", "wonderful",
		"\xC3\xA9", "\xE6\x97\xA5\xE6\x9C\xAC", "\xF0\x9F\x98\x80", "o\xCC\x88",
		"\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9", "\033[1;31m", "\033[0m",
		"https://example.org/a-long-way-to-go"};
	struct buf line = {0};

	game->what = "print";
	buf_add_str(&line, STR("ann: \x1F"));
	for (unsigned n = pick(game, 12); n > 0; n--)
		buf_add_str(&line,
			str_of(words[pick(game, sizeof(words) / sizeof(*words))]));
	print(game, buf_str(&line));
	buf_fini(&line);
}

static void
step_resize(struct game *game)
{
	size_t columns = 12 + pick(game, 50);
	struct buf out = {0};

	game->what = "resize";
	screen_resize(game->screen, columns);
	for (size_t i = 0; i < game->count; i++) {
		struct buf *row = &game->above[i];

		/* What it begins with was taken for itself when it was printed. */
		row->len = columns_len(buf_str(row), columns);
		trim(row);
	}
	editor_resize(game->editor, (unsigned)columns);
	editor_draw(game->editor, &out);
	show(game, &out);
}

static void
step_prompt(struct game *game)
{
	static const char *const prompts[] = {"> ", "#lobby> ", "", "\xE6\x97\xA5> "};
	struct buf out = {0};

	game->what = "prompt";
	game->prompt = prompts[pick(game, 4)];
	editor_set_prompt(game->editor, str_of(game->prompt));
	editor_draw(game->editor, &out);
	show(game, &out);
}

static void
on_line(struct game *game)
{
	struct str line = editor_line(game->editor);
	struct model_line *done = &game->model.done;
	struct buf text = {0};

	if (!str_eq(line, str_make(done->text, done->len)))
		lose(game, "the line is another");
	buf_add_str(&text, STR("= "));
	buf_add_str(&text, line);
	if (pick(game, 10) == 0) {
		editor_set_hidden(game->editor, !game->model.hidden);
		model_set_hidden(&game->model, !game->model.hidden);
	}
	print(game, buf_str(&text));
	buf_fini(&text);
}

static void
on_tab(struct game *game)
{
	struct editor_query query = editor_query(game->editor);
	const struct model_line *word = &game->model.tab_word;

	if (!str_eq(query.word, str_make(word->text, word->len)) ||
		query.before.len != game->model.tab_start ||
		query.nth != game->model.tab_nth)
		lose(game, "the query is another");
	editor_complete(game->editor, model_candidate(query.word, query.nth));
}

/* Another process goes on. What is hidden is lost by that: not meanwhile. */
static void
step_restart(struct game *game)
{
	struct editor *next;

	game->what = "restart";
	if (game->model.hidden)
		return;
	next = editor_new();
	state_copy(&editor_state, game->editor, next);
	editor_free(game->editor);
	game->editor = next;
}

static void
draw(struct game *game)
{
	struct buf out = {0};

	editor_draw(game->editor, &out);
	show(game, &out);
}

/* Bytes to the editor, in one piece or byte by byte; drawn behind all, or each. */
static void
type(struct game *game, struct str bytes)
{
	bool cuts = pick(game, 2) == 0, draws = game->step % 2 == 0;

	while (bytes.len > 0) {
		struct str part = str_make(bytes.p, cuts ? 1 : bytes.len);
		size_t len = part.len;
		enum editor_event event =
			editor_input(game->editor, &part, LINE_MAX_BYTES);

		bytes = str_from(bytes, len - part.len);
		if (event == EDITOR_LINE)
			on_line(game);
		else if (event == EDITOR_COMPLETE)
			on_tab(game);
		else if (event == EDITOR_END)
			lose(game, "nobody wanted to leave");
		if (draws)
			draw(game);
	}
	draw(game);
}

/* One or more bytes for each key, and how often of a thousand it is pressed. */
static const struct {
	enum model_key key;
	const char *bytes;
	unsigned weight;
} keys[] = {
	{MODEL_ENTER, "\r", 20},
	{MODEL_ENTER, "\n", 10},
	{MODEL_ENTER, "\r\n", 10},
	{MODEL_LEFT, "\033[D", 60},
	{MODEL_LEFT, "\x02", 20},
	{MODEL_RIGHT, "\033OC", 60},
	{MODEL_HOME, "\x01", 20},
	{MODEL_HOME, "\033[1~", 10},
	{MODEL_END, "\x05", 30},
	{MODEL_WORD_LEFT, "\033b", 20},
	{MODEL_WORD_RIGHT, "\033[1;5C", 20},
	{MODEL_BACKSPACE, "\x7F", 80},
	{MODEL_BACKSPACE, "\b", 20},
	{MODEL_DELETE, "\033[3~", 40},
	{MODEL_KILL_END, "\x0B", 10},
	{MODEL_KILL_BEGIN, "\x15", 10},
	{MODEL_KILL_BLANK, "\x17", 10},
	{MODEL_KILL_WORD, "\033d", 10},
	{MODEL_YANK, "\x19", 20},
	{MODEL_SWAP, "\x14", 20},
	{MODEL_UP, "\033[A", 30},
	{MODEL_UP, "\x10", 10},
	{MODEL_DOWN, "\033[B", 30},
	{MODEL_CLEAR, "\x03", 5},
	{MODEL_SCREEN, "\x0C", 5},
	{MODEL_TAB, "\t", 30},
	{MODEL_SEARCH, "\x12", 20},
	{MODEL_CANCEL, "\x07", 10},
};

static void
step_key(struct game *game)
{
	unsigned at = pick(game, 640);
	size_t i = 0;

	while (at >= keys[i].weight && i + 1 < sizeof(keys) / sizeof(*keys))
		at -= keys[i++].weight;
	game->what = "key";
	/* In Alt-B and Alt-D, ESC would end a search. */
	if (game->model.searching && keys[i].bytes[0] == '\033' &&
		keys[i].bytes[1] >= 'a')
		return;
	model_press(&game->model, keys[i].key, STR(""));
	if (keys[i].key == MODEL_SCREEN)
		forget_rows(game);
	type(game, str_of(keys[i].bytes));
}

static void
step_text(struct game *game)
{
	static const char *const texts[] = {"a", "b", "an", "n", "hello", " ", " ", ".",
		"-", "\xC3\xA9", "\xE6\x97\xA5", "\xE6\x9C\xAC\xE8\xAA\x9E",
		"e\xCC\x81", "\xCC\x81", "\xF0\x9F\x98\x80", "\xF0\x9F\x91\xA8",
		"\xE2\x80\x8D", "\xF0\x9F\x92\xBB",
		"\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x92\xBB", "\xF0\x9F\x8F\xBD",
		"\xE2\x9D\xA4\xEF\xB8\x8F", "\xEF\xB8\x8F", "\xF0\x9F\x87\xA9",
		"\xF0\x9F\x87\xAA", "\xE2\x80\x8B", "\xE0\xB8\x81\xE0\xB8\xB3",
		"\xE0\xA4\x95\xE0\xA4\xBE", "\xEA\xB0\x80",
		"\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8", "\xEF\xBF\xBD"};
	struct str text = str_of(texts[pick(game, sizeof(texts) / sizeof(*texts))]);
	bool pasted = pick(game, 10) == 0;

	game->what = text.p;
	for (struct str rest = text; rest.len > 0;) {
		uint32_t cp;
		size_t len = utf8_decode(rest, &cp);

		model_press(&game->model, MODEL_TEXT, str_make(rest.p, len));
		rest = str_from(rest, len);
	}
	if (pasted)
		type(game, STR("\033[200~"));
	type(game, text);
	if (pasted)
		type(game, STR("\033[201~"));
}

static void
play(uint64_t seed)
{
	struct game *game = xcalloc(1, sizeof(*game));
	struct buf out = {0};

	game->seed = game->random = seed;
	game->what = "start";
	game->prompt = "> ";
	game->model.max = LINE_MAX_BYTES;
	game->editor = editor_new();
	game->screen = screen_new(ROWS, 40);
	editor_resize(game->editor, 40);
	editor_set_prompt(game->editor, str_of(game->prompt));
	editor_enter(game->editor, &out);
	editor_draw(game->editor, &out);
	show(game, &out);
	check_screen(game);
	for (game->step = 0; game->step < STEPS; game->step++) {
		unsigned what = pick(game, 100);

		if (what < 50)
			step_text(game);
		else if (what < 90)
			step_key(game);
		else if (what < 92)
			step_restart(game);
		else if (what < 96)
			step_print(game);
		else if (what < 98)
			step_prompt(game);
		else
			step_resize(game);
		check_screen(game);
	}
	forget_rows(game);
	editor_free(game->editor);
	screen_free(game->screen);
	free(game);
}

static void
test_random(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		play(seed);
}

/* One seed, for looking at it. */
static void
test_one_seed(void **state)
{
	play(strtoull(*state, NULL, 10));
}

int
main(int argc, char **argv)
{
	char *seed = argc > 1 ? argv[1] : NULL;
	const struct CMUnitTest all[] = {
		cmocka_unit_test(test_random),
	};
	const struct CMUnitTest one[] = {
		cmocka_unit_test_prestate(test_one_seed, seed),
	};

	if (!width_init())
		return 1;
	return seed != NULL ? cmocka_run_group_tests(one, NULL, NULL)
			    : cmocka_run_group_tests(all, NULL, NULL);
}
