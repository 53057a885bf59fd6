/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#include "base/netaddr.h"

static struct netaddr
addr_of(const char *text)
{
	struct netaddr addr;
	struct network network;
	struct err err = {""};

	if (network_parse(&network, str_of(text), &err) == -1)
		fail_msg("%s: %s", text, err.text);
	assert_int_equal(network.prefix, 128);
	addr = network.addr;
	return addr;
}

static struct network
network_from(const char *text)
{
	struct network network = {.prefix = 999};
	struct err err = {""};

	if (network_parse(&network, str_of(text), &err) == -1)
		fail_msg("%s: %s", text, err.text);
	return network;
}

static bool
has(const char *network, const char *addr)
{
	struct network a = network_from(network);
	struct netaddr b = addr_of(addr);

	return network_has(&a, &b);
}

/* The text is right, and written as `expected`, which reads back as the same. */
static void
check_text(const char *text, const char *expected)
{
	struct network network = network_from(text), again;
	char out[NETWORK_TEXT_MAX];

	network_text(&network, out);
	assert_string_equal(out, expected);
	again = network_from(out);
	assert_true(network_eq(&network, &again));
}

static void
check_refused(struct str text, const char *expected)
{
	struct network network = {.prefix = 999};
	struct err err = {""};

	assert_int_equal(network_parse(&network, text, &err), -1);
	assert_string_equal(err.text, expected);
	assert_int_equal(network.prefix, 999);
}

static void
check_nonsense(const char *text)
{
	char expected[512];

	(void)snprintf(expected, sizeof(expected),
		"\"%s\" is not an address or a network, such as 192.0.2.7, "
		"192.0.2.0/24 or 2001:db8::/32 (names are not looked up)",
		text);
	check_refused(str_of(text), expected);
}

static void
test_from(void **state)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(4000)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_scope_id = 7};
	struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/x"};
	struct netaddr a, b, c;
	char text[NETADDR_TEXT_MAX];

	(void)state;
	assert_int_equal(inet_pton(AF_INET, "192.0.2.7", &in.sin_addr), 1);
	assert_true(netaddr_from((const struct sockaddr *)&in, &a));
	netaddr_text(&a, text);
	assert_string_equal(text, "192.0.2.7");
	assert_true(netaddr_is_v4(&a));
	/* The same peer on a dual-stack socket. */
	assert_int_equal(inet_pton(AF_INET6, "::ffff:192.0.2.7", &in6.sin6_addr), 1);
	assert_true(netaddr_from((const struct sockaddr *)&in6, &b));
	assert_memory_equal(&a, &b, sizeof(a));
	assert_int_equal(inet_pton(AF_INET6, "fe80::1", &in6.sin6_addr), 1);
	assert_true(netaddr_from((const struct sockaddr *)&in6, &c));
	netaddr_text(&c, text);
	assert_string_equal(text, "fe80::1");
	assert_false(netaddr_is_v4(&c));
	assert_false(netaddr_from((const struct sockaddr *)&un, &c));
}

static void
test_port(void **state)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(4000)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(65535)};
	struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/run/room"};

	(void)state;
	assert_int_equal(netaddr_port((const struct sockaddr *)&in), 4000);
	assert_int_equal(netaddr_port((const struct sockaddr *)&in6), 65535);
	assert_int_equal(netaddr_port((const struct sockaddr *)&un), 0);
	in.sin_port = 0;
	assert_int_equal(netaddr_port((const struct sockaddr *)&in), 0);
}

static void
test_text(void **state)
{
	(void)state;
	check_text("192.0.2.7", "192.0.2.7");
	check_text("192.0.2.7/32", "192.0.2.7");
	check_text("192.0.2.0/24", "192.0.2.0/24");
	check_text("192.0.2.6/31", "192.0.2.6/31");
	check_text("0.0.0.0", "0.0.0.0");
	check_text("0.0.0.0/0", "0.0.0.0/0");
	check_text("128.0.0.0/1", "128.0.0.0/1");
	check_text("255.255.255.255", "255.255.255.255");
	check_text("::ffff:192.0.2.7", "192.0.2.7");
	check_text("::ffff:192.0.2.0/120", "192.0.2.0/24");
	check_text("::FFFF:0:0/96", "0.0.0.0/0");
	check_text("2001:DB8:0:0::/32", "2001:db8::/32");
	check_text("2001:db8::7/128", "2001:db8::7");
	check_text("2001:db8:1:2::/64", "2001:db8:1:2::/64");
	check_text("::", "::");
	check_text("::/0", "::/0");
	check_text("::1", "::1");
	check_text("::1:2", "::1:2");
	check_text("::1.2.3.4", "::102:304");
	check_text("::ff00:0/104", "::ff00:0/104");
	check_text("8000::/1", "8000::/1");
	check_text("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	check_text("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127");
}

static void
test_refused(void **state)
{
	static const char *const texts[] = {"", " ", "ann", "192.0.2", "192.0.2.",
		"192.0.2.7.8", "192.0.2.256", "192.0.02.7", "0x7f.0.0.1", "2130706433",
		" 192.0.2.7", "192.0.2.7 ", "192.0.2.0 /24", "192.0.2.7:4000", "*",
		"[::1]", "fe80::1%lo", "2001:db8", "2001:db8:::", "1:2:3:4:5:6:7:8:9",
		"example.org", "/24", "/", "192.0.2.*", "192.0.2.0,192.0.2.1",
		"1111:1111:1111:1111:1111:1111:1111:1111:1111:1111"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check_nonsense(texts[i]);
	check_refused(STR("192.0.2.7\0/24"),
		"\"192.0.2.7\" is not an address or a network, such as 192.0.2.7, "
		"192.0.2.0/24 or 2001:db8::/32 (names are not looked up)");
}

static void
test_prefix_refused(void **state)
{
	static const char *const v4[] = {"33", "", "-1", "+1", "8 ", " 8", "8/8",
		"255.0.0.0", "x", "0008", "4294967304", "99999999999999999999999"};
	char text[64], expected[128];

	(void)state;
	for (size_t i = 0; i < sizeof(v4) / sizeof(v4[0]); i++) {
		(void)snprintf(text, sizeof(text), "10.0.0.0/%s", v4[i]);
		(void)snprintf(expected, sizeof(expected),
			"the prefix in \"%s\" must be 0 to 32", text);
		check_refused(str_of(text), expected);
	}
	check_refused(STR("2001:db8::/129"),
		"the prefix in \"2001:db8::/129\" must be 0 to 128");
}

static void
test_bits_refused(void **state)
{
	(void)state;
	check_refused(STR("192.0.2.7/24"),
		"\"192.0.2.7/24\" has bits behind its prefix; write 192.0.2.0/24 for "
		"the network, 192.0.2.7 for the one address");
	check_refused(STR("192.0.2.7/31"),
		"\"192.0.2.7/31\" has bits behind its prefix; write 192.0.2.6/31 for "
		"the network, 192.0.2.7 for the one address");
	check_refused(STR("2001:db8::1/32"),
		"\"2001:db8::1/32\" has bits behind its prefix; write 2001:db8::/32 "
		"for the network, 2001:db8::1 for the one address");
	check_refused(STR("1.2.3.4/0"),
		"\"1.2.3.4/0\" has bits behind its prefix; write 0.0.0.0/0 for the "
		"network, 1.2.3.4 for the one address");
	/* Not all of IPv4 and some neighbours: those have no common meaning. */
	check_refused(STR("::ffff:0:0/95"),
		"\"::ffff:0:0/95\" has bits behind its prefix; write ::fffe:0:0/95 for "
		"the network, 0.0.0.0 for the one address");
}

/* Only the beginning of what somebody made up is repeated. */
static void
test_long(void **state)
{
	struct network network;
	struct err err = {""};
	char text[1000];

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_int_equal(
		network_parse(&network, str_make(text, sizeof(text)), &err), -1);
	assert_non_null(strstr(err.text, "xxx...\" is not"));
	assert_non_null(strstr(err.text, "not looked up"));
	memcpy(text, "10.0.0.0/", 9);
	assert_int_equal(
		network_parse(&network, str_make(text, sizeof(text)), &err), -1);
	assert_non_null(strstr(err.text, "xxx...\" must be 0 to 32"));
}

static void
test_looks_like(void **state)
{
	static const char *const yes[] = {"192.0.2.7", "192.0.2.", "10/8", "::1",
		"2001:db8::", "example.org", "1.2.3.4/", "fe80::1%lo", "::", "/8"};
	static const char *const no[] = {"", "ann", "ann:", "ann.", "ann/", "12345",
		"a-b_c", "beef", ":", "#lobby"};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_true(network_looks_like(str_of(yes[i])));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_false(network_looks_like(str_of(no[i])));
	assert_false(network_looks_like(str_make(NULL, 0)));
}

static void
test_has(void **state)
{
	(void)state;
	assert_true(has("192.0.2.0/24", "192.0.2.0"));
	assert_true(has("192.0.2.0/24", "192.0.2.255"));
	assert_false(has("192.0.2.0/24", "192.0.3.0"));
	assert_false(has("192.0.2.0/24", "192.0.1.255"));
	assert_true(has("192.0.2.8/29", "192.0.2.15"));
	assert_false(has("192.0.2.8/29", "192.0.2.16"));
	assert_false(has("192.0.2.8/29", "192.0.2.7"));
	assert_true(has("192.0.2.7", "192.0.2.7"));
	assert_true(has("192.0.2.7", "::ffff:192.0.2.7"));
	assert_false(has("192.0.2.7", "192.0.2.6"));
	assert_true(has("2001:db8::/33", "2001:db8:7fff::1"));
	assert_false(has("2001:db8::/33", "2001:db8:8000::1"));
	assert_true(has("::/0", "ffff::1"));
	assert_true(has("0.0.0.0/0", "255.1.2.3"));
}

/* An IPv4 address looks like one of IPv6 inside, which nobody means. */
static void
test_kinds(void **state)
{
	struct netaddr loopback = addr_of("::1"), v4 = addr_of("192.0.2.7");
	struct network house = network_of_owner(&loopback);

	(void)state;
	assert_false(has("::/0", "192.0.2.7"));
	assert_false(has("::/80", "192.0.2.7"));
	assert_false(has("0.0.0.0/0", "::1"));
	assert_false(has("0.0.0.0/0", "2001:db8::1"));
	assert_true(network_has(&house, &loopback));
	assert_false(network_has(&house, &v4));
}

/* All prefixes, against bits counted one by one. */
static void
test_every_prefix(void **state)
{
	(void)state;
	srand(1);
	for (unsigned prefix = 0; prefix <= 128; prefix++) {
		struct network network = {.prefix = prefix};
		struct netaddr addr;

		for (unsigned i = 0; i < 128; i++) {
			if (i < prefix && rand() % 2 == 0)
				network.addr.bytes[i / 8] |=
					(unsigned char)(0x80 >> i % 8);
		}
		addr = network.addr;
		for (unsigned i = 0; i < 128; i++) {
			unsigned char bit = (unsigned char)(0x80 >> i % 8);

			addr.bytes[i / 8] ^= bit;
			assert_int_equal(network_has(&network, &addr), i >= prefix);
			/* Behind the prefix they stay as random as they come. */
			if (i < prefix || rand() % 2 == 0)
				addr.bytes[i / 8] ^= bit;
		}
	}
}

static bool
is_wide(const char *text)
{
	struct network network = network_from(text);

	return network_is_wide(&network);
}

static void
test_wide(void **state)
{
	(void)state;
	assert_false(is_wide("192.0.2.7"));
	assert_true(is_wide("192.0.2.6/31"));
	assert_true(is_wide("0.0.0.0/0"));
	assert_false(is_wide("2001:db8::7"));
	assert_false(is_wide("2001:db8::/64"));
	assert_true(is_wide("2001:db8::/63"));
	assert_true(is_wide("::/0"));
}

static void
check_owner(const char *addr, const char *expected)
{
	struct netaddr from = addr_of(addr);
	struct network owner = network_of_owner(&from);
	char text[NETWORK_TEXT_MAX];

	network_text(&owner, text);
	assert_string_equal(text, expected);
	assert_true(network_has(&owner, &from));
	assert_false(network_is_wide(&owner));
}

static void
test_owner(void **state)
{
	(void)state;
	check_owner("192.0.2.7", "192.0.2.7");
	check_owner("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64");
	check_owner("::1", "::/64");
}

static void
test_eq(void **state)
{
	struct network a = network_from("10.0.0.0/8"), b = network_from("10.0.0.0/9");
	struct network c = network_from("11.0.0.0/8"), d = network_from("10.0.0.0/8");

	(void)state;
	assert_true(network_eq(&a, &d));
	assert_false(network_eq(&a, &b));
	assert_false(network_eq(&a, &c));
}

/* `text` is right, and written as `expected`. */
static void
check_list(const char *text, size_t count, const char *expected)
{
	struct network_list list = {0};
	struct err err = {""};
	char *out;

	if (network_list_parse(&list, str_of(text), &err) == -1)
		fail_msg("%s", err.text);
	assert_int_equal(list.count, count);
	out = network_list_text(&list);
	assert_string_equal(out, expected);
	free(out);
	network_list_fini(&list);
	assert_null(list.v);
	assert_int_equal(list.count, 0);
}

static void
check_list_refused(const char *text, const char *expected)
{
	struct network_list list = {.count = 7};
	struct err err = {""};

	assert_int_equal(network_list_parse(&list, str_of(text), &err), -1);
	assert_string_equal(err.text, expected);
	assert_int_equal(list.count, 0);
	assert_null(list.v);
}

static void
test_list(void **state)
{
	static const char missing[] =
		"an address or a network is missing, such as 192.0.2.0/24";

	(void)state;
	check_list("", 0, "");
	check_list(" \t ", 0, "");
	check_list("::1", 1, "::1");
	check_list("127.0.0.0/8,::1", 2, "127.0.0.0/8, ::1");
	check_list(" ::1 ,\t127.0.0.0/8 ", 2, "::1, 127.0.0.0/8");
	check_list_refused(",", missing);
	check_list_refused("::1,", missing);
	check_list_refused("::1,,::2", missing);
	check_list_refused(
		"::1, 10.0.0.0/33", "the prefix in \"10.0.0.0/33\" must be 0 to 32");
}

static struct network_list
list_of(const char *text)
{
	struct network_list list;
	struct err err = {""};

	assert_int_equal(network_list_parse(&list, str_of(text), &err), 0);
	return list;
}

static void
test_list_has(void **state)
{
	struct network_list list = list_of("127.0.0.0/8, ::1"), empty = list_of("");
	struct netaddr first = addr_of("127.1.2.3"), last = addr_of("::1");
	struct netaddr other = addr_of("128.0.0.0");

	(void)state;
	assert_true(network_list_has(&list, &first));
	assert_true(network_list_has(&list, &last));
	assert_false(network_list_has(&list, &other));
	assert_false(network_list_has(&empty, &first));
	network_list_fini(&list);
	network_list_fini(&empty);
}

static void
test_list_eq(void **state)
{
	static const char *const texts[] = {
		"", "::1", "::2", "::1, ::2", "::2, ::1", "::1, ::2, ::3"};

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		for (size_t j = 0; j < 6; j++) {
			struct network_list a = list_of(texts[i]),
					    b = list_of(texts[j]);

			assert_int_equal(network_list_eq(&a, &b), i == j);
			network_list_fini(&a);
			network_list_fini(&b);
		}
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from),
		cmocka_unit_test(test_port),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_prefix_refused),
		cmocka_unit_test(test_bits_refused),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_looks_like),
		cmocka_unit_test(test_has),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_every_prefix),
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_eq),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_list_has),
		cmocka_unit_test(test_list_eq),
	};

	return cmocka_run_group_tests_name("netaddr", tests, NULL, NULL);
}
