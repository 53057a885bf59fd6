/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
err_set(struct err *err, const char *fmt, ...)
{
	/*
	 * Callers put a place in front of what a deeper layer said, with err->text
	 * among the arguments; so the old text must live until the new one is made.
	 */
	char text[sizeof(err->text)];
	va_list args;

	va_start(args, fmt);
	if (vsnprintf(text, sizeof(text), fmt, args) < 0)
		text[0] = '\0';
	va_end(args);
	memcpy(err->text, text, strlen(text) + 1);
}

void
errlist_add(struct errlist *list, const char *fmt, ...)
{
	va_list args;

	list->texts = xreallocarray(list->texts, list->count + 1, sizeof(*list->texts));
	va_start(args, fmt);
	list->texts[list->count++] = xvasprintf(fmt, args);
	va_end(args);
}

void
errlist_fini(struct errlist *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->texts[i]);
	free(list->texts);
	*list = (struct errlist){0};
}
