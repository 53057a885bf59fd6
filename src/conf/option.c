/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "conf/option.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/netaddr.h"
#include "base/suggest.h"
#include "base/template.h"
#include "base/utf8.h"
#include "conf/address.h"
#include "conf/number.h"
#include "conf/reader.h"

enum {
	SHOWN_MAX = 80
}; /* bytes of a wrong value that an error repeats */

/* The C type of the member, and what stands for a value in documents. */
static const struct {
	size_t size;
	const char *kind;
} types[] = {
	[OPTION_BOOL] = {sizeof(bool), "boolean"},
	[OPTION_UINT] = {sizeof(uint64_t), "number"},
	[OPTION_SIZE] = {sizeof(uint64_t), "size"},
	[OPTION_TIME] = {sizeof(int64_t), "time"},
	[OPTION_ENUM] = {sizeof(int), "word"},
	[OPTION_MODE] = {sizeof(uint64_t), "mode"},
	[OPTION_STR] = {sizeof(char *), "text"},
	[OPTION_PATH] = {sizeof(char *), "path"},
	[OPTION_TEMPLATE] = {sizeof(char *), "template"},
	[OPTION_ADDRS] = {sizeof(struct address_list), "addresses"},
	[OPTION_NETWORKS] = {sizeof(struct network_list), "networks"},
};

/* Refuse `value`: say what would be right. Returns -1. */
static int
refuse(const struct option *option, struct str value, const char *hint, struct err *err)
{
	struct str shown = utf8_cut(value, SHOWN_MAX);
	struct buf right = {0};

	option_describe(option, &right);
	err_set(err, "%s must be %.*s, not \"%.*s%s\"%s", option->name, (int)right.len,
		right.p, (int)shown.len, shown.p, shown.len < value.len ? "..." : "",
		hint);
	buf_fini(&right);
	return -1;
}

static int
bool_set(const struct option *option, void *member, struct str value, struct err *err)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {{"yes", true}, {"no", false}, {"true", true}, {"false", false},
		{"on", true}, {"off", false}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (str_eq(value, str_of(words[i].word))) {
			*(bool *)member = words[i].value;
			return 0;
		}
	}
	return refuse(option, value, "", err);
}

static int
number_set(const struct option *option, void *member, struct str value, struct err *err)
{
	if (number_parse(option, value, member) == -1)
		return refuse(option, value, number_units(option), err);
	return 0;
}

static int
enum_set(const struct option *option, void *member, struct str value, struct err *err)
{
	struct suggest suggest;
	char hint[64];

	suggest_init(&suggest, value);
	for (int i = 0; option->words[i] != NULL; i++) {
		if (str_eq(value, str_of(option->words[i]))) {
			*(int *)member = i;
			return 0;
		}
		suggest_offer(&suggest, option->words[i]);
	}
	suggest_text(&suggest, "\"", "\"", hint, sizeof(hint));
	return refuse(option, value, hint, err);
}

static void
enum_describe(const struct option *option, struct buf *out)
{
	for (size_t i = 0; option->words[i] != NULL; i++)
		buf_printf(out, "%s%s", i == 0 ? "one of " : ", ", option->words[i]);
}

/* What keeps `value` from being one line of text in the file, or NULL. */
static const char *
text_fault(struct str value)
{
	uint32_t c, before = ' ';
	size_t n;

	if (!utf8_valid(value))
		return "UTF-8";
	for (struct str rest = value; rest.len > 0; rest = str_from(rest, n)) {
		n = utf8_decode(rest, &c);
		if (c < 0x20 || (c >= 0x7f && c < 0xa0))
			return "text without control characters";
		/* -o could set it, but the file that -t prints would lose the rest. */
		if (c == ';' && before == ' ')
			return "text without a blank before \";\" (a comment begins "
			       "there)";
		before = c;
	}
	return NULL;
}

static int
text_check(const struct option *option, struct str value, struct err *err)
{
	const char *fault = text_fault(value);

	if (fault != NULL) {
		err_set(err, "%s must be %s", option->name, fault);
		return -1;
	}
	if (value.len < (size_t)option->min ||
		(option->max > 0 && value.len > (size_t)option->max))
		return refuse(option, value, "", err);
	if (option->type == OPTION_PATH && value.len > 0 && value.p[0] != '/')
		return refuse(option, value, "", err);
	return 0;
}

static int
text_set(const struct option *option, void *member, struct str value, struct err *err)
{
	char **text = member;
	char *copy;

	if (text_check(option, value, err) == -1)
		return -1;
	copy = value.len > 0 ? xstrndup(value.p, value.len) : xstrdup("");
	if (option->type == OPTION_TEMPLATE &&
		template_check(copy, option->vars, err) == -1) {
		free(copy);
		err_set(err, "%s: %s", option->name, err->text);
		return -1;
	}
	/* Not shown again, for it may be a secret in the wrong place. */
	if (option->is_right != NULL && value.len > 0 && !option->is_right(copy)) {
		free(copy);
		err_set(err, "%s must be %s or empty", option->name, option->what);
		return -1;
	}
	free(*text);
	*text = copy;
	return 0;
}

static void
text_describe(const struct option *option, struct buf *out)
{
	if (option->is_right != NULL)
		buf_printf(out, "%s or empty", option->what);
	else if (option->max == 0)
		buf_printf(out, option->min > 0 ? "text, not empty" : "text");
	else if (option->min > 0)
		buf_printf(out, "text of %" PRId64 " to %" PRId64 " bytes", option->min,
			option->max);
	else
		buf_printf(out, "text of at most %" PRId64 " bytes", option->max);
}

static void
template_describe(const struct option *option, struct buf *out)
{
	struct str names = str_of(option->vars), name;
	const char *between = "text with";

	while ((name = str_word(&names)).len > 0) {
		if (name.p != option->vars)
			between = names.len > 0 ? "," : " and";
		buf_printf(out, "%s {%.*s}", between, (int)name.len, name.p);
	}
	buf_printf(out, " replaced");
}

static int
addrs_set(const struct option *option, void *member, struct str value, struct err *err)
{
	struct address_list list;

	if (address_list_parse(&list, value, err) == -1) {
		err_set(err, "%s: %s", option->name, err->text);
		return -1;
	}
	address_list_fini(member);
	*(struct address_list *)member = list;
	return 0;
}

static int
networks_set(
	const struct option *option, void *member, struct str value, struct err *err)
{
	struct network_list list;

	if (network_list_parse(&list, value, err) == -1) {
		err_set(err, "%s: %s", option->name, err->text);
		return -1;
	}
	network_list_fini(member);
	*(struct network_list *)member = list;
	return 0;
}

/*
 * Print a list, takes the text. Its items hold no blanks; those between them must not
 * push what the file just held over its line.
 */
static void
list_print(const struct option *option, char *text, struct buf *out)
{
	size_t len = strlen(option->name) + strlen(" = ") + strlen(text);

	for (const char *p = text; *p != '\0'; p++) {
		if (*p != ' ' || len <= READER_LINE_MAX)
			buf_add_char(out, *p);
	}
	free(text);
}

static void *
member_of(const struct option *option, void *section)
{
	return (char *)section + option->offset;
}

static const void *
const_member_of(const struct option *option, const void *section)
{
	return (const char *)section + option->offset;
}

int
option_set(
	const struct option *option, void *section, struct str value, struct err *err)
{
	void *member = member_of(option, section);

	value = str_trim(value);
	switch (option->type) {
	case OPTION_BOOL:
		return bool_set(option, member, value, err);
	case OPTION_UINT:
	case OPTION_SIZE:
	case OPTION_TIME:
	case OPTION_MODE:
		return number_set(option, member, value, err);
	case OPTION_ENUM:
		return enum_set(option, member, value, err);
	case OPTION_STR:
	case OPTION_PATH:
	case OPTION_TEMPLATE:
		return text_set(option, member, value, err);
	case OPTION_ADDRS:
		return addrs_set(option, member, value, err);
	case OPTION_NETWORKS:
		return networks_set(option, member, value, err);
	}
	abort();
}

void
option_set_default(const struct option *option, void *section)
{
	struct err err;
	int result = option_set(option, section, str_of(option->def), &err);

	assert(result == 0);
	(void)result;
}

void
option_print(const struct option *option, const void *section, struct buf *out)
{
	const void *member = const_member_of(option, section);

	switch (option->type) {
	case OPTION_BOOL:
		buf_printf(out, "%s", *(const bool *)member ? "yes" : "no");
		break;
	case OPTION_UINT:
	case OPTION_SIZE:
	case OPTION_TIME:
	case OPTION_MODE:
		number_print(option, *(const uint64_t *)member, out);
		break;
	case OPTION_ENUM:
		buf_printf(out, "%s", option->words[*(const int *)member]);
		break;
	case OPTION_STR:
	case OPTION_PATH:
	case OPTION_TEMPLATE:
		buf_printf(out, "%s", *(char *const *)member);
		break;
	case OPTION_ADDRS:
		list_print(option, address_list_text(member), out);
		break;
	case OPTION_NETWORKS:
		list_print(option, network_list_text(member), out);
		break;
	}
}

bool
option_eq(const struct option *option, const void *a, const void *b)
{
	struct buf x = {0}, y = {0};
	bool same;

	/* What is printed loads to the same value, so equal texts are equal values. */
	option_print(option, a, &x);
	option_print(option, b, &y);
	same = str_eq(buf_str(&x), buf_str(&y));
	buf_fini(&x);
	buf_fini(&y);
	return same;
}

void
option_swap(const struct option *option, void *a, void *b)
{
	union {
		struct address_list addrs;
		struct network_list networks;
	} tmp; /* the largest */
	size_t size = types[option->type].size;

	assert(size <= sizeof(tmp));
	memcpy(&tmp, member_of(option, a), size);
	memcpy(member_of(option, a), member_of(option, b), size);
	memcpy(member_of(option, b), &tmp, size);
}

void
option_fini(const struct option *option, void *section)
{
	void *member = member_of(option, section);

	switch (option->type) {
	case OPTION_STR:
	case OPTION_PATH:
	case OPTION_TEMPLATE:
		free(*(char **)member);
		*(char **)member = NULL;
		break;
	case OPTION_ADDRS:
		address_list_fini(member);
		break;
	case OPTION_NETWORKS:
		network_list_fini(member);
		break;
	default:
		break;
	}
}

void
option_describe(const struct option *option, struct buf *out)
{
	switch (option->type) {
	case OPTION_BOOL:
		buf_printf(out, "yes or no");
		break;
	case OPTION_UINT:
	case OPTION_SIZE:
	case OPTION_TIME:
	case OPTION_MODE:
		number_describe(option, out);
		break;
	case OPTION_ENUM:
		enum_describe(option, out);
		break;
	case OPTION_STR:
		text_describe(option, out);
		break;
	case OPTION_PATH:
		buf_printf(out, "an absolute path or empty");
		break;
	case OPTION_TEMPLATE:
		template_describe(option, out);
		break;
	case OPTION_ADDRS:
		buf_printf(out, "addresses separated by commas");
		break;
	case OPTION_NETWORKS:
		buf_printf(out,
			"addresses or networks like 192.0.2.0/24, separated by commas");
		break;
	}
}

const char *
option_kind(const struct option *option)
{
	return types[option->type].kind;
}
