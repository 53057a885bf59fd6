/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../bench/crowd.h"
#include "../../bench/speech.h"
#include "../../bench/telnet.h"

/*
 * What bench/load makes of the bytes that somebody gets, wherever the network cuts
 * them. Two people, of whom the first speaks and the second listens.
 */

#define CUTS 1200

struct scene {
	struct options options;
	struct crowd *crowd;
	struct session *listener;
	int fd; /* the server's end */
	char text[8192];
	size_t len;
};

static void
add(struct scene *scene, const char *text)
{
	size_t len = strlen(text);

	assert_true(scene->len + len <= sizeof(scene->text));
	memcpy(scene->text + scene->len, text, len);
	scene->len += len;
}

/* Line `sequence` of the speaker, `cut` bytes of its end missing. */
static void
add_line(struct scene *scene, uint32_t sequence, size_t cut)
{
	assert_true(scene->len + scene->crowd->payload.len <= sizeof(scene->text));
	payload_write(&scene->crowd->payload, (struct numbers){0, sequence, 1},
		scene->text + scene->len);
	scene->len += scene->crowd->payload.len - cut;
}

static void
begin(struct scene *scene, const char *protocol)
{
	int fds[2];

	*scene = (struct scene){.options = {.speech = speech_find(protocol),
					.sessions = 2,
					.senders = 1,
					.payload = 80,
					.sources = 1}};
	scene->crowd = crowd_new(&scene->options);
	scene->crowd->senders[0].sent = 100;
	scene->listener = &scene->crowd->sessions[1];
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
		0);
	scene->listener->fd = fds[0];
	scene->fd = fds[1];
	scene->listener->state = SESSION_IN;
	scene->crowd->in = 1;
	if (strcmp(protocol, "telnet") == 0)
		scene->listener->telnet = telnet_new(scene->crowd, scene->listener);
}

static void
end(struct scene *scene)
{
	close(scene->fd);
	crowd_free(scene->crowd);
}

/* So many bytes of the text come, and are read. */
static void
come(struct scene *scene, size_t from, size_t to)
{
	if (from == to)
		return;
	assert_int_equal(
		write(scene->fd, scene->text + from, to - from), (ssize_t)(to - from));
	session_ready(scene->crowd, scene->listener, EPOLLIN);
}

/* Does all that has come give these numbers, of `sent` lines? */
static void
check(const struct scene *scene, uint32_t sent, unsigned lost, unsigned doubled,
	unsigned reordered, unsigned garbled)
{
	const struct crowd *crowd = scene->crowd;

	crowd->senders[0].sent = sent;
	assert_int_equal(crowd_lost(crowd), lost);
	assert_int_equal(crowd->tally->doubled, doubled);
	assert_int_equal(crowd->tally->reordered, reordered);
	assert_int_equal(crowd->garbled, garbled);
	assert_int_equal(crowd->stray, 0);
	assert_int_equal(crowd->closed, 0);
}

/* Play what `fill` puts together, cut in two at each place and byte by byte. */
static void
play(const char *protocol, void (*fill)(struct scene *scene), uint32_t sent,
	unsigned lost, unsigned doubled, unsigned reordered, unsigned garbled)
{
	struct scene scene;
	size_t len = 1;

	for (size_t cut = 0; cut <= len; cut++) {
		begin(&scene, protocol);
		fill(&scene);
		len = scene.len;
		assert_true(len < CUTS);
		come(&scene, 0, cut);
		come(&scene, cut, len);
		check(&scene, sent, lost, doubled, reordered, garbled);
		end(&scene);
	}
	begin(&scene, protocol);
	fill(&scene);
	for (size_t i = 0; i < len; i++)
		come(&scene, i, i + 1);
	check(&scene, sent, lost, doubled, reordered, garbled);
	end(&scene);
}

static void
fill_plain(struct scene *scene)
{
	add(scene, "-- In #lobby: b0, b1\r\n");
	add(scene, "b0: ");
	add_line(scene, 0, 0);
	add(scene, "\r\n-- b7 has joined #lobby\r\n\r\nb0: ");
	add_line(scene, 1, 0);
	add(scene, "\r\nb0: ");
	add_line(scene, 2, 0);
	add(scene, "\n!! something\n");
	add_line(scene, 3, 0);
	add(scene, "\nb0: ");
	add_line(scene, 4, 0);
	add(scene, "\r\n");
}

static void
test_plain(void **state)
{
	(void)state;
	play("line", fill_plain, 5, 0, 0, 0, 0);
	/* It is said when one has not come, too. */
	play("line", fill_plain, 6, 1, 0, 0, 0);
}

static void
fill_faults(struct scene *scene)
{
	static const uint32_t order[] = {0, 2, 1, 1, 4};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		add(scene, "b0: ");
		add_line(scene, order[i], 0);
		add(scene, "\r\n");
	}
}

static void
test_faults(void **state)
{
	(void)state;
	play("line", fill_faults, 5, 1, 1, 1, 0);
}

/* One without its end, one that goes on within another, and one of nobody. */
static void
fill_garbled(struct scene *scene)
{
	add(scene, "b0: ");
	add_line(scene, 0, 0);
	add(scene, "\r\nb0: ");
	add_line(scene, 1, 1);
	add(scene, "\r\nb0: ");
	add_line(scene, 2, 60);
	add(scene, "b0: ");
	add_line(scene, 3, 0);
	add(scene, "x\r\n");
	add_line(scene, 1000, 0);
	add(scene, "\r\nb0: ");
	add_line(scene, 4, 0);
	add(scene, "\r\n");
}

static void
test_garbled(void **state)
{
	(void)state;
	play("line", fill_garbled, 5, 3, 0, 0, 3);
}

/*
 * Lines of the same length are found by looking where they would be. In what comes
 * before them there may be the end of another one.
 */
static void
fill_hidden(struct scene *scene)
{
	char name[] = "a name of as many bytes as there are in what is left of a line";

	add(scene, name);
	add(scene, ": ");
	add_line(scene, 0, 0);
	add(scene, "\n");
	add_line(scene, 1, 80 - sizeof(name));
	add(scene, "\n");
	add_line(scene, 2, 0);
	add(scene, "\n");
}

static void
test_hidden(void **state)
{
	(void)state;
	play("line", fill_hidden, 3, 1, 0, 0, 1);
}

/* Other text may be of any length, a name list of ten thousand people for one. */
static void
test_long(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, "line");
	for (int i = 0; i < 800; i++)
		add(&scene, "b1234, ");
	add(&scene, "\r\nb0: ");
	add_line(&scene, 0, 0);
	add(&scene, "\r\n");
	for (size_t at = 0; at < scene.len; at += 70)
		come(&scene, at, at + 70 < scene.len ? at + 70 : scene.len);
	check(&scene, 1, 0, 0, 0, 0);
	end(&scene);
}

/*
 * Telnet: lines are folded at blanks, between them is the line that is being typed
 */

/* A line as it is folded: each blank, or each one of them, is a fold. */
static void
add_folded(struct scene *scene, uint32_t sequence, int every)
{
	size_t from = scene->len, to;
	char line[PAYLOAD_MAX + 1] = {0};
	int blanks = 0;

	add_line(scene, sequence, 0);
	to = scene->len;
	memcpy(line, scene->text + from, to - from);
	scene->len = from;
	for (const char *c = line; *c != '\0'; c++) {
		const char one[] = {*c, '\0'};

		add(scene,
			*c == ' ' && ++blanks % every == 0 ? "\x1B[0m\r\n    \x1B[36m"
							   : one);
	}
	add(scene, "\x1B[0m\r\n");
}

static void
fill_telnet(struct scene *scene)
{
	add(scene, "\xFF\xFB\x01\xFF\xFB\x03\xFF\xFA\x18\x01\xFF\xF0");
	add(scene, "\r\x1B[K\x1B[36mb0\x1B[0m: ");
	add_folded(scene, 0, 3);
	add(scene, "> typed, }1");
	add(scene, "\r\x1B[Kb0: ");
	add_folded(scene, 1, 1);
	add(scene, "b0: ");
	add_folded(scene, 2, 100);
	/* Something typed that looks like the front of one, erased in two ways. */
	for (int i = 0; i < 2; i++) {
		add(scene, "> ");
		add_line(scene, 3, 50);
		add(scene, i == 0 ? "\r" : "\x1B[K");
		add(scene,
			"-- a notice as long as one, and no more: 'The quick brown fox "
			"jumps over the lazy dog'\r\n");
	}
	/* A line in the editor that looks like one, and does not fit. */
	add(scene, "> ");
	add_line(scene, 3, 20);
	add(scene, "\r> ");
	add_line(scene, 3, 20);
	add(scene, "\x1B[2;1H\x1B[K");
	add(scene, "b0: ");
	add_folded(scene, 4, 2);
	add(scene, "> ");
}

static void
test_telnet(void **state)
{
	(void)state;
	play("telnet", fill_telnet, 5, 1, 0, 0, 0);
}

static void
fill_telnet_faults(struct scene *scene)
{
	add(scene, "b0: ");
	add_folded(scene, 1, 3);
	add(scene, "b0: ");
	add_folded(scene, 0, 3);
	add(scene, "b0: ");
	add_folded(scene, 0, 3);
	add(scene, "b0: ");
	add_line(scene, 2, 30);
	add(scene, "b0: ");
	add_line(scene, 3, 0);
}

static void
test_telnet_faults(void **state)
{
	(void)state;
	play("telnet", fill_telnet_faults, 4, 1, 1, 1, 0);
}

/* A text in which something was changed on the way. */
static void
fill_telnet_garbled(struct scene *scene)
{
	add(scene, "b0: ");
	add_line(scene, 0, 0);
	scene->text[40] = 'X';
	add(scene, "\r\n");
}

static void
test_telnet_garbled(void **state)
{
	(void)state;
	play("telnet", fill_telnet_garbled, 1, 1, 0, 0, 1);
}

/* What the client says of itself, once each. */
static void
test_telnet_answers(void **state)
{
	static const char asked[] = "\xFF\xFD\x18\xFF\xFD\x1F\xFF\xFA\x18\x01\xFF\xF0"
				    "\xFF\xFB\x01\xFF\xFB\x03\xFF\xFD\x2A\xFF\xFB\x19"
				    "\xFF\xFD\x06";
	static const char answers[] = "\xFF\xFB\x1F\xFF\xFB\x18"
				      "\xFF\xFA\x1F\0\x50\0\x18\xFF\xF0"
				      "\xFF\xFA\x18\0XTERM\xFF\xF0"
				      "\xFF\xFD\x01\xFF\xFD\x03\xFF\xFC\x2A\xFF\xFE\x19"
				      "\xFF\xFB\x06";
	struct scene scene;
	char got[200];

	(void)state;
	begin(&scene, "telnet");
	assert_false(telnet_is_ready(scene.listener->telnet));
	add(&scene, asked);
	come(&scene, 0, scene.len);
	assert_true(telnet_is_ready(scene.listener->telnet));
	assert_int_equal(read(scene.fd, got, sizeof(got)), sizeof(answers) - 1);
	assert_memory_equal(got, answers, sizeof(answers) - 1);
	end(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_garbled),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_telnet),
		cmocka_unit_test(test_telnet_faults),
		cmocka_unit_test(test_telnet_garbled),
		cmocka_unit_test(test_telnet_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
