/* SPDX-License-Identifier: ISC */
#ifndef NET_LINEBUF_H
#define NET_LINEBUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

/*
 * From bytes to lines. It does not matter where the network cut the stream. A line ends
 * with LF, CR LF, CR NUL or a lone CR. It holds memory only while a line is unfinished.
 * Zero-initialise it.
 */
struct state_table;
extern const struct state_table linebuf_state;

struct linebuf {
	struct buf text;  /* of the unfinished line, or of the one just completed */
	bool is_complete; /* text is a line that was handed out */
	bool is_cut;      /* the line was longer than allowed; its rest is dropped */
	bool has_crlf;    /* some line ended in CR LF or CR NUL, as telnet's do */
	bool after_cr;    /* a LF or NUL now belongs to the line end before it */
};

/* Add a byte. True if it completed a line, which linebuf_line() then gives. */
bool linebuf_add(struct linebuf *lines, unsigned char byte, size_t max);

/*
 * The same for what stands at the front of `*bytes`, of which there is some: text up to
 * the next line end, or a byte of a line end. It is taken off.
 */
bool linebuf_take(struct linebuf *lines, struct str *bytes, size_t max);

/*
 * The line completed last, without its end, of at most `max` bytes and cut at a whole
 * character; *is_cut says whether something is missing. Borrows: good until the next
 * byte is added.
 */
struct str linebuf_line(const struct linebuf *lines, size_t max, bool *is_cut);

/* The input has ended: make what is there a line. False if there is nothing. */
bool linebuf_finish(struct linebuf *lines);

/* Throw away the unfinished line. */
void linebuf_clear(struct linebuf *lines);

/*
 * Take the last character off the unfinished line. Of one that was cut that is the last
 * of those kept, and what follows is dropped all the same: nobody knows where it
 * belongs.
 */
void linebuf_backspace(struct linebuf *lines);

/* Has nothing come since the last line? */
bool linebuf_is_empty(const struct linebuf *lines);

/* Does the unfinished line end within a UTF-8 character? */
bool linebuf_is_mid_character(const struct linebuf *lines);

/* Free the memory unless a line is unfinished. */
void linebuf_relax(struct linebuf *lines);

void linebuf_fini(struct linebuf *lines);

#endif
