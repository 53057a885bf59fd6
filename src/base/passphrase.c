/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/passphrase.h"

#include <crypt.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

enum {
	SALT_BYTES = 16,
	SETTING_MAX = 192, /* as CRYPT_GENSALT_OUTPUT_SIZE, which not all have */
};

/* The letters of crypt(3), and what else there is in a hash before its last part. */
#define LETTERS "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
static const char letters[] = LETTERS;
static const char all_letters[] = LETTERS "$=,";

/* What hashes look like: how they begin, and how many letters the last part has. */
static const struct {
	const char *prefix;
	size_t len;
} kinds[] = {
#ifdef HAVE_CRYPT_GENSALT_RN
	{"$y$", 43},
	{"$gy$", 43},
	{"$7$", 43},
	{"$2a$", 53}, /* with the salt */
	{"$2b$", 53},
	{"$2y$", 53},
#endif
	{"$6$", 86},
	{"$5$", 43},
};

void
passphrase_wipe(void *p, size_t len)
{
	volatile unsigned char *byte = p;

	while (len-- > 0)
		*byte++ = 0;
}

/* What keeps it from being a passphrase, or NULL. */
static const char *
fault_of(struct str secret)
{
	if (secret.len == 0)
		return "a passphrase can't be empty";
	if (secret.len > PASSPHRASE_BYTES_MAX)
		return "a passphrase can't be longer than 511 bytes";
	if (memchr(secret.p, '\0', secret.len) != NULL)
		return "a passphrase can't hold a NUL byte";
	return NULL;
}

/* Choose a kind of hash and a salt. -1 if there are no random bytes. */
static int
setting_new(char out[SETTING_MAX])
{
	unsigned char salt[SALT_BYTES];
	ssize_t got;
	size_t len;

	do
		got = getrandom(salt, sizeof(salt), 0);
	while (got == -1 && errno == EINTR);
	if (got != sizeof(salt))
		return -1;
#ifdef HAVE_CRYPT_GENSALT_RN
	/* NULL if this library knows no yescrypt. */
	if (crypt_gensalt_rn("$y$", 0, (const char *)salt, sizeof(salt), out,
		    SETTING_MAX) != NULL)
		return 0;
#endif
	/* Ten times the usual rounds: what is usual is from 2007. */
	len = (size_t)snprintf(out, SETTING_MAX, "$6$rounds=50000$");
	for (size_t i = 0; i < sizeof(salt); i++)
		out[len++] = letters[salt[i] % 64];
	out[len] = '\0';
	return 0;
}

/* Hash with a setting, or as another hash was made. -1 with errno. */
static int
hash_with(struct str secret, const char *setting, char out[PASSPHRASE_HASH_MAX])
{
	char text[PASSPHRASE_BYTES_MAX + 1];
	struct crypt_data data; /* 32 KiB, but the stack can't be lacking */
	int result = -1;

	memset(&data, 0, sizeof(data));
	if (str_copy(secret, text, sizeof(text))) {
		const char *hash;

		errno = EINVAL; /* if it does not say why */
		hash = crypt_r(text, setting, &data);
		/* Failure is NULL, or a text that is no hash. */
		if (hash != NULL && hash[0] != '*' &&
			str_copy(str_of(hash), out, PASSPHRASE_HASH_MAX))
			result = 0;
	}
	passphrase_wipe(text, sizeof(text));
	passphrase_wipe(&data, sizeof(data));
	return result;
}

int
passphrase_hash(struct str secret, char out[PASSPHRASE_HASH_MAX], struct err *err)
{
	const char *fault = fault_of(secret);
	char setting[SETTING_MAX];

	if (fault != NULL) {
		err_set(err, "%s", fault);
		return -1;
	}
	if (setting_new(setting) == -1) {
		err_set(err, "no random bytes for a salt: %s", strerror(errno));
		return -1;
	}
	if (hash_with(secret, setting, out) == -1) {
		err_set(err, "crypt(3) can't hash it: %s", strerror(errno));
		return -1;
	}
	return 0;
}

bool
passphrase_same(struct str a, struct str b)
{
	unsigned differs = a.len != b.len;

	for (size_t i = 0; i < a.len && i < b.len; i++)
		differs |= (unsigned char)(a.p[i] ^ b.p[i]);
	return differs == 0;
}

bool
passphrase_check(struct str secret, const char *hash)
{
	char setting[SETTING_MAX], got[PASSPHRASE_HASH_MAX];
	bool known = hash != NULL && passphrase_is_hash(hash), same = false;

	if (fault_of(secret) != NULL || (!known && setting_new(setting) == -1))
		return false;
	if (hash_with(secret, known ? hash : setting, got) == 0)
		same = known && passphrase_same(str_of(got), str_of(hash));
	passphrase_wipe(got, sizeof(got));
	return same;
}

bool
passphrase_is_hash(const char *text)
{
	const char *last = strrchr(text, '$');
	size_t all = strlen(text);

	if (last == NULL || all >= PASSPHRASE_HASH_MAX ||
		strspn(text, all_letters) != all)
		return false;
	last++;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t len = strlen(kinds[i].prefix);

		/* Between them are settings, about which the library knows best. */
		if (strncmp(text, kinds[i].prefix, len) == 0)
			return last > text + len && strlen(last) == kinds[i].len &&
				strspn(last, letters) == kinds[i].len;
	}
	return false;
}
