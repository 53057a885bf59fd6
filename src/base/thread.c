/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/thread.h"

#include <signal.h>

int
thread_start(pthread_t *thread, void *(*body)(void *arg), void *arg)
{
	sigset_t all, old;
	int failure;

	/* It inherits the mask. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	failure = pthread_create(thread, NULL, body, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return failure;
}
