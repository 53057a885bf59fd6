/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/worker.h"
#include "capture.h"
#include "chat/store.h"
#include "chat/user.h"
#include "chat_fake.h"

/* Bans and claims on the disk. The worker works when the test says so. */

#define HASH "$6$salt$abcdefghijklmnopqrstuvwxyz"
#define DAY INT64_C(86400000)

static struct store *
store_of(const struct world *world)
{
	return world->chat->store;
}

static char *
path_of(const struct world *world, const char *name)
{
	return xasprintf("%s/%s", world->folder, name);
}

/* What is in a file; "" if there is none (returns new). */
static char *
content(const struct world *world, const char *name)
{
	char *path = path_of(world, name);
	struct buf out = {0};
	struct err err = {""};

	if (file_read(path, SIZE_MAX, &out, &err) == -1)
		fail_msg("%s", err.text);
	free(path);
	return buf_take(&out);
}

static void
check_content(const struct world *world, const char *name, const char *expected)
{
	char *text = content(world, name);

	assert_string_equal(text, expected);
	free(text);
}

static void
put(const struct world *world, const char *name, const char *text)
{
	char *path = path_of(world, name);
	struct err err = {""};

	if (file_replace(path, str_of(text), 0644, &err) == -1)
		fail_msg("%s", err.text);
	free(path);
}

static void
check_mode(const struct world *world, const char *name, mode_t mode)
{
	char *path = path_of(world, name);
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
	free(path);
}

static void
ban(struct world *world, const char *nick)
{
	struct store *store = store_of(world);
	char none[] = "";
	struct ban new = {.kind = BAN_ENTRY, .by = none, .reason = none};
	struct err err;

	assert_int_equal(ban_set_target(&new, str_of(nick), &err), 0);
	store_refresh(store, STORE_BANS, world->now.wall);
	(void)bans_add(&store->bans, &new);
	store_changed(store, STORE_BANS);
}

static void
unban(struct world *world, const char *nick)
{
	struct store *store = store_of(world);
	struct ban like = {.kind = BAN_ENTRY};
	struct err err;

	assert_int_equal(ban_set_target(&like, str_of(nick), &err), 0);
	store_refresh(store, STORE_BANS, world->now.wall);
	assert_int_equal(bans_remove(&store->bans, &like), 1);
	store_changed(store, STORE_BANS);
}

static bool
is_banned(const struct world *world, const char *nick)
{
	return bans_hit_nick(&store_of(world)->bans, str_of(nick), world->now.wall) !=
		NULL;
}

static void
claim(struct world *world, const char *nick)
{
	struct store *store = store_of(world);

	store_refresh(store, STORE_CLAIMS, world->now.wall);
	claims_set(store->claims, str_of(nick), HASH, world->now.wall);
	store_changed(store, STORE_CLAIMS);
}

static bool
is_claimed(const struct world *world, const char *nick)
{
	return claims_find(store_of(world)->claims, str_of(nick)) != NULL;
}

static size_t
load(struct world *world)
{
	struct errlist errors = {0};
	int rc = chat_load(world->chat, world->now, &errors);
	size_t count = errors.count;

	assert_int_equal(rc, count > 0 ? -1 : 0);
	for (size_t i = 0; i < count; i++)
		assert_non_null(strstr(errors.texts[i], world->folder));
	errlist_fini(&errors);
	return count;
}

/* A folder in the way of a file: it can be neither read nor written. */
static void
obstruct(const struct world *world, const char *name)
{
	char *path = path_of(world, name);

	assert_int_equal(mkdir(path, 0700), 0);
	free(path);
}

static void
clear(const struct world *world, const char *name)
{
	char *path = path_of(world, name);

	assert_int_equal(rmdir(path), 0);
	free(path);
}

static void
test_kept(void **state)
{
	struct world *world = world_new_stored(state, NULL);

	assert_int_equal(load(world), 0);
	assert_true(store_takes_claims(store_of(world)));
	ban(world, "spam");
	claim(world, "ann");
	/* Nothing waits for the disk. */
	check_content(world, "bans", "");
	world_work(world);
	check_content(world, "bans", "ban spam\n");
	check_content(
		world, "claims", "ann " HASH " claimed=2026-11-21 seen=2026-11-21\n");
	check_mode(world, "bans", 0640);
	check_mode(world, "claims", 0600);
	world_restart(world);
	assert_true(is_banned(world, "spam"));
	assert_true(is_claimed(world, "ann"));
	unban(world, "spam");
	world_work(world);
	world_restart(world);
	assert_false(is_banned(world, "spam"));
}

static void
test_together(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	char nick[16];

	for (int i = 0; i < 50; i++) {
		(void)snprintf(nick, sizeof(nick), "spam%d", i);
		ban(world, nick);
		assert_int_equal(worker_pending(world->worker), 1);
	}
	world_work(world); /* the text of the first one */
	world_work(world); /* and of all others */
	assert_int_equal(worker_pending(world->worker), 0);
	world_restart(world);
	assert_true(is_banned(world, "spam0"));
	assert_true(is_banned(world, "spam49"));
}

static void
test_no_folder(void **state)
{
	struct world *world = world_new(state, NULL);

	assert_false(store_takes_claims(store_of(world)));
	assert_int_equal(chat_load(world->chat, world->now, &(struct errlist){0}), 0);
	ban(world, "spam");
	assert_int_equal(worker_pending(world->worker), 0);
	assert_int_equal(chat_next_due(world->chat), -1);
	assert_true(is_banned(world, "spam"));
}

static void
test_missing_folder(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	char *away = xasprintf("%s.away", world->folder);

	ban(world, "spam");
	world_work(world);
	assert_int_equal(rename(world->folder, away), 0);
	assert_int_equal(load(world), 1);
	/* It may be a disk that is not there for a moment. */
	store_refresh(store_of(world), STORE_BANS, world->now.wall);
	assert_true(is_banned(world, "spam"));
	assert_int_equal(rename(away, world->folder), 0);
	free(away);
}

/* What can't be read is told, and not written over. */
static void
test_mistakes(void **state)
{
	static const char wrong[] = "ban spam\nbam x\nban y until=soon\n";
	struct world *world = world_new_stored(state, NULL);
	struct capture capture;

	put(world, "bans", wrong);
	assert_int_equal(load(world), 2);
	assert_false(is_banned(world, "spam"));
	/* What is said here holds all the same. */
	ban(world, "eve");
	world_work(world);
	world_pass(world, 10000);
	world_pass(world, 10000);
	world_work(world);
	assert_true(is_banned(world, "eve"));
	check_content(world, "bans", wrong);
	/* The mistakes are known: once more is too often. */
	capture_begin(&capture);
	store_refresh(store_of(world), STORE_BANS, world->now.wall);
	capture_end(&capture);
	assert_int_equal(capture_count(&capture, "\n"), 0);
	capture_fini(&capture);
	/* But whoever asks for it is told. */
	assert_int_equal(load(world), 2);

	put(world, "bans", "ban spam\n");
	world_pass(world, 10000);
	world_pass(world, 10000);
	world_work(world);
	assert_true(is_banned(world, "spam"));
	assert_true(is_banned(world, "eve"));
	check_content(world, "bans", "ban spam\nban eve\n");
}

/* Mistakes that come later, in a file that was right. */
static void
test_mistakes_later(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	struct capture capture;

	ban(world, "spam");
	world_work(world);
	put(world, "bans", "ban\n");
	capture_begin(&capture);
	store_refresh(store_of(world), STORE_BANS, world->now.wall);
	capture_end(&capture);
	assert_int_equal(capture_count(&capture, "/bans:1: "), 1);
	capture_fini(&capture);
	assert_true(is_banned(world, "spam"));
	put(world, "bans", "");
	assert_int_equal(load(world), 0);
	assert_false(is_banned(world, "spam"));
}

/* While the claims can't be read nobody knows which are taken. */
static void
test_mistakes_in_claims(void **state)
{
	struct world *world = world_new_stored(state, NULL);

	put(world, "claims", "ann\n");
	assert_int_equal(load(world), 1);
	assert_false(store_takes_claims(store_of(world)));
	put(world, "claims", "");
	assert_int_equal(load(world), 0);
	assert_true(store_takes_claims(store_of(world)));
}

/* They can't be read for a while: nobody has to ask for it again. */
static void
test_unread(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	struct capture capture;

	obstruct(world, "claims");
	assert_int_equal(load(world), 1);
	assert_false(store_takes_claims(store_of(world)));
	capture_begin(&capture);
	for (int i = 0; i < 60; i++) /* five minutes */
		world_pass(world, 5000);
	capture_end(&capture);
	assert_in_range(capture_count(&capture, "error: state: "), 5, 6);
	capture_fini(&capture);
	clear(world, "claims");
	put(world, "claims", "ann " HASH " claimed=2001-01-01 seen=2026-11-20\n");
	capture_begin(&capture);
	world_pass(world, 5000);
	world_pass(world, 5000);
	capture_end(&capture);
	assert_int_equal(capture_count(&capture, "/claims is read at last"), 1);
	capture_fini(&capture);
	assert_true(store_takes_claims(store_of(world)));
	assert_true(is_claimed(world, "ann"));
	/* What was to be written meanwhile is not forgotten. */
	obstruct(world, "bans");
	assert_int_equal(load(world), 1);
	ban(world, "spam");
	clear(world, "bans");
	put(world, "bans", "ban eve\n");
	world_pass(world, 5000);
	world_pass(world, 5000);
	world_work(world);
	check_content(world, "bans", "ban eve\nban spam\n");
}

static void
test_others_write(void **state)
{
	struct world *world = world_new_stored(state, NULL);

	ban(world, "spam");
	world_work(world);
	put(world, "bans", "ban spam\nban 192.0.2.7 by=fail2ban\n");
	ban(world, "eve");
	world_work(world);
	check_content(world, "bans", "ban spam\nban 192.0.2.7 by=fail2ban\nban eve\n");
	/* A file that was removed is empty. */
	put(world, "bans", "");
	store_refresh(store_of(world), STORE_BANS, world->now.wall);
	assert_false(is_banned(world, "spam"));
}

/* They do so at the same time: nobody's ban is lost. */
static void
test_others_write_meanwhile(void **state)
{
	struct world *world = world_new_stored(state, NULL);

	ban(world, "spam");
	claim(world, "ann");
	put(world, "bans", "ban theirs\nban spam reason\n");
	put(world, "claims",
		"ann $6$a$b claimed=2026-11-01 seen=2026-11-01\n"
		"bob $6$a$c claimed=2026-11-01 seen=2026-11-01\n");
	/* Neither does a reload in between give up what is on its way. */
	assert_int_equal(load(world), 0);
	world_work(world);
	world_work(world);
	check_content(world, "bans", "ban theirs\nban spam\n");
	check_content(world, "claims",
		"ann " HASH " claimed=2026-11-21 seen=2026-11-21\n"
		"bob $6$a$c claimed=2026-11-01 seen=2026-11-01\n");
	assert_true(is_banned(world, "theirs"));
	assert_true(is_claimed(world, "bob"));
	assert_int_equal(worker_pending(world->worker), 0);
}

/* A job whose end comes between that of a save and the news of it. */
struct between {
	struct job job;
	struct world *world;
};

static void
between_run(struct job *job)
{
	(void)job;
}

static void
between_done(struct job *job)
{
	struct world *world = ((struct between *)job)->world;

	/* The file is new, and ours: it may not bring back what is gone. */
	check_content(world, "bans", "ban spam\n");
	store_refresh(store_of(world), STORE_BANS, world->now.wall);
	assert_false(is_banned(world, "spam"));
	assert_int_equal(load(world), 0);
	assert_false(is_banned(world, "spam"));
}

static void
test_written_but_not_told(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	struct between between = {
		.job = {.run = between_run, .done = between_done}, .world = world};
	assert_true(worker_submit(world->worker, &between.job));
	ban(world, "spam");
	unban(world, "spam");
	world_work(world);
	world_work(world);
	assert_false(is_banned(world, "spam"));
	check_content(world, "bans", "");
}

static void
test_failure(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	struct capture capture;

	obstruct(world, "bans.new");
	capture_begin(&capture);
	ban(world, "spam");
	for (int i = 0; i < 60; i++) { /* five minutes */
		world_work(world);
		world_pass(world, 5000);
	}
	capture_end(&capture);
	assert_in_range(capture_count(&capture, "error: state: can't write "), 5, 6);
	capture_fini(&capture);
	assert_true(is_banned(world, "spam"));
	/* Meanwhile changes are not forgotten either. */
	ban(world, "eve");
	clear(world, "bans.new");
	capture_begin(&capture);
	world_pass(world, 5000);
	world_pass(world, 5000);
	world_work(world);
	world_work(world);
	capture_end(&capture);
	assert_int_equal(capture_count(&capture, "is written again"), 1);
	capture_fini(&capture);
	check_content(world, "bans", "ban spam\nban eve\n");
	assert_int_equal(chat_next_due(world->chat), -1);
}

/* The end comes while a change is being written, and another one waits. */
static void
test_end(void **state)
{
	struct world *world = world_new_stored(state, NULL);

	ban(world, "spam");
	ban(world, "eve");
	world_restart(world);
	check_content(world, "bans", "ban spam\nban eve\n");
	assert_true(is_banned(world, "eve"));
}

/* The last try fails, too: that is told. */
static void
test_end_on_full_disk(void **state)
{
	struct world *world = world_new_stored(state, NULL);
	struct capture capture;

	obstruct(world, "bans.new");
	ban(world, "spam");
	capture_begin(&capture);
	world_work(world);
	world_restart(world);
	capture_end(&capture);
	assert_int_equal(capture_count(&capture, "error: state: can't write "), 1);
	capture_fini(&capture);
	assert_false(is_banned(world, "spam"));
	clear(world, "bans.new");
}

static void
test_bans_expire(void **state)
{
	struct world *world = world_new_stored(state, NULL);

	put(world, "bans",
		"ban spam until=2026-11-21T10:01:00Z\n"
		"ban eve until=2026-11-21T10:02:00Z\n"
		"ban old until=2026-11-20T10:00:00Z\n"
		"ban bob\n");
	assert_int_equal(load(world), 0);
	assert_int_equal(store_of(world)->bans.count, 3);
	assert_int_equal(chat_next_due(world->chat), world->now.mono + 60000);
	world_pass(world, 60000);
	assert_int_equal(store_of(world)->bans.count, 2);
	world_work(world);
	check_content(world, "bans", "ban eve until=2026-11-21T10:02:00Z\nban bob\n");
	world_pass(world, 60000);
	world_work(world);
	check_content(world, "bans", "ban bob\n");
	assert_int_equal(chat_next_due(world->chat), -1);
}

static void
test_claims_expire(void **state)
{
	struct world *world = world_new_stored(state, "server.claim_expiry=30d", NULL);

	put(world, "claims",
		"ann " HASH " claimed=2026-01-01 seen=2026-11-20\n"
		"old " HASH " claimed=2026-01-01 seen=2026-10-01\n");
	assert_int_equal(load(world), 0);
	world_pass(world, 0);
	assert_false(is_claimed(world, "old"));
	assert_true(is_claimed(world, "ann"));
	world_work(world);
	check_content(
		world, "claims", "ann " HASH " claimed=2026-01-01 seen=2026-11-20\n");
	world_pass(world, 28 * DAY);
	assert_true(is_claimed(world, "ann"));
	world_pass(world, 3 * DAY);
	assert_false(is_claimed(world, "ann"));
	assert_int_equal(chat_next_due(world->chat), -1);
}

static void
test_claims_stay(void **state)
{
	struct world *world = world_new_stored(state, "server.claim_expiry=0", NULL);

	put(world, "claims", "ann " HASH " claimed=2001-01-01 seen=2001-01-01\n");
	assert_int_equal(load(world), 0);
	assert_int_equal(chat_next_due(world->chat), -1);
	assert_true(is_claimed(world, "ann"));
}

static void
test_owner_stays(void **state)
{
	struct world *world = world_new_stored(state, "server.claim_expiry=30d", NULL);
	struct person *ann = enter(world, "ann");

	claim(world, "ann");
	ann->user->is_owner = true;
	for (int i = 0; i < 100; i++)
		world_pass(world, DAY);
	assert_true(is_claimed(world, "ann"));
	leave(ann, "bye");
	for (int i = 0; i < 29; i++)
		world_pass(world, DAY);
	assert_true(is_claimed(world, "ann"));
	world_pass(world, 3 * DAY);
	assert_false(is_claimed(world, "ann"));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		world_test(test_kept),
		world_test(test_together),
		world_test(test_no_folder),
		world_test(test_missing_folder),
		world_test(test_mistakes),
		world_test(test_mistakes_later),
		world_test(test_mistakes_in_claims),
		world_test(test_unread),
		world_test(test_others_write),
		world_test(test_others_write_meanwhile),
		world_test(test_written_but_not_told),
		world_test(test_failure),
		world_test(test_end),
		world_test(test_end_on_full_disk),
		world_test(test_bans_expire),
		world_test(test_claims_expire),
		world_test(test_claims_stay),
		world_test(test_owner_stays),
	};
	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
