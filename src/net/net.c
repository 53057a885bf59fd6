/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/net.h"

#include <stdlib.h>

#include <event2/event.h>

#include "base/mem.h"
#include "chat/audience.h"
#include "chat/chat.h"
#include "net/conn.h"
#include "net/receive.h"
#include "net/records.h"
#include "net/transmit.h"
#include "net/unsent.h"

/* How often those are looked at who wait for their next line, milliseconds. */
#define THROTTLED_MS 50

/*
 * Memory is given back a while after so many have gone, or have left so many bytes
 * unsent: all that go until then are done with it together. A list is kept if it has
 * not more than so many times the room that it needs.
 */
#define RELAX_AFTER_MS 1000
#define RELAX_BYTES ((size_t)1024 * 1024)
#define RELAX_MIN ((size_t)64)
#define RELAX_FACTOR 2

/*
 * Let those who are parked in a queue go on, each once: who has still more is put back
 * at the end by receive_resume(). One may end another meanwhile, who is then taken out.
 */
static void
net_resume(struct net *net, struct conn_queue *queue)
{
	size_t count = 0;
	struct conn *conn;

	(void)net_wake(net);
	TAILQ_FOREACH (conn, queue, queue_link)
		count++;
	while (count-- > 0 && (conn = TAILQ_FIRST(queue)) != NULL) {
		conn_dequeue(conn);
		receive_resume(conn);
	}
}

/* The turn of those who had more lines than one turn allows. */
static void
net_on_again(evutil_socket_t fd, short what, void *arg)
{
	struct net *net = arg;

	(void)fd;
	(void)what;
	net_resume(net, &net->waiting);
}

struct net *
net_new(struct event_base *base, struct chat *chat, struct page *page,
	const struct conf *conf, const struct proto_ops *const *protos,
	struct moment (*clock)(void))
{
	struct net *net = xcalloc(1, sizeof(*net));

	net->base = base;
	net->chat = chat;
	net->page = page;
	net->conf = conf;
	net->protos = protos;
	net->clock = clock;
	arrivals_init(&net->arrivals);
	net->input = xmalloc(INPUT_HIGH);
	TAILQ_INIT(&net->conns);
	TAILQ_INIT(&net->dying);
	TAILQ_INIT(&net->flushing);
	TAILQ_INIT(&net->lingering);
	TAILQ_INIT(&net->waiting);
	TAILQ_INIT(&net->throttled);
	TAILQ_INIT(&net->slow);
	net->nlinks = 1;
	net->again = evtimer_new(base, net_on_again, net);
	if (net->again == NULL) {
		free(net->input);
		free(net);
		return NULL;
	}
	return net;
}

void
net_free(struct net *net)
{
	struct conn *conn;

	if (net == NULL)
		return;
	arrivals_close(net);
	while ((conn = TAILQ_FIRST(&net->conns)) != NULL)
		conn_kill(conn, KILL_NOW, REASON_STOP, NULL);
	net_bury(net);
	event_free(net->again);
	free(net->input);
	buf_fini(&net->clean);
	buf_fini(&net->reply);
	buf_fini(&net->prompt);
	buf_fini(&net->folded.text);
	buf_fini(&net->screen);
	free(net->dirty.v);
	free(net->held.v);
	free(net->links);
	free(net);
}

struct moment
net_wake(struct net *net)
{
	net->now = net->clock();
	if (net->woken == 0)
		net->woken = net->now.us;
	return net->now;
}

uint64_t
net_turn_took(struct net *net, int64_t us)
{
	int64_t woken = net->woken;

	net->woken = 0;
	return woken != 0 && us > woken ? (uint64_t)(us - woken) : 0;
}

void
net_reconfigure(struct net *net, const struct conf *conf)
{
	net->conf = conf;
}

/* A new link at the end of the pool; its index. */
static uint32_t
net_new_link(struct net *net, struct extent extent, bool is_raw)
{
	if (net->nlinks >= net->links_cap) {
		net->links_cap = net->links_cap > 0 ? net->links_cap * 2 : 64;
		net->links =
			xreallocarray(net->links, net->links_cap, sizeof(*net->links));
	}
	net->links[net->nlinks] = (struct link){.extent = extent, .is_raw = is_raw};
	return (uint32_t)net->nlinks++;
}

static void
conn_list_add(struct conn_list *list, struct conn *conn)
{
	if (list->count == list->cap) {
		list->cap = list->cap > 0 ? list->cap * 2 : 64;
		list->v = xreallocarray(list->v, list->cap, sizeof(*list->v));
	}
	list->v[list->count++] = conn;
}

void
net_add_extent(struct net *net, struct conn *conn, struct extent extent, bool is_raw)
{
	uint32_t added;

	if (!conn->is_dirty) {
		conn->is_dirty = true;
		conn_list_add(&net->dirty, conn);
	}
	conn->nbytes += extent.len;
	if (conn->tail != 0) {
		/* Lines that follow each other on the page are one extent. */
		struct link *last = &net->links[conn->tail];
		if (last->is_raw == is_raw &&
			last->extent.from + last->extent.len == extent.from) {
			last->extent.len += extent.len;
			return;
		}
	}
	added = net_new_link(net, extent, is_raw);
	if (conn->tail != 0)
		net->links[conn->tail].next = added;
	else
		conn->head = added;
	conn->tail = added;
}

void
net_drop_extents(struct net *net, struct conn *conn)
{
	conn->head = conn->tail = 0;
	conn->nbytes = 0;
	conn->is_urgent = conn->is_told = false;
	if (conn->held != 0) {
		struct conn *last = net->held.v[--net->held.count];

		net->held.v[conn->held - 1] = last;
		last->held = conn->held;
		conn->held = 0;
	}
}

/* Let somebody wait for the end of the window. */
static void
net_hold(struct net *net, struct conn *conn)
{
	if (conn->held != 0)
		return;
	conn_list_add(&net->held, conn);
	conn->held = (uint32_t)net->held.count;
}

/* Flushing may kill, which marks; it never makes anybody dirty. */
static void
net_send(struct net *net, struct conn *conn)
{
	transmit_flush(conn);
	conn->window = net->pace.window;
	conn->is_dirty = false;
	net_drop_extents(net, conn);
}

/* Send to everybody who waits; the others may wait on. */
static void
net_send_held(struct net *net)
{
	while (net->held.count > 0) {
		struct conn *conn = net->held.v[net->held.count - 1];

		if (conn->is_dirty) /* not only what he was put off with */
			pace_ask(&net->pace, 1);
		pace_spend(&net->pace);
		net_send(net, conn);
	}
}

/* Nothing on the page is anybody's any more. */
static void
net_empty_page(struct net *net)
{
	net->folded.extent = (struct extent){0};
	buf_reset(&net->page->buf);
}

/*
 * Hand out what is noted for the audiences whose time has come. The others are held,
 * and go on noting: in a busy room nobody is looked at before.
 */
static void
net_hand_out(struct net *net, bool more, int64_t now)
{
	struct audience *audience, *next;
	size_t people = 0;

	chat_end_rest(net->chat, now - net->pace.length);
	net->is_telling = true;
	for (audience = TAILQ_FIRST(&net->chat->due);
		audience != NULL && people < AUDIENCE_MAX; audience = next) {
		next = TAILQ_NEXT(audience, due_link);
		switch (pace_when(&net->pace, !audience->is_resting, audience->nbytes,
			more, audience->count)) {
		case PACE_NOW:
			people += audience->count;
			if (!audience->is_held)
				pace_ask(&net->pace, audience->count);
			audience_hand_out(audience);
			audience_rest(audience, now);
			break;
		case PACE_LATER:
			audience_hold(audience);
			break;
		case PACE_SOON:
			break;
		}
	}
	net->is_telling = false;
}

/* Give them what is for them, to all who need not wait. */
static void
net_send_dirty(struct net *net, bool more)
{
	for (size_t i = 0; i < net->dirty.count; i++) {
		struct conn *conn = net->dirty.v[i];

		if (!conn->is_dirty)
			continue; /* he has waited, and has got it now */
		if (conn->state == CONN_DEAD)
			continue; /* to be freed: he must not be held */
		conn->is_dirty = false;
		if (conn->is_urgent) {
			pace_answer(&net->pace);
		} else if (conn->is_told) {
			pace_spend(&net->pace);
		} else if (!pace_may_send(
				   &net->pace, conn->window, conn->nbytes, more)) {
			net_hold(net, conn);
			continue;
		}
		net_send(net, conn);
	}
	net->dirty.count = 0;
}

/* Does anybody wait for more? */
static bool
net_waits(const struct net *net)
{
	return net->held.count > 0 || !chat_is_handed_out(net->chat);
}

void
net_flush(struct net *net)
{
	int64_t length = net->conf->server.pace * 1000, began;
	bool more = !TAILQ_EMPTY(&net->waiting), begins;

	if (net->dirty.count > 0 || net_waits(net)) {
		began = net->clock().us;
		begins = pace_begin(&net->pace, length, began);
		net_hand_out(net, more, began);
		if (begins)
			net_send_held(net);
		net_send_dirty(net, more);
		pace_took(&net->pace, net->clock().us - began);
	}
	/* Only people have extents; what is noted for audiences has none yet. */
	if (net->held.count == 0)
		net->nlinks = 1;
	if (!net_waits(net))
		net_empty_page(net);
}

void
net_flush_all(struct net *net)
{
	int64_t began = net->clock().us;

	chat_hand_out(net->chat, began);
	net_send_held(net);
	for (size_t i = 0; i < net->dirty.count; i++) {
		struct conn *conn = net->dirty.v[i];

		if (!conn->is_dirty)
			continue;
		pace_spend(&net->pace);
		net_send(net, conn);
	}
	net->dirty.count = 0;
	net->nlinks = 1;
	pace_took(&net->pace, net->clock().us - began);
	net_empty_page(net);
}

/* Free a list that is empty now, if it is made for a crowd that has gone. */
static void
conn_list_relax(struct conn_list *list, size_t needed)
{
	if (list->count > 0 || list->cap <= needed)
		return;
	free(list->v);
	*list = (struct conn_list){0};
}

/*
 * Many have gone: their memory goes, too. It is looked for once a second at most, so
 * that it does not matter how many come and go.
 */
static void
net_relax(struct net *net)
{
	size_t needed = RELAX_FACTOR * (net->count + RELAX_MIN);

	net->relax_due = 0;
	net->buried = 0;
	net->freed = 0;
	conn_list_relax(&net->dirty, needed);
	conn_list_relax(&net->held, needed);
	if (net->nlinks == 1 && net->links_cap > needed) {
		free(net->links);
		net->links = NULL;
		net->links_cap = 0;
	}
	records_trim();
	mem_trim();
}

void
net_bury(struct net *net)
{
	struct conn *conn;

	while ((conn = TAILQ_FIRST(&net->dying)) != NULL) {
		TAILQ_REMOVE(&net->dying, conn, link);
		conn_free(conn);
		net->buried++;
	}
	if (net->relax_due == 0 &&
		(net->buried >= RELAX_MIN || net->freed >= RELAX_BYTES))
		net->relax_due = net->clock().mono + RELAX_AFTER_MS;
}

void
net_throttle(struct net *net, struct conn *conn)
{
	if (TAILQ_EMPTY(&net->throttled))
		net->throttled_due = net->clock().mono + THROTTLED_MS;
	conn_enqueue(conn, &net->throttled);
}

void
net_flush_full(struct net *net)
{
	if (chat_must_hand_out(net->chat))
		net_flush_all(net);
}

/* Not earlier, as milliseconds. */
static int64_t
ms_of(int64_t us)
{
	return (us + 999) / 1000;
}

/* When is the next audience told? There is one for which something is noted. */
static int64_t
net_next_told(const struct net *net)
{
	const struct chat *chat = net->chat;

	return TAILQ_EMPTY(&chat->due)
		? ms_of(TAILQ_FIRST(&chat->resting)->told + net->pace.length)
		: net->now.mono;
}

int64_t
net_next_due(const struct net *net)
{
	const struct conn *flushing = TAILQ_FIRST(&net->flushing);
	const struct conn *lingering = TAILQ_FIRST(&net->lingering);
	const struct unsent *slow = TAILQ_FIRST(&net->slow);
	int64_t send_time = net->conf->limits.send_time;
	int64_t due = arrivals_next_due(&net->arrivals);

	if (flushing != NULL)
		due = moment_earlier(due, flushing->deadline);
	if (lingering != NULL)
		due = moment_earlier(due, lingering->deadline);
	if (slow != NULL && send_time > 0)
		due = moment_earlier(due, slow->slow_since + send_time);
	if (!TAILQ_EMPTY(&net->throttled))
		due = moment_earlier(due, net->throttled_due);
	if (net->held.count > 0)
		due = moment_earlier(due, ms_of(net->pace.end));
	if (!chat_is_handed_out(net->chat))
		due = moment_earlier(due, net_next_told(net));
	if (net->relax_due != 0)
		due = moment_earlier(due, net->relax_due);
	return due;
}

/* Give up those who have not read for too long. */
static void
net_expire_slow(struct net *net, struct moment now)
{
	int64_t send_time = net->conf->limits.send_time;
	struct unsent *unsent;

	while (send_time > 0 && (unsent = TAILQ_FIRST(&net->slow)) != NULL &&
		unsent->slow_since + send_time <= now.mono)
		conn_kill(unsent->conn, KILL_NOW, REASON_SLOW, NULL);
}

static void
net_expire(struct conn_queue *queue, struct moment now)
{
	struct conn *conn;

	while ((conn = TAILQ_FIRST(queue)) != NULL && conn->deadline <= now.mono)
		conn_expire(conn);
}

void
net_tick(struct net *net, struct moment now)
{
	arrivals_tick(net, now);
	net_expire(&net->flushing, now);
	net_expire(&net->lingering, now);
	net_expire_slow(net, now);
	if (!TAILQ_EMPTY(&net->throttled) && net->throttled_due <= now.mono) {
		net->throttled_due = now.mono + THROTTLED_MS;
		net_resume(net, &net->throttled);
	}
	if (net->relax_due != 0 && net->relax_due <= now.mono)
		net_relax(net);
}

void
net_close_all(struct net *net, enum reason reason)
{
	struct conn *conn, *next;

	arrivals_close(net);
	for (conn = TAILQ_FIRST(&net->conns); conn != NULL; conn = next) {
		/* Who can't be sent anything any more is taken out of the list. */
		next = TAILQ_NEXT(conn, link);
		conn_kill(conn, KILL_DRAIN, reason, NULL);
	}
}

size_t
net_count(const struct net *net)
{
	return net->count;
}
