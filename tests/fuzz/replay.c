/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/mem.h"
#include "fuzz.h"

/*
 * In the place of libFuzzer, for any compiler:
 *
 *	fuzz_x FILE-OR-FOLDER...	run the target on each file, and say how many
 *
 * The file at work is named before, so that the last line is the one that mattered.
 */

static void
die(const char *path)
{
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	exit(1);
}

/* Each on memory of its exact size, so that a sanitizer sees a read behind its end. */
static void
run_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct buf content = {0};
	uint8_t *data;
	int c;

	if (file == NULL)
		die(path);
	while ((c = getc(file)) != EOF)
		buf_add_char(&content, (char)c);
	if (ferror(file))
		die(path);
	fclose(file);
	printf("%s\n", path);
	fflush(stdout);
	data = xcalloc(1, content.len > 0 ? content.len : 1);
	if (content.len > 0)
		memcpy(data, content.p, content.len);
	LLVMFuzzerTestOneInput(data, content.len);
	free(data);
	buf_fini(&content);
}

static int
is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static size_t
run_path(const char *path)
{
	struct dirent **entries;
	struct stat status;
	size_t runs = 0;
	int count;

	if (stat(path, &status) == -1)
		die(path);
	if (!S_ISDIR(status.st_mode)) {
		run_file(path);
		return 1;
	}
	count = scandir(path, &entries, is_visible, alphasort);
	if (count == -1)
		die(path);
	for (int i = 0; i < count; i++) {
		char *below = xasprintf("%s/%s", path, entries[i]->d_name);

		runs += run_path(below);
		free(below);
		free(entries[i]);
	}
	free(entries);
	return runs;
}

int
main(int argc, char **argv)
{
	size_t runs = 0;

	LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++)
		runs += run_path(argv[i]);
	printf("%zu inputs\n", runs);
	return runs > 0 ? 0 : 1;
}
