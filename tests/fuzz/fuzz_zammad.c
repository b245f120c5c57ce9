/* SPDX-License-Identifier: MIT */
/* fuzz_zammad.c: any bytes as a post of Zammad's webhooks. */
#include "fuzz_dialect.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct dialect *dialect;
	static void *state;

	if (state == NULL) {
		dialect = dialect_find("zammad");
		state = dialect->open("web1");
		assert(state != NULL);
	}
	check_decode(dialect, state, data, size);
	return 0;
}
