/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "net/telnet.h"
#include "wire.h"

/*
 * Random conversations with the telnet machine. What it has to say is worked out beside
 * it, in a plainer way, all but ECHO and SGA, whose number is bounded here and whose
 * order has a test of its own.
 */

enum {
	CONVERSATIONS = 10000,
	TOKENS = 100,
};

enum {
	US,
	ITS,
	SIDES
};

enum {
	OPTION_ECHO = 1,
	OPTION_SGA = 3,
	OPTION_TIMING_MARK = 6,
	OPTION_TTYPE = 24,
	OPTION_CHARSET = 42,
};

/* What is known of one side of an option. */
struct side {
	bool is_on;
	bool is_asked;   /* we have asked, and there is no answer yet */
	bool is_refused; /* the peer has asked, and we have said no */
	unsigned heard, said, wished;
	unsigned agreed;       /* how often, when the peer began */
	unsigned char last;    /* the verb that we said last */
	unsigned heard_before; /* `heard` at that time */
};

/* The state behind the bytes that the peer has sent. */
enum ear {
	EAR_TEXT,
	EAR_IAC,
	EAR_OPTION,
	EAR_SB,
	EAR_SB_IAC
};

struct talk {
	unsigned seed;
	uint64_t random;
	struct telnet *telnet;
	struct side sides[SIDES][256];
	enum ear ear;
	unsigned char verb;
	unsigned types_asked;
	bool has_offered;
	size_t bytes, replied; /* in all */
};

/* Fails the test. */
#define LOSE(talk, ...)                                                                \
	do {                                                                           \
		print_error("seed %u, byte %zu: ", (talk)->seed, (talk)->bytes);       \
		fail_msg(__VA_ARGS__);                                                 \
	} while (0)

static bool
is_echo(unsigned option)
{
	return option == OPTION_ECHO || option == OPTION_SGA;
}

/* Do we take part in it if the peer begins? */
static bool
is_welcome(int side, unsigned char option)
{
	struct str options =
		side == US ? STR(BINARY EOR CHARSET) : STR(BINARY TTYPE NAWS);

	return memchr(options.p, option, options.len) != NULL;
}

/* What is to be answered to a verb, 0 for nothing. Not for ECHO and SGA of ours. */
static unsigned char
right_answer(struct talk *talk, int side, unsigned char option, bool on)
{
	struct side *s = &talk->sides[side][option];
	unsigned char yes = side == US ? (unsigned char)WILL[1] : (unsigned char)DO[1];
	unsigned char no = side == US ? (unsigned char)WONT[1] : (unsigned char)DONT[1];
	bool was_on = s->is_on;

	if (side == US && option == OPTION_TIMING_MARK)
		return on ? yes : 0;
	if (!is_welcome(side, option) || (s->agreed == 16 && !was_on && !s->is_asked)) {
		if (!on || s->is_refused)
			return 0;
		s->is_refused = true;
		return no;
	}
	s->is_on = on;
	if (s->is_asked || was_on == on) {
		s->is_asked = false;
		return 0;
	}
	s->agreed += on;
	return on ? yes : no;
}

/* We have said a verb: never the same as last time if nothing was heard meanwhile. */
static void
note_said(struct talk *talk, struct wire_item item)
{
	int side = wire_side_sent(item.verb);
	struct side *s = &talk->sides[side][item.option];

	if (s->said > 0 && s->last == item.verb && s->heard_before == s->heard)
		LOSE(talk, "verb %u %u said twice", item.verb, item.option);
	s->said++;
	s->last = item.verb;
	s->heard_before = s->heard;
}

static void
check_answer(
	struct talk *talk, int side, unsigned char option, bool on, struct str reply)
{
	bool echo = side == US && is_echo(option);
	unsigned char right = echo ? 0 : right_answer(talk, side, option, on);
	unsigned char said = 0;
	unsigned verbs = 0, sbs = 0, others = 0;
	struct wire_item item;

	while ((item = wire_next(&reply)).kind != WIRE_NONE) {
		if (item.kind == WIRE_VERB && item.option == option &&
			wire_side_sent(item.verb) == side) {
			verbs++;
			said = item.verb;
		} else if (item.kind == WIRE_VERB && echo && is_echo(item.option) &&
			wire_side_sent(item.verb) == US) {
			others++;
		} else if (item.kind == WIRE_SB && on &&
			(option == OPTION_TTYPE || option == OPTION_CHARSET)) {
			sbs++;
			talk->types_asked += option == OPTION_TTYPE;
		} else {
			LOSE(talk, "no answer to option %u", option);
		}
		if (item.kind == WIRE_VERB)
			note_said(talk, item);
	}
	if (verbs > 1 || others > 1 || sbs > 1)
		LOSE(talk, "more than one answer to option %u", option);
	if (!echo && said != right)
		LOSE(talk, "verb %u, and not %u, for option %u", said, right, option);
}

/* At most one subnegotiation answers one; nothing else has an answer. */
static void
check_sb_answer(struct talk *talk, struct str reply)
{
	struct wire_item item = wire_next(&reply);

	if (item.kind == WIRE_NONE)
		return;
	if (item.kind != WIRE_SB || reply.len > 0)
		LOSE(talk, "a subnegotiation is answered by something else");
	talk->types_asked += item.text.p[0] == OPTION_TTYPE;
}

/* The peer sends a byte: it is text or not, and what is said to it is right. */
static void
hear(struct talk *talk, unsigned char byte)
{
	struct buf reply = {0};
	enum ear ear = talk->ear;
	enum telnet_event event = telnet_byte(talk->telnet, byte, &reply);
	bool is_text = ear == EAR_TEXT ? byte != 255 : ear == EAR_IAC && byte == 255;
	bool is_yes = talk->verb == (unsigned char)DO[1] ||
		talk->verb == (unsigned char)WILL[1];

	talk->bytes++;
	talk->ear = EAR_TEXT;
	if ((event == TELNET_TEXT) != is_text)
		LOSE(talk, "text or not text");
	if (ear == EAR_OPTION) {
		talk->sides[wire_side_received(talk->verb)][byte].heard++;
		check_answer(talk, wire_side_received(talk->verb), byte, is_yes,
			buf_str(&reply));
	} else if (ear == EAR_SB_IAC && byte == (unsigned char)SE[1]) {
		check_sb_answer(talk, buf_str(&reply));
	} else if (reply.len > 0) {
		LOSE(talk, "something that is no request is answered");
	} else if (ear == EAR_SB_IAC || ear == EAR_SB) {
		talk->ear = ear == EAR_SB && byte == 255 ? EAR_SB_IAC : EAR_SB;
	} else if (ear == EAR_TEXT && byte == 255) {
		talk->ear = EAR_IAC;
	} else if (ear == EAR_IAC && byte >= 251 && byte < 255) {
		talk->verb = byte;
		talk->ear = EAR_OPTION;
	} else if (ear == EAR_IAC && byte == (unsigned char)SB[1]) {
		talk->ear = EAR_SB;
	}
	talk->replied += reply.len;
	buf_fini(&reply);
}

/* We have a wish: each may be said once for each option that it is about. */
static void
wish(struct talk *talk)
{
	struct buf reply = {0};
	struct str rest;
	uint64_t random = wire_random(&talk->random);
	bool on = random / 8 % 2 > 0;
	struct side *ours = talk->sides[US], *its = talk->sides[ITS];
	struct wire_item item;

	switch (random % 8) {
	case 0:
		telnet_offer(talk->telnet, &reply);
		if (!talk->has_offered) {
			its[0].is_asked = !its[0].is_on;
			its[OPTION_TTYPE].is_asked = !its[OPTION_TTYPE].is_on;
			its[31].is_asked = !its[31].is_on;
			ours[OPTION_CHARSET].is_asked = !ours[OPTION_CHARSET].is_on;
			its[0].wished = its[OPTION_TTYPE].wished = its[31].wished = 1;
			ours[OPTION_CHARSET].wished = 1;
		}
		talk->has_offered = true;
		break;
	case 1:
	case 2:
		telnet_hide(talk->telnet, on, &reply);
		ours[OPTION_ECHO].wished++;
		break;
	default:
		telnet_edit(talk->telnet, on, &reply);
		/* And may be taken back, should the peer refuse the other one. */
		ours[OPTION_ECHO].wished += 2;
		ours[OPTION_SGA].wished += 2;
		break;
	}
	talk->replied += reply.len;
	rest = buf_str(&reply);
	while ((item = wire_next(&rest)).kind != WIRE_NONE) {
		if (item.kind == WIRE_VERB)
			note_said(talk, item);
		else if (item.kind != WIRE_TEXT)
			LOSE(talk, "a wish that is no verb");
	}
	buf_fini(&reply);
}

/* No more is said than was asked and wished for. */
static void
check_totals(struct talk *talk)
{
	for (int side = 0; side < SIDES; side++) {
		for (unsigned option = 0; option < 256; option++) {
			const struct side *s = &talk->sides[side][option];

			if (s->said > s->heard + s->wished)
				LOSE(talk, "option %u: %u said, %u heard", option,
					s->said, s->heard);
		}
	}
	if (talk->types_asked > 4)
		LOSE(talk, "the type is asked %u times", talk->types_asked);
	/* The longest answer to the shortest request: WILL CHARSET and a list to DO. */
	if (talk->replied > 5 * talk->bytes + 6 * TOKENS + sizeof(OFFER))
		LOSE(talk, "%zu bytes", talk->replied);
}

static void
feed(struct talk *talk, struct str bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		hear(talk, (unsigned char)bytes.p[i]);
}

static void
test_random(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < CONVERSATIONS; seed++) {
		struct talk talk = {.seed = seed, .random = wire_seed(seed)};
		struct telnet_terminal terminal;
		struct buf token = {0};

		talk.telnet = telnet_new();
		for (int i = 0; i < TOKENS; i++) {
			if (wire_random(&talk.random) % 8 == 0)
				wish(&talk);
			buf_reset(&token);
			wire_random_token(&talk.random, &token);
			feed(&talk, buf_str(&token));
		}
		check_totals(&talk);
		terminal = telnet_terminal(talk.telnet);
		assert_true(terminal.columns <= 500 && terminal.rows <= 500);
		/* It is alive: this ends whatever was begun. */
		feed(&talk, STR("x" SE));
		assert_int_equal(talk.ear, EAR_TEXT);
		feed(&talk, STR("hello"));
		telnet_free(talk.telnet);
		buf_fini(&token);
	}
}

/*
 * Peers that answer everything, each in its manner: it gets quiet.
 */

static void
test_gets_quiet(void **state)
{
	static const enum wire_manner manners[] = {MANNER_REFUSES, MANNER_AGREES,
		MANNER_ECHOES, MANNER_CONTRARY, MANNER_RANDOM};

	(void)state;
	for (unsigned seed = 0; seed < CONVERSATIONS; seed++) {
		struct talk talk = {.seed = seed, .random = wire_seed(seed)};
		struct wire_peer peer = {.manner = manners[seed % 5],
			.random = wire_seed(seed + CONVERSATIONS)};

		talk.telnet = telnet_new();
		for (int i = 0; i < 10; i++) {
			struct buf reply = {0}, answer = {0};
			uint64_t random = wire_random(&talk.random);
			int rounds = 0;

			if (i == 0)
				telnet_offer(talk.telnet, &reply);
			else if (random % 4 > 0)
				telnet_edit(talk.telnet, random / 4 % 2, &reply);
			else
				telnet_hide(talk.telnet, random / 4 % 2, &reply);
			while (reply.len > 0) {
				wire_peer_answer(&peer, buf_str(&reply), &answer);
				buf_reset(&reply);
				for (size_t at = 0; at < answer.len; at++)
					(void)!telnet_byte(talk.telnet,
						(unsigned char)answer.p[at], &reply);
				buf_reset(&answer);
				if (++rounds > 30)
					LOSE(&talk, "manner %d: a loop", peer.manner);
			}
			buf_fini(&reply);
			buf_fini(&answer);
		}
		if (peer.manner == MANNER_AGREES) {
			assert_true(telnet_is_client(talk.telnet));
			assert_true(telnet_is_binary(talk.telnet));
			assert_int_equal(telnet_terminal(talk.telnet).columns, 80);
			assert_int_equal(peer.types, 4);
		}
		telnet_free(talk.telnet);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_gets_quiet),
	};

	return cmocka_run_group_tests_name("telnet_random", tests, NULL, NULL);
}
