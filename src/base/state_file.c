/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[8] = {'p', 'r', 'a', 't', 't', 'l', 'e', '\n'};

#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

/* Where in the header things stand. */
enum {
	AT_FORMAT = 8,
	AT_BYTES = 16,
	AT_SUM = 24,
	AT_VERSION = 32,
};
_Static_assert(AT_VERSION + STATE_VERSION_MAX == STATE_HEADER_BYTES, "it is full");
_Static_assert(sizeof(PACKAGE_VERSION) <= STATE_VERSION_MAX, "there is room for it");

/* Every change of a byte changes it: each step is one to one. */
static uint64_t
add_sum(uint64_t sum, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ p[i]) * FNV_PRIME;
	return sum;
}

static void
store(unsigned char *p, size_t size, uint64_t value)
{
	for (size_t i = 0; i < size; i++)
		p[i] = (unsigned char)(value >> (8 * i));
}

static uint64_t
load(const unsigned char *p, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value |= (uint64_t)p[i] << (8 * i);
	return value;
}

/*
 * Writing
 */

static void
write_at(struct state_file *file, const void *bytes, size_t len, uint64_t at)
{
	const char *p = bytes;

	while (len > 0 && file->error == 0) {
		ssize_t n = pwrite(file->fd, p, len, (off_t)at);

		if (n == -1) {
			file->error = errno != EINTR ? errno : 0;
			continue;
		}
		p += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
}

/* Take what has piled up to the file. */
static void
state_file_flush(struct state_out *out)
{
	struct state_file *file = (struct state_file *)out;

	file->sum = add_sum(file->sum, out->buf.p, out->buf.len);
	write_at(file, out->buf.p, out->buf.len, STATE_HEADER_BYTES + file->bytes);
	file->bytes += out->buf.len;
	buf_reset(&out->buf);
}

int
state_file_begin(struct state_file *file, int64_t now, struct err *err)
{
	*file = (struct state_file){
		.out = {.now = now, .full = state_file_flush},
		.sum = FNV_BASIS,
	};
	file->fd = memfd_create("prattled-state", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (file->fd != -1)
		return 0;
	err_set(err, "can't make a memfd for the state: %s", strerror(errno));
	return -1;
}

static void
write_header(struct state_file *file)
{
	unsigned char header[STATE_HEADER_BYTES] = {0};

	memcpy(header, magic, sizeof(magic));
	store(header + AT_FORMAT, 4, STATE_FORMAT);
	store(header + AT_BYTES, 8, file->bytes);
	memcpy(header + AT_VERSION, PACKAGE_VERSION, strlen(PACKAGE_VERSION));
	store(header + AT_SUM, 8, add_sum(file->sum, header, sizeof(header)));
	write_at(file, header, sizeof(header), 0);
}

int
state_file_end(struct state_file *file, struct err *err)
{
	int fd = file->fd;

	if (file->out.buf.len > 0)
		state_file_flush(&file->out);
	write_header(file);
	if (file->error == 0 &&
		fcntl(fd, F_ADD_SEALS,
			F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == -1)
		file->error = errno;
	if (file->error != 0) {
		err_set(err, "can't write the state: %s", strerror(file->error));
		return -1;
	}
	file->fd = -1;
	return fd;
}

void
state_file_fini(struct state_file *file)
{
	if (file->fd != -1)
		close(file->fd);
	file->fd = -1;
	state_out_fini(&file->out);
}

/*
 * Reading
 */

static int
check_header(const struct state_map *map, struct err *err)
{
	const unsigned char *p = map->p;
	unsigned char header[STATE_HEADER_BYTES];
	uint64_t sum;

	if (map->bytes < sizeof(header) || memcmp(p, magic, sizeof(magic)) != 0) {
		err_set(err, "that is no state of prattled");
		return -1;
	}
	if (load(p + AT_FORMAT, 4) != STATE_FORMAT) {
		err_set(err, "the state is of format %llu, and here only %d is known",
			(unsigned long long)load(p + AT_FORMAT, 4), STATE_FORMAT);
		return -1;
	}
	if (load(p + AT_BYTES, 8) != map->bytes - sizeof(header)) {
		err_set(err, "the state is not whole: %llu bytes of %llu",
			(unsigned long long)(map->bytes - sizeof(header)),
			(unsigned long long)load(p + AT_BYTES, 8));
		return -1;
	}
	memcpy(header, p, sizeof(header));
	store(header + AT_SUM, 8, 0);
	sum = add_sum(FNV_BASIS, p + sizeof(header), map->bytes - sizeof(header));
	if (load(p + AT_SUM, 8) != add_sum(sum, header, sizeof(header))) {
		err_set(err, "the state is damaged: its checksum is wrong");
		return -1;
	}
	return 0;
}

/* Have the file in memory. */
static int
map_file(struct state_map *map, int fd, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) == -1) {
		err_set(err, "can't read the state: %s", strerror(errno));
		return -1;
	}
	if (!S_ISREG(st.st_mode) || st.st_size == 0) {
		err_set(err, "that is no state of prattled");
		return -1;
	}
	map->bytes = (size_t)st.st_size;
	map->p = mmap(NULL, map->bytes, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map->p == MAP_FAILED) {
		map->p = NULL;
		err_set(err, "can't read the state: %s", strerror(errno));
		return -1;
	}
	return 0;
}

int
state_map_open(struct state_map *map, int fd, struct err *err)
{
	*map = (struct state_map){0};
	if (map_file(map, fd, err) == -1)
		return -1;
	if (check_header(map, err) == -1) {
		state_map_close(map);
		return -1;
	}
	map->body = str_from(str_make(map->p, map->bytes), STATE_HEADER_BYTES);
	memcpy(map->version, (const char *)map->p + AT_VERSION, STATE_VERSION_MAX);
	return 0;
}

void
state_map_close(struct state_map *map)
{
	if (map->p != NULL)
		(void)munmap(map->p, map->bytes);
	*map = (struct state_map){0};
}
