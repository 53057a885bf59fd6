/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/span.h"

#include <stddef.h>

static const struct {
	int64_t ms;
	const char *name;
} scale[] = {
	{86400000, "day"},
	{3600000, "hour"},
	{60000, "minute"},
	{1000, "second"},
};
#define SCALE (sizeof(scale) / sizeof(scale[0]))

void
span_print(struct buf *out, int64_t ms, unsigned units)
{
	size_t i = 0;

	while (i + 1 < SCALE && ms < scale[i].ms)
		i++;
	for (size_t first = i; i < SCALE && i < first + units; i++) {
		int64_t n = ms / scale[i].ms;

		ms -= n * scale[i].ms;
		if (n != 0 || i == first)
			buf_printf(out, "%s%lld %s%s", i == first ? "" : " ",
				(long long)n, scale[i].name, n == 1 ? "" : "s");
	}
}
