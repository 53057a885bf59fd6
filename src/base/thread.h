/* SPDX-License-Identifier: ISC */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>

#include "base/attr.h"

/*
 * Start a thread that no signal interrupts: they are all for the event loop. 0, or the
 * number of the error, as pthread_create(3).
 */
must_use int thread_start(pthread_t *thread, void *(*body)(void *arg), void *arg);

#endif
