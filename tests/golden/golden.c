/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/state.h"
#include "net/editor.h"
#include "net/proto.h"
#include "state_copy.h"

/*
 * Recorded streams of real clients, and what we make of them.
 *
 *	golden			replay every NAME.in here and compare; prints TAP
 *	golden -p FILE.in	print the events of one, to make its .out
 *
 * NAME.in holds bytes in the escapes of C: \r \n \t \0 \\ and \xHH. A line that begins
 * with # is a comment; the ends of lines in the file mean nothing. "@speak line" and
 * "@speak telnet" take another protocol than auto. "@edit off", "@edit on", "@hide" and
 * "@show" are what the chat does at this point. NAME.out holds the events, one a line:
 *
 *	line "hello"		a line
 *	cut			it was longer than 80 bytes, and the rest was dropped
 *	reply WILL TIMING-MARK	what is sent back at this point: a telnet command
 *	reply SB TTYPE "\x01"	a subnegotiation
 *	reply "text\r\n"	or text; what the editor draws is left out
 *	terminal 80x24 ...	what is known of the terminal now; "editor" if we edit
 *	complete "he"		Tab was pressed behind this word
 *	end			the peer has said that its input ends
 *	rest "hel"		what it had sent of a line when its input ended
 *	edit off		what the chat has done
 *
 * The network cuts streams where it likes. So each one is replayed as a whole, byte by
 * byte, and cut in two at every place, and must give the same events each time. So it
 * must with a restart behind each byte, of which only what proto_state keeps is left.
 */

/* The least that line_length can be. */
#define LINE_MAX_BYTES 80

#define ACTS_MAX 8

/* What the chat does. */
static const char *const acts[] = {"@edit off", "@edit on", "@hide", "@show"};
enum act {
	ACT_EDIT_OFF,
	ACT_EDIT_ON,
	ACT_HIDE,
	ACT_SHOW,
	ACTS
};
_Static_assert(sizeof(acts) / sizeof(acts[0]) == ACTS, "a name per act");

struct stream {
	const struct proto_ops *ops;
	struct buf bytes;
	struct {
		enum act act;
		size_t at; /* behind so many bytes */
	} acts[ACTS_MAX];
	size_t act_count;
};

/*
 * Files
 */

/* The whole file; stops the program if it cannot be read. */
static struct buf
read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	struct buf text = {0};
	int c;

	if (file == NULL) {
		printf("Bail out! %s: %s\n", path, strerror(errno));
		exit(1);
	}
	while ((c = getc(file)) != EOF)
		buf_add_char(&text, (char)c);
	fclose(file);
	return text;
}

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = memchr(digits, ascii_lower(c), strlen(digits));

	return at != NULL ? (int)(at - digits) : -1;
}

/* Take one byte, which may be an escape, off the front. False if it is none. */
static bool
unescape(struct str *text, struct buf *out)
{
	static const char names[] = "rnt0\\", values[] = "\r\n\t\0\\";
	const char *p = text->p, *name;
	size_t used = 2;

	if (p[0] != '\\') {
		buf_add_char(out, p[0]);
		*text = str_from(*text, 1);
		return true;
	}
	name = text->len > 1 ? memchr(names, p[1], strlen(names)) : NULL;
	if (name != NULL) {
		buf_add_char(out, values[name - names]);
	} else {
		if (text->len < 4 || p[1] != 'x' || hex_digit(p[2]) == -1 ||
			hex_digit(p[3]) == -1)
			return false;
		buf_add_char(out, (char)(hex_digit(p[2]) * 16 + hex_digit(p[3])));
		used = 4;
	}
	*text = str_from(*text, used);
	return true;
}

/* A line that begins with @. False if it is not known, or there are too many. */
static bool
read_directive(struct stream *stream, struct str line)
{
	if (str_eq(line, STR("@speak line")))
		stream->ops = &proto_line;
	else if (str_eq(line, STR("@speak telnet")))
		stream->ops = &proto_telnet;
	for (int act = 0; act < ACTS; act++) {
		if (!str_eq(line, str_of(acts[act])))
			continue;
		if (stream->act_count == ACTS_MAX)
			return false;
		stream->acts[stream->act_count].act = (enum act)act;
		stream->acts[stream->act_count++].at = stream->bytes.len;
		return true;
	}
	return str_starts(line, STR("@speak ")) && stream->ops != &proto_auto;
}

static struct stream
read_stream(const char *path)
{
	struct stream stream = {.ops = &proto_auto};
	struct buf text = read_file(path);
	struct str rest = buf_str(&text), line;

	while (str_split(&rest, '\n', &line)) {
		if (str_starts(line, STR("#")) ||
			(str_starts(line, STR("@")) && read_directive(&stream, line)))
			continue;
		while (line.len > 0) {
			if (unescape(&line, &stream.bytes))
				continue;
			printf("Bail out! %s: no escape: %.*s\n", path, (int)line.len,
				line.p);
			exit(1);
		}
	}
	buf_fini(&text);
	return stream;
}

/*
 * Events
 */

/* What is told of a stream, and the answers that are not told yet. */
struct events {
	struct buf told;
	struct buf reply;
};

static void
tell_text(struct buf *out, const char *what, struct str text)
{
	buf_printf(out, "%s \"", what);
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c == '\r' || c == '\n')
			buf_printf(out, "\\%c", c == '\r' ? 'r' : 'n');
		else if (c < 0x20 || c > 0x7e)
			buf_printf(out, "\\x%02x", c);
		else
			buf_printf(out, "%s%c", c == '"' || c == '\\' ? "\\" : "", c);
	}
	buf_add_str(out, STR("\"\n"));
}

/* How many bytes of text stand before the next command. */
static size_t
text_len(struct str reply)
{
	const char *iac = memchr(reply.p, 0xff, reply.len);

	return iac != NULL ? (size_t)(iac - reply.p) : reply.len;
}

static void
tell_option(struct buf *out, unsigned char option)
{
	static const struct {
		unsigned char option;
		const char *name;
	} names[] = {{0, "BINARY"}, {1, "ECHO"}, {3, "SGA"}, {6, "TIMING-MARK"},
		{24, "TTYPE"}, {25, "EOR"}, {31, "NAWS"}, {34, "LINEMODE"},
		{42, "CHARSET"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].option == option) {
			buf_printf(out, " %s", names[i].name);
			return;
		}
	}
	buf_printf(out, " %u", (unsigned)option);
}

/* Tell the command at the front. Returns how long it is. */
static size_t
tell_command(struct buf *out, struct str reply)
{
	static const char *const verbs[] = {"WILL", "WONT", "DO", "DONT"};
	const unsigned char *p = (const unsigned char *)reply.p;
	struct buf what = {0};
	size_t len = 4;

	if (reply.len >= 3 && p[1] >= 251 && p[1] <= 254) {
		buf_printf(out, "reply %s", verbs[p[1] - 251]);
		tell_option(out, p[2]);
		buf_add_char(out, '\n');
		return 3;
	}
	while (len < reply.len && (p[len - 2] != 255 || p[len - 1] != 240))
		len++;
	if (reply.len < 5 || p[1] != 250 || p[len - 2] != 255 || p[len - 1] != 240) {
		tell_text(out, "reply broken", reply);
		return reply.len;
	}
	buf_add_str(&what, STR("reply SB"));
	tell_option(&what, p[2]);
	buf_add_char(&what, '\0');
	tell_text(out, what.p, str_make(reply.p + 3, len - 5));
	buf_fini(&what);
	return len;
}

/*
 * Answers are told when something else happens, so that it does not matter in how many
 * pieces they were made.
 */
static void
tell_reply(struct events *events)
{
	struct str rest = buf_str(&events->reply);

	while (rest.len > 0) {
		size_t len = text_len(rest);

		if (len > 0)
			tell_text(&events->told, "reply", str_make(rest.p, len));
		else
			len = tell_command(&events->told, rest);
		rest = str_from(rest, len);
	}
	buf_reset(&events->reply);
}

static void
tell_line(struct events *events, const char *what, const struct proto *proto)
{
	bool is_cut;
	struct str line = proto_text(proto, LINE_MAX_BYTES, &is_cut);

	tell_reply(events);
	tell_text(&events->told, what, line);
	if (is_cut)
		buf_add_str(&events->told, STR("cut\n"));
}

static void
tell_terminal(struct events *events, const struct proto *proto)
{
	struct telnet_terminal terminal = proto_terminal(proto);
	struct buf *told = &events->told;

	tell_reply(events);
	buf_printf(told, "terminal %ux%u", terminal.columns, terminal.rows);
	if (terminal.colours > 0)
		buf_printf(told, ", %u colours", terminal.colours);
	if (!terminal.is_known)
		buf_add_str(told, STR(", of unknown type"));
	if (terminal.is_reader)
		buf_add_str(told, STR(", a screen reader"));
	if (terminal.has_editor)
		buf_add_str(told, STR(", with a line of its own"));
	if (proto->editor != NULL)
		buf_add_str(told, STR(", editor"));
	buf_add_char(told, '\n');
}

/* The chat does something. */
static void
do_act(struct proto *proto, enum act act, struct events *events)
{
	tell_reply(events);
	buf_printf(&events->told, "%s", acts[act] + 1);
	if (act == ACT_EDIT_OFF || act == ACT_EDIT_ON)
		proto_set_edit(proto, act == ACT_EDIT_ON, &events->reply);
	else if (!proto_set_hidden(proto, act == ACT_HIDE, &events->reply))
		buf_add_str(&events->told, STR(": it cannot"));
	buf_add_char(&events->told, '\n');
}

/* One piece of the stream, as receive.c would take it. False at the end. */
static bool
input(struct proto *proto, struct str bytes, struct events *events)
{
	for (;;) {
		switch (proto->ops->input(
			proto, &bytes, LINE_MAX_BYTES, &events->reply)) {
		case PROTO_MORE:
			linebuf_relax(&proto->lines);
			return true;
		case PROTO_LINE:
			tell_line(events, "line", proto);
			break;
		case PROTO_TERMINAL:
			tell_terminal(events, proto);
			break;
		case PROTO_COMPLETE:
			tell_reply(events);
			tell_text(&events->told, "complete",
				editor_query(proto->editor).word);
			break;
		case PROTO_KEY: /* nobody wants keys here */
			buf_add_str(&events->told, STR("key\n"));
			break;
		case PROTO_END:
			tell_reply(events);
			buf_add_str(&events->told, STR("end\n"));
			return false;
		}
	}
}

/* Another process goes on. What is typed and hidden is lost by that: not meanwhile. */
static void
restart(struct proto *proto)
{
	struct proto next = {.ops = proto->ops};

	if (proto->is_hidden)
		return;
	state_copy(&proto_state, proto, &next);
	proto_fini(proto);
	*proto = next;
}

/* How a stream comes. */
struct pieces {
	size_t first, others; /* so many bytes at once */
	bool restarts;        /* and a restart behind each of these */
};

/* The events of a stream that comes in pieces. Returns new. */
static char *
replay(const struct stream *stream, struct pieces pieces)
{
	struct events events = {{0}, {0}};
	struct proto proto;
	size_t at = 0, act = 0;
	bool more = true;

	proto_init(&proto, stream->ops, &events.reply);
	while (more) {
		size_t left = stream->bytes.len - at;
		size_t len = at < pieces.first ? pieces.first - at : pieces.others;

		for (; act < stream->act_count && stream->acts[act].at == at; act++)
			do_act(&proto, stream->acts[act].act, &events);
		if (left == 0)
			break;
		if (act < stream->act_count)
			left = stream->acts[act].at - at;
		len = len < left ? len : left;
		more = input(&proto, str_make(stream->bytes.p + at, len), &events);
		at += len;
		if (more && pieces.restarts)
			restart(&proto);
	}
	if (proto_finish(&proto))
		tell_line(&events, "rest", &proto);
	proto_close(&proto, &events.reply);
	tell_reply(&events);
	proto_fini(&proto);
	buf_fini(&events.reply);
	return buf_take(&events.told);
}

/*
 * TAP
 */

static void
print_comment(const char *title, const char *text)
{
	struct str rest = str_of(text), line;

	printf("# %s:\n", title);
	while (str_split(&rest, '\n', &line)) {
		if (line.len > 0)
			printf("#   %.*s\n", (int)line.len, line.p);
	}
}

/* Replay in these pieces. False, after saying so, if it is not as wanted. */
static bool
check_pieces(const struct stream *stream, struct pieces pieces, const char *want)
{
	char *got = replay(stream, pieces);
	bool same = strcmp(got, want) == 0;

	if (!same) {
		printf("# pieces: %zu bytes, then %zu each%s\n", pieces.first,
			pieces.others, pieces.restarts ? ", and restarts" : "");
		print_comment("wanted", want);
		print_comment("got", got);
	}
	free(got);
	return same;
}

static bool
check_stream(const char *path)
{
	struct stream stream = read_stream(path);
	size_t len = stream.bytes.len;
	char *out_path =
		xasprintf("%.*s.out", (int)(strlen(path) - strlen(".in")), path);
	struct buf text = read_file(out_path);
	char *want = buf_take(&text);
	bool good = check_pieces(&stream, (struct pieces){len, len, false}, want) &&
		check_pieces(&stream, (struct pieces){1, 1, false}, want) &&
		check_pieces(&stream, (struct pieces){1, 1, true}, want);

	for (size_t cut = 1; good && cut < len; cut++)
		good = check_pieces(&stream, (struct pieces){cut, len, false}, want);
	free(want);
	free(out_path);
	buf_fini(&stream.bytes);
	return good;
}

static int
check_all(void)
{
	const char *srcdir = getenv("top_srcdir");
	char *pattern = xasprintf("%s/tests/golden/*.in",
		srcdir != NULL && *srcdir != '\0' ? srcdir : ".");
	glob_t found;
	size_t failed = 0;

	if (glob(pattern, 0, NULL, &found) != 0) {
		printf("Bail out! no streams: %s\n", pattern);
		exit(1);
	}
	free(pattern);
	printf("1..%zu\n", found.gl_pathc);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *path = found.gl_pathv[i];
		bool good = check_stream(path);

		failed += good ? 0 : 1;
		printf("%s %zu - %s\n", good ? "ok" : "not ok", i + 1,
			strrchr(path, '/') + 1);
	}
	globfree(&found);
	return failed > 0 ? 1 : 0;
}

int
main(int argc, char **argv)
{
	struct stream stream;
	char *events;

	if (argc != 3 || strcmp(argv[1], "-p") != 0)
		return check_all();
	stream = read_stream(argv[2]);
	events = replay(
		&stream, (struct pieces){stream.bytes.len, stream.bytes.len, false});
	fputs(events, stdout);
	free(events);
	buf_fini(&stream.bytes);
	return 0;
}
