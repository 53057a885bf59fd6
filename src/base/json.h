/* SPDX-License-Identifier: ISC */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/*
 * A writer of JSON (RFC 8259), on one line: what is written in a right order is valid,
 * whatever the texts are. There is no reader.
 *
 *	struct json json = {.out = &out};
 *
 *	json_begin(&json, '{');
 *	json_key(&json, "people");
 *	json_uint(&json, 3);
 *	json_end(&json, '}');
 *
 * A text is valid UTF-8 in the end: bytes that are none become U+FFFD. Controls, C1 and
 * the separators U+2028 and U+2029 are escaped, so that no text acts on a terminal or
 * ends the line.
 */
struct json {
	struct buf *out;  /* borrowed */
	bool needs_comma; /* before the next value or key */
};

/* An object ('{', '}') or an array ('[', ']'). */
void json_begin(struct json *json, char bracket);
void json_end(struct json *json, char bracket);

/* The name of the member whose value comes next. */
void json_key(struct json *json, const char *key);

/* Values: elements of an array, or what a key is for. */
void json_str(struct json *json, struct str text);
void json_uint(struct json *json, uint64_t number);
void json_bool(struct json *json, bool value);
void json_null(struct json *json);

/* Members: a key and its value. A NULL text is null. */
void json_member(struct json *json, const char *key, const char *text);
void json_member_str(struct json *json, const char *key, struct str text);
void json_member_uint(struct json *json, const char *key, uint64_t number);
void json_member_bool(struct json *json, const char *key, bool value);

/* Append the text as a JSON string, quotes included. */
void json_quote(struct buf *out, struct str text);

#endif
