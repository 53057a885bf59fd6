/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "net_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "chat/audience.h"
#include "chat/chat.h"
#include "net/net.h"

int talk_by_himself;

struct talk
talk_new(void **state, const char *pace, const char *more, int type)
{
	bool is_alone = *state == &talk_by_himself;
	struct world *world = world_new(state, "limits.rate=0", pace, more, NULL);
	struct talk talk = {.rig = rig_new(state, world)};

	talk.ann = rig_call(talk.rig, SOCK_SEQPACKET);
	talk.bob = rig_call(talk.rig, type);
	if (is_alone)
		caller_say(talk.rig, &talk.bob, "/ignore nobody");
	rig_pass(talk.rig, 1000); /* that was long ago */
	caller_forget(&talk.bob);
	return talk;
}

bool
talk_waits(const struct rig *rig)
{
	return rig->net->held.count > 0 || !chat_is_handed_out(rig->world->chat);
}

void
talk_on(struct talk *talk)
{
	char line[32];

	(void)snprintf(line, sizeof(line), "line %u", ++talk->lines);
	caller_say(talk->rig, &talk->ann, line);
}

void
talk_until_held(struct talk *talk)
{
	unsigned before = talk->lines;
	struct buf got = {0}, wanted = {0};

	for (;;) {
		assert_true(talk->lines < before + 1000);
		talk_on(talk);
		buf_reset(&got);
		if (!caller_read(&talk->bob, &got))
			break;
		buf_reset(&wanted);
		buf_printf(&wanted, "guest1: line %u\r\n", talk->lines);
		assert_true(str_eq(buf_str(&got), buf_str(&wanted)));
	}
	buf_fini(&got);
	buf_fini(&wanted);
	assert_true(talk_waits(talk->rig));
}

void
expect_lines(struct talk *talk, unsigned first, const char *behind)
{
	struct buf text = {0};
	char *all;

	for (unsigned n = first; n <= talk->lines; n++)
		buf_printf(&text, "guest1: line %u\r\n", n);
	buf_add_str(&text, str_of(behind));
	all = buf_take(&text);
	expect_packet(&talk->bob, all);
	free(all);
	expect_no_packet(&talk->bob);
}

void
assert_done(struct rig *rig)
{
	assert_false(talk_waits(rig));
	assert_int_equal(rig->net->nlinks, 1);
	assert_int_equal(rig->world->page.buf.len, 0);
}
