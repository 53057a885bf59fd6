/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/proto.h"

#include <string.h>

#include "base/state.h"
#include "net/editor.h"

/*
 * The longest line that we edit, in bytes. Each key looks at the whole line, so this
 * bounds what a key can cost; a line that is pasted or sent whole may be longer where
 * the peer edits for himself.
 */
#define EDITOR_LINE_MAX ((size_t)2048)

enum {
	INTERRUPT = 3,   /* ^C */
	END_OF_INPUT = 4 /* ^D */
};

static int
accept(void *record, struct err *err)
{
	const struct proto *proto = record;

	if (proto->editor == NULL || proto->telnet != NULL)
		return 0;
	err_set(err, "an editor, but no telnet");
	return -1;
}

static const struct state_field fields[] = {
	STATE_ROW(struct proto, lines, 1, STATE_RECORD, .table = &linebuf_state),
	STATE_ROW(struct proto, telnet, 2, STATE_NEW, .table = &telnet_state),
	STATE_ROW(struct proto, editor, 3, STATE_NEW, .table = &editor_state),
	STATE_ROW(struct proto, first_lines, 4, STATE_UINT),
	STATE_ROW(struct proto, no_edit, 5, STATE_BOOL),
	STATE_ROW(struct proto, is_hidden, 6, STATE_BOOL),
	STATE_ROW(struct proto, after_cr, 7, STATE_BOOL),
};
const struct state_table proto_state = STATE_TABLE(proto, fields, accept);

void
proto_init(struct proto *proto, const struct proto_ops *ops, struct buf *reply)
{
	*proto = (struct proto){.ops = ops};
	ops->open(proto, reply);
}

void
proto_fini(struct proto *proto)
{
	linebuf_fini(&proto->lines);
	telnet_free(proto->telnet);
	editor_free(proto->editor);
	proto->telnet = NULL;
	proto->editor = NULL;
}

struct str
proto_text(const struct proto *proto, size_t max, bool *is_cut)
{
	if (proto->editor == NULL)
		return linebuf_line(&proto->lines, max, is_cut);
	*is_cut = false;
	return editor_line(proto->editor);
}

bool
proto_finish(struct proto *proto)
{
	/* Who was typing when the connection broke did not mean to say it. */
	return proto->editor == NULL && linebuf_finish(&proto->lines);
}

struct telnet_terminal
proto_terminal(const struct proto *proto)
{
	if (proto->telnet == NULL)
		return (struct telnet_terminal){0};
	return telnet_terminal(proto->telnet);
}

/*
 * Lines of bytes
 */

static void
line_open(struct proto *proto, struct buf *reply)
{
	(void)proto;
	(void)reply;
}

static enum proto_event
line_input(struct proto *proto, struct str *bytes, size_t max, struct buf *reply)
{
	(void)reply;
	while (bytes->len > 0) {
		if (linebuf_take(&proto->lines, bytes, max))
			return PROTO_LINE;
	}
	return PROTO_MORE;
}

const struct proto_ops proto_line = {
	.name = "line",
	.open = line_open,
	.input = line_input,
};

/*
 * Telnet
 */

/* There is evidence: speak telnet from here on. */
static void
begin_telnet(struct proto *proto, struct buf *reply)
{
	if (proto->telnet != NULL)
		return;
	proto->telnet = telnet_new();
	telnet_offer(proto->telnet, reply);
}

/*
 * Ask for the editing where it makes sense: for a person with a window, who types right
 * into it. So its type must be known, or a MUD client would lose its input line.
 */
static void
update_edit(struct proto *proto, struct buf *reply)
{
	struct telnet_terminal terminal = telnet_terminal(proto->telnet);
	bool wanted = terminal.columns > 0 && terminal.is_known &&
		!terminal.has_editor && !terminal.is_reader && !proto->no_edit;

	telnet_edit(proto->telnet, wanted, reply);
}

/* What was typed of a line before the editor came is in the editor. */
static void
hand_over(struct proto *proto)
{
	struct str typed = buf_str(&proto->lines.text);

	if (proto->lines.is_complete)
		return;
	/* Keys that do more than change the line are nobody's business any more. */
	while (editor_input(proto->editor, &typed, EDITOR_LINE_MAX) != EDITOR_MORE)
		;
	linebuf_clear(&proto->lines);
}

static void
begin_editor(struct proto *proto, struct buf *reply)
{
	proto->editor = editor_new();
	editor_set_hidden(proto->editor, proto->is_hidden);
	editor_enter(proto->editor, reply);
	proto->after_cr = false;
	hand_over(proto);
}

static void
end_editor(struct proto *proto, struct buf *reply)
{
	editor_erase(proto->editor, reply);
	editor_leave(proto->editor, reply);
	editor_free(proto->editor);
	proto->editor = NULL;
	/* The line that switched it off may have ended in CR LF, cut in two. */
	proto->lines.after_cr = proto->after_cr;
}

/* Let the editor come or go with what was negotiated. */
static void
update_editor(struct proto *proto, struct buf *reply)
{
	bool editing = telnet_is_editing(proto->telnet);

	if (editing && proto->editor == NULL)
		begin_editor(proto, reply);
	else if (!editing && proto->editor != NULL)
		end_editor(proto, reply);
	if (proto->editor != NULL)
		editor_resize(proto->editor, telnet_terminal(proto->telnet).columns);
}

static enum proto_event
terminal_changed(struct proto *proto, struct buf *reply)
{
	update_edit(proto, reply);
	update_editor(proto, reply);
	return PROTO_TERMINAL;
}

/*
 * Without BINARY a BSD client in line mode takes bytes for its keys ^C, ^Z, ^\ and ^O,
 * also inside a UTF-8 character, and sends commands for them. Within a character
 * they can't have been typed, so this gives the byte back; 0 if there is none to give.
 */
static unsigned char
repaired_byte(const struct proto *proto, enum telnet_event event)
{
	if (telnet_is_binary(proto->telnet) || !linebuf_is_mid_character(&proto->lines))
		return 0;
	switch (event) {
	case TELNET_INTERRUPT:
		return 0x83;
	case TELNET_SUSPEND:
		return 0x9a;
	case TELNET_BREAK:
		return 0x9c;
	case TELNET_ABORT_OUTPUT:
		return 0x8f;
	default:
		return 0;
	}
}

/* A command that stands for a key. */
static void
act_on_key(struct proto *proto, enum telnet_event event, size_t max)
{
	unsigned char repaired = repaired_byte(proto, event);

	if (repaired != 0)
		(void)linebuf_add(&proto->lines, repaired, max);
	else if (event == TELNET_ERASE_CHAR && proto->editor != NULL)
		editor_backspace(proto->editor);
	else if (event == TELNET_ERASE_CHAR)
		linebuf_backspace(&proto->lines);
	else if (event == TELNET_SUSPEND || event == TELNET_ABORT_OUTPUT)
		return; /* there is no job to stop, and no output to throw away */
	else if (proto->editor != NULL)
		editor_clear(proto->editor);
	else
		linebuf_clear(&proto->lines);
}

/* One key, for the pager. Enter may be CR LF or CR NUL, and is one key all the same. */
static enum proto_event
take_key(struct proto *proto, struct str *keys)
{
	unsigned char key = (unsigned char)keys->p[0];
	bool is_rest = proto->after_cr && (key == '\n' || key == '\0');

	*keys = str_from(*keys, 1);
	proto->after_cr = key == '\r';
	proto->key = key;
	return is_rest ? PROTO_MORE : PROTO_KEY;
}

/*
 * Who has paged by Space to the end, and once more, has begun no line by that: a
 * command behind a blank is said to the room like anything else.
 */
static void
drop_blanks(const struct proto *proto, struct str *keys)
{
	if (proto->key != ' ' || !editor_is_empty(proto->editor))
		return;
	while (keys->len > 0 && keys->p[0] == ' ')
		*keys = str_from(*keys, 1);
}

/* A run of text for the editor. */
static enum proto_event
take_keys(struct proto *proto, struct str *keys, size_t max)
{
	struct str before;
	enum editor_event event;

	drop_blanks(proto, keys);
	if (keys->len == 0)
		return PROTO_MORE;
	proto->key = '\0';
	before = *keys;
	if (max > EDITOR_LINE_MAX)
		max = EDITOR_LINE_MAX;
	event = editor_input(proto->editor, keys, max);
	if (keys->len < before.len)
		proto->after_cr = before.p[before.len - keys->len - 1] == '\r';
	switch (event) {
	case EDITOR_LINE:
		return PROTO_LINE;
	case EDITOR_COMPLETE:
		return PROTO_COMPLETE;
	case EDITOR_END:
		return PROTO_END;
	case EDITOR_MORE:
		break;
	}
	return PROTO_MORE;
}

/*
 * Text from a peer that edits its line itself, up to where a line ends or begins. Some
 * send ^D at once, as a byte that no line begins with, and mean what it means to a
 * shell.
 */
static enum proto_event
take_piece(struct proto *proto, struct str *bytes, size_t max)
{
	if (bytes->p[0] == END_OF_INPUT && linebuf_is_empty(&proto->lines)) {
		*bytes = str_from(*bytes, 1);
		return PROTO_END;
	}
	return linebuf_take(&proto->lines, bytes, max) ? PROTO_LINE : PROTO_MORE;
}

/* `len` bytes of text off the front of `*bytes`, to whoever makes lines of it. */
static enum proto_event
take_run(struct proto *proto, struct str *bytes, size_t len, size_t max)
{
	struct str run = str_make(bytes->p, len);
	enum proto_event event = PROTO_MORE;

	if (proto->editor != NULL && proto->wants_keys) {
		event = take_key(proto, &run);
	} else if (proto->editor != NULL) {
		event = take_keys(proto, &run, max);
	} else {
		while (event == PROTO_MORE && run.len > 0)
			event = take_piece(proto, &run, max);
	}
	*bytes = str_from(*bytes, len - run.len);
	return event;
}

/* The peer asks for a sign of life, which is a line of text. */
static void
answer_there(struct proto *proto, struct buf *reply)
{
	if (proto->editor != NULL)
		editor_erase(proto->editor, reply);
	buf_add_str(reply, STR("[Yes, I am here]\r\n"));
}

/* Text, or one byte of a command, from a peer that speaks telnet. */
static enum proto_event
take_telnet(struct proto *proto, struct str *bytes, size_t max, struct buf *reply)
{
	size_t len = telnet_text(proto->telnet, *bytes);
	enum telnet_event event;

	if (len > 0)
		return take_run(proto, bytes, len, max);
	event = telnet_byte(proto->telnet, (unsigned char)bytes->p[0], reply);
	if (event == TELNET_TEXT)
		return take_run(proto, bytes, 1, max);
	*bytes = str_from(*bytes, 1);
	switch (event) {
	case TELNET_TERMINAL:
		return terminal_changed(proto, reply);
	case TELNET_END:
		return PROTO_END;
	case TELNET_ARE_YOU_THERE:
		answer_there(proto, reply);
		break;
	case TELNET_INTERRUPT:
	case TELNET_BREAK:
	case TELNET_ABORT_OUTPUT:
		/* There is no line to throw away while somebody waits for keys. */
		if (proto->editor != NULL && proto->wants_keys) {
			proto->key = INTERRUPT;
			return PROTO_KEY;
		}
		act_on_key(proto, event, max);
		break;
	case TELNET_SUSPEND:
	case TELNET_ERASE_CHAR:
	case TELNET_ERASE_LINE:
		act_on_key(proto, event, max);
		break;
	default:
		break;
	}
	return PROTO_MORE;
}

/* Text of a peer that has shown no telnet yet: the bytes in front of the first IAC. */
static enum proto_event
take_plain(struct proto *proto, struct str *bytes, size_t max)
{
	const char *end = memchr(bytes->p, '\n', bytes->len);
	struct str text = str_make(
		bytes->p, end != NULL ? (size_t)(end - bytes->p) + 1 : bytes->len);
	enum proto_event event;
	size_t len;

	end = memchr(text.p, TELNET_IAC, text.len);
	if (end != NULL)
		text.len = (size_t)(end - text.p);
	len = text.len;
	event = take_piece(proto, &text, max);
	*bytes = str_from(*bytes, len - text.len);
	if (event == PROTO_LINE && proto->first_lines < 2)
		proto->first_lines++;
	return event;
}

static enum proto_event
auto_input(struct proto *proto, struct str *bytes, size_t max, struct buf *reply)
{
	while (bytes->len > 0) {
		enum proto_event event;

		if ((unsigned char)bytes->p[0] == TELNET_IAC)
			begin_telnet(proto, reply);
		if (proto->telnet != NULL) {
			event = take_telnet(proto, bytes, max, reply);
		} else {
			event = take_plain(proto, bytes, max);
			/* Later ones may be pasted from a file that ends them so. */
			if (proto->lines.has_crlf && proto->first_lines == 1)
				begin_telnet(proto, reply);
		}
		if (event != PROTO_MORE)
			return event;
	}
	return PROTO_MORE;
}

const struct proto_ops proto_auto = {
	.name = "auto",
	.open = line_open,
	.input = auto_input,
};

const struct proto_ops proto_telnet = {
	.name = "telnet",
	.open = begin_telnet,
	.input = auto_input,
};

void
proto_set_edit(struct proto *proto, bool on, struct buf *reply)
{
	proto->no_edit = !on;
	if (proto->telnet == NULL)
		return;
	update_edit(proto, reply);
	update_editor(proto, reply);
}

bool
proto_set_hidden(struct proto *proto, bool hidden, struct buf *reply)
{
	proto->is_hidden = hidden;
	if (proto->telnet == NULL || !telnet_is_client(proto->telnet))
		return false;
	if (proto->editor != NULL)
		editor_set_hidden(proto->editor, hidden);
	telnet_hide(proto->telnet, hidden, reply);
	return telnet_may_hide(proto->telnet);
}

bool
proto_is_exposed(const struct proto *proto)
{
	return proto->is_hidden &&
		(proto->telnet == NULL || !telnet_may_hide(proto->telnet));
}

void
proto_close(struct proto *proto, struct buf *reply)
{
	if (proto->editor != NULL) {
		editor_erase(proto->editor, reply);
		editor_leave(proto->editor, reply);
	}
}
