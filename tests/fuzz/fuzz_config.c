/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "conf/conf.h"
#include "fuzz.h"

/*
 * Any configuration file: it is refused with a word about each mistake, or taken; and
 * what it is printed as is taken as well, and printed as the same.
 */
static char path[256];

static void
remove_file(void)
{
	(void)unlink(path);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *tmp = getenv("TMPDIR");
	int fd;

	(void)argc;
	(void)argv;
	snprintf(path, sizeof(path), "%s/fuzz_config.XXXXXX",
		tmp != NULL ? tmp : "/tmp");
	fd = mkstemp(path);
	CHECK(fd != -1);
	close(fd);
	atexit(remove_file);
	return 0;
}

static struct conf *
load(struct str text, struct errlist *errors)
{
	struct conf_source source = {.file = path};
	FILE *file = fopen(path, "wb");

	CHECK(file != NULL);
	CHECK(fwrite(text.p, 1, text.len, file) == text.len);
	CHECK(fclose(file) == 0);
	return conf_load(&source, errors);
}

/* Each says where: "FILE:LINE: ..." or "FILE: ...". */
static void
check_errors(const struct errlist *errors)
{
	size_t len = strlen(path);

	CHECK(errors->count > 0);
	for (size_t i = 0; i < errors->count; i++) {
		CHECK(strncmp(errors->texts[i], path, len) == 0);
		CHECK(errors->texts[i][len] == ':');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct errlist errors = {0};
	struct buf text = {0}, again = {0};
	struct conf *conf = load(str_make((const char *)data, size), &errors);

	if (conf == NULL) {
		check_errors(&errors);
	} else {
		struct conf *other;

		CHECK(errors.count == 0);
		conf_print(conf, &text);
		other = load(buf_str(&text), &errors);
		for (size_t i = 0; i < errors.count; i++)
			fprintf(stderr, "%s\n", errors.texts[i]);
		CHECK(other != NULL);
		conf_print(other, &again);
		CHECK(str_eq(buf_str(&text), buf_str(&again)));
		conf_free(other);
	}
	conf_free(conf);
	errlist_fini(&errors);
	buf_fini(&text);
	buf_fini(&again);
	return 0;
}
