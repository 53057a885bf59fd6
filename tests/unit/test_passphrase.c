/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <crypt.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/passphrase.h"

/*
 * The linker puts these calls between passphrase.c and the libraries: they count, look
 * where secrets are put, and fail when they shall.
 */
static struct {
	int hashed;        /* calls of crypt_r() */
	char begin[8];     /* of the last setting */
	int no_hash;       /* crypt_r() fails: 1 with NULL, 2 with a text */
	bool no_yescrypt;  /* as with an older library */
	int interruptions; /* of getrandom() */
	bool no_random;
	bool short_random;
} wrap;

char *__real_crypt_r(const char *text, const char *setting, struct crypt_data *data);
char *__wrap_crypt_r(const char *text, const char *setting, struct crypt_data *data);
char *__real_crypt_gensalt_rn(const char *prefix, unsigned long count,
	const char *bytes, int nbytes, char *out, int size);
char *__wrap_crypt_gensalt_rn(const char *prefix, unsigned long count,
	const char *bytes, int nbytes, char *out, int size);
ssize_t __real_getrandom(void *bytes, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *bytes, size_t len, unsigned flags);

/* What crypt_r() may leave there of what it knows. */
#define MARK "a mark to be wiped"

/* Leave it everywhere but in the result. */
static void
leave_marks(struct crypt_data *data, const char *hash)
{
	char *p = (char *)data, *end = p + sizeof(*data) - sizeof(MARK);

	for (; p < end; p += sizeof(MARK)) {
		if (hash == NULL || p + sizeof(MARK) <= hash || p > hash + strlen(hash))
			memcpy(p, MARK, sizeof(MARK));
	}
}

char *
__wrap_crypt_r(const char *text, const char *setting, struct crypt_data *data)
{
	static char failed[] = "*0";

	wrap.hashed++;
	(void)snprintf(wrap.begin, sizeof(wrap.begin), "%s", setting);
	if (wrap.no_hash == 0) {
		char *hash = __real_crypt_r(text, setting, data);

		leave_marks(data, hash);
		return hash;
	}
	errno = ENOMEM;
	return wrap.no_hash == 1 ? NULL : failed;
}

#ifdef HAVE_CRYPT_GENSALT_RN
char *
__wrap_crypt_gensalt_rn(const char *prefix, unsigned long count, const char *bytes,
	int nbytes, char *out, int size)
{
	if (wrap.no_yescrypt)
		return NULL;
	return __real_crypt_gensalt_rn(prefix, count, bytes, nbytes, out, size);
}

static bool
has_yescrypt(void)
{
	char setting[192];

	return __real_crypt_gensalt_rn("$y$", 0, "0123456789abcdef", 16, setting,
		       (int)sizeof(setting)) != NULL;
}
#else
static bool
has_yescrypt(void)
{
	return false;
}
#endif

ssize_t
__wrap_getrandom(void *bytes, size_t len, unsigned flags)
{
	errno = wrap.interruptions > 0 ? EINTR : ENOSYS;
	if (wrap.interruptions > 0 || wrap.no_random) {
		wrap.interruptions--;
		return -1;
	}
	return __real_getrandom(bytes, wrap.short_random ? len - 1 : len, flags);
}

static int
setup(void **state)
{
	(void)state;
	memset(&wrap, 0, sizeof(wrap));
	return 0;
}

static void
hash(const char *secret, char out[PASSPHRASE_HASH_MAX])
{
	struct err err = {""};

	if (passphrase_hash(str_of(secret), out, &err) == -1)
		fail_msg("%s", err.text);
	assert_true(passphrase_is_hash(out));
}

static void
test_check(void **state)
{
	char out[PASSPHRASE_HASH_MAX];

	(void)state;
	hash("correct horse", out);
	assert_int_equal(strncmp(out, has_yescrypt() ? "$y$" : "$6$", 3), 0);
	assert_true(passphrase_check(STR("correct horse"), out));
	assert_false(passphrase_check(STR("correct hors"), out));
	assert_false(passphrase_check(STR("correct horse "), out));
	assert_false(passphrase_check(STR("Correct horse"), out));
	assert_false(passphrase_check(STR(""), out));
	assert_false(passphrase_check(STR("correct horse\0"), out));
	/* Text with a length, not up to a NUL. */
	assert_true(passphrase_check(str_make("correct horse battery", 13), out));
}

/* Where crypt(3) makes no other kind. */
static void
test_sha512(void **state)
{
	char out[PASSPHRASE_HASH_MAX], other[PASSPHRASE_HASH_MAX];

	(void)state;
	wrap.no_yescrypt = true;
	hash("secret", out);
	hash("secret", other);
	assert_int_equal(strncmp(out, "$6$rounds=50000$", 16), 0);
	assert_int_equal(strchr(out + 16, '$') - (out + 16), 16);
	assert_string_not_equal(out, other);
	assert_true(passphrase_check(STR("secret"), out));
	assert_true(passphrase_check(STR("secret"), other));
	assert_false(passphrase_check(STR("secrets"), out));
}

static void
test_salt(void **state)
{
	char one[PASSPHRASE_HASH_MAX], two[PASSPHRASE_HASH_MAX];

	(void)state;
	hash("secret", one);
	hash("secret", two);
	assert_string_not_equal(one, two);
	wrap.interruptions = 3;
	hash("secret", one);
	assert_int_equal(wrap.interruptions, 0);
}

/* Known hashes, from other programs. */
static void
test_known(void **state)
{
	static const char *const hashes[] = {
		"$5$k2XAnEHBqQ1Ct2aM$rnCuOqWo.paDhUxsmHP0RfEIDdETSMulnLCs8sxkDq/",
		"$6$k2XAnEHBqQ1Ct2aM$iHrwyiyKiHg2YYwyBUuMGKxA1KEcXtz5/1GeBzr0MS1P/"
		"uuE3hZ0bFaooxSWrUiR3AnSTuj.ImcGKhyGcmwS5.",
		"$y$j9T$k2XAnEHBqQ1Ct2aMXFKNa/"
		"$wlUhTDUqAryQnsZkFoU5UZ6UStBlZ4Z8j4gtdFPQVn4",
		"$2b$05$KBCwKxOzLha2MUDgW0PjXeGy8zDyKFegpVV4y0qPBUgij10WNyKY6",
		"$gy$j9T$k2XAnEHBqQ1Ct2aMXFKNa/"
		"$1Ge.w/tr2e3TdN67lBUZ4pe4klR/hfBEbnc.jwyJpW/",
	};
	size_t count = has_yescrypt() ? 5 : 2;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		assert_true(passphrase_is_hash(hashes[i]));
		assert_true(passphrase_check(STR("secret"), hashes[i]));
		assert_false(passphrase_check(STR("Secret"), hashes[i]));
	}
}

static void
check_refused(struct str secret, const char *reason)
{
	char out[PASSPHRASE_HASH_MAX] = "as it was";
	struct err err = {""};

	assert_int_equal(passphrase_hash(secret, out, &err), -1);
	assert_string_equal(err.text, reason);
}

static void
test_refused(void **state)
{
	char text[PASSPHRASE_BYTES_MAX + 1], out[PASSPHRASE_HASH_MAX];
	struct err err = {""};

	(void)state;
	memset(text, 'x', sizeof(text));
	check_refused(STR(""), "a passphrase can't be empty");
	check_refused(str_make(NULL, 0), "a passphrase can't be empty");
	check_refused(STR("a\0b"), "a passphrase can't hold a NUL byte");
	check_refused(STR("\0"), "a passphrase can't hold a NUL byte");
	check_refused(str_make(text, sizeof(text)),
		"a passphrase can't be longer than 511 bytes");
	assert_int_equal(wrap.hashed, 0);
	/* The longest one, to its last byte. */
	assert_int_equal(
		passphrase_hash(str_make(text, sizeof(text) - 1), out, &err), 0);
	assert_true(passphrase_check(str_make(text, sizeof(text) - 1), out));
	assert_false(passphrase_check(str_make(text, sizeof(text) - 2), out));
	assert_false(passphrase_check(str_make(text, sizeof(text)), out));
}

/* Any bytes but NUL; what is not UTF-8 must not be the same as its neighbour. */
static void
test_bytes(void **state)
{
	char out[PASSPHRASE_HASH_MAX];

	(void)state;
	hash("gr\xC3\xBC\xC3\x9F \xFF\x01\n", out);
	assert_true(passphrase_check(STR("gr\xC3\xBC\xC3\x9F \xFF\x01\n"), out));
	assert_false(passphrase_check(STR("gr\xC3\xBC\xC3\x9F \xFE\x01\n"), out));
}

static void
test_failures(void **state)
{
	char out[PASSPHRASE_HASH_MAX];

	(void)state;
	hash("secret", out);
	wrap.no_hash = 1;
	check_refused(STR("secret"), "crypt(3) can't hash it: Cannot allocate memory");
	assert_false(passphrase_check(STR("secret"), out));
	wrap.no_hash = 2;
	check_refused(STR("secret"), "crypt(3) can't hash it: Cannot allocate memory");
	assert_false(passphrase_check(STR("secret"), out));
	assert_false(passphrase_check(STR("secret"), "*0"));
	wrap.no_hash = 0;
	wrap.no_random = true;
	check_refused(
		STR("secret"), "no random bytes for a salt: Function not implemented");
	assert_true(passphrase_check(STR("secret"), out));
	assert_false(passphrase_check(STR("secret"), NULL));
	wrap.no_random = false;
	wrap.short_random = true;
	assert_int_equal(passphrase_hash(STR("secret"), out, &(struct err){""}), -1);
}

/* Nobody of that name: the same kind of hash is made all the same. */
static void
test_same_work(void **state)
{
	char out[PASSPHRASE_HASH_MAX], begin[sizeof(wrap.begin)];

	(void)state;
	hash("secret", out);
	wrap.hashed = 0;
	assert_false(passphrase_check(STR("wrong"), out));
	assert_int_equal(wrap.hashed, 1);
	memcpy(begin, wrap.begin, sizeof(begin));
	/* Up to the salt. */
	begin[strcspn(begin + 3, "$") + 3] = '\0';
	assert_false(passphrase_check(STR("wrong"), NULL));
	assert_int_equal(wrap.hashed, 2);
	assert_int_equal(strncmp(wrap.begin, begin, strlen(begin)), 0);
	assert_false(passphrase_check(STR("wrong"), "not a hash"));
	assert_int_equal(wrap.hashed, 3);
	assert_int_equal(strncmp(wrap.begin, begin, strlen(begin)), 0);
	assert_false(passphrase_check(STR("wrong"), ""));
	assert_int_equal(wrap.hashed, 4);
}

static void
test_is_hash(void **state)
{
	static const char *const no[] = {"", "$", "$y$", "$6$", "secret", "*", "!",
		"*0", "x",
		/* old kinds: DES, MD5, and what nobody has */
		"nozH2JM80eWlk", "$1$k2XAnEHB$rbDfQq368qWY4bas.D3Ac0", "$9$a$b",
		/* settings alone */
		"$y$j9T$k2XAnEHBqQ1Ct2aMXFKNa/", "$6$rounds=50000$abcdefghijklmnop",
		/* too short by one, too long by one, no settings */
		"$5$k2XAnEHBqQ1Ct2aM$rnCuOqWo.paDhUxsmHP0RfEIDdETSMulnLCs8sxkDq",
		"$5$k2XAnEHBqQ1Ct2aM$rnCuOqWo.paDhUxsmHP0RfEIDdETSMulnLCs8sxkDq//",
		"$5$rnCuOqWo.paDhUxsmHP0RfEIDdETSMulnLCs8sxkDq/",
		/* a blank, a colon and a control; a letter of settings at the end */
		"$5$k2XAnEHBqQ1Ct2a $rnCuOqWo.paDhUxsmHP0RfEIDdETSMulnLCs8sxkDq/",
		"$5$k2XAnEHBqQ1Ct2a:$rnCuOqWo.paDhUxsmHP0RfEIDdETSMulnLCs8sxkDq/",
		"$5$k2XAnEHBqQ1Ct2a\n$rnCuOqWo.paDhUxsmHP0RfEIDdETSMulnLCs8sxkDq/",
		"$5$k2XAnEHBqQ1Ct2aM$rnCuOqWo.paDhUxsmHP0RfEIDdETSMulnLCs8sxkDq=",
		" $5$k2XAnEHBqQ1Ct2aM$rnCuOqWo.paDhUxsmHP0RfEIDdETSMulnLCs8sxkDq/"};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		if (passphrase_is_hash(no[i]))
			fail_msg("%s", no[i]);
	}
	/* Longer than there is room for. */
	for (int len = 200; len < 220; len++) {
		(void)snprintf(text, sizeof(text), "$5$%0*d$%043d", len, 0, 0);
		assert_int_equal(
			passphrase_is_hash(text), strlen(text) < PASSPHRASE_HASH_MAX);
	}
}

/* A thread, whose stack we may look at when it is gone. */
struct work {
	struct str secret;
	const char *hash; /* check it; else hash */
	char out[PASSPHRASE_HASH_MAX];
};

static void *
work_main(void *arg)
{
	struct work *work = arg;
	struct err err;
	int result;

	if (work->hash != NULL)
		result = passphrase_check(work->secret, work->hash) ? 0 : -1;
	else
		result = passphrase_hash(work->secret, work->out, &err);
	return result == 0 ? work : NULL;
}

/*
 * The stack is mapped twice, for the thread and for us: tools that watch memory take
 * what is below a stack pointer for lost.
 */
static void
check_wiped(struct work *work)
{
	const size_t size = 1024 * 1024;
	int fd = memfd_create("stack", MFD_CLOEXEC);
	char *theirs, *ours;
	pthread_attr_t attr;
	pthread_t thread;
	void *result;

	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	theirs = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ours = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(theirs, MAP_FAILED);
	assert_ptr_not_equal(ours, MAP_FAILED);
	assert_int_equal(pthread_attr_init(&attr), 0);
	assert_int_equal(pthread_attr_setstack(&attr, theirs, size), 0);
	assert_int_equal(pthread_create(&thread, &attr, work_main, work), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	pthread_attr_destroy(&attr);
	munmap(theirs, size);
	close(fd);
	assert_ptr_equal(result, work);
	assert_null(memmem(ours, size, work->secret.p, work->secret.len));
	assert_null(memmem(ours, size, MARK, strlen(MARK)));
	/* What was compared would do for a guesser at leisure. */
	if (work->hash != NULL)
		assert_null(memmem(ours, size, work->hash + 8, strlen(work->hash) - 8));
	munmap(ours, size);
}

static void
test_wiped(void **state)
{
	struct work hashing = {.secret = STR("a secret that is easy to find")};
	struct work checking = {.secret = hashing.secret, .hash = hashing.out};

	(void)state;
	check_wiped(&hashing);
	check_wiped(&checking);
}

static void
test_wipe(void **state)
{
	char text[] = "before secret behind";

	(void)state;
	passphrase_wipe(text + 7, 6);
	assert_memory_equal(text, "before \0\0\0\0\0\0 behind", sizeof(text));
	passphrase_wipe(NULL, 0);
	passphrase_wipe(text, 0);
	assert_int_equal(text[0], 'b');
}

static void
test_same(void **state)
{
	(void)state;
	assert_true(passphrase_same(STR("secret"), STR("secret")));
	assert_true(passphrase_same(STR(""), str_make(NULL, 0)));
	assert_true(passphrase_same(STR("\0\xFF"), STR("\0\xFF")));
	assert_false(passphrase_same(STR("secret"), STR("secreT")));
	assert_false(passphrase_same(STR("secret"), STR("Secret")));
	assert_false(passphrase_same(STR("secret"), STR("secret ")));
	assert_false(passphrase_same(STR("secret"), STR("secre")));
	assert_false(passphrase_same(STR("secret"), STR("")));
	assert_false(passphrase_same(STR("\0a"), STR("\0b")));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_check, setup),
		cmocka_unit_test_setup(test_sha512, setup),
		cmocka_unit_test_setup(test_salt, setup),
		cmocka_unit_test_setup(test_known, setup),
		cmocka_unit_test_setup(test_refused, setup),
		cmocka_unit_test_setup(test_bytes, setup),
		cmocka_unit_test_setup(test_failures, setup),
		cmocka_unit_test_setup(test_same_work, setup),
		cmocka_unit_test_setup(test_is_hash, setup),
		cmocka_unit_test_setup(test_wiped, setup),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_wipe),
	};

	return cmocka_run_group_tests_name("passphrase", tests, NULL, NULL);
}
