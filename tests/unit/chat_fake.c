/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat_fake.h"

#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/worker.h"
#include "chat/moderation.h"
#include "chat/room.h"
#include "chat/user.h"
#include "chat_check.h"

/* The start of the monotonic clock: not 0, as it never is. */
#define WORLD_MONO INT64_C(5000)

/* How many jobs the worker takes: as in the daemon. */
#define WORKER_JOBS 16

/* More rounds than that at the end of a turn are a loop without end. */
#define SWEEPS_MAX 1000

/*
 * Peers
 */

static struct person *
person_of(struct peer *peer)
{
	return (struct person *)peer;
}

/* A fault is kept for the end of the turn: here somebody may be walking a room. */
static void
person_blame(struct person *person, const char *fault)
{
	if (person->world->fault == NULL)
		person->world->fault = fault;
}

static void
person_hear(struct person *person, struct str line)
{
	person->heard = xreallocarray(
		person->heard, person->nheard + 1, sizeof(*person->heard));
	person->heard[person->nheard++] = xstrndup(line.p, line.len);
	if (person->breaks_after > 0 && --person->breaks_after == 0) {
		/* Not person->user, which is not known before the greeting is over. */
		user_quit(user_find_id(person->world->chat, person->peer.id),
			STR("too slow"));
		person->hung_up = xstrdup("broken");
		person->user = NULL;
	}
}

static void
person_deliver(struct peer *peer, struct extent extent, bool is_urgent)
{
	struct person *person = person_of(peer);
	struct page *page = &person->world->page;
	struct str rest, line;

	(void)is_urgent;
	if (person->hung_up != NULL)
		person_blame(person, "a line came after the session's end");
	if (extent.len == 0 || extent.from + extent.len > page->buf.len) {
		person_blame(person, "an extent is not on the page");
		return;
	}
	person->handed++;
	rest = page_text(page, extent);
	if (rest.p[rest.len - 1] != '\n')
		person_blame(person, "a line is not complete");
	/* What comes behind the line at which the connection breaks is lost. */
	while (person->hung_up == NULL && rest.len > 0 &&
		str_split(&rest, '\n', &line)) {
		if (line.len < 1 || line.p[line.len - 1] != '\r')
			person_blame(person, "a line does not end with CR LF");
		else
			person_hear(person, str_make(line.p, line.len - 1));
	}
}

static void
person_hangup(struct peer *peer, enum reason reason)
{
	struct person *person = person_of(peer);

	if (person->hung_up != NULL)
		person_blame(person, "the session was ended twice");
	free(person->hung_up);
	person->hung_up = xstrdup(reason_text(reason));
	person->user = NULL;
}

static void
person_configure(struct peer *peer)
{
	struct person *person = person_of(peer);

	if (person->hung_up != NULL)
		person_blame(person, "a session was configured after its end");
	person->configured++;
	person->wishes = user_peer_wishes(user_find_id(person->world->chat, peer->id));
}

static bool
person_hide(struct peer *peer, bool hidden)
{
	struct person *person = person_of(peer);

	if (person->hung_up != NULL)
		person_blame(person, "a session was hidden after its end");
	if (person->hidden == hidden)
		person_blame(person, "what is typed was hidden or shown twice");
	person->hidden = hidden;
	return person->can_hide;
}

static const struct peer_ops person_ops = {
	.deliver = person_deliver,
	.hangup = person_hangup,
	.configure = person_configure,
	.hide = person_hide,
};

static void
person_free(struct person *person)
{
	for (size_t i = 0; i < person->nheard; i++)
		free(person->heard[i]);
	free(person->heard);
	free(person->hung_up);
	free(person);
}

/*
 * Worlds
 */

/* Load what `first` and the arguments behind it say, up to NULL. */
static struct conf *
conf_from(const char *first, va_list args)
{
	const char *overrides[32];
	struct errlist errors = {0};
	struct conf_source source = {.overrides = overrides};
	struct conf *conf;

	for (const char *text = first; text != NULL;
		text = va_arg(args, const char *)) {
		assert_true(source.noverrides < 32);
		overrides[source.noverrides++] = text;
	}
	conf = conf_load(&source, &errors);
	for (size_t i = 0; i < errors.count; i++)
		print_error("%s\n", errors.texts[i]);
	errlist_fini(&errors);
	assert_non_null(conf);
	return conf;
}

struct conf *
conf_make(const char *override, ...)
{
	struct conf *conf;
	va_list args;

	va_start(args, override);
	conf = conf_from(override, args);
	va_end(args);
	return conf;
}

static struct world *
world_from(void **state, char *folder, const char *first, va_list args)
{
	struct world *world = xcalloc(1, sizeof(*world));

	setenv("TZ", "UTC", 1);
	tzset();
	TAILQ_INIT(&world->people);
	world->now = (struct moment){.mono = WORLD_MONO, .wall = WORLD_WALL};
	world->folder = folder;
	memcpy(world->host.level, "notice", sizeof("notice"));
	*state = world;
	world->conf = conf_from(first, args);
	world->worker = worker_new_inline(WORKER_JOBS);
	world->chat = chat_new(world->conf, &world->page, world->worker, world->now);
	chat_set_host(world->chat, &fake_host, &world->host);
	return world;
}

struct world *
world_new(void **state, ...)
{
	struct world *world;
	va_list args;

	va_start(args, state);
	world = world_from(state, NULL, va_arg(args, const char *), args);
	va_end(args);
	return world;
}

struct world *
world_new_stored(void **state, ...)
{
	const char *tmp = getenv("TMPDIR");
	char *folder = xasprintf("%s/world.XXXXXX", tmp != NULL ? tmp : "/tmp");
	char *override;
	struct world *world;
	va_list args;

	assert_non_null(mkdtemp(folder));
	override = xasprintf("server.state=%s", folder);
	va_start(args, state);
	world = world_from(state, folder, override, args);
	va_end(args);
	free(override);
	return world;
}

/* Remove the folder of the state. False if something is in it that is not ours. */
static bool
folder_remove(char *folder)
{
	static const char *const names[] = {"bans", "claims"};
	bool ok;

	if (folder == NULL)
		return true;
	for (size_t i = 0; i < 2; i++) {
		char *path = xasprintf("%s/%s", folder, names[i]);

		(void)unlink(path);
		free(path);
	}
	ok = rmdir(folder) == 0;
	free(folder);
	return ok;
}

/* The end of the chat, as in the daemon: the worker goes first. */
static void
world_close(struct world *world)
{
	worker_free(world->worker);
	chat_free(world->chat);
	buf_fini(&world->page.buf);
}

int
world_end(void **state)
{
	struct world *world = *state;
	struct person *person;
	bool ok;

	if (world == NULL)
		return 0;
	world_close(world);
	conf_free(world->conf);
	while ((person = TAILQ_FIRST(&world->people)) != NULL) {
		TAILQ_REMOVE(&world->people, person, link);
		person_free(person);
	}
	ok = folder_remove(world->folder);
	free(world->host.shutdown);
	free(world);
	*state = NULL;
	return ok ? 0 : -1;
}

void
world_restart(struct world *world)
{
	struct errlist errors = {0};
	struct person *person;

	TAILQ_FOREACH (person, &world->people, link) {
		if (person->user != NULL)
			leave(person, "the end");
	}
	world_close(world);
	world->worker = worker_new_inline(WORKER_JOBS);
	world->chat = chat_new(world->conf, &world->page, world->worker, world->now);
	chat_set_host(world->chat, &fake_host, &world->host);
	assert_int_equal(chat_load(world->chat, world->now, &errors), 0);
	errlist_fini(&errors);
}

void
world_reload(struct world *world, ...)
{
	struct conf *old = world->conf;
	va_list args;

	va_start(args, world);
	world->conf = conf_from(va_arg(args, const char *), args);
	va_end(args);
	chat_reconfigure(world->chat, world->conf, world->now);
	conf_free(old);
	world_turn(world);
}

/*
 * Turns and time
 */

void
world_turn(struct world *world)
{
	unsigned sweeps = 0;

	do {
		chat_sweep(world->chat);
		chat_hand_out(world->chat, world->now.us);
		buf_reset(&world->page.buf);
		assert_true(++sweeps < SWEEPS_MAX);
	} while (!chat_is_swept(world->chat));
	/* The next turn may render elsewhere: nobody may remember where this did. */
	buf_fini(&world->page.buf);
	world_check(world);
}

void
world_work(struct world *world)
{
	chat_collect(world->chat, world->now);
	world_turn(world);
}

void
world_pass(struct world *world, int64_t ms)
{
	int64_t due;

	world->now.mono += ms;
	world->now.wall = WORLD_WALL + (world->now.mono - WORLD_MONO) / 1000;
	due = chat_next_due(world->chat);
	if (due == -1 || due > world->now.mono)
		return;
	chat_tick(world->chat, world->now);
	world_turn(world);
}

/*
 * What people do
 */

/* Somebody who has not come yet, at a unix socket. */
static struct person *
person_new(struct world *world)
{
	struct person *person = xcalloc(1, sizeof(*person));

	person->peer.ops = &person_ops;
	person->peer.id = ++world->last_id;
	person->peer.from = "uid 1000 pid 4711";
	person->world = world;
	TAILQ_INSERT_TAIL(&world->people, person, link);
	return person;
}

static struct person *
person_arrive(struct person *person)
{
	struct world *world = person->world;
	struct user *user;

	user = user_arrive(world->chat, &person->peer, world->now);
	if (person->hung_up == NULL)
		person->user = user;
	return person;
}

struct person *
turn_up(struct world *world)
{
	return person_arrive(person_new(world));
}

struct person *
arrive(struct world *world)
{
	struct person *person = turn_up(world);

	world_turn(world);
	return person;
}

struct person *
arrive_broken(struct world *world, unsigned breaks_after)
{
	struct person *person = person_new(world);

	person->breaks_after = breaks_after;
	person_arrive(person);
	world_turn(world);
	return person;
}

struct person *
arrive_from(struct world *world, const char *address)
{
	struct person *person = person_new(world);
	struct network network;
	struct err err;

	assert_int_equal(network_parse(&network, str_of(address), &err), 0);
	person->peer.from = address;
	person->peer.addr = network.addr;
	person->peer.has_addr = true;
	person_arrive(person);
	world_turn(world);
	return person;
}

struct person *
enter(struct world *world, const char *nick)
{
	struct person *person = arrive(world);
	char *line = xasprintf("/nick %s", nick);

	say(person, line);
	free(line);
	assert_string_equal(person->user->nick, nick);
	world_pass(world, world->conf->server.settle);
	forget_all(world);
	return person;
}

void
make_operator(struct person *person, const char *name)
{
	const struct operator_conf *conf =
		moderation_find_operator(person->world->conf, str_of(name));

	assert_non_null(conf);
	moderation_set_operator(person->user, conf);
}

void
sit_at(struct person *person, struct terminal terminal)
{
	assert_non_null(person->user);
	user_set_terminal(person->user, terminal);
}

void
type(struct person *person, const char *line)
{
	assert_non_null(person->user);
	user_line(person->user, str_of(line), person->world->now);
}

void
say(struct person *person, const char *line)
{
	type(person, line);
	world_turn(person->world);
}

void
break_off(struct person *person, const char *why)
{
	struct user *user = person->user;

	assert_non_null(user);
	person->user = NULL;
	person->hung_up = xstrdup("left");
	user_quit(user, str_of(why));
}

void
leave(struct person *person, const char *why)
{
	break_off(person, why);
	world_turn(person->world);
}

/*
 * What people hear
 */

void
expect_at(struct person *person, const char *text, const char *file, int line)
{
	if (person->nread == person->nheard) {
		print_error("guest%d heard nothing instead of \"%s\"\n",
			(int)person->peer.id, text);
		_fail(file, line);
	}
	_assert_string_equal(person->heard[person->nread++], text, file, line);
}

void
expect_like_at(struct person *person, const char *pattern, const char *file, int line)
{
	const char *heard = "(nothing)";

	if (person->nread < person->nheard)
		heard = person->heard[person->nread++];
	if (fnmatch(pattern, heard, 0) != 0) {
		print_error("\"%s\" is not like \"%s\"\n", heard, pattern);
		_fail(file, line);
	}
}

void
expect_nothing_at(struct person *person, const char *file, int line)
{
	if (person->nread < person->nheard) {
		print_error("guest%d heard \"%s\"\n", (int)person->peer.id,
			person->heard[person->nread]);
		_fail(file, line);
	}
}

void
expect_silence_at(struct world *world, const char *file, int line)
{
	struct person *person;

	TAILQ_FOREACH (person, &world->people, link)
		expect_nothing_at(person, file, line);
}

void
expect_error_at(struct person *person, const char *typed, const char *text,
	const char *file, int line)
{
	char error[1024];
	int len = snprintf(error, sizeof(error), "!! %s", text);

	assert_true(len > 0 && len < (int)sizeof(error));
	expect_silence_at(person->world, file, line);
	say(person, typed);
	expect_at(person, error, file, line);
	expect_silence_at(person->world, file, line);
}

void
forget(struct person *person)
{
	person->nread = person->nheard;
}

void
forget_all(struct world *world)
{
	struct person *person;

	TAILQ_FOREACH (person, &world->people, link)
		forget(person);
}
