/* SPDX-License-Identifier: ISC */
#ifndef APP_DUMP_H
#define APP_DUMP_H

#include "base/buf.h"

/*
 * Documents made from the tables: what the daemon takes is what they say. They are
 * committed, and compared with fresh output by `make check`.
 */

/*
 * Append the sample configuration, etc/prattled.ini: every option with its help and
 * default, as a comment. With the first ";" of the lines that begin with ";key" or
 * ";[" removed it loads to the defaults, too.
 */
void dump_conf(struct buf *out);

/* Append the options as mdoc, the body of prattled.ini(5). */
void dump_options(struct buf *out);

/* Append the commands as mdoc, the body of prattle(7). */
void dump_commands(struct buf *out);

/* Append the metrics as mdoc, a part of prattled(8). */
void dump_metrics(struct buf *out);

/*
 * For prattlectl, what it can ask the daemon for: the commands as mdoc, the body of
 * prattlectl(1); as rows of src/ctl/commands.def; and for the completion of bash and of
 * zsh.
 */
void dump_control(struct buf *out);
void dump_control_table(struct buf *out);
void dump_control_bash(struct buf *out);
void dump_control_zsh(struct buf *out);

#endif
