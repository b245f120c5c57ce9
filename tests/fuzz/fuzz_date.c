/* SPDX-License-Identifier: MIT */
/*
 * fuzz_date.c: any text as a date of a mail (RFC 5322 and before) and as an
 * instant of a web system (ISO 8601).  What is taken is a time of our era,
 * and the same each time; what is not leaves the time as it was.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/dialects/web/iso.h"
#include "collectors/mail/date.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define YEAR_10000 INT64_C(253402300800000) /* ms */
#define DAY 86400000 /* ms; zones reach over its end */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size > 0 ? size : 1); /* of its size: a byte beyond is seen */
	struct str text = { copy, (uint32_t)size };
	msec_t at, again = 0;
	int rc;

	assert(copy != NULL);
	if (size > 0)
		memcpy(copy, data, size);
	at = iso_time(text);
	assert(at >= -1 && at < YEAR_10000 + DAY);
	at = -7;
	rc = date_parse(text, &at);
	assert(rc == 0 || at == -7);
	assert(date_parse(text, &again) == rc && (rc != 0 || again == at));
	free(copy);
	return 0;
}
