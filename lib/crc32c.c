/* SPDX-License-Identifier: MIT */
/*
 * crc32c.c: the Castagnoli CRC that guards blocks on disk and on the link.
 *
 * Processors since 2008 do it in one instruction, eight bytes at a time; the
 * others take a small table.  Which it is, is asked at each call: the answer
 * lies in memory, and a block is tens of kilobytes.
 */
#include <ccmon/wire.h>

/* Half a byte's worth of the reflected polynomial 0x1EDC6F41 (RFC 3720 appendix B.4). */
static const uint32_t table[16] = {
	0x00000000,
	0x105ec76f,
	0x20bd8ede,
	0x30e349b1,
	0x417b1dbc,
	0x5125dad3,
	0x61c69362,
	0x7198540d,
	0x82f63b78,
	0x92a8fc17,
	0xa24bb5a6,
	0xb21572c9,
	0xc38d26c4,
	0xd3d3e1ab,
	0xe330a81a,
	0xf36e6f75,
};

static uint32_t
by_table(uint32_t crc, const uint8_t *p, size_t n)
{
	while (n-- > 0) {
		crc ^= *p++;
		crc = table[crc & 0xf] ^ crc >> 4;
		crc = table[crc & 0xf] ^ crc >> 4;
	}
	return crc;
}

#ifdef __x86_64__

#include <nmmintrin.h>

__attribute__((target("sse4.2"))) static uint32_t
by_instruction(uint32_t crc, const uint8_t *p, size_t n)
{
	uint64_t wide = crc, word;

	for (; n >= sizeof(word); n -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		wide = _mm_crc32_u64(wide, word);
	}
	crc = (uint32_t)wide;
	while (n-- > 0)
		crc = _mm_crc32_u8(crc, *p++);
	return crc;
}

static bool
has_instruction(void)
{
	return __builtin_cpu_supports("sse4.2");
}

#else

#define by_instruction by_table

static bool
has_instruction(void)
{
	return false;
}

#endif

uint32_t
crc32c(uint32_t crc, const void *p, size_t n)
{
	return ~(has_instruction() ? by_instruction : by_table)(~crc, p, n);
}
