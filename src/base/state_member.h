/* SPDX-License-Identifier: ISC */
#ifndef BASE_STATE_MEMBER_H
#define BASE_STATE_MEMBER_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Members of structs, whatever their type, and numbers as bytes: what writing
 * (state.c) and reading (state_read.c) have in common. For these two only.
 */

/* What stands in a key beside the number (Protocol Buffers call them so). */
enum state_wire {
	STATE_VARINT = 0,
	STATE_LEN = 2
};

#define STATE_VARINT_MAX 10

static inline uint64_t
state_load_uint(const void *p, size_t size)
{
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	switch (size) {
	case sizeof(u8):
		memcpy(&u8, p, size);
		return u8;
	case sizeof(u16):
		memcpy(&u16, p, size);
		return u16;
	case sizeof(u32):
		memcpy(&u32, p, size);
		return u32;
	default:
		assert(size == sizeof(u64));
		memcpy(&u64, p, size);
		return u64;
	}
}

static inline void
state_store_uint(void *p, size_t size, uint64_t value)
{
	uint8_t u8 = (uint8_t)value;
	uint16_t u16 = (uint16_t)value;
	uint32_t u32 = (uint32_t)value;

	switch (size) {
	case sizeof(u8):
		memcpy(p, &u8, size);
		break;
	case sizeof(u16):
		memcpy(p, &u16, size);
		break;
	case sizeof(u32):
		memcpy(p, &u32, size);
		break;
	default:
		assert(size == sizeof(value));
		memcpy(p, &value, size);
	}
}

/* The sign bit of a member. */
static inline uint64_t
state_sign(size_t size)
{
	return UINT64_C(1) << (8 * size - 1);
}

static inline int64_t
state_load_int(const void *p, size_t size)
{
	/* Extends the sign. */
	return (int64_t)((state_load_uint(p, size) ^ state_sign(size)) -
		state_sign(size));
}

/* Numbers of either sign, those near to 0 as small ones without a sign. */
static inline uint64_t
state_zigzag(int64_t value)
{
	return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

static inline int64_t
state_unzigzag(uint64_t value)
{
	return (int64_t)(value >> 1 ^ (value & 1 ? UINT64_MAX : 0));
}

/* A pointer, of whatever type. */
static inline void *
state_load_pointer(const void *p)
{
	void *pointer;

	memcpy(&pointer, p, sizeof(pointer));
	return pointer;
}

static inline void
state_store_pointer(void *p, const void *pointer)
{
	memcpy(p, &pointer, sizeof(pointer));
}

#endif
