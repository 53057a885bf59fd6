/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/store.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/table.h"
#include "chat/chat.h"
#include "chat/user.h"

/* A longer file is refused: it is not ours. */
#define FILE_MAX ((size_t)64 * 1024 * 1024)

/* What failed is tried again after this time, and logged this often, milliseconds. */
#define RETRY_MS 5000
#define WARN_MS 60000

/* How often one looks for claims that are expired, which is a matter of days. */
#define EXPIRY_MS 3600000

/* Other programs of the daemon's group may read who is banned; hashes nobody may. */
static const struct {
	const char *name;
	mode_t mode;
} kinds[] = {
	[STORE_BANS] = {"bans", 0640},
	[STORE_CLAIMS] = {"claims", 0600},
};
_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == STORE_FILES, "a row per file");

/* A file being written: a copy of all that it takes. */
struct save {
	struct job job; /* first, so that the job is the save */
	struct store *store;
	enum store_file file;
	char *path;
	struct buf text;
	struct stamp known; /* of the file that the text goes back to */
	struct stamp written;
	bool is_outdated; /* that was another one: nothing is written */
	bool has_failed;
	struct err err;
};

static char *
store_path(const struct store *store, enum store_file file)
{
	return xasprintf("%s/%s", store->folder, kinds[file].name);
}

/*
 * The stamp of a file; all zero if there is none in its folder. -1 if that can't be
 * told: who has lost a folder that was not mounted has not lost his files.
 */
must_use static int
stamp_take(const char *path, struct stamp *stamp)
{
	struct stat st;

	*stamp = (struct stamp){0};
	if (stat(path, &st) == 0) {
		stamp->mtime_ns =
			(int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
		stamp->size = st.st_size;
		stamp->device = st.st_dev;
		stamp->inode = st.st_ino;
		return 0;
	}
	if (errno == ENOENT) {
		const char *name = strrchr(path, '/');
		char *folder = xstrndup(path, (size_t)(name - path));
		int rc = access(folder, X_OK);

		free(folder);
		return rc;
	}
	return -1;
}

static bool
stamp_eq(const struct stamp *a, const struct stamp *b)
{
	return a->mtime_ns == b->mtime_ns && a->size == b->size &&
		a->device == b->device && a->inode == b->inode;
}

struct store *
store_new(const char *folder, struct worker *worker)
{
	struct store *store = xcalloc(1, sizeof(*store));

	store->folder = xstrdup(folder);
	store->worker = worker;
	store->claims = claims_new();
	return store;
}

bool
store_takes_claims(const struct store *store)
{
	return store->folder[0] != '\0' && !store->files[STORE_CLAIMS].is_wrong;
}

/*
 * Writing
 */

static struct save *
save_new(struct store *store, enum store_file file)
{
	struct save *save = xcalloc(1, sizeof(*save));

	save->store = store;
	save->file = file;
	save->path = store_path(store, file);
	save->known = store->files[file].stamp;
	if (file == STORE_BANS)
		bans_print(&store->bans, &save->text);
	else
		claims_print(store->claims, &save->text);
	return save;
}

static void
save_free(struct save *save)
{
	buf_fini(&save->text);
	free(save->path);
	free(save);
}

/* In the worker's thread. */
static void
save_run(struct job *job)
{
	struct save *save = (struct save *)job;
	struct stamp found;

	if (stamp_take(save->path, &found) == 0 && !stamp_eq(&found, &save->known)) {
		save->is_outdated = true;
		return;
	}
	save->has_failed = file_replace(save->path, buf_str(&save->text),
				   kinds[save->file].mode, &save->err) == -1;
	/*
	 * Somebody may have been quick: what can't be ours is to be read. But ours may
	 * be there even after a failure.
	 */
	if (stamp_take(save->path, &save->written) == -1 ||
		save->written.size != (int64_t)save->text.len)
		save->written = save->known;
}

static void save_done(struct job *job);

/* Hand over the text as it is now, unless something has to come first. */
static void
store_save(struct store *store, enum store_file file)
{
	struct store_state *state = &store->files[file];
	struct save *save;

	if (!state->is_dirty || state->is_saving || state->is_wrong ||
		state->failure != NULL || state->retry != 0)
		return;
	save = save_new(store, file);
	save->job.run = save_run;
	save->job.done = save_done;
	if (worker_submit(store->worker, &save->job)) {
		state->is_dirty = false;
		state->is_saving = true;
	} else {
		state->failure =
			xasprintf("%s: too much is being done already", save->path);
		save_free(save);
	}
}

void
store_changed(struct store *store, enum store_file file)
{
	if (store->folder[0] == '\0')
		return;
	store->files[file].is_dirty = true;
	store_save(store, file);
}

/*
 * Reading
 */

/* Theirs with ours on top. What one of us took away may come back. */
must_use static int
merge_bans(struct bans *bans, struct str text, const char *path, int64_t wall,
	struct errlist *errors)
{
	struct bans merged = {.last_id = bans->last_id};

	if (bans_load(&merged, text, path, wall, errors) == -1) {
		bans_fini(&merged);
		return -1;
	}
	for (size_t i = 0; i < bans->count; i++)
		(void)bans_add(&merged, &bans->v[i]);
	bans_fini(bans);
	*bans = merged;
	return 0;
}

must_use static int
merge_claims(struct claims *claims, struct str text, const char *path,
	struct errlist *errors)
{
	struct claims *theirs = claims_new();
	struct buf merged = {0};
	int rc = claims_load(theirs, text, path, errors);

	if (rc == 0) {
		for (size_t i = 0; i < claims_count(claims); i++)
			(void)claims_remove(
				theirs, str_of(claims_get(claims, i)->nick));
		claims_print(claims, &merged);
		claims_print(theirs, &merged);
		rc = claims_load(claims, buf_str(&merged), path, errors);
	}
	claims_free(theirs);
	buf_fini(&merged);
	return rc;
}

/* Take the text of a file over; what is not yet written of ours stays. */
must_use static int
store_take(struct store *store, enum store_file file, struct str text, int64_t wall,
	const char *path, struct errlist *errors)
{
	bool merge = store->files[file].is_dirty;

	if (file == STORE_BANS && merge)
		return merge_bans(&store->bans, text, path, wall, errors);
	if (file == STORE_BANS)
		return bans_load(&store->bans, text, path, wall, errors);
	if (merge)
		return merge_claims(store->claims, text, path, errors);
	return claims_load(store->claims, text, path, errors);
}

/* It could not be read: whatever it is, it is not the one that is known. */
static void
store_unread(struct store_state *state)
{
	state->stamp = (struct stamp){.size = -1};
	state->is_wrong = true;
	state->is_unread = true;
}

/* Read a file whose stamp is known. -1 with every mistake in `errors`. */
static int
store_read(struct store *store, enum store_file file, const char *path,
	const struct stamp *stamp, int64_t wall, struct errlist *errors)
{
	struct store_state *state = &store->files[file];
	struct buf text = {0};
	struct err err;
	int rc;

	if (file_read(path, FILE_MAX, &text, &err) == -1) {
		errlist_add(errors, "%s", err.text);
		store_unread(state);
		return -1;
	}
	rc = store_take(store, file, buf_str(&text), wall, path, errors);
	buf_fini(&text);
	state->stamp = *stamp;
	state->is_wrong = rc == -1;
	state->is_unread = false;
	return rc;
}

/* Look at a file, whether or not it has changed. */
must_use static int
store_look(
	struct store *store, enum store_file file, int64_t wall, struct errlist *errors)
{
	char *path = store_path(store, file);
	struct stamp stamp;
	int rc;

	if (stamp_take(path, &stamp) == 0) {
		rc = store_read(store, file, path, &stamp, wall, errors);
	} else {
		errlist_add(errors, "%s: %s", path, strerror(errno));
		store_unread(&store->files[file]);
		rc = -1;
	}
	free(path);
	return rc;
}

int
store_load(struct store *store, int64_t wall, struct errlist *errors)
{
	int rc = 0;

	if (store->folder[0] == '\0')
		return 0;
	if (access(store->folder, W_OK | X_OK) == -1) {
		errlist_add(errors, "%s: %s (it must be a folder of the daemon's user)",
			store->folder, strerror(errno));
		return -1;
	}
	for (enum store_file file = 0; file < STORE_FILES; file++) {
		/* What is being written is looked at when that is done. */
		if (!store->files[file].is_saving &&
			store_look(store, file, wall, errors) == -1)
			rc = -1;
		store_save(store, file);
	}
	return rc;
}

void
store_refresh(struct store *store, enum store_file file, int64_t wall)
{
	const struct store_state *state = &store->files[file];
	struct errlist errors = {0};
	struct stamp stamp;
	char *path;

	if (store->folder[0] == '\0' || state->is_saving)
		return;
	path = store_path(store, file);
	if (stamp_take(path, &stamp) == 0 && !stamp_eq(&stamp, &state->stamp))
		store_read(store, file, path, &stamp, wall, &errors);
	for (size_t i = 0; i < errors.count; i++)
		log_error("state: %s", errors.texts[i]);
	errlist_fini(&errors);
	free(path);
}

static void
save_done(struct job *job)
{
	struct save *save = (struct save *)job;
	struct store *store = save->store;
	struct store_state *state = &store->files[save->file];

	state->is_saving = false;
	if (!job->is_cancelled && !save->is_outdated)
		state->stamp = save->written;
	if (job->is_cancelled || save->is_outdated) {
		state->is_dirty = true;
	} else if (save->has_failed) {
		state->is_dirty = true;
		state->failure = xstrdup(save->err.text);
	} else {
		if (state->warned != 0)
			log_notice("state: %s is written again", save->path);
		state->warned = 0;
	}
	if (!job->is_cancelled) {
		/* Nobody knows the time here; store_tick() removes what is expired. */
		store_refresh(store, save->file, 0);
		store_save(store, save->file);
	}
	save_free(save);
}

/*
 * What is due
 */

/* Does a file wait for something that comes with time? */
static bool
is_stuck(const struct store_state *state)
{
	if (state->is_saving)
		return false;
	return state->is_unread ||
		(state->is_dirty &&
			(state->failure != NULL || state->is_wrong ||
				state->retry != 0));
}

/* May a failure be logged again? */
static bool
is_news(const struct store_state *state, struct moment now)
{
	return state->warned == 0 || now.mono - state->warned >= WARN_MS;
}

/* Read a file again that could not be read. */
static void
reread(struct store *store, enum store_file file, struct moment now)
{
	struct store_state *state = &store->files[file];
	struct errlist errors = {0};

	if (store_look(store, file, now.wall, &errors) == 0) {
		log_notice("state: %s/%s is read at last", store->folder,
			kinds[file].name);
		state->warned = 0;
	} else if (!state->is_unread || is_news(state, now)) {
		for (size_t i = 0; i < errors.count; i++)
			log_error("state: %s", errors.texts[i]);
		state->warned = state->is_unread ? now.mono : 0;
	}
	errlist_fini(&errors);
}

static void
store_retry(struct store *store, enum store_file file, struct moment now)
{
	struct store_state *state = &store->files[file];

	if (!is_stuck(state))
		return;
	if (state->retry == 0) {
		state->retry = now.mono + RETRY_MS;
	} else if (state->retry <= now.mono) {
		state->retry = 0;
		if (state->is_unread)
			reread(store, file, now);
		else
			store_refresh(store, file, now.wall);
		store_save(store, file);
	}
	if (state->failure != NULL && is_news(state, now)) {
		log_error("state: can't write %s", state->failure);
		state->warned = now.mono;
	}
	free(state->failure);
	state->failure = NULL;
}

/* When to look for expired claims; -1 for never. */
static int64_t
claims_due(const struct store *store, const struct chat *chat)
{
	bool expires = chat->conf->server.claim_expiry > 0 &&
		store_takes_claims(store) && claims_count(store->claims) > 0;

	return expires ? store->expiry_due : -1;
}

static void
expire_claims(struct store *store, const struct chat *chat)
{
	int64_t before = chat->now.wall - chat->conf->server.claim_expiry / 1000;
	bool is_changed = false;
	const struct user *user;
	size_t at = 0, count;

	/* Who stays for a year is not absent. */
	while ((user = table_next(chat->users, &at)) != NULL) {
		if (user->is_owner &&
			claims_touch(store->claims, str_of(user->nick), chat->now.wall))
			is_changed = true;
	}
	count = claims_expire(store->claims, before);
	if (count > 0)
		log_notice("state: %zu claimed names are free again, their owners were "
			   "not here for too long",
			count);
	if (is_changed || count > 0)
		store_changed(store, STORE_CLAIMS);
}

void
store_tick(struct store *store, const struct chat *chat)
{
	int64_t due = claims_due(store, chat);

	if (bans_expire(&store->bans, chat->now.wall))
		store_changed(store, STORE_BANS);
	if (due != -1 && due <= chat->now.mono) {
		store->expiry_due = chat->now.mono + EXPIRY_MS;
		expire_claims(store, chat);
	}
	for (enum store_file file = 0; file < STORE_FILES; file++)
		store_retry(store, file, chat->now);
}

int64_t
store_next_due(const struct store *store, const struct chat *chat)
{
	int64_t due = claims_due(store, chat);
	int64_t expiry = bans_next_expiry(&store->bans);

	if (expiry != -1) {
		int64_t left = expiry - chat->now.wall;
		int64_t at = chat->now.mono + (left > 0 ? left : 0) * 1000;

		if (due == -1 || at < due)
			due = at;
	}
	for (enum store_file file = 0; file < STORE_FILES; file++) {
		const struct store_state *state = &store->files[file];

		if (is_stuck(state) && (due == -1 || state->retry < due))
			due = state->retry; /* 0: at once */
	}
	return due;
}

/* At the end nobody is left who could wait for it. */
static void
store_save_last(struct store *store, enum store_file file)
{
	struct save *save;

	if (!store->files[file].is_dirty)
		return;
	store_refresh(store, file, 0);
	save = save_new(store, file);
	if (store->files[file].is_wrong) {
		save->has_failed = true;
		err_set(&save->err, "%s: what is there has mistakes", save->path);
	} else {
		save_run(&save->job);
	}
	if (save->has_failed)
		log_error("state: can't write %s", save->err.text);
	save_free(save);
}

void
store_free(struct store *store)
{
	if (store == NULL)
		return;
	for (enum store_file file = 0; file < STORE_FILES; file++) {
		assert(!store->files[file].is_saving);
		store_save_last(store, file);
		free(store->files[file].failure);
	}
	bans_fini(&store->bans);
	claims_free(store->claims);
	free(store->folder);
	free(store);
}
