/* SPDX-License-Identifier: ISC */
#ifndef UNIT_CAPTURE_H
#define UNIT_CAPTURE_H

#include <stddef.h>

/*
 * What a test makes the code log: standard error goes to a file meanwhile. Nothing may
 * fail between begin and end, or nobody reads why.
 */
struct capture {
	int real, fd;
	char *text; /* of capture_end(): terminated, owned */
};

void capture_begin(struct capture *capture);
void capture_end(struct capture *capture);

/* How often a text is in it. */
size_t capture_count(const struct capture *capture, const char *text);

void capture_fini(struct capture *capture);

#endif
