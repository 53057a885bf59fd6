/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "conf/address.h"

/* Parse `text`, which is right, and compare with how it is written again. */
static void
check_text(const char *text, const char *expected)
{
	struct address_list list, again;
	struct err err = {""};
	char *printed;

	if (address_list_parse(&list, str_of(text), &err) == -1)
		fail_msg("%s: %s", text, err.text);
	printed = address_list_text(&list);
	assert_string_equal(printed, expected);
	assert_int_equal(address_list_parse(&again, str_of(printed), &err), 0);
	assert_true(address_list_eq(&list, &again));
	free(printed);
	address_list_fini(&list);
	address_list_fini(&again);
}

/* Parse `text`, which is wrong, and look for `part` in the reason. */
static void
check_wrong(const char *text, const char *part)
{
	struct address_list list;
	struct err err = {""};

	if (address_list_parse(&list, str_of(text), &err) == 0)
		fail_msg("%s is taken", text);
	assert_int_equal(list.count, 0);
	assert_null(list.v);
	if (strstr(err.text, part) == NULL)
		fail_msg("%s: %s", text, err.text);
}

static void
test_right(void **state)
{
	(void)state;
	check_text("127.0.0.1:4000", "127.0.0.1:4000");
	check_text("127.0.0.1:04000", "127.0.0.1:4000");
	check_text("127.0.0.1:0", "127.0.0.1:0");
	check_text("0.0.0.0:65535", "0.0.0.0:65535");
	check_text("[::1]:4000", "[::1]:4000");
	check_text("[0:0::0:1]:4000", "[::1]:4000");
	check_text("[2001:DB8::A]:4000", "[2001:db8::a]:4000");
	if (if_nametoindex("lo") != 0)
		check_text("[fe80::1%lo]:4000", "[fe80::1%lo]:4000");
	check_text("*:4000", "*:4000");
	check_text("[::]:4000", "[::]:4000");
	check_text("[::]:4000,0.0.0.0:4000", "*:4000");
	check_text("[::]:4000,0.0.0.0:4001", "[::]:4000, 0.0.0.0:4001");
	check_text("0.0.0.0:4000,[::]:4000", "0.0.0.0:4000, [::]:4000");
	check_text("unix:/run/prattle/room", "unix:/run/prattle/room");
	check_text("fd:prattled.socket", "fd:prattled.socket");
	check_text(" fd:a , *:1,unix:/b\t,127.0.0.1:2 ",
		"fd:a, *:1, unix:/b, 127.0.0.1:2");
}

static void
test_wrong(void **state)
{
	(void)state;
	check_wrong("", "missing");
	check_wrong(",", "missing");
	check_wrong("127.0.0.1:1,", "missing");
	check_wrong("127.0.0.1:1,,127.0.0.1:2", "missing");
	check_wrong("4000", "must be HOST:PORT, unix:/PATH or fd:NAME");
	check_wrong("127.0.0.1", "must be HOST:PORT");
	check_wrong("127.0.0.1:", "must be HOST:PORT");
	check_wrong(":4000", "must be HOST:PORT");
	check_wrong("[::1]", "must be HOST:PORT");
	check_wrong("[::1]:", "must be HOST:PORT");
	check_wrong("[::1", "must be HOST:PORT");
	check_wrong("[:4000", "must be HOST:PORT");
	check_wrong("[]:4000", "not an IPv6 address");
	check_wrong("[127.0.0.1]:4000", "not an IPv6 address");
	check_wrong("[localhost]:4000", "not an IPv6 address");
	check_wrong("[fe80::1%nosuch]:4000", "not an IPv6 address");
	check_wrong("[::ffff:127.0.0.1]:4000", "is an IPv4 address");
	check_wrong("::1:4000", "brackets");
	check_wrong("127.0.0.1:65536", "must be 0 to 65535");
	check_wrong("127.0.0.1:-1", "must be 0 to 65535");
	check_wrong("127.0.0.1:irc", "must be 0 to 65535");
	check_wrong("localhost:4000", "names are not looked up");
	check_wrong("127.1:4000", "not a numeric address");
	check_wrong("127.0.0.1.2.3.4.5.6.7.8.9:4000", "not a numeric address");
	check_wrong("unix:", "absolute path");
	check_wrong("unix:room", "absolute path");
	check_wrong("unix:@room", "absolute path");
	check_wrong("unix:/a b", "without blanks");
	check_wrong("fd:", "name of a socket");
	check_wrong("fd:a:b", "name of a socket");
	check_wrong("fd:a b", "name of a socket");
}

static void
test_twice(void **state)
{
	(void)state;
	check_wrong("127.0.0.1:1,127.0.0.1:1", "127.0.0.1:1 is given twice");
	check_wrong("[::1]:1,[0::1]:01", "[::1]:1 is given twice");
	check_wrong("*:1,0.0.0.0:1", "0.0.0.0:1 is given twice");
	check_wrong("fd:a,fd:a", "fd:a is given twice");
	check_wrong("unix:/a,unix:/a", "unix:/a is given twice");
}

static void
test_path_length(void **state)
{
	struct sockaddr_un un;
	char text[sizeof("unix:") + sizeof(un.sun_path)] = "unix:/";
	size_t full = strlen("unix:") + sizeof(un.sun_path) - 1;

	(void)state;
	memset(text + strlen(text), 'x', full - strlen(text));
	text[full] = '\0';
	check_text(text, text);
	text[full] = 'x';
	check_wrong("unix:/"
		    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		"longer than 107 bytes");
}

static void
test_members(void **state)
{
	struct address_list list;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
	struct err err = {""};

	(void)state;
	assert_int_equal(
		address_list_parse(&list, STR("*:4000, unix:/a, fd:b"), &err), 0);
	assert_int_equal(list.count, 4);

	assert_int_equal(list.v[0].kind, ADDRESS_TCP);
	assert_int_equal(list.v[0].sa_len, sizeof(in6));
	memcpy(&in6, &list.v[0].sa, sizeof(in6));
	assert_int_equal(in6.sin6_family, AF_INET6);
	assert_int_equal(in6.sin6_port, htons(4000));
	assert_memory_equal(&in6.sin6_addr, &in6addr_any, sizeof(in6addr_any));
	assert_string_equal(list.v[0].text, "[::]:4000");

	assert_int_equal(list.v[1].kind, ADDRESS_TCP);
	assert_int_equal(list.v[1].sa_len, sizeof(in));
	memcpy(&in, &list.v[1].sa, sizeof(in));
	assert_int_equal(in.sin_family, AF_INET);
	assert_int_equal(in.sin_port, htons(4000));
	assert_int_equal(in.sin_addr.s_addr, htonl(INADDR_ANY));
	assert_string_equal(list.v[1].text, "0.0.0.0:4000");

	assert_int_equal(list.v[2].kind, ADDRESS_UNIX);
	memcpy(&un, &list.v[2].sa, sizeof(un));
	assert_int_equal(un.sun_family, AF_UNIX);
	assert_string_equal(un.sun_path, "/a");

	assert_int_equal(list.v[3].kind, ADDRESS_PASSED);
	assert_string_equal(list.v[3].text, "fd:b");
	address_list_fini(&list);
	assert_int_equal(list.count, 0);
	assert_null(list.v);
	address_list_fini(&list);
}

static void
test_eq(void **state)
{
	struct address_list a, b, c, d;
	struct err err = {""};

	(void)state;
	assert_int_equal(address_list_parse(&a, STR("fd:a,fd:b"), &err), 0);
	assert_int_equal(address_list_parse(&b, STR("fd:b,fd:a"), &err), 0);
	assert_int_equal(address_list_parse(&c, STR("fd:a"), &err), 0);
	assert_int_equal(address_list_parse(&d, STR(" fd:a, fd:b"), &err), 0);
	assert_false(address_list_eq(&a, &b));
	assert_false(address_list_eq(&a, &c));
	assert_false(address_list_eq(&c, &a));
	assert_true(address_list_eq(&a, &d));
	address_list_fini(&a);
	address_list_fini(&b);
	address_list_fini(&c);
	address_list_fini(&d);
}

static void
test_any_port(void **state)
{
	struct address_list list;
	struct err err = {""};

	(void)state;
	assert_int_equal(
		address_list_parse(&list, STR("*:0,*:1,unix:/a,fd:a"), &err), 0);
	assert_int_equal(list.count, 6);
	for (size_t i = 0; i < list.count; i++)
		assert_int_equal(address_any_port(&list.v[i]), i < 2);
	address_list_fini(&list);
}

static void
check_complete(const char *text, const char *port, const char *expected)
{
	struct address_list list;
	struct buf out = {0};
	struct err err = {""};
	char *result;

	if (address_complete(str_of(text), port, "4000", &out, &err) == -1) {
		assert_string_equal(err.text, expected);
		buf_fini(&out);
		return;
	}
	result = buf_take(&out);
	assert_string_equal(result, expected);
	assert_int_equal(address_list_parse(&list, str_of(result), &err), 0);
	address_list_fini(&list);
	free(result);
}

static void
test_complete(void **state)
{
	(void)state;
	check_complete("127.0.0.1", NULL, "127.0.0.1:4000");
	check_complete("127.0.0.1", "5000", "127.0.0.1:5000");
	check_complete("127.0.0.1:6000", NULL, "127.0.0.1:6000");
	check_complete("*", NULL, "*:4000");
	check_complete("*:6000", NULL, "*:6000");
	check_complete("::1", NULL, "[::1]:4000");
	check_complete("::1", "5000", "[::1]:5000");
	check_complete("[::1]", NULL, "[::1]:4000");
	check_complete("[::1]:6000", NULL, "[::1]:6000");
	check_complete("unix:/run/room", NULL, "unix:/run/room");
	check_complete("unix:/a:b:c", NULL, "unix:/a:b:c");
	check_complete("fd:a", NULL, "fd:a");
	check_complete("127.0.0.1, ::1", NULL, "127.0.0.1:4000,[::1]:4000");
	check_complete(
		"127.0.0.1:1", "5", "\"127.0.0.1:1\" leaves no place for a port");
	check_complete("[::1]:1", "5", "\"[::1]:1\" leaves no place for a port");
	check_complete("unix:/a", "5", "\"unix:/a\" leaves no place for a port");
	check_complete("fd:a", "5", "\"fd:a\" leaves no place for a port");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_path_length),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_eq),
		cmocka_unit_test(test_any_port),
		cmocka_unit_test(test_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
