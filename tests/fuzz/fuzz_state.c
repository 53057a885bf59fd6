/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/state.h"
#include "base/width.h"
#include "base/worker.h"
#include "chat/chat.h"
#include "chat/chat_state.h"
#include "chat/user.h"
#include "fuzz.h"
#include "net/editor.h"
#include "net/net.h"
#include "net/net_state.h"
#include "net/proto.h"

/*
 * Any bytes as the state that another process has left. The first byte chooses:
 *
 *	p and two bytes	the length of a record of proto_state, little-endian; it
 *follows, and behind it what the peer sends then anything else	the records of a whole
 *state, without the header
 *
 * Each is refused with a word about why, or taken. Then people can talk, time passes,
 * keys can be pressed; and what is saved of it is taken again.
 */
enum {
	LINE_MAX_BYTES = 100,
	TALKERS = 20,
	SWEEPS_MAX = 1000,
	HOUR_MS = 3600000,
};

#define MONO INT64_C(100000000)
#define WALL INT64_C(1795255200)

static const struct proto_ops *const protos[] = {
	[SPEAK_AUTO] = &proto_auto,
	[SPEAK_TELNET] = &proto_telnet,
	[SPEAK_LINE] = &proto_line,
};

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	log_setup(LOG_TO_STDERR, LOG_PREFIX_TIME, LOG_CRIT, LOG_DAEMON);
	CHECK(width_init());
	return 0;
}

/*
 * A whole state
 */

struct world {
	struct conf *conf;
	struct page page;
	struct worker *worker;
	struct chat *chat;
	struct net net; /* nobody is attached: it only knows the protocols */
	struct moment now;
	struct peer *peers;
	size_t npeers;
};

static void
on_deliver(struct peer *peer, struct extent extent, bool is_urgent)
{
	(void)peer;
	(void)is_urgent;
	CHECK(extent.len > 0);
}

static void
on_hangup(struct peer *peer, enum reason reason)
{
	(void)peer;
	CHECK(reason < REASONS);
}

static void
on_configure(struct peer *peer)
{
	(void)peer;
}

static bool
on_hide(struct peer *peer, bool hidden)
{
	(void)hidden;
	return peer->has_addr;
}

static const struct peer_ops peer_ops = {
	.deliver = on_deliver,
	.hangup = on_hangup,
	.configure = on_configure,
	.hide = on_hide,
};

static void
world_init(struct world *world)
{
	static const char *const overrides[] = {"room #lobby.history=5",
		"limits.idle_timeout=30m", "limits.first_line=10m",
		"operator root.level=operator"};
	struct conf_source source = {.overrides = overrides, .noverrides = 4};
	struct errlist errors = {0};

	*world = (struct world){
		.conf = conf_load(&source, &errors),
		.worker = worker_new_inline(1),
		.net = {.protos = protos},
		.now = {.mono = MONO, .wall = WALL},
	};
	CHECK(world->conf != NULL);
	world->chat = chat_new(world->conf, &world->page, world->worker, world->now);
}

static void
world_fini(struct world *world)
{
	worker_free(world->worker);
	chat_free(world->chat);
	conf_free(world->conf);
	buf_fini(&world->page.buf);
	free(world->peers);
}

/* -1 with the reason in `err`. */
static int
world_take(struct world *world, struct str bytes, struct err *err)
{
	struct state_fds fds = {0};
	struct state_in in = {.rest = bytes, .now = world->now.mono, .fds = &fds};
	struct state_item item;
	int rc;

	for (int i = 0; i < TALKERS; i++)
		state_fds_add(&fds, -1);
	while ((rc = state_next(&in, &item, err)) == 1) {
		if (chat_state_restore(world->chat, &in, &item, err) == -1 ||
			net_state_restore(&world->net, &in, &item, err) == -1) {
			rc = -1;
			break;
		}
	}
	state_fds_fini(&fds);
	return rc;
}

/* Everybody but each fifth one has come with his connection. */
static void
attach(struct world *world)
{
	const struct user *user;

	TAILQ_FOREACH (user, &world->chat->idle, idle_link)
		world->npeers++;
	world->peers = xcalloc(world->npeers + 1, sizeof(*world->peers));
	world->npeers = 0;
	TAILQ_FOREACH (user, &world->chat->idle, idle_link) {
		struct peer *peer = &world->peers[world->npeers++];

		*peer = (struct peer){.ops = &peer_ops,
			.id = user->id,
			.from = "somewhere",
			.has_addr = world->npeers % 2 == 0};
		if (world->npeers % 5 != 0)
			CHECK(chat_state_attach(world->chat, peer) == user);
	}
}

static void
turn(struct world *world)
{
	unsigned sweeps = 0;

	do {
		chat_sweep(world->chat);
		buf_reset(&world->page.buf);
		CHECK(++sweeps < SWEEPS_MAX);
	} while (!chat_is_swept(world->chat));
}

static void
talk(struct world *world)
{
	static const char *const lines[] = {"hello", "/who", "/nick zed", "/history",
		"", "/me waves", "/reply yes", "/part", "/whois zed", "/topic"};

	for (size_t i = 0; i < world->npeers && i < TALKERS; i++) {
		struct user *user = user_find_id(world->chat, world->peers[i].id);

		if (user != NULL)
			user_line(user, str_of(lines[i % 10]), world->now);
	}
	turn(world);
	world->now.mono += HOUR_MS;
	world->now.wall += HOUR_MS / 1000;
	chat_tick(world->chat, world->now);
	turn(world);
}

static void
try_state(struct str bytes)
{
	struct state_out out = {.now = MONO};
	struct world world, again;
	struct err err = {""};

	world_init(&world);
	if (world_take(&world, bytes, &err) == -1) {
		CHECK(err.text[0] != '\0');
		world_fini(&world);
		return;
	}
	attach(&world);
	chat_state_begin(world.chat, world.now, "restarted");
	turn(&world);
	chat_state_save(world.chat, &out);
	world_init(&again);
	CHECK(world_take(&again, buf_str(&out.buf), &err) == 0);
	CHECK(chat_people(again.chat) == chat_people(world.chat));
	world_fini(&again);
	state_out_fini(&out);
	talk(&world);
	world_fini(&world);
}

/*
 * A protocol
 */

/* -1 with the reason in `err`. */
static int
take_proto(struct proto *proto, struct str record, struct err *err)
{
	struct state_in in = {.now = MONO};
	struct state_item item = {1, record};

	*proto = (struct proto){.ops = &proto_auto};
	return state_get(&in, &item, &proto_state, proto, err);
}

/* Save it, and go on with what that is. */
static void
restart(struct proto *proto)
{
	struct state_out out = {.now = MONO};
	struct state_in in;
	struct state_item item;
	struct proto next;
	struct err err;

	state_put(&out, 1, &proto_state, proto);
	in = (struct state_in){.rest = buf_str(&out.buf)};
	CHECK(state_next(&in, &item, &err) == 1);
	CHECK(take_proto(&next, item.bytes, &err) == 0);
	CHECK((next.editor != NULL) == (proto->editor != NULL));
	proto_fini(proto);
	*proto = next;
	state_out_fini(&out);
}

static void
act(struct proto *proto, enum proto_event event, struct buf *reply)
{
	bool is_cut;

	if (event == PROTO_LINE)
		(void)proto_text(proto, LINE_MAX_BYTES, &is_cut);
	if (event == PROTO_COMPLETE)
		editor_complete(proto->editor, STR("anna: "));
	if (proto->editor != NULL) {
		editor_erase(proto->editor, reply);
		editor_set_prompt(proto->editor, STR("#lobby> "));
		editor_draw(proto->editor, reply);
	}
}

static void
try_proto(struct str record, struct str bytes)
{
	struct buf reply = {0};
	struct proto proto;
	struct err err = {""};
	enum proto_event event;

	if (take_proto(&proto, record, &err) == -1) {
		CHECK(err.text[0] != '\0');
		proto_fini(&proto);
		return;
	}
	do {
		size_t before = bytes.len;

		event = proto.ops->input(&proto, &bytes, LINE_MAX_BYTES, &reply);
		CHECK(event == PROTO_MORE ? bytes.len == 0 : bytes.len < before);
		act(&proto, event, &reply);
		restart(&proto);
		act(&proto, PROTO_MORE, &reply);
		buf_reset(&reply);
	} while (event != PROTO_MORE);
	(void)proto_set_hidden(&proto, !proto.is_hidden, &reply);
	proto_close(&proto, &reply);
	proto_fini(&proto);
	buf_fini(&reply);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = str_make((const char *)data, size);

	if (size >= 3 && data[0] == 'p') {
		size_t len = data[1] + (size_t)data[2] * 256;
		struct str rest = str_from(bytes, 3);

		if (len <= rest.len)
			try_proto(str_make(rest.p, len), str_from(rest, len));
	} else if (size > 0) {
		try_state(str_from(bytes, 1));
	}
	return 0;
}
