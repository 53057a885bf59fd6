/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/width.h"
#include "editor_rig.h"
#include "net/editor.h"
#include "screen.h"

static void
test_typing(void **state)
{
	(void)state;
	CHECK("", ">", 2, "");
	CHECK("hello", "> hello", 7, "hello");
	CHECK(" ", ">", 3, " ");
	CHECK("caf\xC3\xA9 ~", "> caf\xC3\xA9 ~", 8, "caf\xC3\xA9 ~");
}

static void
test_characters(void **state)
{
	(void)state;
	CHECK(NIHON NIHON, "> " NIHON NIHON, 6, NIHON NIHON);
	CHECK(E_ACUTE "x", "> " E_ACUTE "x", 4, E_ACUTE "x");
	CHECK(CODER "x", "> " CODER "x", 5, CODER "x");
	CHECK("a" CODER LEFT LEFT "b", "> ba" CODER, 3, "ba" CODER);
	CHECK(NIHON E_ACUTE "x" LEFT LEFT "-", "> " NIHON "-" E_ACUTE "x", 5,
		NIHON "-" E_ACUTE "x");
	CHECK("\xE2\x9D\xA4\xEF\xB8\x8F!", "> \xE2\x9D\xA4\xEF\xB8\x8F!", 5,
		"\xE2\x9D\xA4\xEF\xB8\x8F!");
	CHECK("\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA.",
		"> \xF0\x9F\x87\xA9\xF0\x9F\x87\xAA.", 5,
		"\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA.");
}

/* A joiner in front of something that is there already joins it. */
static void
test_joining_what_follows(void **state)
{
	(void)state;
	CHECK(LAPTOP "\x01" MAN ZWJ, "> " CODER, 4, CODER);
	CHECK(LAPTOP "\x01" MAN ZWJ "x", "> " MAN ZWJ "x" LAPTOP, 5,
		MAN ZWJ "x" LAPTOP);
	CHECK(LAPTOP "\x01" MAN ZWJ "\x7F", "> " LAPTOP, 2, LAPTOP);
	CHECK(LAPTOP "\x01" MAN ZWJ RIGHT "x", "> " CODER "x", 5, CODER "x");
	CHECK("ab" LEFT ACUTE, "> a" ACUTE "b", 3, "a" ACUTE "b");
	/* At the front an accent has nothing to stand on. */
	CHECK(ACUTE "a", "> a", 3, ACUTE "a");
	CHECK("a\x01" ACUTE, "> a", 2, ACUTE "a");
	/* Nor has a skin colour, where it joins whatever it is behind. */
	if (width_text(STR("x" SKIN)) == 2) {
		CHECK(SKIN, "> " FFFD, 4, SKIN);
		CHECK(SKIN LEFT "x" RIGHT "y", "> x" SKIN "y", 5, "x" SKIN "y");
	}
}

static void
test_only_clean_text(void **state)
{
	(void)state;
	CHECK("a\x80"
	      "b",
		"> a" FFFD "b", 5, "a" FFFD "b");
	CHECK("a\xC3"
	      "b",
		"> a" FFFD "b", 5, "a" FFFD "b");
	CHECK("\xF0\x9F\x91"
	      "b",
		"> " FFFD "b", 4, FFFD "b");
	CHECK("\xF0\x9F\xC3\xA9", "> " FFFD "\xC3\xA9", 4, FFFD "\xC3\xA9");
	CHECK("\xE0\x80\x80", "> " FFFD FFFD FFFD, 5, FFFD FFFD FFFD);
	CHECK("\xED\xA0\x80", "> " FFFD FFFD FFFD, 5, FFFD FFFD FFFD);
	CHECK("\xFF\xF5\xC0", "> " FFFD FFFD FFFD, 5, FFFD FFFD FFFD);
	CHECK(FFFD "\xEF\xBF\xBE", "> " FFFD FFFD, 4, FFFD FFFD);
	CHECK("a\xE2\x80\xAE"
	      "b\xE2\x80\xA8"
	      "c\xEF\xBB\xBF",
		"> ab c", 6, "ab c");
	CHECK("a\xC2\x85"
	      "b",
		"> ab", 4, "ab"); /* NEL */
	CHECK("a\xC2\x9B"
	      "3mb",
		"> ab", 4, "ab");
	CHECK("a\xC2\x9D"
	      "0;x\xC2\x9C"
	      "b",
		"> ab", 4, "ab");
	CHECK("a\0b\x03"
	      "c\x1A"
	      "d",
		"> cd", 4, "cd");
	CHECK("a\x10\x0E\x1C"
	      "d",
		"> ad", 4, "ad");
	/* Not complete: not there yet, and gone with the line. */
	CHECK("a\xE6\x97", "> a", 3, "a" FFFD);
}

static void
test_line_ends(void **state)
{
	struct rig *rig = rig_new(40);

	(void)state;
	rig_type(rig, STR("a\rb\nc\r\nd\r\0e\r\r\nf\n\ng\n\rh"));
	rig_assert_log(rig,
		"line a\nline b\nline c\nline d\nline e\nline \nline f\nline \n"
		"line g\nline \n");
	rig_assert_row(rig, "> h", 3);
	rig_free(rig);
	CHECK("a\r\nb\r\0c\r\nd", "> d", 3, "d");
	CHECK("a\r", ">", 2, "");
	CHECK("a\n", ">", 2, "");
	CHECK("a\r\n\n", ">", 2, "");
	CHECK("a\r" UP "\n", ">", 2, "");
	CHECK("ab" LEFT "\r", ">", 2, "");
	CHECK("a\033OMb", "> b", 3, "b");
}

static void
test_moving(void **state)
{
	(void)state;
	CHECK("ab" LEFT "x", "> axb", 4, "axb");
	CHECK("ab\x02x", "> axb", 4, "axb");
	CHECK("ab" LEFT LEFT LEFT RIGHT "x", "> axb", 4, "axb");
	CHECK("ab\x02\x02\x06x", "> axb", 4, "axb");
	CHECK("ab" RIGHT "x", "> abx", 5, "abx");
	CHECK("ab\033[Hx", "> xab", 3, "xab");
	CHECK("ab\033[1~x\033[4~y", "> xaby", 6, "xaby");
	CHECK("ab\033[7~x\033[8~y", "> xaby", 6, "xaby");
	CHECK("ab\033OHx\033OFy", "> xaby", 6, "xaby");
	CHECK("ab\x01x\x05y", "> xaby", 6, "xaby");
	CHECK("abc\033ODx", "> abxc", 5, "abxc");
	CHECK("abc\033[1;2Dx", "> abxc", 5, "abxc"); /* Shift */
	CHECK("abcdefgh\x01", "> abcdefgh", 2, "abcdefgh");
	CHECK("abcdefgh" LEFT LEFT, "> abcdefgh", 8, "abcdefgh");
}

static void
test_moving_by_words(void **state)
{
	(void)state;
	CHECK("one, two" ALT("b") "x", "> one, xtwo", 8, "one, xtwo");
	CHECK("one, two" ALT("b") ALT("b") "x", "> xone, two", 3, "xone, two");
	CHECK("one, two\x01" ALT("f") "x", "> onex, two", 6, "onex, two");
	CHECK("one, two\x01" ALT("f") ALT("f") "x", "> one, twox", 11, "one, twox");
	CHECK("one two\033[1;5Dx\033[1;5Cy", "> one xtwoy", 11, "one xtwoy");
	CHECK("one two\033[1;3Dx\033[1;3Cy", "> one xtwoy", 11, "one xtwoy");
	CHECK("one two\033Odx\033Ocy", "> one xtwoy", 11, "one xtwoy");
	CHECK("one two\033O5Dx\033O5Cy", "> one xtwoy", 11, "one xtwoy");
	CHECK("one two\033\033[Dx", "> one xtwo", 7, "one xtwo");
	CHECK(NIHON E_ACUTE " " NIHON NIHON ALT("b") "x",
		"> " NIHON E_ACUTE " x" NIHON NIHON, 7, NIHON E_ACUTE " x" NIHON NIHON);
}

static void
test_deleting(void **state)
{
	(void)state;
	CHECK("abc\x7F", "> ab", 4, "ab");
	CHECK("abc\b", "> ab", 4, "ab");
	CHECK("abc" LEFT "\b", "> ac", 3, "ac");
	CHECK("\b\bx", "> x", 3, "x");
	CHECK("a" CODER NIHON "\b\b", "> a", 3, "a");
	CHECK("a" E_ACUTE "\b", "> a", 3, "a");
	CHECK("abc\x01\033[3~", "> bc", 2, "bc");
	CHECK("abc\x01\x04", "> bc", 2, "bc");
	CHECK("abc\033[3~\x04", "> abc", 5, "abc");
	CHECK(CODER "b\x01\x04", "> b", 2, "b");
	CHECK("abc\x03x", "> x", 3, "x");
}

static void
test_killing(void **state)
{
	(void)state;
	CHECK("one two\x17x", "> one x", 7, "one x");
	CHECK("one  two  \x17x", "> one  x", 8, "one  x");
	CHECK("a/b-c\x17x", "> x", 3, "x");
	CHECK("one two" LEFT LEFT "\x17", "> one wo", 6, "one wo");
	CHECK("one two\x15x", "> x", 3, "x");
	CHECK("one two" ALT("b") "\x15", "> two", 2, "two");
	CHECK("one two" ALT("b") "\x0B", "> one", 6, "one ");
	CHECK("one, two\x01" ALT("d"), "> , two", 2, ", two");
	CHECK("one, two\x01" ALT("d") ALT("d"), ">", 2, "");
	CHECK("one, two" ALT("\x7F"), "> one,", 7, "one, ");
	CHECK("one, two" ALT("\b") "x", "> one, x", 8, "one, x");
}

static void
test_yanking(void **state)
{
	(void)state;
	CHECK("\x19"
	      "a",
		"> a", 3, "a");
	CHECK("one two\x17\x19\x19", "> one twotwo", 12, "one twotwo");
	CHECK("one two\x01\x0B\x19", "> one two", 9, "one two");
	/* Kills that follow each other are one. */
	CHECK("a b c\x17\x17\x17\x19", "> a b c", 7, "a b c");
	CHECK("a b c\x01" ALT("d") ALT("d") "\x05"
					    " \x19",
		">  c a b", 8, " c a b");
	CHECK("a b" LEFT LEFT "\x0B\x15\x19", "> a b", 5, "a b");
	/* Anything between them makes the second begin anew. */
	CHECK("a b c\x17\x05\x17\x19", "> a b", 6, "a b ");
	CHECK("a\x17\rb\x17\x19", "> b", 3, "b");
	CHECK("a b\x17"
	      "c\x17\x19",
		"> a c", 5, "a c");
}

static void
test_swapping(void **state)
{
	(void)state;
	CHECK("abc\x14", "> acb", 5, "acb");
	CHECK("abc" LEFT "\x14", "> acb", 5, "acb");
	CHECK("abc" LEFT LEFT "\x14", "> bac", 4, "bac");
	CHECK("abc\x01\x14", "> abc", 2, "abc");
	CHECK("a\x14", "> a", 3, "a");
	CHECK("\x14", ">", 2, "");
	CHECK(NIHON CODER "\x14", "> " CODER NIHON, 6, CODER NIHON);
	CHECK("a" E_ACUTE "\x14", "> " E_ACUTE "a", 4, E_ACUTE "a");
}

static void
test_unknown_sequences(void **state)
{
	(void)state;
	CHECK("a\033[15~b", "> ab", 4, "ab");
	CHECK("a\033[1;2;3;4;5;6;7zb", "> ab", 4, "ab");
	CHECK("a\033[99999999999999999999~b", "> ab", 4, "ab");
	CHECK("ab" LEFT "\033[65539~", "> ab", 3, "ab");
	CHECK("a\033[?1;2cb", "> ab", 4, "ab");
	CHECK("a\033[<0;3;4Mb", "> ab", 4, "ab");
	CHECK("a\033[ @b", "> ab", 4, "ab");
	CHECK("a\033[?3~b", "> ab", 4, "ab");
	CHECK("a\033[[Ab", "> ab", 4, "ab"); /* F1 of the Linux console */
	CHECK("a\033OPb", "> ab", 4, "ab");
	CHECK("a\033Nxb", "> ab", 4, "ab");
	CHECK("a\033(0b", "> ab", 4, "ab");
	CHECK("a\033xb", "> ab", 4, "ab");
	CHECK("a\033]0;t\xC3\xA9\xFF\x9D\ab", "> ab", 4, "ab");
	CHECK("a\033]0;title\033\\b", "> ab", 4, "ab");
	CHECK("a\033P1$r0m\033\\b", "> ab", 4, "ab");
	/* Alt and a key that could have begun a string, and one that is too long. */
	CHECK("a\033_b\033]c\033Pd\033X\033^e", "> abcde", 7, "abcde");
	CHECK("a\033]\xC3\xA9", "> a\xC3\xA9", 4, "a\xC3\xA9");
	/* An unfinished one is left by the next control character or accent. */
	CHECK("a\033[1\033[Db", "> ba", 3, "ba");
	CHECK("a\033]0;title\rb", "> b", 3, "b");
	CHECK("a\033[1\x02"
	      "b",
		"> ba", 3, "ba");
	CHECK("a\033[1\xC3\xA9", "> a\xC3\xA9", 4, "a\xC3\xA9");
	CHECK("a\033[1\xFF", "> a" FFFD, 4, "a" FFFD);
	CHECK("a\033\xC3\xA9", "> a\xC3\xA9", 4, "a\xC3\xA9");
}

/* A string without end holds the keys back for a while, not for ever. */
static void
test_endless_string(void **state)
{
	struct rig *rig = rig_new(40);

	(void)state;
	rig_type(rig, STR("a\033]0;"));
	for (int i = 0; i < 30; i++)
		rig_type(rig, STR("0123456789"));
	rig_type(rig,
		STR("\x15"
		    "b"));
	rig_assert_row(rig, "> b", 3);
	rig_type(rig, STR("\x15\033]0;"));
	for (int i = 0; i < 300; i++)
		rig_type(rig, STR("x"));
	rig_type(rig, STR("\r"));
	rig_assert_log(rig, "line xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n");
	rig_free(rig);
}

static void
test_paste(void **state)
{
	struct rig *rig = rig_new(40);

	(void)state;
	CHECK(PASTE "a b" PASTED "c\x02"
		    "d",
		"> a bdc", 6, "a bdc");
	CHECK(PASTE "a\tb\x01\x15\x7F\033[D\033xc\x04" PASTED, "> a bc", 6, "a bc");
	CHECK(PASTE "a\033[200~b\033[31mc\033" PASTED "\x01", "> abc", 2, "abc");
	CHECK(PASTE "a\033OMb" PASTED, "> ab", 4, "ab");
	CHECK(PASTE "one\r\ntwo\nthree\rfo", "> fo", 4, "fo");
	CHECK(PASTE CODER NIHON PASTED LEFT, "> " CODER NIHON, 4, CODER NIHON);
	CHECK("\033[201~a", "> a", 3, "a");
	/* Its end may be lost: ^C is the way out. */
	CHECK(PASTE "ab\x04\x03"
		    "cd\x02x",
		"> cxd", 4, "cxd");
	rig_type(rig, STR(PASTE "one\r\ntwo\r\0three\n\x03" PASTED "four"));
	rig_assert_log(rig, "line one\nline two\nline three\n");
	rig_assert_row(rig, "> four", 6);
	rig_free(rig);
}

static void
test_leaving(void **state)
{
	struct rig *rig = rig_new(40);

	(void)state;
	rig_type(rig, STR("a\x04\x7F\x04"));
	rig_assert_log(rig, "end\n");
	rig_type(rig,
		STR("\x04"
		    "b"));
	rig_assert_log(rig, "end\nend\n");
	rig_assert_row(rig, "> b", 3);
	rig_free(rig);
}

static void
test_history(void **state)
{
	(void)state;
	CHECK(UP "x", "> x", 3, "x");
	CHECK("one\rtwo\r" UP, "> two", 5, "two");
	CHECK("one\rtwo\r" UP UP UP, "> one", 5, "one");
	CHECK("one\rtwo\r\x10\x10", "> one", 5, "one");
	CHECK("one\rtwo\rdraft" UP UP DOWN, "> two", 5, "two");
	CHECK("one\rtwo\rdraft" UP UP DOWN DOWN DOWN "x", "> draftx", 8, "draftx");
	CHECK("one\rtwo\rdraft\x10\x10\x0E\x0Ex", "> draftx", 8, "draftx");
	CHECK("one\033OA\033OBx", "> onex", 6, "onex");
	/* The same line twice, and no line, are not worth a place. */
	CHECK("one\rtwo\rtwo\r\r" UP UP, "> one", 5, "one");
	CHECK("one\rtwo\rone\r" UP UP UP, "> one", 5, "one");
	/* Edited, it is a new line. */
	CHECK("one\rtwo\r" UP "x\r" UP UP, "> two", 5, "two");
	CHECK("one\r" UP "\x03" UP, "> one", 5, "one");
	CHECK("one\r" UP "x" DOWN UP, "> one", 5, "one");
}

static void
test_history_limits(void **state)
{
	struct rig *rig = rig_new(40);

	(void)state;
	for (int i = 0; i < 130; i++) {
		char line[16];

		snprintf(line, sizeof(line), "line %d\r", i);
		rig_type(rig, str_of(line));
	}
	for (int i = 0; i < 200; i++)
		rig_type(rig, STR(UP));
	rig_assert_row(rig, "> line 30", 9);
	/* A long one pushes many out, one that is too long none. */
	rig->max = 20000;
	rig_type(rig, STR("\x03"));
	for (int i = 0; i < 8000; i++)
		rig_type(rig, STR("x"));
	rig_type(rig, STR("\r"));
	for (int i = 0; i < 8300; i++)
		rig_type(rig, STR("y"));
	rig_type(rig, STR("\r" UP));
	rig_assert_row(rig, "> <xxxxxxxxxxxxxxxxxxxxxxxxxxx", 30);
	rig_type(rig, STR(UP UP UP UP UP UP UP UP UP UP UP UP UP UP UP UP));
	rig_type(rig, STR(UP UP UP UP UP UP UP UP UP UP UP UP UP UP UP UP));
	rig_assert_row(rig, "> line 106", 10);
	rig_free(rig);
}

static void
test_completion(void **state)
{
	struct rig *rig = rig_new(40);

	(void)state;
	CHECK("an\tx", "> anna: x", 9, "anna: x");
	CHECK("an\t\tx", "> andrew: x", 11, "andrew: x");
	CHECK("an\t\t\t", "> anna:", 8, "anna: ");
	CHECK("hi an\t", "> hi anna:", 11, "hi anna: ");
	CHECK("hi andy" LEFT LEFT "\t\t", "> hi andrew: dy", 13, "hi andrew: dy");
	CHECK("hi bo\tx", "> hi box", 8, "hi box");
	CHECK("an\t\x08", "> anna:", 7, "anna:");
	rig_type(rig, STR("hi an\t\tb\t \t\x7F\x09"));
	rig_assert_log(rig,
		"tab an after hi  0\ntab an after hi  1\n"
		"tab b after hi andrew:  0\n"
		"tab  after hi andrew: b  0\ntab anna: after hi andrew: b  0\n");
	assert_int_equal(rig->screen->bells, 1);
	rig_free(rig);
}

static void
test_search(void **state)
{
	(void)state;
	CHECK("one\rtwo\r\x12", "(search) :", 11, "");
	CHECK("one\rtwo\r\x12o", "(search) o: two", 14, "two");
	CHECK("one\rtwo\r\x12on", "(search) on: one", 13, "one");
	CHECK("one\rtwo\r\x12o\x12", "(search) o: one", 12, "one");
	CHECK("one\rtwo\r\x12o\x12\x12", "(no match) o: one", 14, "one");
	CHECK("one\rtwo\r\x12onx", "(no match) onx: one", 16, "one");
	CHECK("one\rtwo\r\x12on\x7F", "(search) o: two", 14, "two");
	CHECK("one\rtwo\r\x12on\x7F\x7F\x7F", "(search) :", 11, "");
	CHECK("one\rtwo\r\x12on" PASTE "e\t" PASTED, "(no match) one : one", 17, "one");
	CHECK("\x12x", "(no match) x:", 14, "");
	/* The line as it was is shown until something matches. */
	CHECK("one\rdraft\x12", "(search) : draft", 16, "draft");
	CHECK("one\rdraft\x12xyz", "(no match) xyz: draft", 21, "draft");
	CHECK("na" NIHON "\r\x12" NIHON, "(search) " NIHON ": na" NIHON, 15,
		"na" NIHON);
}

static void
test_search_ends(void **state)
{
	(void)state;
	CHECK("one\rdraft" LEFT "\x12n\x07x", "> drafxt", 7, "drafxt");
	CHECK("one\rdraft\x12n\x03x", "> draftx", 8, "draftx");
	CHECK("one\rdraft\x12n\033", "> draft", 7, "draft");
	CHECK("one\rdraft\x12n\033\033", "> draft", 7, "draft");
	CHECK("one\rdraft\x12n\033bye", "> draftbye", 10, "draftbye");
	CHECK("one\rdraft\x12n\033\x7F", "> draf", 6, "draf");
	CHECK("one\rdraft\x12n\033\r", ">", 2, "");
	CHECK("one\rdraft\x12n" LEFT "x", "> xone", 3, "xone");
	CHECK("one\rdraft\x12n\033\033[Dx", "> xone", 3, "xone");
	CHECK("one\rdraft\x12n\033]0;t\a" LEFT "x", "> xone", 3, "xone");
	CHECK("one\rdraft\x12n\x05x", "> onex", 6, "onex");
	CHECK("one\rdraft\x12n\x0Bx", "> ox", 4, "ox");
	CHECK("one\rdraft\x12n\r", ">", 2, "");
	CHECK("one\rdraft\x12n\x0C", "> one", 3, "one");
	/* Up and Down go on from the match. */
	CHECK("zero\rone\rtwo\rdraft\x12n" UP, "> zero", 6, "zero");
	CHECK("zero\rone\rtwo\rdraft\x12n" DOWN DOWN, "> draft", 7, "draft");
	CHECK("one\rdraft\x12x\x05" UP DOWN, "> draft", 7, "draft");
}

static void
test_hidden(void **state)
{
	struct rig *rig = rig_new(40);

	(void)state;
	rig_type(rig, STR("before\r"));
	rig->hides_next = true;
	rig_type(rig, STR("name\rsec" NIHON "ret\x15real\x17\x12\tword"));
	rig_assert_row(rig, ">", 2);
	rig_forget(rig);
	rig_type(rig, STR("s" LEFT LEFT "\x7F" UP DOWN "\x19"));
	rig_assert_sent(rig, "\a");
	rig_assert_row(rig, ">", 2);
	rig_type(rig, STR("\r"));
	editor_set_hidden(rig->editor, false);
	rig_assert_log(rig, "line before\nline name\nline wods\n");
	/* Neither the history nor ^Y knows it. */
	rig_type(rig, STR(UP UP));
	rig_assert_row(rig, "> before", 8);
	rig_type(rig, STR(DOWN DOWN "\x19"));
	rig_assert_row(rig, ">", 2);
	rig_free(rig);
}

/* What was typed before may be anything but what is asked for now. */
static void
test_hidden_is_emptied(void **state)
{
	struct rig *rig = rig_new(40);

	(void)state;
	rig_type(rig, STR("abc"));
	editor_set_hidden(rig->editor, true);
	rig_draw(rig);
	rig_assert_row(rig, ">", 2);
	rig_type(rig, STR("secret"));
	editor_set_hidden(rig->editor, false);
	assert_true(editor_is_empty(rig->editor));
	rig_type(rig, STR("x\r"));
	rig_assert_log(rig, "line x\n");
	rig_free(rig);
}

static void
test_max(void **state)
{
	struct rig *rig = rig_new(40);

	(void)state;
	rig->max = 5;
	rig_type(rig, STR("abc" NIHON "de"));
	rig_assert_row(rig, "> abcde", 7);
	assert_int_equal(rig->screen->bells, 1);
	rig_type(rig, STR("\x17\x19\x19"));
	rig_assert_row(rig, "> abcde", 7);
	rig_type(rig,
		STR("\x03"
		    "an\t"));
	rig_assert_row(rig, "> an", 4);
	assert_int_equal(rig->screen->bells, 3);
	rig->max = 8;
	rig_type(rig, STR("\t"));
	rig_assert_row(rig, "> andrew:", 10);
	rig->max = 3;
	rig_type(rig, STR("\t"));
	rig_assert_row(rig, "> and", 5);
	rig->max = 10;
	rig_type(rig, STR("\x03" NIHON NIHON NIHON "\r"));
	rig->max = 7;
	rig_type(rig, STR(UP));
	rig_assert_row(rig, "> " NIHON NIHON, 6);
	rig->max = 2;
	rig_type(rig, STR("\r"));
	rig_assert_log(rig,
		"tab an after  0\ntab an after  1\ntab and after  0\n"
		"line " NIHON NIHON NIHON "\nline \n");
	rig_free(rig);
}

/* What telnet has commands for. */
static void
test_telnet_commands(void **state)
{
	struct rig *rig = rig_new(40);

	(void)state;
	rig_type(rig, STR("ab" NIHON));
	editor_backspace(rig->editor);
	rig_draw(rig);
	rig_assert_row(rig, "> ab", 4);
	editor_clear(rig->editor);
	rig_draw(rig);
	rig_assert_row(rig, ">", 2);
	assert_true(editor_is_empty(rig->editor));
	rig_type(rig, STR("one\r\x12o"));
	assert_false(editor_is_empty(rig->editor));
	editor_backspace(rig->editor);
	rig_draw(rig);
	rig_assert_row(rig, "(search) :", 11);
	editor_clear(rig->editor);
	rig_draw(rig);
	rig_assert_row(rig, ">", 2);
	/* A word that Tab has not been pressed on is not completed. */
	editor_complete(rig->editor, STR("x"));
	assert_false(editor_is_changed(rig->editor));
	rig_free(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_typing),
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_joining_what_follows),
		cmocka_unit_test(test_only_clean_text),
		cmocka_unit_test(test_line_ends),
		cmocka_unit_test(test_moving),
		cmocka_unit_test(test_moving_by_words),
		cmocka_unit_test(test_deleting),
		cmocka_unit_test(test_killing),
		cmocka_unit_test(test_yanking),
		cmocka_unit_test(test_swapping),
		cmocka_unit_test(test_unknown_sequences),
		cmocka_unit_test(test_endless_string),
		cmocka_unit_test(test_paste),
		cmocka_unit_test(test_leaving),
		cmocka_unit_test(test_history),
		cmocka_unit_test(test_history_limits),
		cmocka_unit_test(test_completion),
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_search_ends),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_hidden_is_emptied),
		cmocka_unit_test(test_max),
		cmocka_unit_test(test_telnet_commands),
	};

	if (!width_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
