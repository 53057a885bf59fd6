/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/state_member.h"

/* So much may pile up before it is taken away, bytes. */
#define FULL ((size_t)64 * 1024)

/*
 * Lists
 */

void
state_fds_add(struct state_fds *fds, int fd)
{
	if (fds->count == fds->cap) {
		fds->cap = fds->cap > 0 ? fds->cap * 2 : 16;
		fds->v = xreallocarray(fds->v, fds->cap, sizeof(*fds->v));
		fds->is_taken =
			xreallocarray(fds->is_taken, fds->cap, sizeof(*fds->is_taken));
	}
	fds->is_taken[fds->count] = false;
	fds->v[fds->count++] = fd;
}

void
state_fds_fini(struct state_fds *fds)
{
	free(fds->v);
	free(fds->is_taken);
	*fds = (struct state_fds){0};
}

void
state_numbers_add(struct state_numbers *numbers, uint64_t number)
{
	numbers->v = xreallocarray(numbers->v, numbers->count + 1, sizeof(*numbers->v));
	numbers->v[numbers->count++] = number;
}

void
state_numbers_fini(struct state_numbers *numbers)
{
	free(numbers->v);
	*numbers = (struct state_numbers){0};
}

/*
 * Writing
 */

static size_t
varint(uint64_t value, unsigned char out[STATE_VARINT_MAX])
{
	size_t len = 0;

	for (; value >= 0x80; value >>= 7)
		out[len++] = (unsigned char)(value | 0x80);
	out[len++] = (unsigned char)value;
	return len;
}

static void
put_varint(struct buf *buf, uint64_t value)
{
	unsigned char bytes[STATE_VARINT_MAX];

	buf_add(buf, bytes, varint(value, bytes));
}

static void
put_key(struct buf *buf, unsigned number, enum state_wire wire)
{
	put_varint(buf, (uint64_t)number << 3 | wire);
}

static void
put_number(struct buf *buf, const struct state_field *field, uint64_t value)
{
	put_key(buf, field->number, STATE_VARINT);
	put_varint(buf, value);
}

static void
put_bytes(struct buf *buf, const struct state_field *field, struct str bytes)
{
	put_key(buf, field->number, STATE_LEN);
	put_varint(buf, bytes.len);
	buf_add_str(buf, bytes);
}

/* What was appended from `at` on gets its length in front. */
static void
put_length_at(struct buf *buf, size_t at)
{
	unsigned char bytes[STATE_VARINT_MAX];
	size_t len = buf->len - at, more = varint(len, bytes);

	buf_reserve(buf, more);
	memmove(buf->p + at + more, buf->p + at, len);
	memcpy(buf->p + at, bytes, more);
	buf->len += more;
}

static void put_fields(
	struct state_out *out, const struct state_table *table, const void *record);

static void
put_record(struct state_out *out, unsigned number, const struct state_table *table,
	const void *record)
{
	size_t at;

	put_key(&out->buf, number, STATE_LEN);
	at = out->buf.len;
	put_fields(out, table, record);
	put_length_at(&out->buf, at);
}

/* An embedded struct is there in any case, so one without anything is left out. */
static void
put_embedded(struct state_out *out, const struct state_field *field, const void *p)
{
	size_t before = out->buf.len, after;

	put_key(&out->buf, field->number, STATE_LEN);
	after = out->buf.len;
	put_fields(out, field->table, p);
	if (out->buf.len > after)
		put_length_at(&out->buf, after);
	else
		out->buf.len = before;
}

/* An array of numbers: in one field, so that zeros keep their places. */
static void
put_uints(struct buf *buf, const struct state_field *field, const unsigned char *p)
{
	size_t size = field->size / field->count, used = field->count;
	size_t at;

	while (used > 0 && state_load_uint(p + (used - 1) * size, size) == 0)
		used--;
	if (used == 0)
		return;
	put_key(buf, field->number, STATE_LEN);
	at = buf->len;
	for (size_t i = 0; i < used; i++)
		put_varint(buf, state_load_uint(p + i * size, size));
	put_length_at(buf, at);
}

static void
put_numbers(struct buf *buf, const struct state_field *field, const void *p)
{
	struct state_numbers numbers;
	size_t at;

	memcpy(&numbers, p, sizeof(numbers));
	if (numbers.count == 0)
		return;
	put_key(buf, field->number, STATE_LEN);
	at = buf->len;
	for (size_t i = 0; i < numbers.count; i++)
		put_varint(buf, numbers.v[i]);
	put_length_at(buf, at);
}

static void
put_enum(struct buf *buf, const struct state_field *field, uint64_t value)
{
	if (value == 0)
		return;
	assert(value < field->nwords && field->words[value] != NULL);
	put_bytes(buf, field, str_of(field->words[value]));
}

/* Left out is what whoever reads has already. */
static void
put_uint(struct buf *buf, const struct state_field *field, uint64_t value)
{
	if (value != 0)
		put_number(buf, field, value);
}

static void
put_time(struct state_out *out, const struct state_field *field, int64_t when)
{
	if (field->kind == STATE_AGE || when != 0)
		put_number(&out->buf, field, state_zigzag(out->now - when));
}

static void
put_fd(struct state_out *out, const struct state_field *field, int fd)
{
	if (fd == -1)
		return;
	put_number(&out->buf, field, out->fds.count);
	state_fds_add(&out->fds, fd);
}

/* An array of structs: a field for each. */
static void
put_array(struct state_out *out, const struct state_field *field, const void *record)
{
	const unsigned char *base = record;
	const unsigned char *v = state_load_pointer(base + field->offset);
	size_t count = state_load_uint(base + field->count_at, sizeof(count));

	for (size_t i = 0; i < count; i++)
		put_record(
			out, field->number, field->table, v + i * field->table->size);
}

static bool
is_zero(const unsigned char *bytes, size_t len)
{
	while (len > 0 && bytes[len - 1] == 0)
		len--;
	return len == 0;
}

/* Text and bytes of all kinds. */
static void
put_text(struct buf *buf, const struct state_field *field, const void *p)
{
	struct str text = str_make(NULL, 0);
	struct buf content;

	switch (field->kind) {
	case STATE_TEXT:
		text = str_of(p);
		break;
	case STATE_STRING:
		/* Empty is not the same as none. */
		if (state_load_pointer(p) != NULL)
			put_bytes(buf, field, str_of(state_load_pointer(p)));
		return;
	case STATE_STR:
		memcpy(&text, p, sizeof(text));
		break;
	case STATE_BUF:
		memcpy(&content, p, sizeof(content));
		text = buf_str(&content);
		break;
	default: /* BYTES */
		if (!is_zero(p, field->size))
			text = str_make(p, field->size);
	}
	if (text.len > 0)
		put_bytes(buf, field, text);
}

static void
put_field(struct state_out *out, const struct state_field *field, const void *record)
{
	const unsigned char *p = (const unsigned char *)record + field->offset;
	struct buf *buf = &out->buf;

	if (field->when != NULL && !field->when(record))
		return;
	switch (field->kind) {
	case STATE_BOOL:
		put_uint(buf, field, state_load_uint(p, field->size));
		break;
	case STATE_UINT:
		if (field->count > 0)
			put_uints(buf, field, p);
		else
			put_uint(buf, field, state_load_uint(p, field->size));
		break;
	case STATE_INT:
		put_uint(buf, field, state_zigzag(state_load_int(p, field->size)));
		break;
	case STATE_ENUM:
		put_enum(buf, field, state_load_uint(p, field->size));
		break;
	case STATE_AGE:
	case STATE_SINCE:
		put_time(out, field, state_load_int(p, field->size));
		break;
	case STATE_FD:
		put_fd(out, field, (int)state_load_int(p, field->size));
		break;
	case STATE_TEXT:
	case STATE_STRING:
	case STATE_STR:
	case STATE_BUF:
	case STATE_BYTES:
		put_text(buf, field, p);
		break;
	case STATE_NUMBERS:
		put_numbers(buf, field, p);
		break;
	case STATE_RECORD:
		put_embedded(out, field, p);
		break;
	case STATE_NEW:
		if (state_load_pointer(p) != NULL)
			put_record(out, field->number, field->table,
				state_load_pointer(p));
		break;
	case STATE_ARRAY:
		put_array(out, field, record);
	}
}

static void
put_fields(struct state_out *out, const struct state_table *table, const void *record)
{
	for (size_t i = 0; i < table->nfields; i++)
		put_field(out, &table->fields[i], record);
}

void
state_put(struct state_out *out, unsigned number, const struct state_table *table,
	const void *record)
{
	put_record(out, number, table, record);
	if (out->full != NULL && out->buf.len >= FULL)
		out->full(out);
}

void
state_out_fini(struct state_out *out)
{
	buf_fini(&out->buf);
	state_fds_fini(&out->fds);
}
