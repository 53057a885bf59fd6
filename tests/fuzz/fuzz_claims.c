/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "chat/claim.h"
#include "fuzz.h"

/*
 * Any file of claimed names: it is loaded whole or not at all, with a word about why;
 * what was loaded is the same when it was printed and loaded again.
 */
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static void
check_errors(struct errlist *errors)
{
	CHECK(errors->count > 0);
	for (size_t i = 0; i < errors->count; i++)
		CHECK(utf8_valid(str_of(errors->texts[i])));
	errlist_fini(errors);
}

/* In order, and each is found. */
static void
check_claims(const struct claims *claims)
{
	for (size_t i = 0; i < claims_count(claims); i++) {
		const struct claim *claim = claims_get(claims, i);

		CHECK(claims_find(claims, str_of(claim->nick)) == claim);
		CHECK(claims_find(claims, str_of(claim->key)) == claim);
		CHECK(claim_is_hash(str_of(claim->hash)));
		CHECK(i == 0 || strcmp(claims_get(claims, i - 1)->key, claim->key) < 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);
	struct claims *claims = claims_new(), *again = claims_new();
	struct errlist errors = {0};
	struct buf out = {0}, out_again = {0};

	if (claims_load(claims, text, "file", &errors) == -1) {
		CHECK(claims_count(claims) == 0);
		check_errors(&errors);
	} else {
		CHECK(errors.count == 0);
		check_claims(claims);
		claims_print(claims, &out);
		CHECK(utf8_valid(buf_str(&out)));
		CHECK(claims_load(again, buf_str(&out), "file", &errors) == 0);
		claims_print(again, &out_again);
		CHECK(str_eq(buf_str(&out_again), buf_str(&out)));
	}
	claims_free(claims);
	claims_free(again);
	buf_fini(&out);
	buf_fini(&out_again);
	return 0;
}
