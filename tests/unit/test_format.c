/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "chat_fake.h"

/* The templates of [format] in a whole chat; test_render has them one by one. */

/* As many renderings as styles are in use in the room, not as people are. */
static void
test_page(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *one;

	for (int i = 0; i < 40; i++) {
		one = arrive(world);
		if (i % 4 >= 2)
			say(one, "/set timestamp clock");
		if (i % 2 > 0)
			say(one, "/join #dev");
	}
	world_pass(world, 2000);
	forget_all(world);
	assert_int_equal(world->page.buf.len, 0);
	type(ann, "x");
	assert_int_equal(world->page.buf.len,
		strlen("ann: x\r\n") + strlen("#lobby ann: x\r\n") +
			strlen("10:00 ann: x\r\n") + strlen("10:00 #lobby ann: x\r\n"));
	world_turn(world);
}

/* An echo server: everybody gets every line bare, and nothing else. */
static void
test_echo_format(void **state)
{
	struct world *world = world_new(state, "format.welcome=", "format.present=",
		"format.join=", "format.quit=", "format.say={text}",
		"format.say_self={text}", NULL);
	struct person *one = arrive(world), *two = arrive(world);

	world_pass(world, 10000);
	expect_silence(world);
	say(one, "hello");
	expect(one, "hello");
	expect(two, "hello");
	/* Also to the sender alone. */
	leave(one, "gone");
	say(two, "{text}");
	expect(two, "{text}");
	expect_silence(world);
}

/* People are told apart by number, as many small chats do. */
static void
test_number_format(void **state)
{
	struct world *world = world_new(state, "server.settle=0",
		"format.welcome=Welcome, client {id}",
		"format.present=", "format.join=server: client {id} just arrived",
		"format.quit=server: client {id} just left",
		"format.say=client {id}: {text}", NULL);
	struct person *one = arrive(world), *two = arrive(world);

	expect(one, "Welcome, client 1");
	expect(one, "server: client 2 just arrived");
	expect(two, "Welcome, client 2");
	say(one, "hello");
	expect(two, "client 1: hello");
	leave(two, "");
	expect(one, "server: client 2 just left");
	expect_silence(world);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		world_test(test_page),
		world_test(test_echo_format),
		world_test(test_number_format),
	};

	return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
