/* SPDX-License-Identifier: MIT */
/*
 * test_siphash.c: against the vectors of the reference implementation
 * (key 00 01 .. 0f, message 00 01 .. of growing length).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ccmon/siphash.h"

static uint8_t key[SIPHASH_KEY];
static uint8_t message[64];

static void
vectors(void **state)
{
	static const struct {
		size_t n;
		uint64_t hash;
	} want[] = {
		{ 0, UINT64_C(0x726fdb47dd0e0e31) },
		{ 1, UINT64_C(0x74f839c593dc67fd) },
		{ 2, UINT64_C(0x0d6c8009d9a94f5a) },
		{ 3, UINT64_C(0x85676696d7fb7e2d) },
		{ 15, UINT64_C(0xa129ca6149be45e5) },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNTOF(want); i++)
		assert_true(siphash(key, message, want[i].n) == want[i].hash);
}

static void
hex_is_the_number(void **state)
{
	char text[SIPHASH_HEX + 1] = "";

	(void)state;
	siphash_hex(text, key, (struct str){ (const char *)message, 15 });
	assert_string_equal(text, "a129ca6149be45e5");
}

static void
key_matters(void **state)
{
	uint8_t other[SIPHASH_KEY];

	(void)state;
	memcpy(other, key, sizeof(other));
	other[7] ^= 1;
	assert_true(siphash(key, "x", 1) != siphash(other, "x", 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors),
		cmocka_unit_test(hex_is_the_number),
		cmocka_unit_test(key_matters),
	};
	size_t i;

	for (i = 0; i < sizeof(message); i++)
		message[i] = (uint8_t)i;
	memcpy(key, message, sizeof(key));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
