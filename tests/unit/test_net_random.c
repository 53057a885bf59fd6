/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/mem.h"
#include "chat/audience.h"
#include "chat/chat.h"
#include "chat/observer.h"
#include "chat/room.h"
#include "net/conn.h"
#include "net_talk.h"
#include "wire.h"

/*
 * A big room at random: people come, go, talk, rename themselves, ignore each other,
 * and stop reading, while the clock goes on and `pace` changes. Each line has a number.
 * Who is to get it is noted when it is said, as an observer is told, by where people
 * are then; what each of them reads must be that: every line once, in order, no later
 * than `pace` allows, and nothing behind the end.
 */

enum {
	STEPS = 900,
	AT_FIRST = 2 * AUDIENCE_MAX + 30,
	PEOPLE_MAX = AT_FIRST + 40,
	LINES_MAX = 100000,
	/* So many turns without anything new must be enough for all to be told, */
	TURNS_MAX = 50,
	/* each of which takes so many microseconds at most. */
	TURN_MAX = 100,
	SMALL_BUFFER = 4096,
};

/* One line of somebody. */
struct said {
	uint64_t from;
	char nick[32];
	int64_t us;
};

struct reader {
	struct caller caller;
	uint64_t id;
	struct buf got;     /* the begin of a line */
	uint32_t *wanted;   /* lines that he must get, in order */
	size_t at, count;   /* of them: the next one, all */
	uint64_t skippable; /* lines that he does not get, as he was told */
	bool is_edited;     /* he has the line editor */
	bool is_small;      /* his socket takes little, so much is unsent */
	bool has_stopped;   /* he is one of those, and does not read */
	bool is_leaving;    /* he reads on until the end */
};

struct crowd {
	struct rig *rig;
	struct observer observer;
	struct reader *readers[PEOPLE_MAX];
	size_t nreaders;
	struct said *said; /* by number */
	uint32_t nsaid;
	uint64_t random;
	int64_t pace;     /* milliseconds */
	bool is_hurried;  /* much is said in little time, so that most of it waits */
	size_t waits;     /* how often somebody did when all was done */
	size_t most;      /* bytes that were on the page */
	size_t read;      /* lines, by all of them */
	uint64_t skipped; /* as they were told */
};

/* Not rand(3): the same on every machine. */
static unsigned
chance(struct crowd *crowd, unsigned of)
{
	crowd->random =
		crowd->random * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (unsigned)(crowd->random >> 33) % of;
}

/*
 * What is said
 */

/* The number behind the last "line_" in it, or 0. */
static uint32_t
number_in(struct str text)
{
	uint32_t number = 0;

	for (size_t i = text.len; i >= 5; i--) {
		if (memcmp(text.p + i - 5, "line_", 5) != 0)
			continue;
		for (; i < text.len && text.p[i] >= '0' && text.p[i] <= '9'; i++)
			number = number * 10 + (uint32_t)(text.p[i] - '0');
		return number;
	}
	return 0;
}

static void
say_first(struct crowd *crowd, uint32_t number, const struct user *user)
{
	struct said *said = &crowd->said[number];

	assert_in_range(number, 1, crowd->nsaid);
	assert_int_equal(said->from, 0);
	said->from = user->id;
	said->us = crowd->rig->world->now.us;
	(void)snprintf(said->nick, sizeof(said->nick), "%s", user->nick);
}

static void
want(struct reader *reader, uint32_t number)
{
	if ((reader->count & (reader->count - 1)) == 0)
		reader->wanted = xreallocarray(
			reader->wanted, 2 * reader->count + 1, sizeof(*reader->wanted));
	reader->wanted[reader->count++] = number;
}

static bool
hears(const struct user *user, const struct user *from)
{
	return user != NULL && user != from &&
		!ignore_has(&user->ignored, str_of(from->key), from->id);
}

static void
on_observed(void *arg, const struct observation *seen)
{
	struct crowd *crowd = arg;
	struct chat *chat = crowd->rig->world->chat;
	const struct user *from;
	const struct room *room;
	uint32_t number;

	if (seen->what != OBSERVED_SAID && seen->what != OBSERVED_ACTED)
		return;
	number = number_in(seen->text);
	from = user_find(chat, seen->nick);
	room = room_find(chat, seen->room);
	assert_non_null(room);
	say_first(crowd, number, from);
	for (size_t i = 0; i < crowd->nreaders; i++) {
		struct user *user = user_find_id(chat, crowd->readers[i]->id);

		if (hears(user, from) && user_member(user, room) != NULL)
			want(crowd->readers[i], number);
	}
}

static const struct observer_ops observer_ops = {.observe = on_observed};

/*
 * What is read
 */

/* How many lines it says were skipped. What telnet asks for may stand before that. */
static uint64_t
skipped_in(struct str line)
{
	const char *from = memrchr(line.p, '[', line.len);
	unsigned long long skipped = 0;
	char text[32];

	if (from == NULL)
		return 0;
	(void)snprintf(
		text, sizeof(text), "%.*s", (int)(line.p + line.len - from), from);
	return sscanf(text, "[%llu line", &skipped) == 1 ? skipped : 0;
}

/* The next line that he must get is this one, but for those that were skipped. */
static void
check_line(struct crowd *crowd, struct reader *reader, struct str line)
{
	uint32_t number = number_in(line);
	uint64_t skipped = skipped_in(line);
	const struct said *said;

	reader->skippable += skipped;
	crowd->skipped += skipped;
	if (number == 0)
		return;
	assert_in_range(number, 1, crowd->nsaid);
	said = &crowd->said[number];
	if (said->from == reader->id)
		return; /* as he typed it */
	while (reader->at < reader->count && reader->wanted[reader->at] != number &&
		reader->skippable > 0) {
		reader->skippable--;
		reader->at++;
	}
	if (!reader->is_leaving || !reader->is_small)
		reader->skippable = 0;
	if (reader->at == reader->count)
		fail_msg("%llu got line %u: doubled, or not for him",
			(unsigned long long)reader->id, number);
	if (reader->wanted[reader->at] != number)
		fail_msg("%llu got line %u, not %u", (unsigned long long)reader->id,
			number, reader->wanted[reader->at]);
	/* A long line is folded in a window, and the name stands further above. */
	if (!reader->is_edited)
		assert_non_null(
			memmem(line.p, line.len, said->nick, strlen(said->nick)));
	reader->at++;
	crowd->read++;
}

static void
check_lines(struct crowd *crowd, struct reader *reader)
{
	struct str rest = buf_str(&reader->got), line;
	struct buf left = {0};

	while (memchr(rest.p, '\n', rest.len) != NULL) {
		(void)str_split(&rest, '\n', &line);
		check_line(crowd, reader, line);
	}
	buf_add_str(&left, rest);
	buf_fini(&reader->got);
	reader->got = left;
}

static void
reader_free(struct crowd *crowd, size_t index)
{
	struct reader *reader = crowd->readers[index];

	caller_end(&reader->caller);
	buf_fini(&reader->got);
	free(reader->wanted);
	free(reader);
	crowd->readers[index] = crowd->readers[--crowd->nreaders];
}

/* What has come for him so far was said no longer ago than he may have to wait. */
static void
check_in_time(const struct crowd *crowd, const struct reader *reader)
{
	const struct said *said;

	/* What his socket has not taken comes when he reads. */
	if (reader->is_small || reader->is_leaving || reader->at == reader->count)
		return;
	said = &crowd->said[reader->wanted[reader->at]];
	if (said->us + crowd->pace * 1000 + TURNS_MAX * TURN_MAX <=
		crowd->rig->world->now.us)
		fail_msg("%llu waits for line %u too long",
			(unsigned long long)reader->id, reader->wanted[reader->at]);
}

/* He reads what there is. At the end of it he must have got everything, and is gone. */
static void
reader_read(struct crowd *crowd, size_t index)
{
	struct reader *reader = crowd->readers[index];
	char bytes[16384];
	ssize_t n;

	while ((n = recv(reader->caller.fd, bytes, sizeof(bytes), 0)) > 0) {
		buf_add(&reader->got, bytes, (size_t)n);
		check_lines(crowd, reader);
	}
	if (n != 0) {
		check_in_time(crowd, reader);
		return;
	}
	assert_true(reader->is_leaving);
	assert_true(reader->count - reader->at <= reader->skippable);
	assert_int_equal(number_in(buf_str(&reader->got)), 0);
	reader_free(crowd, index);
}

/*
 * What happens
 */

static void
type_text(const struct reader *reader, struct str text)
{
	/* Whose session has been ended meanwhile has nobody who listens. */
	(void)send(reader->caller.fd, text.p, text.len, MSG_NOSIGNAL);
}

static void
go_on(struct crowd *crowd, int64_t us)
{
	struct moment *now = &crowd->rig->world->now;

	now->us += us;
	now->mono = now->us / 1000;
}

/* Turns without anything new, as long as the daemon itself wants one at once. */
static void
settle(struct crowd *crowd)
{
	const struct net *net = crowd->rig->net;
	unsigned turns = 0;
	int64_t due;

	do {
		go_on(crowd, chance(crowd, TURN_MAX));
		rig_turn(crowd->rig);
		rig_pass(crowd->rig, 0);
		/* A flood may take longer. */
		if (TAILQ_EMPTY(&net->waiting))
			assert_true(++turns < TURNS_MAX);
		due = net_next_due(net);
	} while (!TAILQ_EMPTY(&net->waiting) ||
		(due != -1 && due <= crowd->rig->world->now.mono));
	/* Who is not told yet waits for his time, and not for his turn. */
	assert_true(TAILQ_EMPTY(&crowd->rig->world->chat->due));
}

static void
pass(struct crowd *crowd, int64_t us)
{
	go_on(crowd, us);
	settle(crowd);
}

/* Somebody has a terminal, and the line editor. */
static void
sit_down(struct crowd *crowd, struct reader *reader)
{
	static const char size[] = SB NAWS "\0\x78\0\x18" SE;

	type_text(reader, STR(WILL NAWS WILL TTYPE TYPE_IS("VT100") DO ECHO DO SGA));
	type_text(reader, str_make(size, sizeof(size) - 1));
	settle(crowd);
	/* A page that he must turn would take what he types for keys. */
	type_text(reader, STR(DO ECHO DO SGA "/set pager off\r\n"));
	settle(crowd);
	assert_non_null(reader->caller.conn->proto.editor);
	reader->is_edited = true;
}

static void
come(struct crowd *crowd)
{
	struct reader *reader = xcalloc(1, sizeof(*reader));
	int size = SMALL_BUFFER;

	reader->caller = rig_call(crowd->rig, SOCK_STREAM);
	reader->id = reader->caller.conn->peer.id;
	crowd->readers[crowd->nreaders++] = reader;
	switch (chance(crowd, 10)) {
	case 0:
		sit_down(crowd, reader);
		break;
	case 1:
		reader->is_small = true;
		assert_int_equal(setsockopt(reader->caller.conn->fd, SOL_SOCKET,
					 SO_SNDBUF, &size, sizeof(size)),
			0);
		break;
	default:
		break;
	}
	caller_forget(&reader->caller);
}

/* He ends his session in one of the ways that there are. */
static void
go(struct crowd *crowd, size_t index)
{
	struct reader *reader = crowd->readers[index];

	reader->is_leaving = true;
	/* Who leaves in the midst of it is not told. */
	if (reader->is_small)
		reader->skippable = UINT64_MAX / 2;
	reader->has_stopped = false;
	switch (chance(crowd, 3)) {
	case 0:
		type_text(reader, STR("/quit\r\n"));
		break;
	case 1:
		(void)shutdown(reader->caller.fd, SHUT_WR);
		break;
	default:
		reader_free(crowd, index);
	}
}

static const char *
nick_of(const struct crowd *crowd, const struct reader *reader)
{
	const struct user *user = user_find_id(crowd->rig->world->chat, reader->id);

	return user != NULL ? user->nick : "nobody";
}

/* Some lines by one call; sometimes they hold a name, which may be special to him. */
static void
talk_a_lot(struct crowd *crowd, struct reader *reader, unsigned lines)
{
	static const char *const forms[] = {
		"line_%u\r\n", "line_%u\r\n", "/me at line_%u\r\n"};
	struct reader *other = crowd->readers[chance(crowd, (unsigned)crowd->nreaders)];
	unsigned padding = lines > 1 && chance(crowd, 2) > 0 ? 400 : 0;
	struct buf text = {0};

	while (lines-- > 0) {
		const char *form = forms[chance(crowd, 3)];

		assert_true(++crowd->nsaid < LINES_MAX);
		if (form[0] != '/' && chance(crowd, 8) == 0)
			buf_printf(&text, "%s: ", nick_of(crowd, other));
		else if (form[0] != '/' && padding > 0)
			buf_printf(&text, "%0*u: ", (int)padding, 0);
		buf_printf(&text, form, crowd->nsaid);
	}
	type_text(reader, buf_str(&text));
	buf_fini(&text);
}

/* Nobody else says anything in this turn, so it is known what comes before. */
static void
whisper(struct crowd *crowd, struct reader *reader)
{
	struct chat *chat = crowd->rig->world->chat;
	struct reader *other = crowd->readers[chance(crowd, (unsigned)crowd->nreaders)];
	struct user *from = user_find_id(chat, reader->id),
		    *to = user_find_id(chat, other->id);
	char *line;

	if (from == NULL || to == NULL || from == to)
		return;
	assert_true(++crowd->nsaid < LINES_MAX);
	line = xasprintf("/msg %s line_%u\r\n", to->nick, crowd->nsaid);
	say_first(crowd, crowd->nsaid, from);
	if (hears(to, from))
		want(other, crowd->nsaid);
	type_text(reader, str_of(line));
	free(line);
	settle(crowd);
}

static void
order(struct crowd *crowd, struct reader *reader)
{
	static const char *const orders[] = {"/nick n%u\r\n", "/ignore n%u\r\n",
		"/unignore n%u\r\n", "/join #two%.0u\r\n", "/part #two%.0u\r\n",
		"/color on%.0u\r\n", "/color off%.0u\r\n", "/timestamp full%.0u\r\n",
		"/timestamp off%.0u\r\n", "/quiet%.0u\r\n", "/join #lobby%.0u\r\n"};
	unsigned count = sizeof(orders) / sizeof(orders[0]);
	char *line = xasprintf(orders[chance(crowd, count)], chance(crowd, 50));

	type_text(reader, str_of(line));
	free(line);
}

static void
reload(struct crowd *crowd)
{
	static const char *const paces[] = {"server.pace=0", "server.pace=1ms",
		"server.pace=5ms", "server.pace=20ms", "server.pace=50ms"};
	struct world *world = crowd->rig->world;
	struct conf *old = world->conf;

	world->conf = conf_make(paces[chance(crowd, 5)], "limits.rate=0",
		"limits.send_time=0", "limits.send_queue_soft=4k", "room *.history=0",
		NULL);
	crowd->pace = world->conf->server.pace;
	chat_reconfigure(world->chat, world->conf, world->now);
	net_reconfigure(crowd->rig->net, world->conf);
	settle(crowd);
	conf_free(old);
}

static void
act(struct crowd *crowd)
{
	size_t index = chance(crowd, (unsigned)crowd->nreaders);
	struct reader *reader = crowd->readers[index];
	unsigned dice = chance(crowd, 40);

	if (dice < 2 && crowd->nreaders < PEOPLE_MAX) {
		settle(crowd);
		come(crowd);
	} else if (reader->is_leaving) {
		return;
	} else if (dice == 2 && crowd->nreaders > AT_FIRST - 20) {
		go(crowd, index);
	} else if (dice == 3) {
		reader->has_stopped = reader->is_small && !reader->has_stopped;
	} else if (dice == 4) {
		settle(crowd);
		whisper(crowd, reader);
	} else if (dice < 9) {
		order(crowd, reader);
	} else if (dice == 9) {
		talk_a_lot(crowd, reader, 1 + chance(crowd, 80));
	} else {
		talk_a_lot(crowd, reader, 1);
	}
}

static void
read_some(struct crowd *crowd, unsigned one_of)
{
	/* From the end on, for who has read the end of it makes room for the last. */
	for (size_t i = crowd->nreaders; i-- > 0;) {
		if (!crowd->readers[i]->has_stopped && chance(crowd, one_of) == 0)
			reader_read(crowd, i);
	}
}

/* Everybody reads, until there is nothing more. */
static void
read_all(struct crowd *crowd)
{
	for (size_t i = 0; i < crowd->nreaders; i++)
		crowd->readers[i]->has_stopped = false;
	for (int n = 0; n < 100; n++) {
		pass(crowd, 50000);
		read_some(crowd, 1);
	}
	for (size_t i = 0; i < crowd->nreaders; i++) {
		const struct reader *reader = crowd->readers[i];

		assert_false(reader->is_leaving);
		assert_true(reader->count - reader->at <= reader->skippable);
	}
	assert_done(crowd->rig);
}

static void
live(struct crowd *crowd)
{
	struct chat *chat = crowd->rig->world->chat;

	crowd->pace = crowd->rig->world->conf->server.pace;
	crowd->said = xcalloc(LINES_MAX, sizeof(*crowd->said));
	crowd->observer = (struct observer){.ops = &observer_ops, .arg = crowd};
	observer_add(chat, &crowd->observer);
	while (crowd->nreaders < AT_FIRST)
		come(crowd);
	pass(crowd, 10000000);
	for (int step = 0; step < STEPS; step++) {
		for (unsigned n = chance(crowd, 6); n > 0; n--)
			act(crowd);
		if (chance(crowd, 40) == 0)
			reload(crowd);
		if (chance(crowd, 40) == 0)
			crowd->is_hurried = !crowd->is_hurried;
		pass(crowd, chance(crowd, crowd->is_hurried ? 200 : 30000));
		crowd->waits += talk_waits(crowd->rig);
		if (crowd->rig->world->page.buf.len > crowd->most)
			crowd->most = crowd->rig->world->page.buf.len;
		read_some(crowd, 8);
	}
	read_all(crowd);
	while (crowd->nreaders > 0)
		reader_free(crowd, 0);
	observer_remove(chat, &crowd->observer);
	free(crowd->said);
}

static void
test_crowd(void **state)
{
	struct world *world = world_new(state, "limits.rate=0", "limits.send_time=0",
		"limits.send_queue_soft=4k", "room *.history=0", NULL);
	struct crowd crowd = {.random = 20261121, .rig = rig_new(state, world)};

	live(&crowd);
	assert_true(crowd.read > 100000);
	assert_true(crowd.skipped > 0);
	assert_true(crowd.waits > 100);
	assert_true(crowd.most > PAGE_CAP / 2);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		rig_test(test_crowd),
	};

	return cmocka_run_group_tests_name("net_random", tests, NULL, NULL);
}
