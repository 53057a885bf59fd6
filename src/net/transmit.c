/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/transmit.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/wrap.h"
#include "chat/audience.h"
#include "chat/user.h"
#include "net/conn.h"
#include "net/editor.h"
#include "net/pager.h"
#include "net/receive.h"
#include "net/unsent.h"

/* Pieces of the page per system call; more go in a second one. */
#define IOV_PIECES 64

/*
 * To the socket
 */

/*
 * Give the socket what it takes. Returns how much that was, and all of it if the
 * connection broke, since then nothing is left to be done here.
 */
static size_t
write_direct(struct conn *conn, struct iovec *iov, size_t pieces, size_t total)
{
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = pieces};
	/* One piece is the rule, and costs less this way. */
	ssize_t n = pieces == 1
		? send(conn->fd, iov->iov_base, iov->iov_len, MSG_NOSIGNAL)
		: sendmsg(conn->fd, &msg, MSG_NOSIGNAL);

	if (n >= 0) {
		conn->net->sent += (uint64_t)n;
		return (size_t)n;
	}
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ||
		errno == ENOBUFS || errno == ENOMEM)
		return 0;
	receive_on_broken_write(conn, errno);
	return total;
}

/* Queue what the socket has not taken: all behind the first `sent` bytes. */
static void
queue_rest(struct conn *conn, const struct iovec *iov, size_t pieces, size_t sent)
{
	for (size_t i = 0; i < pieces; i++) {
		struct str text = str_make(iov[i].iov_base, iov[i].iov_len);
		size_t skip = sent < text.len ? sent : text.len;

		sent -= skip;
		if (skip < text.len && unsent_add(conn, str_from(text, skip)) == -1) {
			conn_kill(conn, KILL_NOW, REASON_MEMORY, NULL);
			return;
		}
	}
}

static void
send_pieces(struct conn *conn, struct iovec *iov, size_t pieces, size_t total)
{
	size_t sent = 0;

	if (total == 0)
		return;
	/* What is queued goes first, or lines would overtake each other. */
	if (unsent_len(conn) == 0)
		sent = write_direct(conn, iov, pieces, total);
	if (sent < total)
		queue_rest(conn, iov, pieces, sent);
}

static void
set_piece(struct iovec *iov, struct str text)
{
	/* iovec serves reading, too, and so has no const. */
	memcpy(&iov->iov_base, &text.p, sizeof(text.p));
	iov->iov_len = text.len;
}

/*
 * Plain: straight from the page
 */

/* Send one batch of extents, from the link `at` on. Returns where the next begins. */
static uint32_t
flush_batch(struct conn *conn, uint32_t at)
{
	struct net *net = conn->net;
	struct iovec iov[IOV_PIECES];
	size_t pieces = 0, total = 0;

	for (; at != 0 && pieces < IOV_PIECES; at = net->links[at].next) {
		struct str text;

		if (net->links[at].extent.len == 0)
			continue;
		text = page_text(net->page, net->links[at].extent);
		set_piece(&iov[pieces++], text);
		total += text.len;
	}
	send_pieces(conn, iov, pieces, total);
	return at;
}

static void
flush_plain(struct conn *conn)
{
	for (uint32_t at = conn->head; at != 0 && conn->state != CONN_DEAD;)
		at = flush_batch(conn, at);
}

/*
 * To a screen: folded, and around the line that is being typed
 */

/* Append the raw bytes that are for him. */
static void
add_raw(const struct conn *conn, struct buf *out)
{
	const struct net *net = conn->net;

	for (uint32_t at = conn->head; at != 0; at = net->links[at].next) {
		if (net->links[at].is_raw && net->links[at].extent.len > 0)
			buf_add_str(out, page_text(net->page, net->links[at].extent));
	}
}

/* What of an extent stands on the page between `from` and `to`. */
static struct extent
extent_between(struct extent extent, uint32_t from, uint32_t to)
{
	uint32_t end = extent.from + extent.len;

	from = extent.from > from ? extent.from : from;
	to = end < to ? end : to;
	return to > from ? (struct extent){from, to - from} : (struct extent){0};
}

/*
 * Append the lines that are for him, folded for a window: those that stand on the page
 * between `from` and `to`, where lines begin.
 */
static void
add_folded(const struct conn *conn, uint32_t from, uint32_t to, struct buf *out)
{
	const struct net *net = conn->net;
	unsigned columns = proto_terminal(&conn->proto).columns;

	for (uint32_t at = conn->head; at != 0; at = net->links[at].next) {
		struct extent extent = extent_between(net->links[at].extent, from, to);
		struct str rest, line;

		if (net->links[at].is_raw || extent.len == 0)
			continue;
		rest = page_text(net->page, extent);
		while (rest.len > 0 && str_split(&rest, '\n', &line)) {
			if (line.len > 0 && line.p[line.len - 1] == '\r')
				line.len--;
			/* The last column stays free: terminals differ in what
			 * happens behind it. */
			wrap_line(out, line, columns > 1 ? columns - 1 : columns);
		}
	}
}

/* In how many pieces are the lines that are for him? Sets `*piece` to the last one. */
static size_t
count_pieces(const struct conn *conn, struct extent *piece)
{
	const struct net *net = conn->net;
	size_t count = 0;

	for (uint32_t at = conn->head; at != 0; at = net->links[at].next) {
		if (net->links[at].is_raw || net->links[at].extent.len == 0)
			continue;
		*piece = net->links[at].extent;
		count++;
	}
	return count;
}

/*
 * The lines that are for him, folded for his window. Most windows of a room have the
 * same width and get the same piece of the page, so the last one that was folded is
 * kept as long as the page is.
 */
static struct str
fold(const struct conn *conn)
{
	struct folded *folded = &conn->net->folded;
	unsigned columns = proto_terminal(&conn->proto).columns;
	struct extent piece;
	size_t count = count_pieces(conn, &piece);

	if (count == 0)
		return STR("");
	if (count > 1 || piece.from != folded->extent.from ||
		piece.len != folded->extent.len || columns != folded->columns) {
		buf_reset(&folded->text);
		add_folded(conn, 0, UINT32_MAX, &folded->text);
		folded->extent = count == 1 ? piece : (struct extent){0};
		folded->columns = columns;
	}
	return buf_str(&folded->text);
}

/* Print lines, through the pager if they are a long answer or it is in use already. */
static void
add_paged(struct conn *conn, struct str text, bool is_answer, struct buf *out)
{
	unsigned rows = proto_terminal(&conn->proto).rows;
	/* The rest of a paste is lines to be said, and no keys for a pager. */
	bool may_page = is_answer && text.len <= PAGER_TEXT_MAX && rows > 0 &&
		!editor_is_pasting(conn->proto.editor) && conn->user != NULL &&
		user_peer_wishes(conn->user).pager;

	if (conn->pager != NULL && !pager_hold(conn->pager, text)) {
		pager_end(conn->pager, out);
		conn->pager = NULL;
	} else if (conn->pager == NULL && may_page) {
		conn->pager = pager_start(text, rows, out);
	} else if (conn->pager == NULL) {
		buf_add_str(out, text);
	}
	conn->proto.wants_keys = conn->pager != NULL;
}

/* Nobody is going to turn the page any more: print what was held back. */
static void
leave_pager(struct conn *conn, struct buf *out)
{
	pager_end(conn->pager, out);
	conn->pager = NULL;
	conn->proto.wants_keys = false;
}

static void
set_prompt(struct conn *conn)
{
	struct buf *prompt = &conn->net->prompt;
	unsigned columns = proto_terminal(&conn->proto).columns;

	buf_reset(prompt);
	if (conn->pager != NULL)
		buf_add_str(prompt, pager_prompt(columns));
	else
		user_prompt(conn->user, prompt);
	editor_set_prompt(conn->proto.editor, buf_str(prompt));
}

/* Print the lines that stand on the page between `from` and `to`. */
static void
add_part(struct conn *conn, uint32_t from, uint32_t to, bool is_answer, struct buf *out)
{
	struct buf *text = &conn->net->folded.text;

	buf_reset(text);
	add_folded(conn, from, to, text);
	if (text->len > 0)
		add_paged(conn, buf_str(text), is_answer, out);
}

/* Print all lines around the one that is being typed. */
static void
add_lines(struct conn *conn, struct buf *out)
{
	struct str text = fold(conn);
	uint32_t from = conn->asked.from, to = from + conn->asked.len;

	if (text.len == 0)
		return;
	editor_erase(conn->proto.editor, out);
	if (!conn->has_asked) {
		add_paged(conn, text, false, out);
		return;
	}
	/* What others say before and behind an answer makes it no longer. */
	conn->net->folded.extent = (struct extent){0};
	add_part(conn, 0, from, false, out);
	add_part(conn, from, to, true, out);
	add_part(conn, to, UINT32_MAX, false, out);
}

static void
flush_screen(struct conn *conn)
{
	struct editor *editor = conn->proto.editor;
	struct buf *out = &conn->net->screen;
	struct iovec iov;

	buf_reset(out);
	add_raw(conn, out);
	if (conn->pager != NULL && (editor == NULL || conn->user == NULL))
		leave_pager(conn, out);
	if (editor != NULL) {
		add_lines(conn, out);
		if (conn->user != NULL) {
			set_prompt(conn);
			/* Not behind each key: only where there is a new prompt. */
			if (editor_draw(editor, out))
				telnet_mark_prompt(conn->proto.telnet, out);
		}
	} else {
		buf_add_str(out, fold(conn));
	}
	set_piece(&iov, buf_str(out));
	send_pieces(conn, &iov, 1, out->len);
}

/*
 * To nobody: he does not read
 */

/* Is more unsent than a reader may leave, here and in the kernel? */
static bool
is_over_soft(const struct conn *conn)
{
	uint64_t soft = conn->net->conf->limits.send_queue_soft;
	size_t unsent = unsent_len(conn);
	int kernel = 0;

	/* As long as the kernel takes everything there is no need to ask it. */
	if (soft == 0 || unsent == 0 || conn->state != CONN_OPEN)
		return false;
	if (ioctl(conn->fd, SIOCOUTQ, &kernel) == -1 || kernel < 0)
		kernel = 0;
	return unsent + (size_t)kernel > soft;
}

static size_t
count_lines(struct str text)
{
	size_t count = 0;
	struct str line;

	while (text.len > 0 && str_split(&text, '\n', &line))
		count++;
	return count;
}

/* Count his lines instead of sending them. What telnet has to say is sent. */
static void
skip(struct conn *conn)
{
	struct net *net = conn->net;
	size_t lines = 0;
	struct iovec iov;

	unsent_set_slow(conn, true);
	for (uint32_t at = conn->head; at != 0; at = net->links[at].next) {
		struct str text = page_text(net->page, net->links[at].extent);

		if (!net->links[at].is_raw)
			lines += count_lines(text);
	}
	conn->unsent->skipped += lines;
	net->skipped += lines;
	/* Then this: it may find out that there is nobody any more. */
	for (uint32_t at = conn->head; at != 0; at = net->links[at].next) {
		struct str text = page_text(net->page, net->links[at].extent);

		if (net->links[at].is_raw && conn->unsent != NULL) {
			set_piece(&iov, text);
			send_pieces(conn, &iov, 1, text.len);
		}
	}
}

/* The reader is back: tell him what he has missed. */
static void
end_skipping(struct conn *conn)
{
	uint64_t skipped = conn->unsent->skipped;
	char words[64];
	int len = snprintf(words, sizeof(words), "[%llu line%s skipped]\r\n",
		(unsigned long long)skipped, skipped == 1 ? "" : "s");

	if (skipped > 0 && conn->state == CONN_OPEN)
		conn_send(conn, str_make(words, (size_t)len), false);
	/* What he has typed meanwhile was not drawn: flush, even nothing. */
	if (unsent_is_slow(conn) && conn->state == CONN_OPEN)
		conn_send(conn, STR(""), true);
	unsent_set_slow(conn, false);
}

void
transmit_flush(struct conn *conn)
{
	uint64_t hard = conn->net->conf->limits.send_queue;

	if (conn->state == CONN_DEAD || conn->is_broken)
		return;
	if (unsent_is_slow(conn) || is_over_soft(conn))
		skip(conn);
	else if (conn->proto.editor != NULL || proto_terminal(&conn->proto).columns > 0)
		flush_screen(conn);
	else
		flush_plain(conn);
	conn->has_asked = false;
	if (conn->state == CONN_DEAD)
		return;
	if (hard > 0 && unsent_len(conn) > hard)
		conn_kill(conn, KILL_NOW, REASON_SLOW, NULL);
	else if (conn->state == CONN_FLUSHING && unsent_len(conn) == 0)
		conn_linger(conn);
}

void
transmit_on_sent(struct conn *conn)
{
	/* What there is for him already comes before the line that says so. */
	if (unsent_is_slow(conn) && conn->user != NULL)
		audience_catch_up(conn->user);
	if (unsent_is_slow(conn) && conn->head != 0) {
		skip(conn);
		net_drop_extents(conn->net, conn);
	}
	if (conn->unsent == NULL)
		return;
	end_skipping(conn);
	if (unsent_len(conn) == 0)
		unsent_free(conn);
	/* With extents still to come, transmit_flush() will see to it. */
	if (conn->state == CONN_FLUSHING && !conn->is_dirty)
		conn_linger(conn);
}
