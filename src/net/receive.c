/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/receive.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/passphrase.h"
#include "base/utf8.h"
#include "chat/command.h"
#include "chat/complete.h"
#include "chat/flood.h"
#include "chat/user.h"
#include "chat/verify.h"
#include "net/conn.h"
#include "net/editor.h"
#include "net/foreign.h"
#include "net/pager.h"
#include "net/unsent.h"

/*
 * How long the first bytes may be undecided, milliseconds. Other protocols send more at
 * once; a person who has typed nothing but Enter, with which they begin, too, waits for
 * his prompt.
 */
#define FOREIGN_MS 1000
#define ENTER_MS 200

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
	bool is_answer = conn->user->question != ASK_NOTHING;
	bool is_edited = conn->proto.editor != NULL;
	struct net *net = conn->net;
	size_t max = net->conf->limits.line_length;
	bool is_cut, is_order;
	struct str line = proto_text(&conn->proto, max, &is_cut);

	conn->lines++;
	net->lines++;
	buf_reset(&net->clean);
	utf8_clean(&net->clean, line);
	is_order = !is_answer && is_command(buf_str(&net->clean));
	if (is_order && is_edited) {
		/* The page may be another one if nothing is left for him on it. */
		if (!conn->has_asked || conn->head == 0)
			conn->asked = page_since(net->page, net->page->buf.len);
		conn->has_asked = true;
		if (!command_is_shown(conn->user, buf_str(&net->clean)))
			echo_command(conn, buf_str(&net->clean));
	}
	/*
	 * What is only said has no answer other than errors, which are urgent anyway;
	 * but in the editor Enter is a key, too.
	 */
	if (is_answer || is_order || is_edited)
		net->acting = conn;
	user_line(conn->user, buf_str(&net->clean), net->now);
	if (is_answer && net->clean.p != NULL)
		passphrase_wipe(net->clean.p, net->clean.len);
	if (is_cut && conn->user != NULL)
		user_error(conn->user, "That line was cut after %zu bytes.", line.len);
	net->acting = NULL;
	if (is_order && is_edited)
		conn->asked = page_since(net->page, conn->asked.from);
	net_flush_full(net);
}

/* The peer has ended his input: say an unfinished line too, then part. */
static void
on_end(struct conn *conn)
{
	conn->has_eof = true;
	if (proto_finish(&conn->proto))
		on_line(conn);
	if (conn->is_broken)
		conn_fail(conn, ECONNRESET);
	else
		conn_kill(conn, KILL_DRAIN, REASON_EOF, NULL);
}

/* ^D, or telnet's EOF: he wants to leave, and can still read the goodbye. */
static void
on_leave(struct conn *conn)
{
	if (proto_finish(&conn->proto))
		on_line(conn);
	if (conn->user != NULL)
		user_notice(conn->user, "Goodbye!");
	conn_kill(conn, KILL_DRAIN, REASON_EOF, NULL);
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
on_complete(struct conn *conn)
{
	struct editor *editor = conn->proto.editor;
	struct editor_query query = editor_query(editor);
	struct buf text = {0};

	(void)complete(conn->user, query.before, query.word, query.nth, &text);
	editor_complete(editor, buf_str(&text));
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

/*
 * How far `*keys` keys of an editor go in these bytes. They are taken off. Text does
 * not count: it comes in runs, and so does Enter, as lines are counted elsewhere. What
 * cuts a run is like a key.
 */
static size_t
count_keys(struct str bytes, size_t *keys)
{
	size_t n = 0;

	while (*keys > 0 && n < bytes.len) {
		unsigned char c = (unsigned char)bytes.p[n++];

		if ((c < 0x20 && c != '\r' && c != '\n') || c == 0x7F ||
			c == TELNET_IAC)
			(*keys)--;
	}
	return n;
}

/* Parse off the front of `*input` until the next event, or until no keys are left. */
static enum proto_event
parse(struct conn *conn, struct str *input, size_t *keys)
{
	struct proto *proto = &conn->proto;
	struct buf *reply = &conn->net->reply;
	enum proto_event event = PROTO_MORE;

	buf_reset(reply);
	while (event == PROTO_MORE && *keys > 0 && input->len > 0) {
		bool is_edited = proto->editor != NULL;
		size_t left = *keys;
		size_t len = is_edited ? count_keys(*input, &left) : input->len;
		struct str bytes = str_make(input->p, len);

		event = proto->ops->input(
			proto, &bytes, conn->net->conf->limits.line_length, reply);
		len -= bytes.len;
		if (is_edited)
			(void)count_keys(str_make(input->p, len), keys);
		*input = str_from(*input, len);
	}
	/* These two act at once, behind what was typed before them. */
	if (event == PROTO_COMPLETE)
		on_complete(conn);
	else if (event == PROTO_KEY)
		on_key(conn);
	/* What was typed is drawn when this turn is over: flush, even nothing. */
	if (reply->len > 0 ||
		(proto->editor != NULL && editor_is_changed(proto->editor)))
		conn_send(conn, buf_str(reply), true);
	return event;
}

/*
 * Let a peer with more lines than one turn allows go on in the next. By a timer, for an
 * event that is made active in a callback runs in the same turn.
 */
static void
wait_for_turn(struct conn *conn)
{
	static const struct timeval at_once = {0, 0};

	conn_enqueue(conn, &conn->net->waiting);
	evtimer_add(conn->net->again, &at_once);
}

/* Nothing but ends of lines? */
static bool
is_enter(struct str bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		if (bytes.p[i] != '\r' && bytes.p[i] != '\n')
			return false;
	}
	return true;
}

/* Is it too early to tell that a peer with undecided first bytes is a person? */
static bool
may_be_foreign(struct conn *conn, struct str input)
{
	int64_t most = is_enter(input) ? ENTER_MS : FOREIGN_MS;
	int64_t now = conn->net->now.mono;

	if (conn->undecided == 0)
		conn->undecided = now;
	return !conn->has_eof && now - conn->undecided < most;
}

/*
 * Does the peer speak something else? Then it is answered in its own words, and nothing
 * of it is said. True if it does, or if that can't be told yet.
 */
static bool
is_foreign(struct conn *conn, struct str input)
{
	struct buf *reply = &conn->net->reply;
	enum foreign foreign;

	if (conn->is_known || input.len == 0)
		return false;
	foreign = foreign_detect(input);
	if (foreign == FOREIGN_UNDECIDED && may_be_foreign(conn, input)) {
		net_throttle(conn->net, conn);
		return true;
	}
	conn->is_known = true;
	if (foreign == FOREIGN_NONE || foreign == FOREIGN_UNDECIDED)
		return false;
	log_info("conn %llu: speaks %s", (unsigned long long)conn->peer.id,
		foreign_name(foreign));
	buf_reset(reply);
	foreign_answer(foreign, conn->net->conf->server.name, reply);
	conn_send(conn, buf_str(reply), true);
	conn_kill(conn, KILL_DRAIN, REASON_FOREIGN, NULL);
	return true;
}

/*
 * Must the next line wait, because there were too many? That may end the session; of
 * one that is broken it does, for nobody is there to be told that his lines wait.
 */
static bool
must_wait(struct conn *conn)
{
	if (flood_wait(conn->user, conn->net->now) == 0)
		return false;
	if (conn->state != CONN_OPEN)
		return true;
	conn->is_slowed = !verify_is_pending(conn->user);
	if (conn->is_broken && conn->is_slowed)
		conn_fail(conn, ECONNRESET);
	else
		net_throttle(conn->net, conn);
	return true;
}

/*
 * Is he told so much already that his socket shall take it first? Or else all answers
 * to a burst of commands would be queued for somebody who does not read, and only then
 * lines be skipped.
 */
static bool
is_told_enough(const struct conn *conn)
{
	uint64_t soft = conn->net->conf->limits.send_queue_soft;

	return soft > 0 && conn->nbytes > soft;
}

/* Act on what has come, as far as this turn allows, and take it off the front. */
static void
work(struct conn *conn, struct str *input)
{
	size_t keys = KEYS_PER_TURN;

	if (is_foreign(conn, *input))
		return;
	for (unsigned n = 0; conn->state == CONN_OPEN; n++) {
		if (must_wait(conn))
			return;
		if (n == LINES_PER_TURN || keys == 0 ||
			(n > 0 && is_told_enough(conn))) {
			wait_for_turn(conn);
			return;
		}
		switch (parse(conn, input, &keys)) {
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
			if (keys == 0)
				break;
			linebuf_relax(&conn->proto.lines);
			if (conn->has_eof)
				on_end(conn);
			return;
		}
	}
}

/* Keep what must wait, and read on only if there may be more, and room for it. */
static void
keep(struct conn *conn, struct str bytes)
{
	buf_add_str(&conn->unparsed, bytes);
	if (conn->has_eof || conn->unparsed.len >= INPUT_HIGH)
		event_del(&conn->readable);
}

/* Act on these bytes, which came behind all others. */
static void
on_bytes(struct conn *conn, struct str input)
{
	if (conn->state == CONN_OPEN && conn->queue == NULL)
		work(conn, &input);
	if (conn->state == CONN_OPEN)
		keep(conn, input);
}

void
receive_resume(struct conn *conn)
{
	/* Out of its reach while it may be closed. */
	struct buf unparsed = conn->unparsed;
	struct str input = buf_str(&unparsed);

	conn->unparsed = (struct buf){0};
	work(conn, &input);
	if (conn->state != CONN_OPEN || input.len == 0) {
		buf_fini(&unparsed);
	} else if (input.len < unparsed.len) {
		memmove(unparsed.p, input.p, input.len);
		unparsed.len = input.len;
	}
	conn->unparsed = unparsed;
	if (conn->state == CONN_OPEN && !conn->has_eof && unparsed.len < INPUT_HIGH &&
		event_add(&conn->readable, NULL) == -1)
		conn_fail(conn, errno);
}

void
receive_restore(struct conn *conn, struct str bytes)
{
	keep(conn, bytes);
	wait_for_turn(conn);
}

/*
 * The end of it
 *
 * When the connection breaks, lines that had come before, and wait for their turn, are
 * still said: who sends and closes at once, with our greeting unread, is reset by his
 * system.
 */

/* The peer will send nothing more. */
static void
on_eof(struct conn *conn)
{
	conn->has_eof = true;
	if (conn->state == CONN_LINGERING)
		conn_kill(conn, KILL_NOW, REASON_EOF, NULL);
	else
		on_bytes(conn, STR(""));
}

/* Do his lines wait because he has sent too many? */
static bool
is_slowed(const struct conn *conn)
{
	return conn->queue == &conn->net->throttled && conn->is_slowed;
}

/* Reading has found it broken, so all is read. */
static void
on_broken_read(struct conn *conn, int err)
{
	if (conn->state != CONN_OPEN || conn->queue == NULL || is_slowed(conn)) {
		conn_fail(conn, err);
		return;
	}
	conn->is_broken = true;
	unsent_free(conn);
	on_eof(conn);
}

void
receive_on_broken_write(struct conn *conn, int err)
{
	bool is_reset = err == ECONNRESET || err == EPIPE;

	if (conn->state != CONN_OPEN || !is_reset || is_slowed(conn)) {
		conn_fail(conn, err);
		return;
	}
	/*
	 * What the kernel still has of his is read, and behind that the end; which is
	 * made sure of, for only the way out is known to be broken.
	 */
	conn->is_broken = true;
	unsent_free(conn);
	(void)shutdown(conn->fd, SHUT_RDWR);
	/* Not only in the turn of those who are throttled: his name is waited for. */
	if (conn->queue == &conn->net->throttled) {
		conn_dequeue(conn);
		wait_for_turn(conn);
	}
}

void
receive_on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct conn *conn = arg;
	struct net *net = conn->net;
	ssize_t n;

	(void)what;
	n = recv(fd, net->input, INPUT_HIGH - conn->unparsed.len, 0);
	(void)net_wake(net);
	if (n > 0)
		net->received += (uint64_t)n;
	if (n > 0)
		on_bytes(conn, str_make(net->input, (size_t)n));
	else if (n == 0)
		on_eof(conn);
	else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
		on_broken_read(conn, errno);
}
