/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/qmethod.h"
#include "net/telnet.h"
#include "telnet_rig.h"

/*
 * ECHO and SGA, which go together for editing; ECHO alone hides what is typed; SGA
 * alone would leave a BSD client in raw mode with an echo of its own.
 */

static bool
is_editing(const struct line *line)
{
	return telnet_is_editing(line->telnet);
}

#define EDIT(line, on, says)                                                           \
	DOES(line, telnet_edit((line)->telnet, on, &(line)->reply), says)
#define HIDE(line, on, says)                                                           \
	DOES(line, telnet_hide((line)->telnet, on, &(line)->reply), says)

/* From here on the peer has agreed to both. */
static void
start_editing(struct line *line)
{
	EDIT(line, true, WILL ECHO WILL SGA);
	FEED(line, DO ECHO DO SGA, "", "TT", "");
	assert_true(is_editing(line));
}

static void
test_edit(void **state)
{
	struct line *line = *state;

	/* Nothing begins by itself, and what is off need not be switched off. */
	assert_false(is_editing(line));
	EDIT(line, false, "");
	EDIT(line, true, WILL ECHO WILL SGA);
	EDIT(line, true, "");
	assert_false(is_editing(line));
	FEED(line, DO ECHO, "", "T", "");
	assert_false(is_editing(line));
	FEED(line, DO SGA, "", "T", "");
	assert_true(is_editing(line));
	SILENCE(line, DO ECHO DO SGA);
	EDIT(line, true, "");
	EDIT(line, false, WONT ECHO WONT SGA);
	assert_false(is_editing(line));
	FEED(line, DONT ECHO DONT SGA, "", "TT", "");
	SILENCE(line, DONT ECHO DONT SGA);
	start_editing(line);
}

/* Who changes his mind before the peer has answered waits for the answer. */
static void
test_edit_crossing(void **state)
{
	struct line *line = *state;

	EDIT(line, true, WILL ECHO WILL SGA);
	EDIT(line, false, "");
	EDIT(line, true, "");
	EDIT(line, false, "");
	line_feed(line, STR(DO ECHO DO SGA));
	assert_false(is_editing(line));
	line_check(line, STR(""), buf_str(&line->events), STR(WONT ECHO WONT SGA),
		__LINE__);
	EDIT(line, true, "");
	FEED(line, DONT ECHO DONT SGA, "", "TT", WILL ECHO WILL SGA);
	assert_false(is_editing(line));
	FEED(line, DO ECHO DO SGA, "", "TT", "");
	assert_true(is_editing(line));
	EDIT(line, false, WONT ECHO WONT SGA);
	EDIT(line, true, "");
	assert_false(is_editing(line));
	EDIT(line, false, "");
	FEED(line, DONT ECHO DONT SGA, "", "TT", "");
	assert_false(is_editing(line));
}

/* Only our own wish switches them on: a peer that asks is refused, once. */
static void
test_unasked(void **state)
{
	struct line *line = *state;

	ANSWER(line, DO ECHO, WONT ECHO);
	ANSWER(line, DO SGA, WONT SGA);
	ANSWER(line, WILL ECHO, DONT ECHO);
	ANSWER(line, WILL SGA, DONT SGA);
	/* plink does so, and gets them later. */
	start_editing(line);
	EDIT(line, false, WONT ECHO WONT SGA);
	FEED(line, DONT ECHO DONT SGA, "", "TT", "");
	SILENCE(line, DO ECHO DO SGA WILL ECHO WILL SGA);
	SILENCE(line, DONT ECHO DONT SGA WONT ECHO WONT SGA);
	SILENCE(line, DO ECHO DO SGA WILL ECHO WILL SGA);
}

/*
 * Who asks again gets no answer, and takes what we ask for later for one. To wait for
 * its answer then would be to wait for ever, with the echo off.
 */
static void
test_unasked_again(void **state)
{
	struct line *line = *state;

	ANSWER(line, DO ECHO DO SGA, WONT ECHO WONT SGA);
	SILENCE(line, DO ECHO DO SGA);
	EDIT(line, true, WILL ECHO WILL SGA);
	assert_true(is_editing(line));
	EDIT(line, false, WONT ECHO WONT SGA);
	FEED(line, DONT ECHO DONT SGA, "", "TT", "");
	/* It does not wait any more if it took that back, or was answered. */
	SILENCE(line, DO ECHO DO SGA DONT ECHO);
	EDIT(line, true, WILL ECHO WILL SGA);
	assert_false(is_editing(line));
	FEED(line, DO ECHO, "", "T", "");
	assert_true(is_editing(line));
	FEED(line, DONT ECHO, "", "T", WONT ECHO WONT SGA);
	FEED(line, DONT SGA, "", "T", "");
	HIDE(line, true, WILL ECHO);
	HIDE(line, false, "");
}

/* A peer that refuses one loses the other, and is not asked again. */
static void
test_refuses_sga(void **state)
{
	struct line *line = *state;

	EDIT(line, true, WILL ECHO WILL SGA);
	FEED(line, DO ECHO, "", "T", "");
	FEED(line, DONT SGA, "", "T", WONT ECHO);
	assert_false(is_editing(line));
	FEED(line, DONT ECHO, "", "T", "");
	EDIT(line, true, "");
	EDIT(line, false, "");
	EDIT(line, true, "");
	assert_false(is_editing(line));
}

static void
test_refuses_echo(void **state)
{
	struct line *line = *state;

	EDIT(line, true, WILL ECHO WILL SGA);
	/* SGA has no answer yet, so it can be taken back only then. */
	FEED(line, DONT ECHO, "", "T", "");
	line_feed(line, STR(DO SGA));
	assert_false(is_editing(line));
	line_check(line, STR(""), buf_str(&line->events), STR(WONT SGA), __LINE__);
	FEED(line, DONT SGA, "", "T", "");
	EDIT(line, true, "");
}

static void
test_refuses_both(void **state)
{
	struct line *line = *state;

	EDIT(line, true, WILL ECHO WILL SGA);
	FEED(line, DONT ECHO DONT SGA, "", "TT", "");
	assert_false(is_editing(line));
	for (int times = 0; times < 5; times++) {
		EDIT(line, true, "");
		SILENCE(line, DONT ECHO DONT SGA);
		EDIT(line, false, "");
	}
}

/* `mode line` at the prompt of telnet: DONT SGA, WILL LINEMODE, DONT ECHO. */
static void
test_takes_back(void **state)
{
	struct line *line = *state;

	start_editing(line);
	FEED(line, DONT SGA WILL LINEMODE DONT ECHO, "", "TT",
		WONT SGA WONT ECHO DONT LINEMODE);
	assert_false(is_editing(line));
	EDIT(line, true, "");
	SILENCE(line, DONT SGA DONT ECHO);
	assert_false(is_editing(line));
}

static void
test_takes_echo_back(void **state)
{
	struct line *line = *state;

	start_editing(line);
	FEED(line, DONT ECHO, "", "T", WONT ECHO WONT SGA);
	FEED(line, DONT SGA, "", "T", "");
	EDIT(line, true, "");
	assert_false(is_editing(line));
}

static void
test_hide(void **state)
{
	struct line *line = *state;

	HIDE(line, false, "");
	HIDE(line, true, WILL ECHO);
	HIDE(line, true, "");
	FEED(line, DO ECHO, "", "T", "");
	assert_false(is_editing(line));
	HIDE(line, true, "");
	HIDE(line, false, WONT ECHO);
	FEED(line, DONT ECHO, "", "T", "");
	HIDE(line, true, WILL ECHO);
	HIDE(line, false, "");
	line_feed(line, STR(DO ECHO));
	line_check(line, STR(""), buf_str(&line->events), STR(WONT ECHO), __LINE__);
	FEED(line, DONT ECHO, "", "T", "");
}

/* Each is there for as long as one of the two wishes needs it. */
static void
test_hide_and_edit(void **state)
{
	struct line *line = *state;

	start_editing(line);
	HIDE(line, true, "");
	HIDE(line, false, "");
	assert_true(is_editing(line));
	HIDE(line, true, "");
	EDIT(line, false, WONT SGA);
	assert_false(is_editing(line));
	FEED(line, DONT SGA, "", "T", "");
	EDIT(line, true, WILL SGA);
	FEED(line, DO SGA, "", "T", "");
	assert_true(is_editing(line));
	EDIT(line, false, WONT SGA);
	FEED(line, DONT SGA, "", "T", "");
	HIDE(line, false, WONT ECHO);
	FEED(line, DONT ECHO, "", "T", "");
	/* The other way round. */
	HIDE(line, true, WILL ECHO);
	FEED(line, DO ECHO, "", "T", "");
	EDIT(line, true, WILL SGA);
	HIDE(line, false, "");
	FEED(line, DO SGA, "", "T", "");
	assert_true(is_editing(line));
}

/* Refused to hide, it is asked again only for the next passphrase. */
static void
test_hide_refused(void **state)
{
	struct line *line = *state;

	HIDE(line, true, WILL ECHO);
	FEED(line, DONT ECHO, "", "T", "");
	SILENCE(line, DONT ECHO);
	EDIT(line, false, "");
	HIDE(line, false, "");
	HIDE(line, true, WILL ECHO);
	FEED(line, DO ECHO, "", "T", "");
	FEED(line, DONT ECHO, "", "T", WONT ECHO);
	EDIT(line, false, "");
	HIDE(line, false, "");
}

/* A refusal of SGA leaves the hiding alone, one of ECHO ends both. */
static void
test_hide_without_edit(void **state)
{
	struct line *line = *state;

	HIDE(line, true, WILL ECHO);
	EDIT(line, true, WILL SGA);
	FEED(line, DO ECHO DONT SGA, "", "TT", "");
	EDIT(line, false, "");
	EDIT(line, true, "");
	FEED(line, DONT ECHO, "", "T", WONT ECHO);
	EDIT(line, false, "");
}

/*
 * Against a peer that follows RFC 1143 itself, has random moods, and is as slow to read
 * as we are: in the end both know the same, and it is one of the states that make
 * sense.
 */

enum {
	PEER_ECHO,
	PEER_SGA,
	PEER_OPTIONS
};

struct peer {
	unsigned seed;
	uint64_t random;
	struct qmethod q[PEER_OPTIONS];
	bool agrees[PEER_OPTIONS];
	struct buf sent; /* to us, and not read yet */
};

static const unsigned char peer_option[PEER_OPTIONS] = {1, 3};

static void
peer_say(struct peer *peer, int option, enum qmethod_say say)
{
	if (say == Q_SAY_NOTHING)
		return;
	buf_add_str(&peer->sent, say == Q_SAY_ON ? STR(DO) : STR(DONT));
	buf_add_char(&peer->sent, (char)peer_option[option]);
}

/* The peer reads one item of what we have sent. */
static void
peer_read(struct peer *peer, struct str *replies)
{
	struct wire_item item = wire_next(replies);
	int option = item.option == peer_option[PEER_ECHO] ? PEER_ECHO : PEER_SGA;
	struct qmethod *q = &peer->q[option];

	if (item.kind != WIRE_VERB || item.option != peer_option[option])
		fail_msg("seed %u: no verb about ECHO or SGA", peer->seed);
	if (item.verb == (unsigned char)WILL[1])
		peer_say(peer, option, qmethod_on(q, peer->agrees[option]));
	else if (item.verb == (unsigned char)WONT[1])
		peer_say(peer, option, qmethod_off(q));
	else
		fail_msg("seed %u: not our side", peer->seed);
}

static void
peer_change_mood(struct peer *peer)
{
	uint64_t random = wire_random(&peer->random);
	int option = random % 2 > 0 ? PEER_ECHO : PEER_SGA;

	peer->agrees[option] = random / 2 % 2 > 0;
	if (random / 4 % 2 > 0)
		peer_say(peer, option,
			qmethod_ask(&peer->q[option], peer->agrees[option]));
}

/* Let everything arrive. It has to come to an end by itself. */
static void
settle(struct line *line, struct peer *peer, struct str *replies)
{
	for (int round = 0; replies->len > 0 || peer->sent.len > 0; round++) {
		if (round > 20)
			fail_msg("seed %u: a loop", peer->seed);
		while (replies->len > 0)
			peer_read(peer, replies);
		buf_reset(&line->reply);
		line_feed(line, buf_str(&peer->sent));
		buf_reset(&peer->sent);
		*replies = buf_str(&line->reply);
	}
}

static void
assert_settled(const struct line *line, const struct peer *peer, bool edit, bool hide)
{
	bool echo = qmethod_is_on(&peer->q[PEER_ECHO]);
	bool sga = qmethod_is_on(&peer->q[PEER_SGA]);

	if (sga && !echo)
		fail_msg("seed %u: SGA without ECHO", peer->seed);
	if (echo && !sga && !hide)
		fail_msg("seed %u: ECHO without SGA", peer->seed);
	if (is_editing(line) != (echo && sga && edit))
		fail_msg("seed %u: we disagree", peer->seed);
	if (!edit && !hide && echo)
		fail_msg("seed %u: nobody wants ECHO", peer->seed);
}

static void
play(struct line *line, unsigned seed)
{
	struct peer peer = {.seed = seed, .random = wire_seed(seed)};
	struct str replies = STR("");
	bool edit = false, hide = false;

	peer.agrees[PEER_ECHO] = seed % 4 != 1;
	peer.agrees[PEER_SGA] = seed % 4 != 2;
	for (int step = 0; step < 40; step++) {
		uint64_t random = wire_random(&peer.random);
		size_t read = line->reply.len - replies.len;

		switch (random % 8) {
		case 0:
			edit = random / 8 % 2 > 0;
			telnet_edit(line->telnet, edit, &line->reply);
			break;
		case 1:
			hide = random / 8 % 2 > 0;
			telnet_hide(line->telnet, hide, &line->reply);
			break;
		case 2:
			peer_change_mood(&peer);
			break;
		case 3:
		case 4:
			if (replies.len > 0)
				peer_read(&peer, &replies);
			read = line->reply.len - replies.len;
			break;
		default:
			if (peer.sent.len == 0)
				break;
			line_feed(line, str_make(peer.sent.p, 3));
			peer.sent.len -= 3;
			memmove(peer.sent.p, peer.sent.p + 3, peer.sent.len);
			break;
		}
		replies = str_from(buf_str(&line->reply), read);
	}
	settle(line, &peer, &replies);
	assert_settled(line, &peer, edit, hide);
	buf_fini(&peer.sent);
}

static void
test_together_in_the_end(void **state)
{
	int edited = 0;

	for (unsigned seed = 0; seed < 20000; seed++) {
		play(*state, seed);
		edited += is_editing(*state);
		line_end(state);
		line_start(state);
	}
	/* It was not always refused. */
	assert_true(edited > 1000);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		line_test(test_edit),
		line_test(test_edit_crossing),
		line_test(test_unasked),
		line_test(test_unasked_again),
		line_test(test_refuses_sga),
		line_test(test_refuses_echo),
		line_test(test_refuses_both),
		line_test(test_takes_back),
		line_test(test_takes_echo_back),
		line_test(test_hide),
		line_test(test_hide_and_edit),
		line_test(test_hide_refused),
		line_test(test_hide_without_edit),
		line_test(test_together_in_the_end),
	};

	return cmocka_run_group_tests_name("telnet_echo", tests, NULL, NULL);
}
