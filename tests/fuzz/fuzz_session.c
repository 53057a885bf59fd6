/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/passphrase.h"
#include "base/utf8.h"
#include "base/worker.h"
#include "base/wrap.h"
#include "chat/chat.h"
#include "chat/command.h"
#include "chat/console.h"
#include "chat/flood.h"
#include "chat/host.h"
#include "chat/user.h"
#include "fuzz.h"

/*
 * A whole house in process: up to eight people whose peers are not there, a worker
 * without a thread, and a clock that goes on when the input says so. Each line of the
 * input does one thing; its first byte says what, its second who:
 *
 *	a..z WORDS	that person types WORDS (of 26 letters 8 are people)
 *	+A, +aN		A comes, or his connection breaks at the Nth line he is sent
 *	-A, *A, =A	his connection breaks; he becomes operator; he has a terminal
 *	~N		time passes, the more the later in the alphabet N is
 *	! < >		the worker works; the configuration is reloaded; files are read
 *	@ WORDS		an operator's tool requests WORDS, or they are a line of its
 *pipe
 *
 * Whatever happens: a line that is delivered is clean and ends with CR LF, nobody hears
 * anything after his end or is ended twice, an answer to a request has its form, counts
 * are right at the end of each turn, and when all have left nothing is.
 */
enum {
	PEOPLE = 8,
	SWEEPS_MAX = 1000,
	WORKER_JOBS = 16,
};

#define WALL INT64_C(1795255200)

struct person {
	struct peer peer; /* first, so that the peer is the person */
	struct world *world;
	bool is_here;
	bool is_hidden;
	unsigned breaks_after;
};

struct world {
	struct conf *conf;
	struct page page;
	struct worker *worker;
	struct chat *chat;
	struct moment now;
	uint64_t last_id;
	struct person people[PEOPLE];
	struct console *console;
	enum console_next next; /* of it */
};

static char folder[256];

/* Hashing is slow by design, and so are disks: here both are fast. */

int __wrap_passphrase_hash(
	struct str secret, char out[PASSPHRASE_HASH_MAX], struct err *err);
bool __wrap_passphrase_check(struct str secret, const char *hash);
int __wrap_fsync(int fd);

int
__wrap_passphrase_hash(
	struct str secret, char out[PASSPHRASE_HASH_MAX], struct err *err)
{
	uint64_t sum = 14695981039346656037u;

	if (secret.len == 0 || secret.len > PASSPHRASE_BYTES_MAX) {
		err_set(err, "no passphrase");
		return -1;
	}
	for (size_t i = 0; i < secret.len; i++)
		sum = (sum ^ (unsigned char)secret.p[i]) * 1099511628211u;
	snprintf(out, PASSPHRASE_HASH_MAX, "$y$j9T$salt$%043llu",
		(unsigned long long)sum);
	CHECK(passphrase_is_hash(out));
	return 0;
}

bool
__wrap_passphrase_check(struct str secret, const char *hash)
{
	char own[PASSPHRASE_HASH_MAX];
	struct err err;

	return hash != NULL && __wrap_passphrase_hash(secret, own, &err) == 0 &&
		strcmp(own, hash) == 0;
}

int
__wrap_fsync(int fd)
{
	(void)fd;
	return 0;
}

/* Peers */

/*
 * Without what only a terminal that asked for it gets: colours, the bell, and the mark
 * at which the net layer folds lines.
 */
static void
check_clean(struct str line)
{
	struct buf plain = {0}, clean = {0};

	for (size_t i = 0; i < line.len; i++) {
		if (line.p[i] == '\033' && i + 1 < line.len && line.p[i + 1] == '[') {
			while (i < line.len && line.p[i] != 'm')
				i++;
		} else if (line.p[i] != '\a' && line.p[i] != WRAP_MARK) {
			buf_add_char(&plain, line.p[i]);
		}
	}
	CHECK(utf8_valid(buf_str(&plain)));
	utf8_clean(&clean, buf_str(&plain));
	CHECK(str_eq(buf_str(&clean), buf_str(&plain)));
	buf_fini(&plain);
	buf_fini(&clean);
}

static void
on_deliver(struct peer *peer, struct extent extent, bool is_urgent)
{
	struct person *person = (struct person *)peer;
	struct page *page = &person->world->page;
	struct str text, line;

	(void)is_urgent;
	CHECK(person->is_here);
	CHECK(extent.len > 0 && extent.from + extent.len <= page->buf.len);
	text = page_text(page, extent);
	CHECK(text.len >= 2 && memcmp(text.p + text.len - 2, "\r\n", 2) == 0);
	while (text.len > 0 && str_split(&text, '\n', &line)) {
		CHECK(line.len > 0 && line.p[line.len - 1] == '\r');
		check_clean(str_make(line.p, line.len - 1));
	}
	if (person->breaks_after > 0 && --person->breaks_after == 0) {
		person->is_here = false;
		user_quit(user_find_id(person->world->chat, peer->id), STR("broken"));
	}
}

static void
on_hangup(struct peer *peer, enum reason reason)
{
	struct person *person = (struct person *)peer;

	CHECK(person->is_here);
	CHECK(reason_text(reason) != NULL);
	person->is_here = false;
}

static void
on_configure(struct peer *peer)
{
	struct person *person = (struct person *)peer;

	CHECK(person->is_here);
	(void)user_peer_wishes(user_find_id(person->world->chat, peer->id));
}

static bool
on_hide(struct peer *peer, bool hidden)
{
	struct person *person = (struct person *)peer;

	CHECK(person->is_here && person->is_hidden != hidden);
	person->is_hidden = hidden;
	return peer->id % 2 == 0;
}

static const struct peer_ops ops = {
	.deliver = on_deliver,
	.hangup = on_hangup,
	.configure = on_configure,
	.hide = on_hide,
};

/* The house */

static struct conf *
conf_of(bool is_other)
{
	char state[sizeof(folder) + 16];
	const char *overrides[] = {
		state,
		is_other ? "server.settle=0" : "server.settle=2s",
		is_other ? "limits.rooms=1" : "limits.rooms=5",
		is_other ? "limits.rate=0" : "limits.rate=50",
		is_other ? "limits.idle_timeout=0" : "limits.idle_timeout=1h",
		"limits.clients_per_address=4",
		"limits.exempt=192.0.2.0/24",
		"limits.first_line=10m",
		"limits.claims=3",
		"room #den.key=sesame",
		"room #lobby.autojoin=yes",
	};
	struct conf_source source = {.overrides = overrides,
		.noverrides = sizeof(overrides) / sizeof(overrides[0])};
	struct errlist errors = {0};
	struct conf *conf;

	snprintf(state, sizeof(state), "server.state=%s", folder);
	conf = conf_load(&source, &errors);
	for (size_t i = 0; i < errors.count; i++)
		fprintf(stderr, "%s\n", errors.texts[i]);
	CHECK(conf != NULL);
	errlist_fini(&errors);
	return conf;
}

/* Each is somewhere, and nowhere twice. */
static void
check_counts(const struct world *world)
{
	size_t present = 0;

	for (size_t i = 0; i < PEOPLE; i++) {
		const struct person *person = &world->people[i];
		const struct user *user;

		if (!person->is_here)
			continue;
		present++;
		user = user_find_id(world->chat, person->peer.id);
		CHECK(user != NULL && user->peer == &person->peer && !user->is_gone);
		CHECK(user_find(world->chat, str_of(user->nick)) == user);
		CHECK((user->current == NULL) == (user->nmembers == 0));
		CHECK(person->is_hidden ==
			(user->question != ASK_NOTHING &&
				user->question != ASK_CONFIRM));
	}
	CHECK(present == chat_people(world->chat));
}

static void
turn(struct world *world)
{
	unsigned sweeps = 0;

	do {
		chat_sweep(world->chat);
		chat_hand_out(world->chat, world->now.us);
		buf_reset(&world->page.buf);
		CHECK(++sweeps < SWEEPS_MAX);
	} while (!chat_is_swept(world->chat));
	check_counts(world);
}

static void
come(struct world *world, struct person *person, unsigned breaks_after)
{
	static const char *const from[] = {"192.0.2.1", "198.51.100.7", "2001:db8::1"};
	const char *text = from[world->last_id % 3];
	struct network network;
	struct buf words = {0};
	struct err err;

	if (person->is_here)
		return;
	*person = (struct person){.world = world, .breaks_after = breaks_after};
	CHECK(network_parse(&network, str_of(text), &err) == 0);
	person->peer = (struct peer){.ops = &ops,
		.id = ++world->last_id,
		.from = text,
		.has_addr = true,
		.addr = network.addr};
	if (chat_admit(world->chat, &person->peer, world->now, &words) == REASON_NONE) {
		person->is_here = true;
		user_arrive(world->chat, &person->peer, world->now);
	} else {
		CHECK(words.len > 2);
	}
	buf_fini(&words);
}

static struct user *
user_of(struct person *person)
{
	return user_find_id(person->world->chat, person->peer.id);
}

static void
type(struct person *person, struct str words)
{
	struct world *world = person->world;
	struct buf clean = {0};

	if (!person->is_here || flood_wait(user_of(person), world->now) > 0)
		return;
	utf8_clean(&clean, words);
	user_line(user_of(person), buf_str(&clean), world->now);
	buf_fini(&clean);
}

/* An operator's tool, and the daemon that it is for */

static int
host_reload(void *arg, struct reload *reload)
{
	(void)arg;
	errlist_add(&reload->errors, "/etc/prattled.ini:3: a mistake");
	return -1;
}

static void
host_shutdown(void *arg, const char *why)
{
	(void)arg;
	CHECK(why[0] != '\0');
}

static int
host_restart(void *arg, struct err *err)
{
	(void)arg;
	err_set(err, "there is no other program");
	return -1;
}

static void
host_status(void *arg, struct host_status *status)
{
	static const uint64_t closes[REASONS] = {[REASON_QUIT] = 3};

	(void)arg;
	*status = (struct host_status){.log_level = "notice", .closes = closes};
	errlist_add(&status->listens, "127.0.0.1:4000");
}

static bool
host_set_log_level(void *arg, struct str level)
{
	(void)arg;
	return level.len > 4;
}

static bool
host_metrics(void *arg, struct str format, struct buf *out)
{
	(void)arg;
	if (format.len == 0)
		buf_add_str(out, STR("prattle_people 1\n"));
	return format.len == 0;
}

static const struct host_ops host_ops = {
	.rehash = host_reload,
	.check = host_reload,
	.shutdown = host_shutdown,
	.restart = host_restart,
	.status = host_status,
	.set_log_level = host_set_log_level,
	.metrics = host_metrics,
};

static bool
is_last(struct str line)
{
	return str_eq(line, STR("ok")) || str_eq(line, STR("failed")) ||
		str_eq(line, STR("usage"));
}

/* Lines that say what they are, clean, and the one that ends them where it shall. */
static void
check_answer(struct str answer, enum console_next next)
{
	struct str line;
	bool ended = false;

	CHECK(utf8_valid(answer));
	while (answer.len > 0 && str_split(&answer, '\n', &line)) {
		CHECK(!ended && line.len > 0);
		check_clean(line);
		ended = is_last(line) || str_eq(line, STR("more"));
		CHECK(ended || line.p[0] == '{' || str_starts(line, STR("- ")) ||
			str_starts(line, STR("! ")));
	}
	CHECK(ended == (next != CONSOLE_EVENTS));
}

static void
request(struct world *world, struct str words)
{
	struct buf answer = {0};

	if (world->console == NULL)
		world->console = console_new(world->chat, "r.oo t", "uid 0 pid 1");
	if (world->next == CONSOLE_LINES) {
		if (words.len > 0 && console_line(world->console, words, world->now))
			return;
		console_finish(world->console, &answer);
		world->next = CONSOLE_REQUEST;
	} else {
		world->next =
			console_request(world->console, words, world->now, &answer);
	}
	if (world->next == CONSOLE_OUTCOME) {
		CHECK(answer.len == 0);
		console_outcome(
			world->console, words.len % 2 == 0 ? NULL : "no", &answer);
		world->next = CONSOLE_REQUEST;
	}
	check_answer(buf_str(&answer), world->next);
	buf_fini(&answer);
}

static void
pass(struct world *world, unsigned char how_long)
{
	int64_t due, ms = INT64_C(1) << (how_long % 32);

	world->now.mono += ms;
	world->now.wall += ms / 1000;
	due = chat_next_due(world->chat);
	if (due != -1 && due <= world->now.mono)
		chat_tick(world->chat, world->now);
}

static void
reload(struct world *world)
{
	struct conf *old = world->conf;

	world->conf = conf_of(old->limits.rate != 0);
	chat_reconfigure(world->chat, world->conf, world->now);
	conf_free(old);
}

static void
read_files(struct world *world)
{
	struct errlist errors = {0};

	/* What we write ourselves we take. */
	CHECK(chat_load(world->chat, world->now, &errors) == 0);
	errlist_fini(&errors);
}

static void
sit(struct person *person, struct str rest)
{
	unsigned char how = rest.len > 0 ? (unsigned char)rest.p[0] : 0;

	if (person->is_here)
		user_set_terminal(user_of(person),
			(struct terminal){.columns = how,
				.rows = how % 40,
				.colours = how % 3 == 0 ? 256 : 0,
				.is_reader = how % 5 == 0,
				.is_telnet = true,
				.is_ours = how % 2 == 0});
}

static void
leave(struct person *person)
{
	struct user *user;

	if (!person->is_here)
		return;
	user = user_of(person);
	person->is_here = false;
	user_quit(user, STR("broken"));
}

static void
act(struct world *world, struct str line)
{
	unsigned char what = (unsigned char)line.p[0];
	unsigned char who = line.len > 1 ? (unsigned char)line.p[1] : 0;
	struct str rest = str_from(line, line.len > 2 ? 2 : line.len);
	struct person *person = &world->people[who % PEOPLE];

	switch (what) {
	case '+':
		come(world, person, rest.len > 0 ? (unsigned char)rest.p[0] % 16 : 0);
		break;
	case '-':
		leave(person);
		break;
	case '*':
		if (person->is_here)
			user_of(person)->level = PERM_OPERATOR;
		break;
	case '=':
		sit(person, rest);
		break;
	case '~':
		pass(world, who);
		break;
	case '!':
		chat_collect(world->chat, world->now);
		break;
	case '<':
		reload(world);
		break;
	case '>':
		read_files(world);
		break;
	case '@':
		request(world, str_from(line, 1));
		break;
	default:
		type(&world->people[what % PEOPLE], str_from(line, 1));
	}
	turn(world);
}

static void
forget_files(void)
{
	static const char *const names[] = {"bans", "claims"};

	for (size_t i = 0; i < 2; i++) {
		char *path = xasprintf("%s/%s", folder, names[i]);

		(void)unlink(path);
		free(path);
	}
}

static void
remove_folder(void)
{
	forget_files();
	(void)rmdir(folder);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *tmp = getenv("TMPDIR");

	(void)argc;
	(void)argv;
	log_setup(LOG_TO_STDERR, LOG_PREFIX_JOURNAL, LOG_ALERT, LOG_DAEMON);
	snprintf(folder, sizeof(folder), "%s/fuzz_session.XXXXXX",
		tmp != NULL ? tmp : "/tmp");
	CHECK(mkdtemp(folder) != NULL);
	atexit(remove_folder);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world world = {.now = {.mono = 5000, .wall = WALL}};
	struct str input = str_make((const char *)data, size), line;

	world.conf = conf_of(false);
	world.worker = worker_new_inline(WORKER_JOBS);
	world.chat = chat_new(world.conf, &world.page, world.worker, world.now);
	chat_set_host(world.chat, &host_ops, &world);
	while (input.len > 0 && str_split(&input, '\n', &line)) {
		if (line.len > 0)
			act(&world, line);
	}
	/* Half of the inputs end with people still there. */
	if (size % 2 == 0) {
		for (size_t i = 0; i < PEOPLE; i++)
			leave(&world.people[i]);
		turn(&world);
		CHECK(chat_people(world.chat) == 0);
		CHECK(world.chat->opened_rooms == 0);
	}
	worker_free(world.worker);
	console_free(world.console);
	chat_free(world.chat);
	conf_free(world.conf);
	buf_fini(&world.page.buf);
	forget_files();
	return 0;
}
