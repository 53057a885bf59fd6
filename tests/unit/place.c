/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "place.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

int
count_entries(const char *folder)
{
	DIR *dir = opendir(folder);
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count - 2; /* . and .. */
}

int
place_open(void **state)
{
	static const char *const places[] = {"/dev/shm", "/tmp"};
	struct place *place = calloc(1, sizeof(*place));

	if (place == NULL)
		return -1;
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(place->folder, sizeof(place->folder), "%s/file.XXXXXX",
			places[i]);
		if (mkdtemp(place->folder) != NULL)
			break;
	}
	(void)snprintf(place->file, sizeof(place->file), "%s/f", place->folder);
	(void)snprintf(place->other, sizeof(place->other), "%s/f.new", place->folder);
	place->descriptors = count_entries("/proc/self/fd");
	*state = place;
	return chmod(place->folder, 0755);
}

int
place_close(void **state)
{
	struct place *place = *state;
	int left = count_entries("/proc/self/fd") - place->descriptors;

	(void)chmod(place->folder, 0700);
	(void)unlink(place->file);
	if (unlink(place->other) == -1)
		(void)rmdir(place->other);
	if (rmdir(place->folder) == -1)
		return -1;
	free(place);
	return left == 0 ? 0 : -1;
}

void
place_check(const struct place *place, const char *expected)
{
	struct buf out = {0};
	struct err err = {""};
	int found;

	found = file_read(place->file, SIZE_MAX, &out, &err);
	if (found == -1)
		fail_msg("%s", err.text);
	assert_int_equal(found, expected != NULL);
	if (expected != NULL)
		assert_true(str_eq(buf_str(&out), str_of(expected)));
	buf_fini(&out);
	assert_int_equal(access(place->other, F_OK), -1);
	assert_int_equal(count_entries(place->folder), expected != NULL);
}

void
place_write(const struct place *place, struct str text)
{
	struct err err = {""};

	if (file_replace(place->file, text, 0644, &err) == -1)
		fail_msg("%s", err.text);
}

void
place_put(const struct place *place, const char *text)
{
	place_write(place, str_of(text));
}

void
place_check_refused(const struct place *place, struct str text, const char *reason)
{
	struct err err = {""};
	char expected[256];

	assert_int_equal(file_replace(place->file, text, 0644, &err), -1);
	(void)snprintf(expected, sizeof(expected), "%s: %s", place->file, reason);
	assert_string_equal(err.text, expected);
}
