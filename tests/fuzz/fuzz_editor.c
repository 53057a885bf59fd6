/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "base/width.h"
#include "fuzz.h"
#include "net/editor.h"
#include "screen.h"

/*
 * Any bytes, as keys. The first byte is the width of the window, the second how the
 * rest is cut. Lines are clean and not too long; what is on the screen after all the
 * small changes is what drawing it anew shows; and bytes that come one by one do the
 * same.
 */
enum {
	MAX = 200
};

struct peer {
	struct editor *editor;
	struct screen *screen;
	struct buf lines;
};

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	CHECK(width_init());
	return 0;
}

static void
show(struct peer *peer, struct buf *out)
{
	screen_feed(peer->screen, buf_str(out));
	buf_fini(out);
	CHECK(peer->screen->error == NULL);
	CHECK(!peer->screen->wraps);
}

static void
peer_init(struct peer *peer, size_t columns)
{
	struct buf out = {0};

	peer->editor = editor_new();
	peer->screen = screen_new(3, columns);
	peer->lines = (struct buf){0};
	editor_resize(peer->editor, (unsigned)columns);
	editor_set_prompt(peer->editor, STR("> "));
	editor_draw(peer->editor, &out);
	show(peer, &out);
}

static void
peer_fini(struct peer *peer)
{
	editor_free(peer->editor);
	screen_free(peer->screen);
	buf_fini(&peer->lines);
}

static void
check_line(struct str line)
{
	struct buf clean = {0};

	CHECK(line.len <= MAX);
	utf8_clean(&clean, line);
	CHECK(str_eq(buf_str(&clean), line));
	buf_fini(&clean);
}

/* The row drawn again looks as it did. */
static void
check_drawn(struct peer *peer)
{
	struct buf before = {0}, after = {0}, out = {0};

	screen_dump(peer->screen, &before);
	editor_erase(peer->editor, &out);
	editor_draw(peer->editor, &out);
	show(peer, &out);
	screen_dump(peer->screen, &after);
	CHECK(str_eq(buf_str(&before), buf_str(&after)));
	buf_fini(&before);
	buf_fini(&after);
}

static void
on_event(struct peer *peer, enum editor_event event)
{
	struct editor_query query;
	struct str line;

	switch (event) {
	case EDITOR_LINE:
		line = editor_line(peer->editor);
		check_line(line);
		buf_add_str(&peer->lines, line);
		buf_add_char(&peer->lines, '\n');
		editor_set_hidden(peer->editor, str_eq(line, STR("hide")));
		break;
	case EDITOR_COMPLETE:
		query = editor_query(peer->editor);
		check_line(query.word);
		check_line(query.before);
		editor_complete(peer->editor,
			query.nth % 2 == 0 ? STR("anna: ") : STR("\xE6\x97\xA5"));
		break;
	case EDITOR_END:
		CHECK(editor_is_empty(peer->editor));
		break;
	case EDITOR_MORE:
		break;
	}
}

static void
draw(struct peer *peer)
{
	struct buf out = {0};

	editor_draw(peer->editor, &out);
	show(peer, &out);
}

static void
peer_type(struct peer *peer, struct str bytes, size_t step)
{
	while (bytes.len > 0) {
		struct str part =
			str_make(bytes.p, bytes.len < step ? bytes.len : step);
		size_t len = part.len;
		enum editor_event event = editor_input(peer->editor, &part, MAX);

		CHECK(event != EDITOR_MORE || part.len == 0);
		on_event(peer, event);
		bytes = str_from(bytes, len - part.len);
		draw(peer);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct peer peer, other;
	struct buf dump = {0}, other_dump = {0};
	struct str keys;
	size_t columns, step;

	if (size < 3)
		return 0;
	columns = 10 + data[0] % 50;
	step = 1 + data[1] % 64;
	keys = str_make((const char *)data + 2, size - 2);
	peer_init(&peer, columns);
	peer_init(&other, columns);
	peer_type(&other, keys, 1);
	while (keys.len > 0) {
		struct str part = str_make(keys.p, keys.len < step ? keys.len : step);

		peer_type(&peer, part, part.len);
		check_drawn(&peer);
		keys = str_from(keys, part.len);
	}
	CHECK(str_eq(buf_str(&peer.lines), buf_str(&other.lines)));
	screen_dump(peer.screen, &dump);
	screen_dump(other.screen, &other_dump);
	CHECK(str_eq(buf_str(&dump), buf_str(&other_dump)));
	buf_fini(&dump);
	buf_fini(&other_dump);
	peer_fini(&peer);
	peer_fini(&other);
	return 0;
}
