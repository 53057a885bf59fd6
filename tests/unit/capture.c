/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"

void
capture_begin(struct capture *capture)
{
	*capture = (struct capture){.fd = memfd_create("log", MFD_CLOEXEC)};
	assert_int_not_equal(capture->fd, -1);
	capture->real = dup(STDERR_FILENO);
	assert_int_not_equal(dup2(capture->fd, STDERR_FILENO), -1);
}

void
capture_end(struct capture *capture)
{
	struct stat st;

	dup2(capture->real, STDERR_FILENO);
	close(capture->real);
	assert_int_equal(fstat(capture->fd, &st), 0);
	capture->text = xcalloc(1, (size_t)st.st_size + 1);
	assert_int_equal(
		pread(capture->fd, capture->text, (size_t)st.st_size, 0), st.st_size);
	close(capture->fd);
}

size_t
capture_count(const struct capture *capture, const char *text)
{
	size_t count = 0;

	for (const char *p = capture->text; (p = strstr(p, text)) != NULL; p++)
		count++;
	return count;
}

void
capture_fini(struct capture *capture)
{
	free(capture->text);
}
