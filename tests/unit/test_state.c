/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/state.h"

/*
 * A struct with a member of each kind.
 */

enum colour {
	RED,
	GREEN,
	BLUE
};
static const char *const colours[] = {"red", "green", "blue"};

struct leaf {
	char *name;
	uint8_t small;
};

static int
accept_leaf(void *record, struct err *err)
{
	const struct leaf *leaf = record;

	if (leaf->small != 13)
		return 0;
	err_set(err, "13 brings bad luck");
	return -1;
}

static const struct state_field leaf_fields[] = {
	STATE_ROW(struct leaf, name, 1, STATE_STRING),
	STATE_ROW(struct leaf, small, 2, STATE_UINT),
};
static const struct state_table leaf_table =
	STATE_TABLE(leaf, leaf_fields, accept_leaf);

struct tree {
	bool yes;
	uint8_t u8;
	uint16_t u16;
	unsigned u32;
	uint64_t u64;
	uint16_t few[3];
	int16_t i16;
	int64_t i64;
	enum colour colour;
	int64_t age, since;
	int fd;
	char text[8];
	char *string;
	struct str str;
	struct buf buf;
	unsigned char bytes[4];
	struct state_numbers numbers;
	struct leaf leaf;
	struct leaf *new;
	struct leaf *leaves;
	size_t nleaves;
	bool is_secret;
	char *secret;
};

static bool
may_tell(const void *record)
{
	return !((const struct tree *)record)->is_secret;
}

static const struct state_field tree_fields[] = {
	STATE_ROW(struct tree, yes, 1, STATE_BOOL),
	STATE_ROW(struct tree, u8, 2, STATE_UINT),
	STATE_ROW(struct tree, u16, 3, STATE_UINT, .max = 1000),
	STATE_ROW(struct tree, u32, 4, STATE_UINT),
	STATE_ROW(struct tree, u64, 5, STATE_UINT),
	STATE_ROW(struct tree, few, 6, STATE_UINT, .count = 3),
	STATE_ROW(struct tree, i16, 7, STATE_INT),
	STATE_ROW(struct tree, i64, 8, STATE_INT),
	STATE_ROW(struct tree, colour, 9, STATE_ENUM, .words = colours, .nwords = 3),
	STATE_ROW(struct tree, age, 10, STATE_AGE),
	STATE_ROW(struct tree, since, 11, STATE_SINCE),
	STATE_ROW(struct tree, fd, 12, STATE_FD),
	STATE_ROW(struct tree, text, 13, STATE_TEXT),
	STATE_ROW(struct tree, string, 14, STATE_STRING, .max = 10),
	STATE_ROW(struct tree, str, 15, STATE_STR),
	STATE_ROW(struct tree, buf, 16, STATE_BUF),
	STATE_ROW(struct tree, bytes, 17, STATE_BYTES),
	STATE_ROW(struct tree, numbers, 18, STATE_NUMBERS, .max = 4),
	STATE_ROW(struct tree, leaf, 19, STATE_RECORD, .table = &leaf_table),
	STATE_ROW(struct tree, new, 20, STATE_NEW, .table = &leaf_table),
	STATE_ROW(struct tree, leaves, 21, STATE_ARRAY, .table = &leaf_table,
		.count_at = offsetof(struct tree, nleaves), .max = 3),
	STATE_ROW(struct tree, is_secret, 22, STATE_BOOL),
	STATE_ROW(struct tree, secret, 23, STATE_STRING, .when = may_tell),
};
static const struct state_table tree_table = STATE_TABLE(tree, tree_fields, NULL);

#define NOW INT64_C(1000000)

static void
tree_fini(struct tree *tree)
{
	free(tree->string);
	buf_fini(&tree->buf);
	state_numbers_fini(&tree->numbers);
	free(tree->leaf.name);
	if (tree->new != NULL)
		free(tree->new->name);
	free(tree->new);
	for (size_t i = 0; i < tree->nleaves; i++)
		free(tree->leaves[i].name);
	free(tree->leaves);
	free(tree->secret);
	*tree = (struct tree){.fd = -1};
}

static void
tree_fill(struct tree *tree)
{
	static const char content[] = "with\0NUL";

	*tree = (struct tree){
		.yes = true,
		.u8 = UINT8_MAX,
		.u16 = 1000,
		.u32 = UINT32_MAX,
		.u64 = UINT64_MAX,
		.few = {0, 7, 0},
		.i16 = INT16_MIN,
		.i64 = INT64_MIN,
		.colour = BLUE,
		.age = NOW - 5,
		.since = NOW + 70000,
		.fd = 5,
		.text = "seven77",
		.string = xstrdup("ten bytes!"),
		.str = STR("borrowed"),
		.bytes = {0, 1, 2, 255},
		.leaf = {xstrdup("embedded"), 1},
		.new = xcalloc(1, sizeof(struct leaf)),
		.leaves = xcalloc(3, sizeof(struct leaf)),
		.nleaves = 3,
		.secret = xstrdup("none"),
	};
	buf_add(&tree->buf, content, sizeof(content) - 1);
	for (uint64_t i = 0; i < 4; i++)
		state_numbers_add(&tree->numbers, i << 30);
	tree->new->name = xstrdup("");
	tree->leaves[1] = (struct leaf){xstrdup("second"), 2};
}

/* The bytes of a tree, as the one record of a state. */
static void
tree_write(const struct tree *tree, struct state_out *out)
{
	*out = (struct state_out){.now = NOW};
	state_put(out, 1, &tree_table, tree);
}

/* Read it back, `later` ms after it was written. */
static int
tree_read(struct tree *tree, struct str bytes, struct state_fds *fds, int64_t later,
	struct err *err)
{
	struct state_in in = {.rest = bytes, .now = NOW + later, .fds = fds};
	struct state_item item;
	int rc = state_next(&in, &item, err);

	*tree = (struct tree){.fd = -1};
	if (rc != 1)
		return rc;
	assert_true(item.bytes.len <= bytes.len);
	return state_get(&in, &item, &tree_table, tree, err);
}

static void
assert_leaf(const struct leaf *leaf, const char *name, uint8_t small)
{
	if (name == NULL)
		assert_null(leaf->name);
	else
		assert_string_equal(leaf->name, name);
	assert_int_equal(leaf->small, small);
}

static void
test_all_kinds(void **state)
{
	struct state_out out;
	struct tree tree;
	struct err err;

	(void)state;
	tree_fill(&tree);
	tree_write(&tree, &out);
	tree_fini(&tree);
	assert_int_equal(out.fds.count, 1);
	assert_int_equal(out.fds.v[0], 5);
	/* It has got another number meanwhile. */
	out.fds.v[0] = 9;
	assert_int_equal(tree_read(&tree, buf_str(&out.buf), &out.fds, 0, &err), 0);
	assert_true(tree.yes);
	assert_int_equal(tree.u8, UINT8_MAX);
	assert_int_equal(tree.u16, 1000);
	assert_int_equal(tree.u32, UINT32_MAX);
	assert_int_equal(tree.u64, UINT64_MAX);
	assert_int_equal(tree.few[0], 0);
	assert_int_equal(tree.few[1], 7);
	assert_int_equal(tree.few[2], 0);
	assert_int_equal(tree.i16, INT16_MIN);
	assert_int_equal(tree.i64, INT64_MIN);
	assert_int_equal(tree.colour, BLUE);
	assert_int_equal(tree.age, NOW - 5);
	assert_int_equal(tree.since, NOW + 70000);
	assert_int_equal(tree.fd, 9);
	assert_true(out.fds.is_taken[0]);
	assert_string_equal(tree.text, "seven77");
	assert_string_equal(tree.string, "ten bytes!");
	assert_true(str_eq(tree.str, STR("borrowed")));
	assert_true(str_eq(buf_str(&tree.buf), STR("with\0NUL")));
	assert_memory_equal(tree.bytes, "\0\1\2\377", 4);
	assert_int_equal(tree.numbers.count, 4);
	for (uint64_t i = 0; i < 4; i++)
		assert_int_equal(tree.numbers.v[i], i << 30);
	assert_leaf(&tree.leaf, "embedded", 1);
	assert_leaf(tree.new, "", 0);
	assert_int_equal(tree.nleaves, 3);
	assert_leaf(&tree.leaves[0], NULL, 0);
	assert_leaf(&tree.leaves[1], "second", 2);
	assert_leaf(&tree.leaves[2], NULL, 0);
	assert_string_equal(tree.secret, "none");
	tree_fini(&tree);
	state_out_fini(&out);
}

static void
test_nothing_is_no_bytes(void **state)
{
	/* But a time, of which zero is one; it comes to two bytes and its number. */
	struct tree tree = {.fd = -1, .age = NOW}, back;
	struct state_out out;
	struct err err;

	(void)state;
	tree_write(&tree, &out);
	assert_true(str_eq(buf_str(&out.buf), STR("\x0a\x02\x50\x00")));
	assert_int_equal(tree_read(&back, buf_str(&out.buf), NULL, 0, &err), 0);
	assert_memory_equal(&back, &tree, sizeof(tree));
	state_out_fini(&out);
}

static void
test_it_is_what_protocol_buffers_have(void **state)
{
	/* The examples of their documentation: 150, "testing", [3, 270, 86942]. */
	struct tree tree = {.fd = -1, .age = NOW, .u32 = 150, .str = STR("testing")};
	struct state_out out;

	(void)state;
	state_numbers_add(&tree.numbers, 3);
	state_numbers_add(&tree.numbers, 270);
	state_numbers_add(&tree.numbers, 86942);
	tree_write(&tree, &out);
	assert_true(str_eq(buf_str(&out.buf),
		STR("\x0a\x17"
		    "\x20\x96\x01"
		    "\x50\x00"
		    "\x7a\x07testing"
		    "\x92\x01\x06\x03\x8e\x02\x9e\xa7\x05")));
	state_numbers_fini(&tree.numbers);
	state_out_fini(&out);
}

static void
test_times_go_on_from_where_they_were(void **state)
{
	struct tree tree = {.fd = -1, .age = NOW - 30, .since = NOW - 3}, back;
	struct state_out out;
	struct err err;

	(void)state;
	tree_write(&tree, &out);
	assert_int_equal(tree_read(&back, buf_str(&out.buf), NULL, 5000, &err), 0);
	assert_int_equal(back.age, NOW + 5000 - 30);
	assert_int_equal(back.since, NOW + 5000 - 3);
	/* On another clock; what is since 0 then is not taken for never. */
	assert_int_equal(tree_read(&back, buf_str(&out.buf), NULL, 3 - NOW, &err), 0);
	assert_int_equal(back.age, -27);
	assert_int_equal(back.since, 1);
	state_out_fini(&out);
}

static void
test_secret_is_left_out(void **state)
{
	struct tree tree, back;
	struct state_out out;
	struct err err;

	(void)state;
	tree_fill(&tree);
	tree.is_secret = true;
	tree_write(&tree, &out);
	assert_null(memmem(out.buf.p, out.buf.len, "none", 4));
	assert_int_equal(tree_read(&back, buf_str(&out.buf), &out.fds, 0, &err), 0);
	assert_true(back.is_secret);
	assert_null(back.secret);
	tree_fini(&tree);
	tree_fini(&back);
	state_out_fini(&out);
}

/*
 * Versions
 */

static void
test_members_of_another_version(void **state)
{
	/* One that knows less, and has them in another order. */
	static const struct state_field fields[] = {
		STATE_ROW(struct tree, string, 14, STATE_STRING),
		STATE_ROW(struct tree, u8, 2, STATE_UINT),
		STATE_ROW(struct tree, i64, 99, STATE_INT),
	};
	static const struct state_table table = STATE_TABLE(tree, fields, NULL);
	struct tree tree, back = {.i64 = 42, .fd = -1};
	struct state_out out;
	struct state_in in;
	struct state_item item;
	struct err err;

	(void)state;
	tree_fill(&tree);
	tree_write(&tree, &out);
	in = (struct state_in){.rest = buf_str(&out.buf), .now = NOW};
	assert_int_equal(state_next(&in, &item, &err), 1);
	assert_int_equal(state_get(&in, &item, &table, &back, &err), 0);
	assert_string_equal(back.string, "ten bytes!");
	assert_int_equal(back.u8, UINT8_MAX);
	/* What is not there stays. */
	assert_int_equal(back.i64, 42);
	tree_fini(&back);
	tree_fini(&tree);
	state_out_fini(&out);
}

static void
test_records_of_another_version(void **state)
{
	struct state_in in = {
		.rest = STR("\x08\x05"                     /* a number */
			    "\x12\x01?"                    /* record 2 */
			    "\xfa\xff\xff\xff\xff\x01\x00" /* of a great number */
			    "\x0a\x02\x10\x07")};          /* record 1 */
	struct state_item item;
	struct tree tree = {0};
	struct err err;

	(void)state;
	assert_int_equal(state_next(&in, &item, &err), 1);
	assert_int_equal(item.number, 2);
	assert_int_equal(state_next(&in, &item, &err), 1);
	assert_int_equal(item.number, 1);
	assert_int_equal(state_get(&in, &item, &tree_table, &tree, &err), 0);
	assert_int_equal(tree.u8, 7);
	assert_int_equal(state_next(&in, &item, &err), 0);
}

/*
 * What is wrong
 */

static void
expect_error(struct str bytes, const char *why)
{
	int none[] = {3};
	bool is_taken[] = {false};
	struct state_fds fds = {none, is_taken, 1, 1};
	struct tree tree;
	struct err err = {"none"};
	struct buf record = {0};

	buf_add_char(&record, '\x0a');
	assert_true(bytes.len < 128);
	buf_add_char(&record, (char)bytes.len);
	buf_add_str(&record, bytes);
	assert_int_equal(tree_read(&tree, buf_str(&record), &fds, 0, &err), -1);
	assert_string_equal(err.text, why);
	tree_fini(&tree);
	buf_fini(&record);
}

static void
test_wrong_values(void **state)
{
	(void)state;
	expect_error(STR("\x08\x02"), "tree: yes: 2 is neither yes nor no");
	expect_error(STR("\x10\x80\x02"), "tree: u8: 256 is too much (at most 255)");
	expect_error(STR("\x18\xe9\x07"), "tree: u16: 1001 is too much (at most 1000)");
	expect_error(
		STR("\x32\x04\1\2\3\4"), "tree: few: is no list of at most 3 numbers");
	expect_error(STR("\x32\x03\x80\x80\x04"),
		"tree: few: 65536 is too much (at most 65535)");
	expect_error(STR("\x32\x01\x80"), "tree: few: is no list of at most 3 numbers");
	expect_error(STR("\x38\x80\x80\x04"), "tree: i16: 32768 is out of range");
	expect_error(STR("\x38\x81\x80\x04"), "tree: i16: -32769 is out of range");
	expect_error(STR("\x4a\x03tea"), "tree: colour: a word that is not known here");
	expect_error(STR("\x50\x80\x80\x80\x80\x80\x80\x02"), "tree: age: is no time");
	expect_error(
		STR("\x58\x81\x80\x80\x80\x80\x80\x02"), "tree: since: is no time");
	expect_error(STR("\x60\x01"), "tree: fd: there is no descriptor 1 any more");
	expect_error(STR("\x6a\x08seven778"), "tree: text: 8 bytes are too long");
	expect_error(STR("\x6a\x03no\0"), "tree: text: has a NUL");
	expect_error(STR("\x72\x0b"
			 "eleven byte"),
		"tree: string: 11 bytes are too long");
	expect_error(STR("\x72\x01\0"), "tree: string: has a NUL");
	expect_error(STR("\x8a\x01\x03xyz"), "tree: bytes: 3 bytes are not 4");
	expect_error(STR("\x92\x01\x05\1\2\3\4\5"),
		"tree: numbers: is no list of numbers, or too long a one");
	expect_error(STR("\x92\x01\x02\1\x80"),
		"tree: numbers: is no list of numbers, or too long a one");
	expect_error(STR("\x9a\x01\x02\x10\x0d"), "tree: leaf: 13 brings bad luck");
	expect_error(
		STR("\xa2\x01\x04\x0a\x00\x10\x0d"), "tree: new: 13 brings bad luck");
	expect_error(STR("\xaa\x01\x00\xaa\x01\x00\xaa\x01\x00\xaa\x01\x00"),
		"tree: leaves: there are more than 3 of them");
	expect_error(
		STR("\xaa\x01\x04\x0a\x01x\x10"), "tree: leaves: field 2 is cut short");
}

static void
test_wrong_fields(void **state)
{
	(void)state;
	expect_error(STR("\x10\1\x10\2"), "tree: u8: is there twice");
	expect_error(STR("\x72\1x\x72\1y"), "tree: string: is there twice");
	expect_error(STR("\xa2\x01\x00\xa2\x01\x00"), "tree: new: is there twice");
	expect_error(STR("\x12\x01\x01"), "tree: u8: is of another type");
	expect_error(STR("\x70\x01"), "tree: string: is of another type");
	expect_error(
		STR("\x11........"), "tree: field 2 is of a type that there is not");
	expect_error(STR("\x10"), "tree: field 2 is cut short");
	expect_error(STR("\x72\x02x"), "tree: field 14 is cut short");
	expect_error(STR("\x72\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x"),
		"tree: field 14 is cut short");
	expect_error(STR("\x80"), "tree: the key of a field is cut short");
	/* Numbers have 64 bits. */
	expect_error(STR("\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"),
		"tree: field 5 is cut short");
	expect_error(STR("\x28\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"),
		"tree: field 5 is cut short");
}

static void
test_a_descriptor_belongs_to_one(void **state)
{
	struct tree trees[] = {{.fd = 7, .age = NOW}, {.fd = -1}};
	struct state_out out;
	struct err err;

	(void)state;
	tree_write(&trees[0], &out);
	for (int i = 0; i < 2; i++) {
		int rc = tree_read(&trees[i], buf_str(&out.buf), &out.fds, 0, &err);

		assert_int_equal(rc, i == 0 ? 0 : -1);
		assert_int_equal(trees[i].fd, i == 0 ? 7 : -1);
	}
	state_out_fini(&out);
}

/*
 * Whatever is done to the bytes: an error, or a tree.
 */

static void
read_any(struct str bytes)
{
	struct state_fds fds = {0};
	struct err err = {""};
	struct tree tree;
	/* Of its exact size, so that a sanitizer sees who reads on. */
	char *copy = xmalloc(bytes.len > 0 ? bytes.len : 1);

	memcpy(copy, bytes.p, bytes.len);
	state_fds_add(&fds, 3);
	if (tree_read(&tree, str_make(copy, bytes.len), &fds, 0, &err) == -1)
		assert_true(err.text[0] != '\0');
	tree_fini(&tree);
	state_fds_fini(&fds);
	free(copy);
}

static void
test_cut_anywhere(void **state)
{
	struct state_out out;
	struct tree tree;

	(void)state;
	tree_fill(&tree);
	tree_write(&tree, &out);
	for (size_t len = 0; len < out.buf.len; len++)
		read_any(str_make(out.buf.p, len));
	tree_fini(&tree);
	state_out_fini(&out);
}

static void
test_any_bit_flipped(void **state)
{
	struct state_out out;
	struct tree tree;

	(void)state;
	tree_fill(&tree);
	tree_write(&tree, &out);
	for (size_t bit = 0; bit < out.buf.len * 8; bit++) {
		out.buf.p[bit / 8] ^= (char)(1 << bit % 8);
		read_any(buf_str(&out.buf));
		out.buf.p[bit / 8] ^= (char)(1 << bit % 8);
	}
	tree_fini(&tree);
	state_out_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_kinds),
		cmocka_unit_test(test_nothing_is_no_bytes),
		cmocka_unit_test(test_it_is_what_protocol_buffers_have),
		cmocka_unit_test(test_times_go_on_from_where_they_were),
		cmocka_unit_test(test_secret_is_left_out),
		cmocka_unit_test(test_members_of_another_version),
		cmocka_unit_test(test_records_of_another_version),
		cmocka_unit_test(test_wrong_values),
		cmocka_unit_test(test_wrong_fields),
		cmocka_unit_test(test_a_descriptor_belongs_to_one),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_any_bit_flipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
