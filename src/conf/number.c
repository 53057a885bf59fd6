/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "conf/number.h"

#include <inttypes.h>

static int
parse_octal(struct str s, uint64_t *out)
{
	uint64_t number = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '7' || number > UINT64_MAX >> 3)
			return -1;
		number = number << 3 | (uint64_t)(s.p[i] - '0');
	}
	*out = number;
	return s.len > 0 ? 0 : -1;
}

static int
parse_time(struct str s, uint64_t *out)
{
	int64_t ms;

	if (str_to_duration(s, &ms) == -1)
		return -1;
	*out = (uint64_t)ms;
	return 0;
}

static int
parse_any(const struct option *option, struct str s, uint64_t *out)
{
	switch (option->type) {
	case OPTION_SIZE:
		return str_to_size(s, out);
	case OPTION_TIME:
		return parse_time(s, out);
	case OPTION_MODE:
		return parse_octal(s, out);
	default:
		return str_to_uint(s, out);
	}
}

int
number_parse(const struct option *option, struct str s, uint64_t *out)
{
	uint64_t max = option->max > 0 ? (uint64_t)option->max : INT64_MAX;
	uint64_t number;

	if (parse_any(option, s, &number) == -1)
		return -1;
	if (number < (uint64_t)option->min || number > max)
		return -1;
	*out = number;
	return 0;
}

void
number_print(const struct option *option, uint64_t number, struct buf *out)
{
	char text[STR_NUMBER_MAX] = "";

	switch (option->type) {
	case OPTION_SIZE:
		str_from_size(number, text, sizeof(text));
		buf_printf(out, "%s", text);
		break;
	case OPTION_TIME:
		str_from_duration((int64_t)number, text, sizeof(text));
		buf_printf(out, "%s", text);
		break;
	case OPTION_MODE:
		buf_printf(out, "%04" PRIo64, number);
		break;
	default:
		buf_printf(out, "%" PRIu64, number);
		break;
	}
}

void
number_describe(const struct option *option, struct buf *out)
{
	if (option->max == 0)
		buf_printf(out, "at least ");
	number_print(option, (uint64_t)option->min, out);
	if (option->max > 0) {
		buf_printf(out, " to ");
		number_print(option, (uint64_t)option->max, out);
	}
	if (option->type == OPTION_SIZE)
		buf_printf(out, " bytes");
	else if (option->type == OPTION_MODE)
		buf_printf(out, " in octal");
}

const char *
number_units(const struct option *option)
{
	switch (option->type) {
	case OPTION_SIZE:
		return " (units are k, M and G)";
	case OPTION_TIME:
		return " (units are ms, s, m, h and d)";
	default:
		return "";
	}
}
