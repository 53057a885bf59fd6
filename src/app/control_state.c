/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "app/control_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/state.h"
#include "chat/console.h"

#include "app/control_client.h"
#include "app/control_events.h"

/* More is nobody's name for the log. */
#define FROM_MAX 100

/* A client as it is kept; the end of its input can be read again. Texts borrow. */
struct kept_client {
	int fd;
	enum control_state state;
	struct str from;
	struct console_kept console;
	struct str in; /* not looked at yet */
	struct linebuf lines;
	struct bucket bucket;
	struct str out; /* unsent */
	uint64_t skipped;
};

static const char *const states[] = {
	[CONTROL_REQUESTS] = "requests",
	[CONTROL_PIPE] = "pipe",
	[CONTROL_EVENTS] = "events",
	[CONTROL_WAITING] = "waiting",
	[CONTROL_LEAVING] = "leaving",
};

static int
accept_client(void *record, struct err *err)
{
	const struct kept_client *kept = record;

	if (kept->console.name.len > 0)
		return 0;
	err_set(err, "is of nobody");
	return -1;
}

static const struct state_field client_fields[] = {
	STATE_ROW(struct kept_client, fd, 1, STATE_FD),
	STATE_ROW(struct kept_client, state, 2, STATE_ENUM, .words = states,
		.nwords = sizeof(states) / sizeof(states[0])),
	STATE_ROW(struct kept_client, from, 3, STATE_STR, .max = FROM_MAX),
	STATE_ROW(struct kept_client, console, 4, STATE_RECORD,
		.table = &console_kept_state),
	STATE_ROW(struct kept_client, in, 5, STATE_STR),
	STATE_ROW(struct kept_client, lines, 6, STATE_RECORD, .table = &linebuf_state),
	STATE_ROW(struct kept_client, bucket, 7, STATE_RECORD, .table = &bucket_state),
	STATE_ROW(struct kept_client, out, 8, STATE_STR),
	STATE_ROW(struct kept_client, skipped, 9, STATE_UINT),
};
static const struct state_table client_table =
	STATE_TABLE(kept_client, client_fields, accept_client);

void
control_clients_save(
	const struct control_shared *shared, struct state_out *out, unsigned number)
{
	const struct control_client *client;

	TAILQ_FOREACH (client, &shared->clients, link) {
		struct kept_client kept = {
			.fd = client->fd,
			.state = client->state,
			.from = str_of(client->from),
			.console = console_keep(client->console),
			.in = str_from(buf_str(&client->in), client->in_at),
			.lines = client->lines,
			.bucket = client->bucket,
			.out = str_from(buf_str(&client->out), client->out_at),
			.skipped = client->skipped,
		};

		state_put(out, number, &client_table, &kept);
	}
}

/* What its console is at follows from what it is at itself. */
static enum console_next
next_of(enum control_state state)
{
	switch (state) {
	case CONTROL_PIPE:
		return CONSOLE_LINES;
	case CONTROL_EVENTS:
		return CONSOLE_EVENTS;
	case CONTROL_WAITING:
		return CONSOLE_OUTCOME;
	default:
		return CONSOLE_REQUEST;
	}
}

/* Takes what is owned of it. -1 if libevent fails. */
static int
make_client(struct control_shared *shared, struct kept_client *kept)
{
	char *name = xstrndup(kept->console.name.p, kept->console.name.len);
	char *from = xstrndup(kept->from.p, kept->from.len);
	struct control_client *client =
		control_client_new(shared, kept->fd, name, from);

	free(name);
	free(from);
	if (client == NULL) {
		linebuf_fini(&kept->lines);
		return -1;
	}
	console_resume(client->console, &kept->console, next_of(kept->state));
	client->state = kept->state;
	buf_add_str(&client->in, kept->in);
	client->lines = kept->lines;
	client->bucket = kept->bucket;
	buf_add_str(&client->out, kept->out);
	client->skipped = kept->skipped;
	if (client->state == CONTROL_EVENTS)
		control_events_watch(client);
	return 0;
}

int
control_client_restore(struct control_shared *shared, struct state_in *in,
	const struct state_item *item, struct err *err)
{
	struct kept_client kept = {.fd = -1};

	if (state_get(in, item, &client_table, &kept, err) == -1) {
		linebuf_fini(&kept.lines);
		return -1;
	}
	if (kept.fd == -1) {
		linebuf_fini(&kept.lines);
		return 0;
	}
	if (make_client(shared, &kept) == 0)
		return 0;
	err_set(err, "can't make the events of a control connection");
	return -1;
}

void
control_client_refuse(
	struct state_in *in, const struct state_item *item, const char *why)
{
	struct kept_client kept = {.fd = -1};
	char answer[200];
	struct err err;
	int len = snprintf(answer, sizeof(answer), "! %s\nfailed\n", why);

	if (state_get(in, item, &client_table, &kept, &err) == 0 && kept.fd != -1 &&
		kept.out.len == 0 && kept.state == CONTROL_WAITING)
		(void)!send(kept.fd, answer, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL);
	linebuf_fini(&kept.lines);
}
