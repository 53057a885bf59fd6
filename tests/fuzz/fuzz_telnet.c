/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "base/width.h"
#include "fuzz.h"
#include "net/editor.h"
#include "net/proto.h"

/*
 * Any bytes, as what a peer sends. The first byte chooses the protocol, the second the
 * places of random cuts, the rest is the stream. It is taken in one piece, byte by
 * byte, and cut at random; each must give the same events, texts and telnet commands.
 * (What the line editor draws may differ, but not what is there in the end.) Answers
 * are bounded, and nothing at all is said to who has not shown telnet.
 *
 * A few lines do something, as people can by commands: "hide" switches hidden input on
 * and off, "edit" the editor, "keys" gives out keys up to a 'q'.
 */
enum {
	MAX = 100,
	VERB_LEN = 3, /* IAC WILL x */

	/* Bytes of answer for one byte of input, and for any call besides. */
	LOUD = 64,
	LOUD_BESIDES = 256,
	/* With the editor a key may draw the row anew, a few times over at most. */
	DRAWN = 4 * (MAX + 500),
	DRAWN_BESIDES = 4096,
};

enum {
	CMD_SE = 240,
	CMD_SB = 250,
	CMD_WILL = 251,
	CMD_DONT = 254,
	OPT_ECHO = 1,
	OPT_SGA = 3,
};

/* One way of cutting the stream. */
struct run {
	struct proto proto;
	size_t evidence; /* so many bytes show that the peer speaks telnet */
	size_t taken;    /* bytes that the protocol has taken */
	size_t commands; /* IACs among them */
	size_t wishes;   /* how often we wished for hidden input, or (no) editing */
	size_t verbs;    /* WILL, WONT, DO and DONT that were said to the peer */
	size_t requests; /* WILL ECHO and WILL SGA among them */
	struct telnet_terminal terminal;
	size_t changes; /* of the terminal, as far as it matters for editing */
	bool is_hidden;
	bool has_ended;  /* the peer has said so, and nothing more is taken */
	struct buf told; /* all that may not depend on the cuts */
};

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	CHECK(width_init());
	return 0;
}

static unsigned char
byte_at(struct str s, size_t at)
{
	CHECK(at < s.len);
	return (unsigned char)s.p[at];
}

/*
 * Answers
 */

/* The length of the telnet command at the front, which is whole; 0 if there is none. */
static size_t
command_len(struct str s)
{
	size_t len = 2;

	if (byte_at(s, 0) != TELNET_IAC)
		return 0;
	if (byte_at(s, 1) >= CMD_WILL && byte_at(s, 1) <= CMD_DONT) {
		CHECK(s.len >= VERB_LEN);
		return VERB_LEN;
	}
	CHECK(byte_at(s, 1) == CMD_SB);
	while (byte_at(s, len) != TELNET_IAC)
		len++;
	CHECK(byte_at(s, len + 1) == CMD_SE);
	return len + 2;
}

static void
count_verb(struct run *run, struct str command)
{
	unsigned char option = byte_at(command, 2);

	run->verbs++;
	if (byte_at(command, 1) == CMD_WILL &&
		(option == OPT_ECHO || option == OPT_SGA))
		run->requests++;
}

/* Tell the commands of an answer, and its text too unless it is the editor's. */
static void
tell_answer(struct run *run, struct str answer, bool is_drawn)
{
	while (answer.len > 0) {
		size_t len = command_len(answer);

		if (len == VERB_LEN)
			count_verb(run, answer);
		if (len > 0 || !is_drawn)
			buf_add(&run->told, answer.p, len > 0 ? len : 1);
		answer = str_from(answer, len > 0 ? len : 1);
	}
}

/* Follow what is known of the terminal, and what decides about editing. */
static void
follow_terminal(struct run *run)
{
	struct telnet_terminal now = proto_terminal(&run->proto),
			       before = run->terminal;

	run->changes += (now.columns > 0) != (before.columns > 0) ||
		now.is_known != before.is_known || now.is_reader != before.is_reader ||
		now.has_editor != before.has_editor;
	run->terminal = now;
}

/* What was answered to `taken` bytes of input, if any. */
static void
on_answer(struct run *run, struct buf *answer, size_t taken, bool had_editor)
{
	bool is_drawn = had_editor || run->proto.editor != NULL;

	run->taken += taken;
	if (run->proto.ops == &proto_line ||
		(run->proto.ops == &proto_auto && run->taken < run->evidence))
		CHECK(answer->len == 0);
	CHECK(answer->len <= taken * LOUD + LOUD_BESIDES ||
		(is_drawn && answer->len <= taken * DRAWN + DRAWN_BESIDES));
	tell_answer(run, buf_str(answer), had_editor);
	buf_fini(answer);
	follow_terminal(run);
	/* The offer has four verbs, a wish two. */
	CHECK(run->verbs <= 4 + 2 * run->commands + 2 * run->wishes);
	/* Who has refused is asked again only if something has changed. */
	CHECK(run->requests <= 2 * run->changes + 2 * run->wishes);
}

/*
 * Events
 */

static void
tell_text(struct run *run, const char *what, struct str text)
{
	buf_printf(&run->told, "%s %zu:", what, text.len);
	buf_add_str(&run->told, text);
}

static bool
is_clean(struct str s)
{
	struct buf clean = {0};
	bool same;

	utf8_clean(&clean, s);
	same = str_eq(buf_str(&clean), s);
	buf_fini(&clean);
	return same;
}

/* Tell a line, which is as it shall be. */
static struct str
tell_line(struct run *run)
{
	bool is_cut;
	struct str line = proto_text(&run->proto, MAX, &is_cut);

	CHECK(line.len <= MAX);
	if (run->proto.editor != NULL)
		CHECK(!is_cut && is_clean(line));
	/* What is missing would not have fitted, unless IAC EC took away what did. */
	CHECK(!is_cut || line.len + 4 > MAX || run->commands > 0);
	for (size_t i = 0; i < line.len; i++)
		CHECK(line.p[i] != '\n' && line.p[i] != '\r');
	tell_text(run, is_cut ? "cut" : "line", line);
	return line;
}

static void
on_line(struct run *run)
{
	struct proto *proto = &run->proto;
	struct str line = tell_line(run);
	struct buf answer = {0};
	bool had_editor = proto->editor != NULL, hides;
	bool can_hide = proto->telnet != NULL && telnet_is_client(proto->telnet);

	if (str_eq(line, STR("hide"))) {
		run->wishes++;
		run->is_hidden = !run->is_hidden;
		hides = proto_set_hidden(proto, run->is_hidden, &answer);
		CHECK(!hides || (can_hide && !proto_is_exposed(proto)));
		/* Only who has refused it keeps a client from hiding. */
		CHECK(hides || !can_hide || !telnet_may_hide(proto->telnet));
	} else if (str_eq(line, STR("edit"))) {
		run->wishes++;
		if (proto->telnet != NULL)
			telnet_forgive(proto->telnet);
		proto_set_edit(proto, proto->no_edit, &answer);
	} else if (str_eq(line, STR("keys"))) {
		proto->wants_keys = had_editor;
	}
	on_answer(run, &answer, 0, had_editor);
}

static void
on_terminal(struct run *run)
{
	struct telnet_terminal terminal = run->terminal;
	bool has_editor = run->proto.editor != NULL;

	CHECK(run->proto.telnet != NULL);
	CHECK(terminal.columns <= 500 && terminal.rows <= 500);
	CHECK(!has_editor || (terminal.columns > 0 && !terminal.is_reader));
	buf_printf(&run->told, "terminal %u %u %u %d %d %d %d", terminal.columns,
		terminal.rows, terminal.colours, terminal.is_reader, terminal.is_known,
		terminal.has_editor, has_editor);
}

static void
on_complete(struct run *run)
{
	struct editor_query query = editor_query(run->proto.editor);

	tell_text(run, "before", query.before);
	tell_text(run, "word", query.word);
	editor_complete(run->proto.editor,
		query.nth % 2 == 0 ? STR("anna: ") : STR("\xE6\x97\xA5"));
}

static void
on_event(struct run *run, enum proto_event event)
{
	struct buf drawn = {0};

	switch (event) {
	case PROTO_LINE:
		on_line(run);
		break;
	case PROTO_END:
		buf_add_str(&run->told, STR("end"));
		run->has_ended = true;
		break;
	case PROTO_TERMINAL:
		on_terminal(run);
		break;
	case PROTO_COMPLETE:
		on_complete(run);
		break;
	case PROTO_KEY:
		CHECK(run->proto.wants_keys);
		tell_text(run, "key", str_make((char *)&run->proto.key, 1));
		run->proto.wants_keys = run->proto.key != 'q';
		break;
	case PROTO_MORE:
		break;
	}
	/* As the connection does, whatever happened. */
	if (run->proto.editor != NULL)
		editor_draw(run->proto.editor, &drawn);
	buf_fini(&drawn);
}

/*
 * Runs
 */

/* When the stream has shown telnet: by an IAC, or a first line that ends so. */
static size_t
find_evidence(struct str stream)
{
	bool is_first = true;

	for (size_t i = 0; i < stream.len; i++) {
		unsigned char byte = byte_at(stream, i);

		if (byte == TELNET_IAC)
			return i + 1;
		if (is_first && i > 0 && stream.p[i - 1] == '\r') {
			if (byte == '\n' || byte == '\0')
				return i + 1;
			is_first = false;
		}
		is_first = is_first && byte != '\n';
	}
	return SIZE_MAX;
}

static void
run_piece(struct run *run, struct str piece)
{
	enum proto_event event = PROTO_LINE;

	for (size_t i = 0; i < piece.len; i++)
		run->commands += byte_at(piece, i) == TELNET_IAC;
	while (event != PROTO_MORE && !run->has_ended) {
		struct str rest = piece;
		struct buf answer = {0};
		bool had_editor = run->proto.editor != NULL;

		event = run->proto.ops->input(&run->proto, &rest, MAX, &answer);
		CHECK(rest.len < piece.len || piece.len == 0);
		CHECK(event != PROTO_MORE || rest.len == 0);
		on_answer(run, &answer, piece.len - rest.len, had_editor);
		on_event(run, event);
		piece = rest;
	}
	linebuf_relax(&run->proto.lines);
}

/* The input has ended; tell what is left, on the screen too. */
static void
run_finish(struct run *run)
{
	struct editor *editor = run->proto.editor;
	struct buf drawn = {0}, answer = {0};

	if (proto_finish(&run->proto))
		tell_line(run);
	if (editor != NULL) {
		editor_erase(editor, &drawn);
		buf_reset(&drawn);
		editor_draw(editor, &drawn);
		tell_text(run, "drawn", buf_str(&drawn));
	}
	proto_close(&run->proto, &answer);
	on_answer(run, &answer, 0, editor != NULL);
	proto_fini(&run->proto);
	buf_fini(&drawn);
}

/*
 * Take the whole stream, and return what is told of it. `seed` says where to cut: 0 for
 * nowhere, 1 for everywhere.
 */
static struct buf
run_stream(const struct proto_ops *ops, struct str stream, uint64_t seed)
{
	struct run run = {.evidence = find_evidence(stream)};
	struct buf answer = {0};

	proto_init(&run.proto, ops, &answer);
	on_answer(&run, &answer, 0, false);
	while (stream.len > 0 && !run.has_ended) {
		size_t len = seed == 0 ? stream.len : 1;

		if (seed > 1) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			len = 1 + (seed >> 33) % 24;
		}
		if (len > stream.len)
			len = stream.len;
		run_piece(&run, str_make(stream.p, len));
		stream = str_from(stream, len);
	}
	run_finish(&run);
	return run.told;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct proto_ops *const protos[] = {
		&proto_auto, &proto_telnet, &proto_line};
	const struct proto_ops *ops;
	struct str stream;
	struct buf whole, bytes, random;

	if (size < 3)
		return 0;
	ops = protos[data[0] % 3];
	stream = str_make((const char *)data + 2, size - 2);
	whole = run_stream(ops, stream, 0);
	bytes = run_stream(ops, stream, 1);
	random = run_stream(ops, stream, 2 + (uint64_t)data[1]);
	CHECK(str_eq(buf_str(&whole), buf_str(&bytes)));
	CHECK(str_eq(buf_str(&whole), buf_str(&random)));
	buf_fini(&whole);
	buf_fini(&bytes);
	buf_fini(&random);
	return 0;
}
