/* SPDX-License-Identifier: ISC */
#ifndef BASE_ATTR_H
#define BASE_ATTR_H

/*
 * The compiler's help, by short names, so that prototypes stay readable.
 *
 * must_use	the result says whether the call worked: ignoring it is a bug
 * printf_like	argument F is a printf format, its arguments begin at A
 */
#define must_use __attribute__((warn_unused_result))
#define printf_like(F, A) __attribute__((format(printf, F, A)))

#endif
