/* SPDX-License-Identifier: MIT */
/*
 * site_key.c: the key of a process's tables, drawn at its start and told to
 * nobody.  A file of its own, as the rest of a site is pure.
 */
#include "ccmon/site.h"

#include <assert.h>
#include <sys/random.h>

/* So few bytes are never refused once the kernel is up, and waited for until then. */
void
site_draw_key(struct site *site)
{
	ssize_t n = getrandom(site->key, sizeof(site->key), 0);

	assert(n == sizeof(site->key));
	(void)n;
}
