/* SPDX-License-Identifier: MIT */
/* fuzz_queue_log.c: any bytes as lines of Asterisk's queue_log. */
#include "fuzz_dialect.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct dialect *dialect;
	static void *state;
	const uint8_t *nl;
	size_t len;

	if (state == NULL) {
		dialect = dialect_find("queue_log");
		state = dialect->open("pbx1");
		assert(state != NULL);
	}
	for (; size > 0; data += len, size -= len) {
		nl = memchr(data, '\n', size);
		len = nl != NULL ? (size_t)(nl - data) + 1 : size;
		check_decode(dialect, state, data, len);
	}
	return 0;
}
