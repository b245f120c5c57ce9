/* SPDX-License-Identifier: MIT */
/*
 * pack.c: see pack.h.
 */
#include "pack.h"

void
pack_reset(struct packer *k)
{
	k->n = 0;
}

void
pack_fini(struct packer *k, struct memory *m)
{
	memory_free(m, k->p, k->cap);
	memset(k, 0, sizeof(*k));
}

static uint8_t *
room(struct packer *k, struct memory *m, size_t n)
{
	size_t want = k->cap == 0 ? 256 : k->cap;

	while (want < k->n + n)
		want *= 2;
	if (want != k->cap) {
		k->p = memory_resize(m, k->p, k->cap, want);
		k->cap = want;
	}
	return k->p + k->n;
}

void
pack_bytes(struct packer *k, struct memory *m, const void *p, size_t n)
{
	if (n == 0)
		return;
	memcpy(room(k, m, n), p, n);
	k->n += n;
}

void
pack_int(struct packer *k, struct memory *m, int64_t value)
{
	uint64_t u = value < 0 ? ~((uint64_t)value << 1) : (uint64_t)value << 1;
	uint8_t *p = room(k, m, 10);

	for (; u >= 0x80; u >>= 7)
		*p++ = (uint8_t)(u | 0x80);
	*p++ = (uint8_t)u;
	k->n = (size_t)(p - k->p);
}

void
pack_str(struct packer *k, struct memory *m, struct str s)
{
	pack_int(k, m, s.n);
	pack_bytes(k, m, s.p, s.n);
}

int64_t
unpack_int(struct unpacker *u)
{
	uint64_t value = 0;
	unsigned shift = 0;
	uint8_t byte;

	do {
		if (u->p >= u->end || shift > 63) {
			u->good = false;
			return 0;
		}
		byte = *u->p++;
		value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

int64_t
unpack_within(struct unpacker *u, int64_t low, int64_t high)
{
	int64_t value = unpack_int(u);

	if (value >= low && value <= high)
		return value;
	u->good = false;
	return low;
}

const uint8_t *
unpack_bytes(struct unpacker *u, size_t n)
{
	const uint8_t *p = u->p;

	if (!u->good || (size_t)(u->end - u->p) < n) {
		u->good = false;
		return NULL;
	}
	u->p += n;
	return p;
}

struct str
unpack_str(struct unpacker *u)
{
	uint32_t n = (uint32_t)unpack_within(u, 0, UINT16_MAX);
	const uint8_t *p = unpack_bytes(u, n);

	return p == NULL ? STR_NONE : (struct str){ (const char *)p, n };
}
