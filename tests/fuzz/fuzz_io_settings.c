/* SPDX-License-Identifier: MIT */
/*
 * fuzz_io_settings.c: any bytes as a configuration.  It is taken, or what is
 * wrong with it is said; one that is taken is taken again, as a reload would.
 */
#include <ccmon/settings.h>

#include "scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
const char *__lsan_default_suppressions(void);

/* It forgets a text that does not end (libconfig 1.5, strbuf_append). */
const char *
__lsan_default_suppressions(void)
{
	return "leak:strbuf_append";
}

static unsigned complaints;

static void
complain(void *arg, const char *line)
{
	(void)arg;
	assert(line[0] != '\0');
	complaints++;
}

static void
write_text(const char *path, const uint8_t *data, size_t size)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fwrite(data, 1, size, f) != size || fclose(f) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[PATH_MAX];
	struct settings *first, *again;

	scratch_begin();
	scratch_path(path, "ccmon.cfg");
	write_text(path, data, size);
	complaints = 0;
	first = settings_load(path, complain, NULL);
	assert(first != NULL || complaints > 0);
	again = settings_load(path, complain, NULL);
	assert((first == NULL) == (again == NULL));
	settings_free(again);
	settings_free(first);
	return 0;
}
