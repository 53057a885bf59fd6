/* SPDX-License-Identifier: ISC */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdint.h>

#include "base/buf.h"

/*
 * Append milliseconds in words, "3 hours" or "1 hour 30 minutes": the largest unit that
 * fits and, of `units`, those that follow it and are not zero. What is less is left
 * out. (base/str.h has durations as options are written.)
 */
void span_print(struct buf *out, int64_t ms, unsigned units);

#endif
