/* SPDX-License-Identifier: MIT */
/* fuzz_native.c: any bytes as a message of the native dialect. */
#include "fuzz_dialect.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct dialect *dialect;
	static void *state;

	if (state == NULL) {
		dialect = dialect_find("native");
		state = dialect->open(NULL);
		assert(state != NULL);
	}
	check_decode(dialect, state, data, size);
	return 0;
}
