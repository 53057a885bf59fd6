/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "chat/style.h"
#include "chat/user.h"
#include "chat_fake.h"

/* How lines look to one person: by his terminal, his settings, and what they hold. */

#define RESET "\x1b[0m"
#define MENTION "\x1b[1;93m"
#define BELL "\a"

/* A terminal that can show colours, and is on telnet. */
static const struct terminal xterm = {.colours = 16, .is_telnet = true};

/* One without colours on which a bell can be rung. */
static const struct terminal vt100 = {.is_telnet = true};

/*
 * Mentions
 */

static void
test_mention(void **state)
{
	static const struct {
		const char *text;
		bool mentions;
	} cases[] = {
		{"ann", true},
		{"ann: hello", true},
		{"hello ANN", true},
		{"(Ann)", true},
		{"@ann,bob", true},
		{"ann's", true},
		{"is that you,ann?", true},
		{"\xE2\x80\x9C"
		 "ann\xE2\x80\x9D",
			true},
		{"cid cid ann cid", true},
		{"hello", false},
		{"annie", false},
		{"joann", false},
		{"ann-marie", false},
		{"_ann", false},
		{"ann2", false},
		{"an n", false},
		{"a-n-n", false},
	};
	struct world *world = world_new(state, "format.say={text}", NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	sit_at(ann, xterm);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char want[64];

		snprintf(want, sizeof(want),
			cases[i].mentions ? MENTION "%s" RESET BELL : "%s",
			cases[i].text);
		world_pass(world, 1000);
		say(bob, cases[i].text);
		expect(ann, want);
	}
	expect_silence(world);
}

/* Each sees his own name, by the name of now; nobody in his own line. */
static void
test_mention_whom(void **state)
{
	struct world *world =
		world_new(state, "format.say={text}", "format.say_self={text}", NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");
	struct person *cid = enter(world, "cid");

	sit_at(ann, xterm);
	sit_at(bob, xterm);
	sit_at(cid, xterm);
	say(ann, "ann and bob");
	expect(ann, "ann and bob");
	expect(bob, MENTION "ann and bob" RESET BELL);
	expect(cid, "ann and bob");
	/* The marks of one line do not last until the next. */
	say(ann, "nobody");
	expect(bob, "nobody");
	forget_all(world);
	say(bob, "/nick rob");
	forget_all(world);
	world_pass(world, 1000);
	say(ann, "bob?");
	expect(bob, "bob?");
	say(ann, "Rob!");
	expect(bob, MENTION "Rob!" RESET BELL);
}

/* Also in what somebody does, and in another room than the current one. */
static void
test_mention_where(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	sit_at(ann, xterm);
	say(bob, "/me waves to ann");
	expect(ann, MENTION "* bob waves to ann" RESET BELL);
	say(ann, "/join #dev");
	forget_all(world);
	world_pass(world, 1000);
	say(bob, "where is ann?");
	expect(ann, "#lobby " MENTION "bob: where is ann?" RESET BELL);
	/* What is shown again was read before. */
	say(ann, "/join #lobby");
	say(ann, "/color off");
	forget(ann);
	say(ann, "/history 1");
	expect(ann, "-- Earlier in #lobby:");
	expect(ann, "bob: where is ann?");
	expect(ann, "-- End of the earlier lines.");
	/* A private line needs no mark, but has a colour. */
	say(ann, "/color on");
	forget(ann);
	world_pass(world, 1000);
	say(bob, "/msg ann ann?");
	expect_like(ann, "\x1b[[]95m[[]*bob*[]] ann[?]" RESET BELL);
}

/* A line is searched once, however many people hear it. */
static void
test_mention_once(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");
	const struct user_list *mentioned = &world->chat->mentioned;

	for (int i = 0; i < 20; i++)
		arrive(world);
	say(ann, "bob bob BOB bob");
	assert_int_equal(mentioned->count, 1);
	assert_ptr_equal(mentioned->v[0], bob->user);
	say(ann, "bob guest7: guest9 bob");
	assert_int_equal(mentioned->count, 3);
	say(ann, "nobody");
	assert_int_equal(mentioned->count, 0);
}

/* Without colours there is no mark to see; a screen reader gets words. */
static void
test_mention_marks(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	enter(world, "cid");
	type(bob, "ann!");
	/* So it is the same line for all, rendered once. */
	assert_int_equal(world->page.buf.len, strlen("bob: ann!\r\n"));
	world_turn(world);
	expect(ann, "bob: ann!");
	say(ann, "/set reader on");
	forget(ann);
	say(bob, "ann!");
	expect(ann, "bob to you: ann!");
	say(bob, "cid!");
	expect(ann, "bob: cid!");
}

/*
 * The bell
 */

/* What rings for somebody with this setting. */
static void
assert_rings(struct world *world, const char *setting, bool say_rings,
	bool mention_rings, bool private_rings)
{
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	sit_at(ann, vt100);
	say(ann, setting);
	forget(ann);
	say(bob, "hello");
	expect(ann, say_rings ? "bob: hello" BELL : "bob: hello");
	world_pass(world, 1000);
	say(bob, "hello ann");
	expect(ann, mention_rings ? "bob: hello ann" BELL : "bob: hello ann");
	world_pass(world, 1000);
	say(bob, "/me waves");
	expect(ann, say_rings ? "* bob waves" BELL : "* bob waves");
	world_pass(world, 1000);
	say(bob, "/msg ann hi");
	expect(ann, private_rings ? "[bob] hi" BELL : "[bob] hi");
	world_pass(world, 1000);
	/* The daemon's own words never ring, nor does what one says oneself. */
	say(bob, "/topic ann");
	expect(ann, "-- bob set the topic of #lobby: ann");
	say(ann, "/me is ann");
	expect(ann, "* ann is ann");
	say(ann, "/msg bob ann");
	expect(ann, "[to bob] ann");
	/* And what is shown again has rung before. */
	say(ann, "/history 2");
	expect(ann, "-- Earlier in #lobby:");
	expect(ann, "* bob waves");
	expect(ann, "* ann is ann");
	expect(ann, "-- End of the earlier lines.");
	leave(bob, "ann");
	expect(ann, "-- bob has quit (ann)");
	leave(ann, "");
	forget_all(world);
}

static void
test_bell(void **state)
{
	struct world *world = world_new(state, NULL);

	assert_rings(world, "/bell mention", false, true, true);
	assert_rings(world, "/bell pm", false, false, true);
	assert_rings(world, "/bell all", true, true, true);
	assert_rings(world, "/bell off", false, false, false);
	/* Nothing that is not text goes to a client that has not shown telnet. */
	assert_int_equal(chat_people(world->chat), 0);
}

/* The first value is what people begin with. */
static void
test_bell_default(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(bob, "ann?");
	expect(ann, "bob: ann?");
	say(bob, "/msg ann ann?");
	expect(ann, "[bob] ann?");
	sit_at(ann, vt100);
	say(bob, "ann?");
	expect(ann, "bob: ann?" BELL);
}

/* Lines that are pasted are one act, and ring once for each who wants that. */
static void
test_bell_burst(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");
	struct person *cid = enter(world, "cid");

	sit_at(ann, vt100);
	sit_at(cid, vt100);
	say(ann, "/bell all");
	forget_all(world);
	type(bob, "one");
	type(bob, "two, cid");
	type(bob, "three");
	type(bob, "four, cid");
	world_turn(world);
	expect(ann, "bob: one" BELL);
	expect(ann, "bob: two, cid");
	expect(ann, "bob: three");
	expect(ann, "bob: four, cid");
	/* Not the first line of the act, but the first that means her. */
	expect(cid, "bob: one");
	expect(cid, "bob: two, cid" BELL);
	expect(cid, "bob: three");
	expect(cid, "bob: four, cid");
	/* Another's line is another act, even in the same moment. */
	say(cid, "five");
	expect(ann, "cid: five" BELL);
	expect_nothing(ann);
}

/* A paste may come in several packets; what is typed takes longer. */
static void
test_bell_pace(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	sit_at(ann, vt100);
	say(ann, "/bell all");
	forget(ann);
	for (int i = 0; i < 10; i++) {
		say(bob, "pasted");
		expect(ann, i == 0 ? "bob: pasted" BELL : "bob: pasted");
		world_pass(world, 49);
	}
	world_pass(world, 1);
	say(bob, "typed");
	expect(ann, "bob: typed" BELL);
	world_pass(world, 50);
	say(bob, "typed");
	expect(ann, "bob: typed" BELL);
	/* Private lines are lines like others. */
	say(bob, "/msg ann pasted");
	expect(ann, "[bob] pasted");
	world_pass(world, 50);
	say(bob, "/msg ann typed");
	expect(ann, "[bob] typed" BELL);
}

/*
 * The terminal and the settings
 */

static uint32_t
style_of(const struct person *person)
{
	return person->user->style;
}

/* nc gets text, and nothing but text, whatever happens. */
static void
test_plain(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "/bell all");
	assert_int_equal(style_of(ann), 0);
	forget_all(world);
	say(bob, "ann!");
	say(bob, "/msg ann ann!");
	say(bob, "/topic ann");
	say(ann, "/who");
	say(ann, "/set");
	say(ann, "/help");
	say(ann, "/nosuch");
	leave(bob, "");
	assert_true(ann->nheard - ann->nread > 40);
	for (size_t i = ann->nread; i < ann->nheard; i++) {
		for (const char *p = ann->heard[i]; *p != '\0'; p++)
			assert_true(*p >= ' ' && *p <= '~');
	}
}

/* Colours as the terminal can, or as one wishes. */
static void
test_colour(void **state)
{
	static const struct {
		unsigned colours;
		const char *line;
		uint32_t style;
	} cases[] = {
		{0, "/color auto", 0},
		{16, "/color auto", STYLE_COLOUR},
		{256, "/color auto", STYLE_COLOUR | STYLE_256},
		{0, "/color on", STYLE_COLOUR},
		{16, "/color on", STYLE_COLOUR},
		{256, "/color on", STYLE_COLOUR | STYLE_256},
		{0, "/color off", 0},
		{16, "/color off", 0},
		{256, "/color off", 0},
	};
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sit_at(ann, (struct terminal){.colours = cases[i].colours});
		say(ann, cases[i].line);
		assert_int_equal(style_of(ann), cases[i].style);
	}
	say(ann, "/set color auto");
	say(ann, "/set theme light");
	assert_int_equal(style_of(ann), STYLE_COLOUR | STYLE_256 | STYLE_LIGHT);
	say(ann, "/color off");
	assert_int_equal(style_of(ann), 0);
}

/* The terminal becomes known, and changes: the next line is for the new one. */
static void
test_terminal(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(bob, "one");
	expect(ann, "bob: one");
	sit_at(ann, (struct terminal){.columns = 80, .rows = 24, .is_telnet = true});
	say(bob, "two");
	expect(ann, "bob: \x1ftwo");
	assert_int_equal(style_of(ann), STYLE_WRAP);
	sit_at(ann, xterm);
	say(bob, "three");
	expect_like(ann, "\x1b[[]*mbob" RESET ": three");
	sit_at(ann, (struct terminal){0});
	say(bob, "four");
	expect(ann, "bob: four");
	assert_int_equal(style_of(ann), 0);
}

/* A zone without a time to show is no style of its own. */
static void
test_zone(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "/zone +2");
	assert_int_equal(style_of(ann), 0);
	say(ann, "/timestamp clock");
	assert_int_equal(style_of(ann),
		STYLE_CLOCK | (uint32_t)(ZONE_UTC + 120) << STYLE_ZONE_SHIFT);
	forget(ann);
	say(bob, "hello");
	expect(ann, "12:00 bob: hello");
	say(ann, "/zone -03:30");
	expect(ann, "06:30 -- zone is -03:30 now.");
	say(ann, "/zone server");
	expect(ann, "10:00 -- zone is server now.");
	say(ann, "/timestamp full");
	expect_like(ann, "2026-11-21 10:00:0? -- timestamp is full now.");
	say(ann, "/zone UTC");
	expect_like(ann, "2026-11-21 10:00:0? -- zone is +00:00 now.");
}

/* Sentences for a screen reader, which is on telnet and may have colours and a bell. */
static void
test_reader(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");
	struct terminal terminal = xterm;

	sit_at(ann, terminal);
	assert_true(user_peer_wishes(ann->user).edit);
	assert_true(user_peer_wishes(ann->user).pager);
	say(ann, "/set reader on");
	expect(ann, "reader is on now.");
	assert_int_equal(style_of(ann), STYLE_READER);
	assert_false(ann->wishes.edit);
	assert_false(user_peer_wishes(ann->user).edit);
	say(bob, "/msg ann hello");
	expect(ann, "Private from bob: hello" BELL);
	say(ann, "/reply hi");
	expect(ann, "Private to bob: hi");
	say(ann, "/nosuch");
	expect_like(ann, "Error: There is no command /nosuch*");
	say(ann, "/color on");
	expect(ann, "color is on now.");
	assert_int_equal(style_of(ann), STYLE_READER);
	/* By itself as soon as the client says so, and not against one's wish. */
	terminal.is_reader = true;
	sit_at(ann, terminal);
	say(ann, "/set reader auto");
	assert_int_equal(style_of(ann), STYLE_READER);
	say(ann, "/set reader off");
	assert_int_equal(style_of(ann), STYLE_COLOUR);
	assert_true(user_peer_wishes(ann->user).edit);
	say(ann, "/set reader auto");
	terminal.is_reader = false;
	sit_at(ann, terminal);
	assert_int_equal(style_of(ann), STYLE_COLOUR);
}

/* The peer is told of each change, once it holds. */
static void
test_wishes(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann");

	assert_int_equal(ann->configured, 0);
	say(ann, "/set edit off");
	assert_int_equal(ann->configured, 1);
	assert_false(ann->wishes.edit);
	assert_false(user_peer_wishes(ann->user).edit);
	assert_true(user_peer_wishes(ann->user).pager);
	say(ann, "/bell off"); /* which is not the peer's */
	assert_int_equal(ann->configured, 1);
	say(ann, "/set pager off");
	assert_int_equal(ann->configured, 2);
	assert_false(ann->wishes.pager);
	assert_false(user_peer_wishes(ann->user).pager);
	say(ann, "/set edit on");
	assert_true(ann->wishes.edit);
	assert_true(user_peer_wishes(ann->user).edit);
	assert_false(user_peer_wishes(ann->user).pager);
	say(ann, "/set edit");
	say(ann, "/set edit maybe");
	assert_int_equal(ann->configured, 3);
}

/*
 * One's own line
 */

/* Where we edit, what was typed is gone: it comes back as others see it. */
static void
test_own_line(void **state)
{
	struct world *world = world_new(state, NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	sit_at(ann, (struct terminal){.is_telnet = true, .is_ours = true});
	say(ann, "/bell all");
	forget(ann);
	say(ann, "hello ann");
	expect(ann, "ann: hello ann");
	expect(bob, "ann: hello ann");
	say(ann, "/me waves");
	expect(ann, "* ann waves");
	expect(bob, "* ann waves");
	say(ann, "/msg bob hi");
	expect(ann, "[to bob] hi");
	expect(bob, "[ann] hi");
	expect_silence(world);
	/* With his own style. */
	say(ann, "/timestamp clock");
	say(bob, "/join #dev");
	forget_all(world);
	say(ann, "hello");
	expect(ann, "10:00 ann: hello");
	expect(bob, "#lobby ann: hello");
	/* And where the client shows it, it does not. */
	sit_at(ann, vt100);
	say(ann, "hello");
	expect(bob, "#lobby ann: hello");
	expect_silence(world);
}

/* A template for one's own lines is used everywhere. */
static void
test_own_format(void **state)
{
	struct world *world = world_new(state, "format.say_self=> {text}", NULL);
	struct person *ann = enter(world, "ann"), *bob = enter(world, "bob");

	say(ann, "one");
	expect(ann, "> one");
	sit_at(ann, (struct terminal){.is_telnet = true, .is_ours = true});
	say(ann, "two");
	expect(ann, "> two");
	forget(bob);
	expect_silence(world);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		world_test(test_mention),
		world_test(test_mention_whom),
		world_test(test_mention_where),
		world_test(test_mention_once),
		world_test(test_mention_marks),
		world_test(test_bell),
		world_test(test_bell_default),
		world_test(test_bell_burst),
		world_test(test_bell_pace),
		world_test(test_plain),
		world_test(test_colour),
		world_test(test_terminal),
		world_test(test_zone),
		world_test(test_reader),
		world_test(test_wishes),
		world_test(test_own_line),
		world_test(test_own_format),
	};

	return cmocka_run_group_tests_name("look", tests, NULL, NULL);
}
