/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "app/control_events.h"

#include <event2/event.h>

#include "base/buf.h"
#include "chat/chat.h"
#include "chat/event_json.h"

#include "app/control_client.h"

/* One more that this client does not get, since it does not read. */
static void
skip(struct control_client *client)
{
	int64_t ms = client->shared->conf->limits.send_time;

	if (client->skipped++ == 0 && ms > 0)
		control_client_wait(client, ms);
}

/* A line for it, or not. From the first that is skipped on, until it has read all. */
static void
deliver(struct control_client *client, struct str line)
{
	const struct limits_conf *limits = &client->shared->conf->limits;
	uint64_t soft = limits->send_queue_soft, hard = limits->send_queue;
	size_t unsent = control_client_unsent(client);

	if (client->skipped > 0 || (soft > 0 && unsent > 0 && unsent + line.len > soft))
		skip(client);
	else if (hard > 0 && unsent > 0 && unsent + line.len > hard)
		control_client_kill(client, "too slow to read");
	else
		control_client_send(client, line);
}

static void
on_observed(void *arg, const struct observation *seen)
{
	struct control_shared *shared = arg;
	struct control_client *client, *next;
	struct buf line = {0};

	event_json(&line, seen);
	/* Delivering may find that one is gone, which puts it into another list. */
	for (client = TAILQ_FIRST(&shared->clients); client != NULL; client = next) {
		next = TAILQ_NEXT(client, link);
		if (client->state == CONTROL_EVENTS)
			deliver(client, buf_str(&line));
	}
	buf_fini(&line);
}

static const struct observer_ops observer_ops = {.observe = on_observed};

void
control_events_watch(struct control_client *client)
{
	struct control_shared *shared = client->shared;

	shared->nwatching++;
	if (shared->is_observing)
		return;
	shared->observer = (struct observer){.ops = &observer_ops, .arg = shared};
	observer_add(shared->chat, &shared->observer);
	shared->is_observing = true;
}

void
control_events_begin(struct control_client *client)
{
	struct control_shared *shared = client->shared;
	struct buf line = {0};

	if (client->state == CONTROL_DEAD)
		return;
	client->state = CONTROL_EVENTS;
	/* Whatever it was for, from now on it means that the reader is slow. */
	event_del(client->timer);
	control_events_watch(client);
	event_json_begin(&line, shared->clock().wall, shared->conf->server.name);
	control_client_send(client, buf_str(&line));
	/* What it sends besides means nothing any more, but its end does. */
	if (client->state == CONTROL_EVENTS && event_add(client->readable, NULL) == -1)
		control_client_kill(client, reason_text(REASON_MEMORY));
	buf_fini(&line);
}

void
control_events_on_sent(struct control_client *client)
{
	struct buf line = {0};

	if (client->skipped == 0)
		return;
	event_del(client->timer);
	event_json_skipped(&line, client->shared->clock().wall, client->skipped);
	client->skipped = 0;
	control_client_send(client, buf_str(&line));
	buf_fini(&line);
}

void
control_events_relax(struct control_shared *shared)
{
	if (!shared->is_observing || shared->nwatching > 0)
		return;
	observer_remove(shared->chat, &shared->observer);
	shared->is_observing = false;
}
