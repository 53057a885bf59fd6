/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "chat/observer.h"
#include "chat_fake.h"

/* What observers hear. */

struct watcher {
	struct observer observer;
	struct buf seen; /* lines */
};

static void
watcher_observe(void *arg, const struct observation *seen)
{
	static const char *const names[] = {
		[OBSERVED_SAID] = "said",
		[OBSERVED_ACTED] = "acted",
		[OBSERVED_NOTICE] = "notice",
		[OBSERVED_JOINED] = "joined",
		[OBSERVED_LEFT] = "left",
		[OBSERVED_QUIT] = "quit",
		[OBSERVED_RENAMED] = "renamed",
		[OBSERVED_KICKED] = "kicked",
		[OBSERVED_TOPIC] = "topic",
	};
	struct watcher *watcher = arg;

	_Static_assert(
		sizeof(names) / sizeof(names[0]) == OBSERVED_KINDS, "a name each");
	buf_printf(&watcher->seen, "%lld %s %.*s/%.*s/%.*s/%.*s\n",
		(long long)(seen->wall - WORLD_WALL), names[seen->what],
		(int)seen->room.len, seen->room.p, (int)seen->nick.len, seen->nick.p,
		(int)seen->text.len, seen->text.p, (int)seen->other.len, seen->other.p);
}

static const struct observer_ops watcher_ops = {.observe = watcher_observe};

static void
watch(struct watcher *watcher, struct world *world)
{
	*watcher = (struct watcher){.observer = {.ops = &watcher_ops, .arg = watcher}};
	observer_add(world->chat, &watcher->observer);
}

/* All that was observed since the last time. */
static void
expect_seen(struct watcher *watcher, const char *lines)
{
	char *seen = buf_take(&watcher->seen);

	assert_string_equal(seen, lines);
	free(seen);
}

static void
test_talk(void **state)
{
	struct world *world = world_new(state, "server.settle=0", NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");
	struct watcher watcher;

	watch(&watcher, world);
	say(ann, "hello");
	world_pass(world, 3000);
	say(ann, "/me waves");
	expect_seen(&watcher, "0 said #lobby/ann/hello/\n3 acted #lobby/ann/waves/\n");
	say(ann, "/topic Tea");
	say(ann, "/topic -");
	expect_seen(&watcher, "3 topic #lobby/ann/Tea/\n3 topic #lobby/ann//\n");
	chat_wall(world->chat, STR("back soon"));
	world_turn(world);
	expect_seen(&watcher, "3 notice //back soon/\n");
	/* What is private, what fails, and what only asks. */
	say(ann, "/msg bob secret");
	say(bob, "/reply secret, too");
	say(ann, "/topic");
	say(ann, "/who");
	say(ann, "/nonsense");
	expect_seen(&watcher, "");
}

static void
test_come_and_go(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *newcomer;
	struct watcher watcher;

	watch(&watcher, world);
	/* Who is not announced to people is not observed either, until he speaks. */
	newcomer = arrive(world);
	say(newcomer, "/nick eve");
	leave(newcomer, "");
	expect_seen(&watcher, "");
	newcomer = arrive(world);
	say(newcomer, "hi");
	say(newcomer, "/nick bob");
	expect_seen(&watcher, "2 said #lobby/guest3/hi/\n2 renamed /guest3//bob\n");
	world_pass(world, 2000);
	expect_seen(&watcher, "4 joined #lobby/bob//\n");
	say(newcomer, "/join #tea");
	say(newcomer, "/part #tea");
	say(newcomer, "/quit so long");
	expect_seen(&watcher,
		"4 joined #tea/bob//\n4 left #tea/bob//\n4 quit /bob/so long/\n");
	/* In two rooms: one that quits. */
	say(ann, "/join #tea");
	leave(ann, "end of input");
	expect_seen(&watcher, "4 joined #tea/ann//\n4 quit /ann/end of input/\n");
}

static void
test_kick(void **state)
{
	struct world *world = world_new(state, "server.settle=0",
		"operator root.level=operator", "room #lobby.moderators=mod", NULL);
	struct person *root = enter(world, "root"), *mod = enter(world, "mod");
	struct person *bob = enter(world, "bob");
	struct watcher watcher;

	make_operator(root, "root");
	mod->user->is_owner = true;
	watch(&watcher, world);
	say(mod, "/kick bob enough");
	expect_seen(&watcher,
		"0 kicked #lobby/bob/enough/mod\n"
		"0 left #lobby/bob/kicked by mod: enough/\n");
	say(root, "/kick bob");
	expect_seen(&watcher, "0 kicked /bob//root\n0 quit /bob/kicked by root/\n");
	assert_null(bob->user);
	say(mod, "/kick root");
	expect_seen(&watcher, "");
}

/* More than one, and none any more. */
static void
test_several(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");
	struct watcher one, two;

	watch(&one, world);
	watch(&two, world);
	say(ann, "a");
	observer_remove(world->chat, &one.observer);
	say(ann, "b");
	observer_remove(world->chat, &two.observer);
	say(ann, "c");
	expect_seen(&one, "2 said #lobby/ann/a/\n");
	expect_seen(&two, "2 said #lobby/ann/a/\n2 said #lobby/ann/b/\n");
}

/* At the end nobody is told of anybody's leaving. */
static void
test_close(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");
	struct watcher watcher;

	watch(&watcher, world);
	chat_close(world->chat, STR("Goodbye!"));
	leave(ann, "the daemon stops");
	expect_seen(&watcher, "2 notice //Goodbye!/\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_talk),
		world_test(test_come_and_go),
		world_test(test_kick),
		world_test(test_several),
		world_test(test_close),
	};

	return cmocka_run_group_tests_name("observer", tests, NULL, NULL);
}
