/* SPDX-License-Identifier: ISC */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/*
 * Small text files that are read and replaced as a whole. That blocks, so in a running
 * daemon a worker thread does it (base/worker.h).
 */
struct stat;

/*
 * Append the content of the file to `out`. Returns 1; 0 if there is no such file; -1
 * with the reason in `err` if it can't be read, is not a regular file (never blocks on
 * a pipe or device), or has more than `max` bytes. `out` is as it was but after 1.
 */
must_use int file_read(const char *path, size_t max, struct buf *out, struct err *err);

/*
 * Replace the file, so that whoever looks sees all of the old or all of the new text,
 * also after a power cut or a kill at any moment: written under another name in the
 * same folder (PATH.new), synced, renamed, the folder synced. If that fails (the disk
 * is full) the old file is as it was and the other one is removed. -1 with the reason
 * in `err`.
 *
 * If only the folder can't be synced, which is -1 too, the new text is there already.
 * The file gets exactly `mode`, whatever the umask; a symbolic link is itself replaced;
 * what a kill left as PATH.new is removed. Two callers at a time may fail, but one of
 * both texts will be there.
 */
must_use int file_replace(
	const char *path, struct str text, mode_t mode, struct err *err);

/*
 * What stat(2) has said of a path at two times: is it the same file, which nobody has
 * written to in between? Zeros may stand for one that is not there. Does not block.
 */
bool file_is_unchanged(const struct stat *then, const struct stat *now);

#endif
