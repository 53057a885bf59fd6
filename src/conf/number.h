/* SPDX-License-Identifier: ISC */
#ifndef CONF_NUMBER_H
#define CONF_NUMBER_H

#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"
#include "conf/option.h"

/*
 * Values of the options that are numbers: UINT, SIZE, TIME and MODE, each with its
 * own spelling. All are 64 bits wide; a TIME is signed in its section but never
 * negative, so one set of functions does for all. For option.c only.
 */

/* -1, and `*out` unchanged, if `s` is no such number or out of the option's range. */
must_use int number_parse(const struct option *option, struct str s, uint64_t *out);

/* Append the number as text that number_parse() takes. */
void number_print(const struct option *option, uint64_t number, struct buf *out);

/* Append which numbers are right, as option_describe(). */
void number_describe(const struct option *option, struct buf *out);

/* Which units there are, as text behind an error; "" if there are none. */
const char *number_units(const struct option *option);

#endif
