/* SPDX-License-Identifier: MIT */
/*
 * table.c: every dialect there is.  A new one is a file beside this one, or a
 * folder, its line in table.h and its line here; the fuzz targets and the
 * manual follow.
 */
#include <string.h>

#include "table.h"

const struct dialect *const dialects[] = {
	&dialect_native,
	&dialect_queue_log,
	&dialect_ami,
	&dialect_chatwoot,
	&dialect_rocketchat,
	&dialect_zammad,
	&dialect_freeswitch,
	NULL,
};

const struct dialect *
dialect_find(const char *name)
{
	const struct dialect *const *d;

	for (d = dialects; *d != NULL; d++)
		if (strcmp((*d)->name, name) == 0)
			return *d;
	return NULL;
}
