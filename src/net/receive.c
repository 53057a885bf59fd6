/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/receive.h"

#include <errno.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/utf8.h"
#include "chat/command.h"
#include "chat/complete.h"
#include "chat/user.h"
#include "net/conn.h"
#include "net/editor.h"
#include "net/pager.h"

/*
 * What the protocol tells
 */

/* Show a command that was typed in our editor: its answer would stand there alone. */
static void
echo_command(struct conn *conn, struct str line)
{
	struct buf out = {0};

	user_prompt(conn->user, &out);
	buf_add_str(&out, line);
	buf_add_str(&out, STR("\r\n"));
	conn_send(conn, buf_str(&out), false);
	buf_fini(&out);
}

static bool
is_command(struct str line)
{
	return str_starts(line, STR("/")) && !str_starts(line, STR("//"));
}

/* Act on one complete line. */
static void
on_line(struct conn *conn)
{
	struct net *net = conn->net;
	size_t max = net->conf->limits.line_length;
	bool is_cut;
	struct str line = proto_text(&conn->proto, max, &is_cut);

	conn->lines++;
	buf_reset(&net->clean);
	utf8_clean(&net->clean, line);
	if (conn->user->question == ASK_NOTHING && is_command(buf_str(&net->clean))) {
		conn->has_asked = true;
		if (conn->proto.editor != NULL &&
			!command_is_shown(buf_str(&net->clean)))
			echo_command(conn, buf_str(&net->clean));
	}
	user_line(conn->user, buf_str(&net->clean), net->clock());
	if (is_cut && conn->user != NULL)
		user_error(conn->user, "That line was cut after %zu bytes.", line.len);
	net_flush_full(net);
}

/* The peer has ended his input: say an unfinished line too, then part. */
static void
on_end(struct conn *conn)
{
	conn->has_eof = true;
	if (proto_finish(&conn->proto))
		on_line(conn);
	conn_kill(conn, KILL_DRAIN, "end of input");
}

/* ^D, or telnet's EOF: he wants to leave, and can still read the goodbye. */
static void
on_leave(struct conn *conn)
{
	if (proto_finish(&conn->proto))
		on_line(conn);
	if (conn->user != NULL)
		user_notice(conn->user, "Goodbye!");
	conn_kill(conn, KILL_DRAIN, "end of input");
}

/* Tell the chat what the terminal is like. */
static void
on_terminal(struct conn *conn)
{
	struct telnet_terminal terminal = proto_terminal(&conn->proto);

	user_set_terminal(conn->user,
		(struct terminal){
			.columns = terminal.columns,
			.rows = terminal.rows,
			.colours = terminal.colours,
			.is_reader = terminal.is_reader,
			.is_telnet = conn->proto.telnet != NULL,
			.is_ours = conn->proto.editor != NULL,
			.is_exposed = proto_is_exposed(&conn->proto),
		});
	/* In a window of another size the line looks different: flush, even nothing. */
	if (conn->proto.editor != NULL)
		conn_send(conn, STR(""), true);
	/* A screen reader that has just shown itself wants no redrawing. */
	receive_configure(conn);
}

static void
on_complete(struct conn *conn, struct buf *reply)
{
	struct editor *editor = conn->proto.editor;
	struct editor_query query = editor_query(editor);
	struct buf text = {0};

	(void)complete(conn->user, query.before, query.word, query.nth, &text);
	editor_complete(editor, buf_str(&text), reply);
	buf_fini(&text);
}

/* A key while a long answer is being read. */
static void
on_key(struct conn *conn)
{
	size_t rows = proto_terminal(&conn->proto).rows;
	struct buf out = {0};

	if (!pager_key(conn->pager, conn->proto.key, rows, &out)) {
		pager_end(conn->pager, &out);
		conn->pager = NULL;
		conn->proto.wants_keys = false;
	}
	/* Folded already: raw, behind the erased prompt. */
	editor_erase(conn->proto.editor, &conn->net->reply);
	buf_add_str(&conn->net->reply, buf_str(&out));
	buf_fini(&out);
}

/* Ask for the editing, or for an end of it, as the person has set it. */
void
receive_configure(struct conn *conn)
{
	struct buf *reply = &conn->net->reply;
	bool was_ours = conn->proto.editor != NULL;

	buf_reset(reply);
	proto_set_edit(&conn->proto, user_peer_wishes(conn->user).edit, reply);
	if (reply->len > 0)
		conn_send(conn, buf_str(reply), true);
	if (was_ours != (conn->proto.editor != NULL))
		on_terminal(conn);
}

/*
 * Taking turns
 */

/* Parse what libevent holds until the next event. */
static enum proto_event
parse(struct conn *conn)
{
	struct evbuffer *input = bufferevent_get_input(conn->bev);
	struct proto *proto = &conn->proto;
	struct buf *reply = &conn->net->reply;
	enum proto_event event = PROTO_MORE;
	size_t len;

	buf_reset(reply);
	while (event == PROTO_MORE &&
		(len = evbuffer_get_contiguous_space(input)) > 0) {
		const char *p = (const char *)evbuffer_pullup(input, (ev_ssize_t)len);
		struct str bytes = str_make(p, len);

		event = proto->ops->input(
			proto, &bytes, conn->net->conf->limits.line_length, reply);
		evbuffer_drain(input, len - bytes.len);
	}
	/* These two answer at once, and behind what was typed before them. */
	if (event == PROTO_COMPLETE)
		on_complete(conn, reply);
	else if (event == PROTO_KEY)
		on_key(conn);
	if (reply->len > 0)
		conn_send(conn, buf_str(reply), true);
	return event;
}

/* Let a peer with more lines than one turn allows go on in the next. */
static void
wait_for_turn(struct conn *conn)
{
	if (conn->is_waiting)
		return;
	conn->is_waiting = true;
	TAILQ_INSERT_TAIL(&conn->net->waiting, conn, waiting_link);
	event_active(conn->net->again, EV_TIMEOUT, 0);
}

void
receive_work(struct conn *conn)
{
	for (unsigned n = 0; conn->state == CONN_OPEN; n++) {
		if (n == LINES_PER_TURN) {
			wait_for_turn(conn);
			return;
		}
		switch (parse(conn)) {
		case PROTO_LINE:
			on_line(conn);
			break;
		case PROTO_TERMINAL:
			on_terminal(conn);
			break;
		case PROTO_COMPLETE:
		case PROTO_KEY:
			break;
		case PROTO_END:
			on_leave(conn);
			return;
		case PROTO_MORE:
			linebuf_relax(&conn->proto.lines);
			if (conn->has_eof)
				on_end(conn);
			return;
		}
	}
}

void
receive_on_read(struct bufferevent *bev, void *arg)
{
	struct conn *conn = arg;
	struct evbuffer *input = bufferevent_get_input(bev);

	if (conn->state != CONN_OPEN)
		evbuffer_drain(input, evbuffer_get_length(input));
	else if (!conn->is_waiting)
		receive_work(conn);
}

void
receive_on_event(struct bufferevent *bev, short what, void *arg)
{
	struct conn *conn = arg;

	(void)bev;
	if (what & BEV_EVENT_ERROR) {
		conn_kill(conn, KILL_NOW, conn_error_text(EVUTIL_SOCKET_ERROR()));
	} else if (what & BEV_EVENT_EOF) {
		conn->has_eof = true;
		if (conn->state == CONN_LINGERING)
			conn_kill(conn, KILL_NOW, "closed");
		else if (!conn->is_waiting)
			receive_work(conn);
	}
}
