/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "chat/verify.h"

#include <assert.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/passphrase.h"
#include "base/worker.h"
#include "chat/chat.h"
#include "chat/gate.h"
#include "chat/user.h"

/* A passphrase on its way: copies, and the person's id. */
struct verify {
	struct job job; /* first, so that the job is the verify */
	struct chat *chat;
	uint64_t user_id;
	bool has_turn; /* of the address, given back at the end */
	struct netaddr addr;
	enum verify_kind kind;
	char *secret;
	size_t secret_len;
	char *about;
	char *against; /* NULL: nothing can be right */
	verify_done done;
	bool ok;
	char hash[PASSPHRASE_HASH_MAX];
	struct err err;
};

/* In the worker's thread. */
static void
verify_run(struct job *job)
{
	struct verify *verify = (struct verify *)job;
	struct str secret = str_make(verify->secret, verify->secret_len);

	if (verify->kind == VERIFY_CHECK)
		verify->ok = passphrase_check(secret, verify->against);
	else
		verify->ok = passphrase_hash(secret, verify->hash, &verify->err) == 0;
	passphrase_wipe(verify->secret, verify->secret_len);
}

static void
verify_free(struct verify *verify)
{
	passphrase_wipe(verify->secret, verify->secret_len); /* it may not have run */
	free(verify->secret);
	free(verify->about);
	free(verify->against);
	free(verify);
}

static void
verify_on_done(struct job *job)
{
	struct verify *verify = (struct verify *)job;
	struct user *user = user_find_id(verify->chat, verify->user_id);
	struct verify_result result = {
		.ok = verify->ok,
		.hash = verify->ok && verify->kind == VERIFY_HASH ? verify->hash : NULL,
		.why = !verify->ok && verify->kind == VERIFY_HASH ? verify->err.text
								  : NULL,
		.about = str_of(verify->about),
	};

	if (verify->has_turn)
		gate_end(verify->chat->gate, &verify->addr);
	if (user != NULL) {
		user->is_verifying = false;
		if (!job->is_cancelled)
			verify->done(user, &result);
	}
	verify_free(verify);
}

bool
verify_start(struct user *user, enum verify_kind kind, struct str secret,
	const char *hash, struct str about, verify_done done)
{
	struct chat *chat = user->chat;
	struct verify *verify;

	assert(!user->is_verifying && !user->is_gone);
	if (worker_pending(chat->worker) >= VERIFY_MOST ||
		(!user->is_exempt && !gate_begin(chat->gate, &user->peer->addr))) {
		user_error(user,
			"Too many passphrases are being checked; "
			"try again in a moment.");
		return false;
	}
	verify = xcalloc(1, sizeof(*verify));
	verify->job.run = verify_run;
	verify->job.done = verify_on_done;
	verify->chat = chat;
	verify->user_id = user->id;
	verify->has_turn = !user->is_exempt;
	verify->addr = user->peer->addr;
	verify->kind = kind;
	verify->secret = xstrndup(secret.p, secret.len);
	verify->secret_len = secret.len;
	verify->about = xstrndup(about.p, about.len);
	verify->against = hash != NULL ? xstrdup(hash) : NULL;
	verify->done = done;
	user->is_verifying = worker_submit(chat->worker, &verify->job);
	assert(user->is_verifying); /* VERIFY_MOST is less than what fits */
	return true;
}

bool
verify_is_pending(const struct user *user)
{
	return user->is_verifying;
}
