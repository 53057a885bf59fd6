/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net/pager.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/state.h"

/* A page in a window of fewer rows would show nothing. */
#define ROWS_MIN 3

#define HELD_MAX ((size_t)64 * 1024)

enum {
	KEY_INTERRUPT = 3,
	KEY_END = 4,
};

struct pager {
	struct buf rest; /* of the answer, from `at` on */
	size_t at;
	struct buf held; /* what others said meanwhile */
};

static int
accept(void *record, struct err *err)
{
	const struct pager *pager = record;

	if (pager->at <= pager->rest.len)
		return 0;
	err_set(err, "behind the end");
	return -1;
}

static const struct state_field fields[] = {
	STATE_ROW(struct pager, rest, 1, STATE_BUF),
	STATE_ROW(struct pager, at, 2, STATE_UINT),
	STATE_ROW(struct pager, held, 3, STATE_BUF),
};
const struct state_table pager_state = STATE_TABLE(pager, fields, accept);

/* Where `rows` rows of the text end. */
static size_t
end_of_rows(struct str text, size_t rows)
{
	size_t at = 0;

	for (; rows > 0 && at < text.len; rows--) {
		const char *end = memchr(text.p + at, '\n', text.len - at);

		at = end != NULL ? (size_t)(end - text.p) + 1 : text.len;
	}
	return at;
}

/* Rows of one page: the last one is the prompt's. */
static size_t
page_rows(size_t rows)
{
	return (rows < ROWS_MIN ? ROWS_MIN : rows) - 1;
}

struct str
pager_prompt(unsigned columns)
{
	static const struct str full = {"-- more: Space, q -- ", 21};
	static const struct str brief = {"-- Space, q -- ", 15};

	return columns == 0 || columns > 2 * full.len ? full : brief;
}

struct pager *
pager_start(struct str text, size_t rows, struct buf *out)
{
	size_t end = end_of_rows(text, page_rows(rows));
	struct pager *pager = NULL;

	buf_add_str(out, str_make(text.p, end));
	if (end < text.len) {
		pager = xcalloc(1, sizeof(*pager));
		buf_add_str(&pager->rest, str_from(text, end));
	}
	return pager;
}

bool
pager_hold(struct pager *pager, struct str text)
{
	buf_add_str(&pager->held, text);
	return pager->held.len <= HELD_MAX;
}

bool
pager_key(struct pager *pager, unsigned char key, size_t rows, struct buf *out)
{
	struct str rest = str_from(buf_str(&pager->rest), pager->at);
	size_t end = end_of_rows(rest, page_rows(rows));

	switch (key) {
	case 'q':
	case 'Q':
	case KEY_INTERRUPT:
	case KEY_END:
		return false;
	case ' ':
	case '\r':
	case '\n':
		buf_add_str(out, str_make(rest.p, end));
		pager->at += end;
		return end < rest.len;
	default:
		return true; /* also what arrow keys send */
	}
}

void
pager_end(struct pager *pager, struct buf *out)
{
	buf_add_str(out, buf_str(&pager->held));
	pager_free(pager);
}

void
pager_free(struct pager *pager)
{
	if (pager == NULL)
		return;
	buf_fini(&pager->rest);
	buf_fini(&pager->held);
	free(pager);
}
