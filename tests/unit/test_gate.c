/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "chat/gate.h"

/* Who comes from where. */

#define MINUTE INT64_C(60000)

static struct netaddr
addr(const char *text)
{
	struct network network;
	struct err err;

	assert_int_equal(network_parse(&network, str_of(text), &err), 0);
	return network.addr;
}

/* The number of an IPv4 address as such. */
static struct netaddr
v4(unsigned number)
{
	char text[32];

	snprintf(text, sizeof(text), "10.%u.%u.%u", number >> 16 & 255,
		number >> 8 & 255, number & 255);
	return addr(text);
}

static enum reason
ask(struct gate *gate, const struct limits_conf *limits, const char *text, int64_t now)
{
	struct netaddr from = addr(text);

	return gate_ask(gate, limits, &from, now);
}

static void
enter(struct gate *gate, const char *text)
{
	struct netaddr from = addr(text);

	gate_enter(gate, &from);
}

static void
leave(struct gate *gate, const char *text)
{
	struct netaddr from = addr(text);

	gate_leave(gate, &from);
}

static void
test_no_limits(void **state)
{
	const struct limits_conf limits = {.clients_per_address = 0};
	struct gate *gate = gate_new();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(ask(gate, &limits, "10.0.0.1", 5), REASON_NONE);
		enter(gate, "10.0.0.1");
	}
	assert_int_equal(gate_count(gate), 1);
	gate_free(gate);
	gate_free(NULL);
}

static void
test_people(void **state)
{
	const struct limits_conf limits = {.clients_per_address = 3};
	struct gate *gate = gate_new();

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ask(gate, &limits, "10.0.0.1", 5), REASON_NONE);
		enter(gate, "10.0.0.1");
	}
	assert_int_equal(ask(gate, &limits, "10.0.0.1", 5), REASON_ADDRESS);
	/* It is his address alone, and passes with time no more than the people. */
	assert_int_equal(ask(gate, &limits, "10.0.0.2", 5), REASON_NONE);
	assert_int_equal(ask(gate, &limits, "10.0.0.1", 60 * MINUTE), REASON_ADDRESS);
	leave(gate, "10.0.0.1");
	assert_int_equal(ask(gate, &limits, "10.0.0.1", 5), REASON_NONE);
	enter(gate, "10.0.0.1");
	assert_int_equal(ask(gate, &limits, "10.0.0.1", 5), REASON_ADDRESS);
	gate_free(gate);
}

/* Of IPv6 a /64 is one, however its addresses differ. */
static void
test_v6(void **state)
{
	const struct limits_conf limits = {
		.clients_per_address = 2, .connects_per_address = 3};
	struct gate *gate = gate_new();

	(void)state;
	assert_int_equal(ask(gate, &limits, "2001:db8:0:1::1", 5), REASON_NONE);
	enter(gate, "2001:db8:0:1::1");
	assert_int_equal(ask(gate, &limits, "2001:db8:0:1:ffff::2", 5), REASON_NONE);
	enter(gate, "2001:db8:0:1:ffff::2");
	assert_int_equal(gate_count(gate), 1);
	assert_int_equal(ask(gate, &limits, "2001:db8:0:1::3", 5), REASON_ADDRESS);
	leave(gate, "2001:db8:0:1:ffff::2");
	assert_int_equal(ask(gate, &limits, "2001:db8:0:1::3", 5), REASON_NONE);
	assert_int_equal(ask(gate, &limits, "2001:db8:0:1::4", 5), REASON_CONNECTS);
	/* The next /64 is somebody else. */
	assert_int_equal(ask(gate, &limits, "2001:db8:0:2::1", 5), REASON_NONE);
	assert_int_equal(gate_count(gate), 2);
	gate_free(gate);
}

/* Neighbours in IPv4 have nothing to do with each other, also as mapped ones. */
static void
test_v4(void **state)
{
	const struct limits_conf limits = {.clients_per_address = 1};
	struct gate *gate = gate_new();

	(void)state;
	enter(gate, "192.0.2.1");
	assert_int_equal(ask(gate, &limits, "192.0.2.0", 5), REASON_NONE);
	assert_int_equal(ask(gate, &limits, "192.0.2.2", 5), REASON_NONE);
	assert_int_equal(ask(gate, &limits, "::ffff:192.0.2.1", 5), REASON_ADDRESS);
	gate_free(gate);
}

/* They come back evenly; who is refused waits no longer for it. */
static void
test_connects(void **state)
{
	const struct limits_conf limits = {.connects_per_address = 10};
	struct gate *gate = gate_new();

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(ask(gate, &limits, "10.0.0.1", 5), REASON_NONE);
	for (int64_t now = 5; now < 5 + MINUTE; now += 100)
		assert_int_equal(ask(gate, &limits, "10.0.0.1", now), REASON_CONNECTS);
	assert_int_equal(ask(gate, &limits, "10.0.0.2", 5 + MINUTE), REASON_NONE);
	assert_int_equal(ask(gate, &limits, "10.0.0.1", 4 + MINUTE), REASON_CONNECTS);
	assert_int_equal(ask(gate, &limits, "10.0.0.1", 5 + MINUTE), REASON_NONE);
	assert_int_equal(ask(gate, &limits, "10.0.0.1", 5 + MINUTE), REASON_CONNECTS);
	/* After ten minutes all are back. */
	for (int i = 0; i < 10; i++)
		assert_int_equal(
			ask(gate, &limits, "10.0.0.1", 5 + 11 * MINUTE), REASON_NONE);
	assert_int_equal(
		ask(gate, &limits, "10.0.0.1", 5 + 11 * MINUTE), REASON_CONNECTS);
	gate_free(gate);
}

/* Who is refused for the people there has not used up a connection. */
static void
test_refused_is_free(void **state)
{
	const struct limits_conf limits = {
		.clients_per_address = 1, .connects_per_address = 2};
	struct gate *gate = gate_new();

	(void)state;
	assert_int_equal(ask(gate, &limits, "10.0.0.1", 5), REASON_NONE);
	enter(gate, "10.0.0.1");
	for (int i = 0; i < 10; i++)
		assert_int_equal(ask(gate, &limits, "10.0.0.1", 5), REASON_ADDRESS);
	leave(gate, "10.0.0.1");
	assert_int_equal(ask(gate, &limits, "10.0.0.1", 5), REASON_NONE);
	assert_int_equal(ask(gate, &limits, "10.0.0.1", 5), REASON_CONNECTS);
	gate_free(gate);
}

/* An address is remembered while its connections matter, and no longer. */
static void
test_forget(void **state)
{
	const struct limits_conf limits = {.connects_per_address = 10};
	struct gate *gate = gate_new();

	(void)state;
	assert_int_equal(ask(gate, &limits, "10.0.0.1", 5), REASON_NONE);
	enter(gate, "10.0.0.1");
	leave(gate, "10.0.0.1");
	assert_int_equal(ask(gate, &limits, "10.0.0.2", 4 + MINUTE), REASON_NONE);
	assert_int_equal(gate_count(gate), 2);
	/* One more ask, of another: the first one's minute is over by now. */
	assert_int_equal(ask(gate, &limits, "10.0.0.3", 5 + MINUTE), REASON_NONE);
	assert_int_equal(gate_count(gate), 2);
	/* Who is present is not forgotten. */
	enter(gate, "10.0.0.2");
	enter(gate, "10.0.0.3");
	for (int i = 0; i < 10; i++)
		(void)!ask(gate, &limits, "10.0.0.4", 100 * MINUTE);
	assert_int_equal(gate_count(gate), 3);
	gate_free(gate);
}

/* Exempt people are never asked about: nothing may stay of them. */
static void
test_never_asked(void **state)
{
	struct gate *gate = gate_new();

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		struct netaddr from = v4(i);

		gate_enter(gate, &from);
		gate_leave(gate, &from);
	}
	assert_int_equal(gate_count(gate), 0);
	gate_free(gate);
}

/*
 * A thousand new addresses a minute for an hour: what is remembered is never much more
 * than the ones of the time in which they matter, a minute here.
 */
static void
test_bounded(void **state)
{
	const struct limits_conf limits = {
		.clients_per_address = 1, .connects_per_address = 10};
	struct gate *gate = gate_new();

	(void)state;
	for (unsigned i = 0; i < 60000; i++) {
		struct netaddr from = v4(i);
		int64_t now = (int64_t)i * 60;

		assert_int_equal(gate_ask(gate, &limits, &from, now), REASON_NONE);
		if (i % 2 == 0) {
			gate_enter(gate, &from);
			gate_leave(gate, &from);
		}
		assert_in_range(gate_count(gate), 1, 2100);
	}
	gate_free(gate);
}

/* A few that are remembered for longer do not keep the others. */
static void
test_stuck(void **state)
{
	const struct limits_conf limits = {.connects_per_address = 10};
	struct gate *gate = gate_new();

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		struct netaddr from = v4(i);

		for (int j = 0; j < 10; j++)
			assert_int_equal(
				gate_ask(gate, &limits, &from, 5), REASON_NONE);
	}
	for (unsigned i = 20; i < 120; i++) {
		struct netaddr from = v4(i);

		assert_int_equal(gate_ask(gate, &limits, &from, 5), REASON_NONE);
	}
	for (int i = 0; i < 120; i++)
		(void)!ask(gate, &limits, "10.0.0.0", 5 + 2 * MINUTE);
	assert_int_equal(gate_count(gate), 20);
	gate_free(gate);
}

/* Without a limit the past doesn't matter, and a new limit begins with nothing. */
static void
test_reload(void **state)
{
	const struct limits_conf off = {.connects_per_address = 0};
	const struct limits_conf on = {.connects_per_address = 2};
	struct gate *gate = gate_new();

	(void)state;
	assert_int_equal(ask(gate, &on, "10.0.0.1", 5), REASON_NONE);
	assert_int_equal(ask(gate, &on, "10.0.0.1", 5), REASON_NONE);
	assert_int_equal(ask(gate, &on, "10.0.0.1", 5), REASON_CONNECTS);
	assert_int_equal(ask(gate, &off, "10.0.0.2", 5), REASON_NONE);
	assert_int_equal(gate_count(gate), 1);
	for (int i = 0; i < 10; i++)
		assert_int_equal(ask(gate, &off, "10.0.0.1", 5), REASON_NONE);
	assert_int_equal(ask(gate, &on, "10.0.0.1", 5), REASON_NONE);
	assert_int_equal(ask(gate, &on, "10.0.0.1", 5), REASON_NONE);
	assert_int_equal(ask(gate, &on, "10.0.0.1", 5), REASON_CONNECTS);
	gate_free(gate);
}

/* One at a time, each address for itself; and who is busy is not forgotten. */
static void
test_busy(void **state)
{
	const struct limits_conf limits = {.connects_per_address = 10};
	struct netaddr one = addr("2001:db8::1"), same = addr("2001:db8::2");
	struct netaddr other = addr("10.0.0.1");
	struct gate *gate = gate_new();

	(void)state;
	gate_enter(gate, &one);
	assert_true(gate_begin(gate, &one));
	assert_false(gate_begin(gate, &one));
	assert_false(gate_begin(gate, &same));
	assert_true(gate_begin(gate, &other));
	gate_leave(gate, &one);
	for (int i = 0; i < 10; i++)
		(void)!ask(gate, &limits, "10.0.0.2", 100 * MINUTE);
	assert_int_equal(gate_count(gate), 3);
	assert_false(gate_begin(gate, &same));
	gate_end(gate, &one);
	gate_end(gate, &other);
	assert_true(gate_begin(gate, &same));
	gate_end(gate, &same);
	for (int i = 0; i < 10; i++)
		(void)!ask(gate, &limits, "10.0.0.2", 100 * MINUTE);
	assert_int_equal(gate_count(gate), 1);
	gate_free(gate);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_limits),
		cmocka_unit_test(test_people),
		cmocka_unit_test(test_v6),
		cmocka_unit_test(test_v4),
		cmocka_unit_test(test_connects),
		cmocka_unit_test(test_refused_is_free),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_never_asked),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_stuck),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_busy),
	};

	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
