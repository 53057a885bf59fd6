/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/editor.h"
#include "net/proto.h"
#include "proto_rig.h"

/*
 * Wherever the network cuts a stream, the same comes of it; and whoever the peer is, it
 * gets quiet.
 */

enum {
	STREAMS = 2000,
	CUTS = 10, /* of each, in different ways */
	CONVERSATIONS = 2500,
	ROUNDS = 60, /* twice as often as a mind may change, and some */
};

/* Behind every stream: this ends whatever was begun, and all that is unfinished. */
#define ALL_ENDS "x" SE "q\rq\r"

static bool
last_is(const struct session *session, struct str events)
{
	struct str all = buf_str(&session->events);

	return all.len >= events.len &&
		str_eq(str_from(all, all.len - events.len), events);
}

/* A chat, as far as a protocol sees one: it switches things as it is told to. */
static void
act(struct session *session, enum proto_event event)
{
	struct proto *proto = &session->proto;

	if (event == PROTO_LINE && last_is(session, STR("/quit]")))
		proto_set_edit(proto, proto->no_edit, &session->reply);
	else if (event == PROTO_LINE && last_is(session, STR("hello]")))
		(void)proto_set_hidden(proto, !proto->is_hidden, &session->reply);
	else if (event == PROTO_LINE && last_is(session, STR("a]")))
		proto->wants_keys = true;
	else if (event == PROTO_KEY && last_is(session, STR("Kq")))
		proto->wants_keys = false;
	else if (event == PROTO_COMPLETE)
		editor_complete(proto->editor, STR("hello"));
}

/* Append the state that is left. */
static void
note_state(struct session *session)
{
	const struct proto *proto = &session->proto;
	struct telnet_terminal terminal = proto_terminal(proto);

	buf_printf(&session->events, "\n%u x %u, %u colours%s%s%s", terminal.columns,
		terminal.rows, terminal.colours, terminal.is_reader ? ", reader" : "",
		terminal.is_known ? ", known" : "",
		terminal.has_editor ? ", an editor of its own" : "");
	buf_printf(&session->events, "%s%s%s%s%s\n", proto->editor ? ", editor" : "",
		proto->no_edit ? ", not wanted" : "",
		proto->is_hidden ? ", hidden" : "",
		proto->telnet && telnet_is_binary(proto->telnet) ? ", binary" : "",
		proto->telnet && telnet_is_editing(proto->telnet) ? ", editing" : "");
}

static void
begin(struct session *session, const struct proto_ops *ops, bool draws)
{
	session_start(session, ops);
	session->draws = draws;
	session->act = act;
}

static void
end(struct session *session)
{
	session_feed(session, STR(ALL_ENDS));
	note_state(session);
	session_finish(session);
}

/*
 * Both have the same events; and said the same, unless something was shown on a screen,
 * where it depends on what came together.
 */
static void
assert_same(struct session *whole, struct session *pieces, const char *what, unsigned n)
{
	if (!str_eq(buf_str(&whole->events), buf_str(&pieces->events)))
		print_error("%s %u\n", what, n);
	wire_check(buf_str(&pieces->events), buf_str(&whole->events), what, __LINE__);
	if (whole->draws)
		return;
	if (!str_eq(buf_str(&whole->reply), buf_str(&pieces->reply)))
		print_error("%s %u\n", what, n);
	wire_check(buf_str(&pieces->reply), buf_str(&whole->reply), what, __LINE__);
}

/* In one piece. */
static void
play_whole(struct session *session, const struct proto_ops *ops, bool draws,
	struct str bytes)
{
	begin(session, ops, draws);
	session_feed(session, bytes);
	end(session);
}

/*
 * Streams of clients: what they send in answer to us, and what is typed.
 */

#define EDITING                                                                        \
	WILL BINARY WILL NAWS SIZE_80_24 WILL TTYPE TYPE_IS("XTERM") DO ECHO DO SGA

#define TEXT(text)                                                                     \
	{                                                                              \
		text, sizeof(text) - 1                                                 \
	}

static const struct str recorded[] = {
	TEXT("one\r\ntwo\r\0three\rfour\nfive"),
	TEXT("gr\xc3" BRK DO TIMING_MARK "n\r\n" WILL BINARY "\xc3\x9c\n"),
	TEXT("one\r\n" WILL BINARY WILL NAWS SIZE_80_24 WILL TTYPE DONT CHARSET TYPE_IS(
		"XTERM") TYPE_IS("XTERM") DO ECHO DO SGA
		"he\x7fy\r\0Gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80\r\0" IAC IAC "\r\0"),
	TEXT(EDITING "one\033[A\033[Dtwo\r\033[200~a\rb\033[201~\x12on\r\t\tx\x04\r"),
	TEXT(EDITING "hello\rsecret\rhello\rsecret\rhello\r"),
	TEXT(EDITING "a\r\n q\r\nline\r\na\r\0\r\0q\r\0line\r\0"),
	TEXT(EDITING "/quit\r\nplain\r\n" DONT ECHO DONT SGA "/quit\r\n" DO ECHO DO SGA
		     "x\r\n"),
	TEXT(EDITING "half" AYT "of" EC "f it" SIZE_80_24 SUSP " all\r" IP BRK EL
		     "x\x04\x15\x04"),
	TEXT(EDITING "half\xc3" DONT ECHO "\xbc\n" DONT SGA "mode line\n"),
	TEXT("half" EDITING "\xc3\xbc\r" TYPE_IS("MTTS 64") "x\r"),
};

static void
test_recorded(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 2 * sizeof(recorded) / sizeof(*recorded); n++) {
		struct str bytes = recorded[n / 2];
		struct session whole, pieces;
		bool draws = n % 2 > 0;

		play_whole(&whole, &proto_auto, draws, bytes);
		for (size_t cut = 0; cut <= bytes.len; cut++) {
			begin(&pieces, &proto_auto, draws);
			session_feed(&pieces, str_make(bytes.p, cut));
			session_feed(&pieces, str_from(bytes, cut));
			end(&pieces);
			assert_same(&whole, &pieces, "stream", n / 2);
			session_fini(&pieces);
		}
		begin(&pieces, &proto_auto, draws);
		for (size_t i = 0; i < bytes.len; i++)
			session_feed(&pieces, str_make(bytes.p + i, 1));
		end(&pieces);
		assert_same(&whole, &pieces, "stream, byte by byte,", n / 2);
		session_fini(&pieces);
		session_fini(&whole);
	}
}

/* A stream of which most is telnet, or keys. */
static void
add_random(uint64_t *random, struct buf *bytes)
{
	uint64_t begin_with = wire_random(random) % 4;

	if (begin_with > 1)
		buf_add_str(bytes, STR(EDITING));
	else if (begin_with == 1)
		buf_add_str(bytes, STR("one\r\n"));
	for (uint64_t tokens = wire_random(random) % 80; tokens > 0; tokens--) {
		/* Else it would leave the editor at once, mostly. */
		if (begin_with == 3 && wire_random(random) % 2 > 0)
			buf_add_char(bytes,
				"ahelo \r\n\t\x12\x7f"[wire_random(random) % 11]);
		else
			wire_random_token(random, bytes);
	}
}

static void
test_random(void **state)
{
	static const struct proto_ops *const ops[] = {
		&proto_auto, &proto_telnet, &proto_auto, &proto_line};
	unsigned edited = 0;

	(void)state;
	for (unsigned seed = 0; seed < STREAMS; seed++) {
		uint64_t random = wire_seed(seed);
		struct buf bytes = {0};
		struct session whole, pieces;
		bool draws = seed / 4 % 2 > 0;

		add_random(&random, &bytes);
		play_whole(&whole, ops[seed % 4], draws, buf_str(&bytes));
		edited += whole.proto.editor != NULL;
		for (int n = 0; n < CUTS; n++) {
			struct str rest = buf_str(&bytes);
			size_t most = n == 0 ? 1 : 1 + wire_random(&random) % 40;

			begin(&pieces, ops[seed % 4], draws);
			while (rest.len > 0) {
				size_t len =
					n == 0 ? 1 : wire_random(&random) % (most + 1);

				len = len < rest.len ? len : rest.len;
				session_feed(&pieces, str_make(rest.p, len));
				rest = str_from(rest, len);
			}
			end(&pieces);
			assert_same(&whole, &pieces, "seed", seed);
			session_fini(&pieces);
		}
		session_fini(&whole);
		buf_fini(&bytes);
	}
	/* It was there often enough. */
	assert_true(edited > STREAMS / 10);
}

/*
 * Peers that answer all they are told
 */

/* All of it can be read: no half commands. Returns how long it is. */
static size_t
check_readable(const struct buf *reply, unsigned seed)
{
	struct str rest = buf_str(reply);

	while (rest.len > 0) {
		if (wire_next(&rest).kind == WIRE_BROKEN)
			fail_msg("seed %u: this cannot be read", seed);
	}
	return reply->len;
}

/* The person does something; or we do. */
static void
do_something(struct session *session, uint64_t *random, unsigned step)
{
	struct buf bytes = {0};
	uint64_t what = wire_random(random);

	switch (what % 6) {
	case 0:
	case 1:
		proto_set_edit(&session->proto, what / 6 % 2 > 0, &session->reply);
		break;
	case 2:
		(void)proto_set_hidden(
			&session->proto, what / 6 % 2 > 0, &session->reply);
		break;
	case 3:
		session_feed(session, STR(SIZE_80_24));
		break;
	case 4:
		session_feed(session, STR("hello\r\n"));
		break;
	default:
		for (unsigned i = 0; step > 0 && i < 3; i++)
			wire_random_token(random, &bytes);
		session_feed(session, buf_str(&bytes));
		break;
	}
	buf_fini(&bytes);
}

/* Let the peer answer until nobody has anything more to say. */
static void
talk(struct session *session, struct wire_peer *peer, unsigned seed)
{
	struct buf answer = {0};

	for (int rounds = 0; session->reply.len > 0; rounds++) {
		if (rounds > ROUNDS)
			fail_msg("seed %u, manner %d: a loop", seed, peer->manner);
		check_readable(&session->reply, seed);
		wire_peer_answer(peer, buf_str(&session->reply), &answer);
		buf_reset(&session->reply);
		session_feed(session, buf_str(&answer));
		buf_reset(&answer);
	}
	buf_fini(&answer);
}

static void
test_gets_quiet(void **state)
{
	unsigned edited = 0;

	(void)state;
	for (unsigned seed = 0; seed < CONVERSATIONS * MANNERS; seed++) {
		uint64_t random = wire_seed(seed);
		struct wire_peer peer = {.manner = (enum wire_manner)(seed % MANNERS),
			.random = wire_seed(seed + CONVERSATIONS)};
		struct session session;

		session_start(&session, seed % 2 > 0 ? &proto_telnet : &proto_auto);
		session_feed(&session, STR("hello\r\n"));
		talk(&session, &peer, seed);
		edited += peer.manner == MANNER_AGREES && session.proto.editor != NULL;
		for (unsigned step = 0; step < 10; step++) {
			do_something(&session, &random, step);
			talk(&session, &peer, seed);
		}
		session_fini(&session);
	}
	assert_int_equal(edited, CONVERSATIONS);
}

/* Our own kind at the other end, each taking the other for a client. */
static void
test_ourselves(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < CONVERSATIONS; seed++) {
		uint64_t random = wire_seed(seed);
		struct session a, b;

		session_start(&a, &proto_telnet);
		session_start(&b, seed % 2 > 0 ? &proto_telnet : &proto_auto);
		for (unsigned step = 0; step < 6; step++) {
			for (int rounds = 0; a.reply.len + b.reply.len > 0; rounds++) {
				if (rounds > ROUNDS)
					fail_msg("seed %u: a loop", seed);
				session_feed(&a, buf_str(&b.reply));
				buf_reset(&b.reply);
				session_feed(&b, buf_str(&a.reply));
				buf_reset(&a.reply);
			}
			do_something(step % 2 > 0 ? &a : &b, &random, step);
		}
		session_fini(&a);
		session_fini(&b);
	}
}

/* Whatever comes, what is said can be read, and is not much more than what came. */
static void
test_bounded(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < STREAMS; seed++) {
		uint64_t random = wire_seed(seed);
		struct buf bytes = {0};
		struct session session;
		size_t said = 0, came = 0;

		session_start(&session, &proto_auto);
		session.act = act;
		for (int i = 0; i < 10; i++) {
			add_random(&random, &bytes);
			came += bytes.len;
			session_feed(&session, buf_str(&bytes));
			said += check_readable(&session.reply, seed);
			buf_reset(&session.reply);
			buf_reset(&bytes);
		}
		/* AYT: eighteen bytes for two. */
		if (said > 9 * came)
			fail_msg("seed %u: %zu for %zu bytes", seed, said, came);
		session_fini(&session);
		buf_fini(&bytes);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_gets_quiet),
		cmocka_unit_test(test_ourselves),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests_name("proto_random", tests, NULL, NULL);
}
