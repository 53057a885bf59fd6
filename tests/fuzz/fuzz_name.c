/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/name_utf8.h"
#include "base/utf8.h"
#include "fuzz.h"

/*
 * Any bytes as a name: good or not, keys and skeletons fit; a good one is clean text,
 * its key is good and its own key, and it is composed.
 */
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str name = str_make((const char *)data, size), key, form;
	char folded[NAME_MAX_BYTES + 1], other[NAME_MAX_BYTES + 1];
	char skeleton[NAME_SKELETON_MAX + 1];
	struct buf clean = {0};

	key = name_utf8_fold(name, folded);
	CHECK(key.len <= NAME_MAX_BYTES && folded[key.len] == '\0');
	form = name_utf8_compose(name, other);
	CHECK(form.len <= NAME_MAX_BYTES && other[form.len] == '\0');
	form = name_utf8_skeleton(name, skeleton);
	CHECK(form.len <= NAME_SKELETON_MAX && skeleton[form.len] == '\0');
	if (!name_utf8_ok(name)) {
		CHECK(!name_ok(name));
		return 0;
	}
	CHECK(form.len > 0 && utf8_valid(form));
	CHECK(memchr(name.p, '\0', name.len) == NULL);
	utf8_clean(&clean, name);
	CHECK(str_eq(buf_str(&clean), name));
	CHECK(str_eq(name_utf8_compose(name, other), name));
	CHECK(name_utf8_ok(key));
	CHECK(str_eq(name_utf8_fold(key, other), key));
	buf_fini(&clean);
	return 0;
}
