/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/json.h"

#include <inttypes.h>

#include "base/utf8.h"

/* What would act on a terminal, or end a line for some reader. */
static bool
is_escaped(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
}

void
json_quote(struct buf *out, struct str text)
{
	uint32_t c;

	buf_add_char(out, '"');
	while (text.len > 0) {
		text = str_from(text, utf8_decode(text, &c));
		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", (char)c);
		else if (c == '\n' || c == '\t')
			buf_add_str(out, c == '\n' ? STR("\\n") : STR("\\t"));
		else if (is_escaped(c))
			buf_printf(out, "\\u%04" PRIx32, c);
		else
			utf8_encode(out, c);
	}
	buf_add_char(out, '"');
}

static void
separate(struct json *json)
{
	if (json->needs_comma)
		buf_add_char(json->out, ',');
	json->needs_comma = true;
}

void
json_begin(struct json *json, char bracket)
{
	separate(json);
	buf_add_char(json->out, bracket);
	json->needs_comma = false;
}

void
json_end(struct json *json, char bracket)
{
	buf_add_char(json->out, bracket);
	json->needs_comma = true;
}

void
json_key(struct json *json, const char *key)
{
	separate(json);
	json_quote(json->out, str_of(key));
	buf_add_char(json->out, ':');
	json->needs_comma = false;
}

void
json_str(struct json *json, struct str text)
{
	separate(json);
	json_quote(json->out, text);
}

void
json_uint(struct json *json, uint64_t number)
{
	separate(json);
	buf_printf(json->out, "%" PRIu64, number);
}

void
json_bool(struct json *json, bool value)
{
	separate(json);
	buf_add_str(json->out, value ? STR("true") : STR("false"));
}

void
json_null(struct json *json)
{
	separate(json);
	buf_add_str(json->out, STR("null"));
}

void
json_member(struct json *json, const char *key, const char *text)
{
	json_key(json, key);
	if (text != NULL)
		json_str(json, str_of(text));
	else
		json_null(json);
}

void
json_member_str(struct json *json, const char *key, struct str text)
{
	json_key(json, key);
	json_str(json, text);
}

void
json_member_uint(struct json *json, const char *key, uint64_t number)
{
	json_key(json, key);
	json_uint(json, number);
}

void
json_member_bool(struct json *json, const char *key, bool value)
{
	json_key(json, key);
	json_bool(json, value);
}
