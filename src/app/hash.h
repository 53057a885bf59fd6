/* SPDX-License-Identifier: ISC */
#ifndef APP_HASH_H
#define APP_HASH_H

/*
 * `prattled --hash`: ask for a passphrase, twice and with the echo off at a terminal,
 * else take the first line of standard input; print its hash. What is wrong is told on
 * stderr. The exit status.
 */
int hash_print(void);

#endif
