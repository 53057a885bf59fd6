/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "chat/event_json.h"
#include "chat_fake.h"

#define HEAD "{\"v\":1,\"time\":\"2026-11-21T10:00:00Z\",\"event\":"

static void
check(struct observation seen, const char *expected)
{
	struct buf out = {0};
	char *line;

	seen.wall = WORLD_WALL;
	event_json(&out, &seen);
	line = buf_take(&out);
	assert_string_equal(line, expected);
	free(line);
}

static void
test_each_kind(void **state)
{
	const struct str room = STR("#tea"), ann = STR("ann"),
			 text = STR("a \"b\"\x1b");
	const struct str other = STR("bob"), none = STR("");

	(void)state;
	check((struct observation){OBSERVED_SAID, room, ann, text, none, 0},
		HEAD "\"said\",\"room\":\"#tea\",\"nick\":\"ann\","
		     "\"text\":\"a \\\"b\\\"\\u001b\"}\n");
	check((struct observation){OBSERVED_ACTED, room, ann, text, none, 0},
		HEAD "\"acted\",\"room\":\"#tea\",\"nick\":\"ann\","
		     "\"text\":\"a \\\"b\\\"\\u001b\"}\n");
	check((struct observation){OBSERVED_NOTICE, room, ann, text, none, 0},
		HEAD "\"notice\",\"room\":\"#tea\",\"nick\":\"ann\","
		     "\"text\":\"a \\\"b\\\"\\u001b\"}\n");
	check((struct observation){OBSERVED_NOTICE, none, none, text, none, 0},
		HEAD "\"notice\",\"room\":null,\"nick\":null,"
		     "\"text\":\"a \\\"b\\\"\\u001b\"}\n");
	check((struct observation){OBSERVED_JOINED, room, ann, none, none, 0},
		HEAD "\"joined\",\"room\":\"#tea\",\"nick\":\"ann\"}\n");
	check((struct observation){OBSERVED_LEFT, room, ann, none, none, 0},
		HEAD "\"left\",\"room\":\"#tea\",\"nick\":\"ann\",\"why\":\"\"}\n");
	check((struct observation){OBSERVED_QUIT, none, ann, text, none, 0},
		HEAD "\"quit\",\"nick\":\"ann\",\"why\":\"a \\\"b\\\"\\u001b\"}\n");
	check((struct observation){OBSERVED_RENAMED, none, ann, none, other, 0},
		HEAD "\"renamed\",\"nick\":\"ann\",\"new\":\"bob\"}\n");
	check((struct observation){OBSERVED_KICKED, room, ann, none, other, 0},
		HEAD "\"kicked\",\"room\":\"#tea\",\"nick\":\"ann\",\"by\":\"bob\","
		     "\"why\":\"\"}\n");
	check((struct observation){OBSERVED_KICKED, none, ann, text, other, 0},
		HEAD "\"kicked\",\"room\":null,\"nick\":\"ann\",\"by\":\"bob\","
		     "\"why\":\"a \\\"b\\\"\\u001b\"}\n");
	check((struct observation){OBSERVED_TOPIC, room, ann, none, none, 0},
		HEAD "\"topic\",\"room\":\"#tea\",\"nick\":\"ann\",\"text\":\"\"}\n");
}

static void
test_about_the_stream(void **state)
{
	struct buf out = {0};
	char *lines;

	(void)state;
	event_json_begin(&out, WORLD_WALL, "The \"Den\"");
	event_json_skipped(&out, WORLD_WALL, 12);
	lines = buf_take(&out);
	assert_string_equal(lines,
		HEAD "\"begin\",\"server\":\"The \\\"Den\\\"\","
		     "\"version\":\"" PACKAGE_VERSION "\"}\n" HEAD
		     "\"skipped\",\"lines\":12}\n");
	free(lines);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_kind),
		cmocka_unit_test(test_about_the_stream),
	};

	return cmocka_run_group_tests_name("event_json", tests, NULL, NULL);
}
