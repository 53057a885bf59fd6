/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "chat/ban.h"
#include "fuzz.h"

/*
 * Any file of bans: it is loaded whole or not at all, with a word about why; what was
 * loaded is the same when it was printed and loaded again; and the text is clean.
 */
enum {
	NOW = 1795255200
};

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static void
check_clean(struct str s)
{
	struct str line;

	while (str_split(&s, '\n', &line)) {
		struct buf clean = {0};

		utf8_clean(&clean, line);
		CHECK(str_eq(buf_str(&clean), line));
		buf_fini(&clean);
	}
}

static void
check_errors(struct errlist *errors)
{
	CHECK(errors->count > 0);
	for (size_t i = 0; i < errors->count; i++)
		check_clean(str_of(errors->texts[i]));
	errlist_fini(errors);
}

/* Each has its id, and hits what it is for. */
static void
check_bans(const struct bans *bans)
{
	for (size_t i = 0; i < bans->count; i++) {
		const struct ban *ban = &bans->v[i];

		CHECK(ban->id > 0 && ban->id <= bans->last_id);
		CHECK(ban->until == 0 || ban->until > NOW);
		CHECK(ban_hits(ban, str_of(ban->nick), &ban->net.addr));
		for (size_t j = 0; j < i; j++)
			CHECK(bans->v[j].id != ban->id);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);
	struct bans bans = {0}, again = {0};
	struct errlist errors = {0};
	struct buf out = {0}, out_again = {0};

	if (bans_load(&bans, text, "file", NOW, &errors) == -1) {
		CHECK(bans.count == 0 && bans.v == NULL);
		check_errors(&errors);
		return 0;
	}
	CHECK(errors.count == 0);
	check_bans(&bans);
	bans_print(&bans, &out);
	check_clean(buf_str(&out));
	CHECK(bans_load(&again, buf_str(&out), "file", NOW, &errors) == 0);
	CHECK(again.count == bans.count);
	bans_print(&again, &out_again);
	CHECK(str_eq(buf_str(&out_again), buf_str(&out)));
	/* Adding what is there already changes nothing but ids. */
	for (size_t i = 0; i < again.count; i++)
		CHECK(bans_add(&bans, &again.v[i])->id == bans.last_id);
	buf_reset(&out_again);
	bans_print(&bans, &out_again);
	CHECK(str_eq(buf_str(&out_again), buf_str(&out)));
	bans_fini(&bans);
	bans_fini(&again);
	buf_fini(&out);
	buf_fini(&out_again);
	return 0;
}
