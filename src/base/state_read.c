/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/state_member.h"

/* A distance in time beyond that (a hundred years) is no time of ours. */
#define AGE_MAX (INT64_C(100) * 366 * 24 * 3600 * 1000)

/* One field, not looked into. */
struct value {
	uint64_t number; /* of the field */
	enum state_wire wire;
	uint64_t uint;    /* STATE_VARINT */
	struct str bytes; /* STATE_LEN */
};

/*
 * Bytes
 */

/* Take a number off the front. False if there is none, or one of too many bits. */
static bool
take_varint(struct str *rest, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < rest->len && i < STATE_VARINT_MAX; i++) {
		unsigned char byte = (unsigned char)rest->p[i];

		if (i == STATE_VARINT_MAX - 1 && byte > 1)
			return false;
		*value |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (!(byte & 0x80)) {
			*rest = str_make(rest->p + i + 1, rest->len - i - 1);
			return true;
		}
	}
	return false;
}

/* Take a field off the front. 1; 0 at the end; -1 with the reason in `err`. */
static int
take_value(struct str *rest, struct value *value, struct err *err)
{
	uint64_t key, len;

	*value = (struct value){0};
	if (rest->len == 0)
		return 0;
	if (!take_varint(rest, &key)) {
		err_set(err, "the key of a field is cut short");
		return -1;
	}
	value->number = key >> 3;
	value->wire = (enum state_wire)(key & 7);
	switch (value->wire) {
	case STATE_VARINT:
		if (take_varint(rest, &value->uint))
			return 1;
		break;
	case STATE_LEN:
		if (take_varint(rest, &len) && len <= rest->len) {
			value->bytes = str_make(rest->p, (size_t)len);
			*rest = str_make(
				rest->p + value->bytes.len, rest->len - (size_t)len);
			return 1;
		}
		break;
	default:
		err_set(err, "field %llu is of a type that there is not",
			(unsigned long long)value->number);
		return -1;
	}
	err_set(err, "field %llu is cut short", (unsigned long long)value->number);
	return -1;
}

int
state_next(struct state_in *in, struct state_item *item, struct err *err)
{
	struct value value;
	int rc;

	do
		rc = take_value(&in->rest, &value, err);
	while (rc == 1 && (value.wire != STATE_LEN || value.number > UINT32_MAX));
	*item = (struct state_item){(unsigned)value.number, value.bytes};
	return rc;
}

/*
 * Numbers
 */

/* Where and how a value is put. */
struct place {
	struct state_in *in;
	const struct state_field *field;
	unsigned char *base; /* of the struct */
	unsigned char *p;    /* of the member */
};

/* What a number may be at most that goes to so many bytes. */
static uint64_t
most(const struct state_field *field, size_t size, bool is_signed)
{
	uint64_t holds = is_signed ? state_sign(size) - 1
				   : state_sign(size) | (state_sign(size) - 1);

	return field->max > 0 && field->max < holds ? field->max : holds;
}

static int
get_uint(void *p, const struct state_field *field, size_t size, uint64_t value,
	struct err *err)
{
	if (value > most(field, size, false)) {
		err_set(err, "%llu is too much (at most %llu)",
			(unsigned long long)value,
			(unsigned long long)most(field, size, false));
		return -1;
	}
	state_store_uint(p, size, value);
	return 0;
}

static int
get_int(const struct place *place, uint64_t value, struct err *err)
{
	int64_t number = state_unzigzag(value);
	int64_t limit = (int64_t)most(place->field, place->field->size, true);

	if (number > limit || number < -limit - 1) {
		err_set(err, "%lld is out of range", (long long)number);
		return -1;
	}
	state_store_uint(place->p, place->field->size, (uint64_t)number);
	return 0;
}

static int
get_time(const struct place *place, uint64_t value, struct err *err)
{
	int64_t age = state_unzigzag(value), when;

	if (age > AGE_MAX || age < -AGE_MAX) {
		err_set(err, "is no time");
		return -1;
	}
	when = place->in->now - age;
	/* This 0 is a time, and not what says that there is none. */
	if (when == 0 && place->field->kind == STATE_SINCE)
		when = 1;
	state_store_uint(place->p, place->field->size, (uint64_t)when);
	return 0;
}

static int
get_fd(const struct place *place, uint64_t index, struct err *err)
{
	struct state_fds *fds = place->in->fds;

	if (fds == NULL || index >= fds->count || fds->is_taken[index]) {
		err_set(err, "there is no descriptor %llu any more",
			(unsigned long long)index);
		return -1;
	}
	fds->is_taken[index] = true;
	state_store_uint(place->p, place->field->size, (uint64_t)fds->v[index]);
	return 0;
}

static int
get_scalar(const struct place *place, uint64_t value, struct err *err)
{
	switch (place->field->kind) {
	case STATE_BOOL:
		if (value > 1) {
			err_set(err, "%llu is neither yes nor no",
				(unsigned long long)value);
			return -1;
		}
		state_store_uint(place->p, place->field->size, value);
		return 0;
	case STATE_UINT:
		return get_uint(place->p, place->field, place->field->size, value, err);
	case STATE_INT:
		return get_int(place, value, err);
	case STATE_AGE:
	case STATE_SINCE:
		return get_time(place, value, err);
	default:
		return get_fd(place, value, err);
	}
}

/* An array of numbers. Those that are not there stay as they were: zero. */
static int
get_uints(const struct place *place, struct str bytes, struct err *err)
{
	const struct state_field *field = place->field;
	size_t size = field->size / field->count, i = 0;
	uint64_t value;

	for (; bytes.len > 0; i++) {
		if (i == field->count || !take_varint(&bytes, &value)) {
			err_set(err, "is no list of at most %zu numbers", field->count);
			return -1;
		}
		if (get_uint(place->p + i * size, field, size, value, err) == -1)
			return -1;
	}
	return 0;
}

static int
get_numbers(const struct place *place, struct str bytes, struct err *err)
{
	struct state_numbers numbers = {0};
	uint64_t value;
	int rc = 0;

	if (bytes.len == 0)
		return 0;
	/* Each takes a byte at least. */
	numbers.v = xcalloc(bytes.len, sizeof(*numbers.v));
	do {
		if (take_varint(&bytes, &value))
			numbers.v[numbers.count++] = value;
		else
			rc = -1;
	} while (rc == 0 && bytes.len > 0);
	if (place->field->max > 0 && numbers.count > place->field->max)
		rc = -1;
	if (rc == -1) {
		err_set(err, "is no list of numbers, or too long a one");
		state_numbers_fini(&numbers);
		return -1;
	}
	memcpy(place->p, &numbers, sizeof(numbers));
	return 0;
}

static int
get_enum(const struct place *place, struct str word, struct err *err)
{
	const struct state_field *field = place->field;

	for (size_t i = 0; i < field->nwords; i++) {
		if (field->words[i] != NULL && str_eq(word, str_of(field->words[i]))) {
			state_store_uint(place->p, field->size, i);
			return 0;
		}
	}
	err_set(err, "a word that is not known here");
	return -1;
}

/*
 * Text
 */

/* Is it too long, or (of terminated text) has it a NUL? */
static int
check_text(const struct place *place, struct str text, struct err *err)
{
	const struct state_field *field = place->field;
	bool is_terminated = field->kind == STATE_TEXT || field->kind == STATE_STRING;

	if ((field->max > 0 && text.len > field->max) ||
		(field->kind == STATE_TEXT && text.len >= field->size)) {
		err_set(err, "%zu bytes are too long", text.len);
		return -1;
	}
	if (is_terminated && text.len > 0 && memchr(text.p, '\0', text.len) != NULL) {
		err_set(err, "has a NUL");
		return -1;
	}
	return 0;
}

static int
get_text(const struct place *place, struct str text, struct err *err)
{
	struct buf content = {0};

	if (check_text(place, text, err) == -1)
		return -1;
	switch (place->field->kind) {
	case STATE_TEXT:
		memset(place->p, 0, place->field->size);
		if (text.len > 0)
			memcpy(place->p, text.p, text.len);
		return 0;
	case STATE_STRING:
		free(state_load_pointer(place->p));
		state_store_pointer(place->p, xstrndup(text.p, text.len));
		return 0;
	case STATE_STR:
		memcpy(place->p, &text, sizeof(text));
		return 0;
	case STATE_BUF:
		free(state_load_pointer(place->p + offsetof(struct buf, p)));
		buf_add_str(&content, text);
		memcpy(place->p, &content, sizeof(content));
		return 0;
	default: /* BYTES */
		if (text.len != place->field->size) {
			err_set(err, "%zu bytes are not %zu", text.len,
				place->field->size);
			return -1;
		}
		memcpy(place->p, text.p, text.len);
		return 0;
	}
}

/*
 * Structs
 */

static int get_fields(struct state_in *in, struct str bytes,
	const struct state_table *table, void *record, struct err *err);

static int
get_new(const struct place *place, struct str bytes, struct err *err)
{
	void *record = xcalloc(1, place->field->table->size);

	/* At once, so that it is freed with the rest if it is wrong. */
	state_store_pointer(place->p, record);
	return get_fields(place->in, bytes, place->field->table, record, err);
}

static int
get_element(const struct place *place, struct str bytes, struct err *err)
{
	const struct state_field *field = place->field;
	size_t size = field->table->size;
	size_t count = state_load_uint(place->base + field->count_at, sizeof(count));
	unsigned char *v;

	if (field->max > 0 && count >= field->max) {
		err_set(err, "there are more than %llu of them",
			(unsigned long long)field->max);
		return -1;
	}
	v = xreallocarray(state_load_pointer(place->p), count + 1, size);
	memset(v + count * size, 0, size);
	state_store_pointer(place->p, v);
	state_store_uint(place->base + field->count_at, sizeof(count), count + 1);
	return get_fields(place->in, bytes, field->table, v + count * size, err);
}

static int
get_long(const struct place *place, struct str bytes, struct err *err)
{
	switch (place->field->kind) {
	case STATE_UINT:
		return get_uints(place, bytes, err);
	case STATE_NUMBERS:
		return get_numbers(place, bytes, err);
	case STATE_ENUM:
		return get_enum(place, bytes, err);
	case STATE_RECORD:
		return get_fields(place->in, bytes, place->field->table, place->p, err);
	case STATE_NEW:
		return get_new(place, bytes, err);
	case STATE_ARRAY:
		return get_element(place, bytes, err);
	default:
		return get_text(place, bytes, err);
	}
}

static enum state_wire
wire_of(const struct state_field *field)
{
	switch (field->kind) {
	case STATE_BOOL:
	case STATE_INT:
	case STATE_AGE:
	case STATE_SINCE:
	case STATE_FD:
		return STATE_VARINT;
	case STATE_UINT:
		return field->count > 0 ? STATE_LEN : STATE_VARINT;
	default:
		return STATE_LEN;
	}
}

/*
 * The row of a number, or NULL. They come in their order, so one looks from `*at` on.
 */
static const struct state_field *
find_field(const struct state_table *table, uint64_t number, size_t *at)
{
	for (size_t i = 0; i < table->nfields; i++) {
		size_t row = (*at + i) % table->nfields;

		if (table->fields[row].number == number) {
			*at = row;
			return &table->fields[row];
		}
	}
	return NULL;
}

/* Put one value where its row says. */
static int
get_field(const struct place *place, const struct value *value, uint64_t *seen,
	size_t row, struct err *err)
{
	uint64_t bit = UINT64_C(1) << row;

	if (value->wire != wire_of(place->field)) {
		err_set(err, "is of another type");
		return -1;
	}
	/* What is owned by a struct must not be owned twice. */
	if (*seen & bit && place->field->kind != STATE_ARRAY) {
		err_set(err, "is there twice");
		return -1;
	}
	*seen |= bit;
	return value->wire == STATE_VARINT ? get_scalar(place, value->uint, err)
					   : get_long(place, value->bytes, err);
}

static int
get_fields(struct state_in *in, struct str bytes, const struct state_table *table,
	void *record, struct err *err)
{
	struct value value;
	uint64_t seen = 0;
	size_t at = 0;
	int rc;

	assert(table->nfields <= STATE_FIELDS_MAX);
	while ((rc = take_value(&bytes, &value, err)) == 1) {
		const struct state_field *field = find_field(table, value.number, &at);
		struct place place = {.in = in, .field = field, .base = record};

		if (field == NULL)
			continue; /* of a version that knows more than we */
		place.p = place.base + field->offset;
		if (get_field(&place, &value, &seen, at, err) == -1) {
			err_set(err, "%s: %s", field->name, err->text);
			return -1;
		}
	}
	if (rc == 0 && table->accept != NULL)
		rc = table->accept(record, err);
	return rc;
}

int
state_get(struct state_in *in, const struct state_item *item,
	const struct state_table *table, void *record, struct err *err)
{
	int rc = get_fields(in, item->bytes, table, record, err);

	if (rc == -1)
		err_set(err, "%s: %s", table->name, err->text);
	return rc;
}
