/* SPDX-License-Identifier: ISC */
#ifndef BENCH_MODES_H
#define BENCH_MODES_H

struct crowd;

/* What the modes do, and report, with a crowd of which nobody is logged in yet. */
void modes_run(struct crowd *crowd);

#endif
