/* SPDX-License-Identifier: MIT */
/*
 * options.c: the options of a link, as its own.
 *
 * The lists of addresses are not copied: route.c makes addresses of them.
 */
#include "redis.h"

#include <stdlib.h>

/* Where each text is. */
static const size_t texts[] = {
	offsetof(struct rlink_options, unix_path),
	offsetof(struct rlink_options, host),
	offsetof(struct rlink_options, key),
	offsetof(struct rlink_options, master),
	offsetof(struct rlink_options, username),
	offsetof(struct rlink_options, password),
	offsetof(struct rlink_options, client_name),
};

static const char **
text_of(struct rlink_options *o, size_t i)
{
	return (const char **)((char *)o + texts[i]);
}

/* All texts are tried, so that what is not ours is never freed. */
bool
options_copy(struct rlink_options *to, const struct rlink_options *from)
{
	const char **text;
	bool ok = true;

	*to = *from;
	if (to->timeout == 0)
		to->timeout = TIMEOUT_MS;
	for (size_t i = 0; i < COUNTOF(texts); i++) {
		text = text_of(to, i);
		if (*text != NULL && (*text = strdup(*text)) == NULL)
			ok = false;
	}
	return ok;
}

void
options_fini(struct rlink_options *o)
{
	if (o->password != NULL)
		explicit_bzero((char *)o->password, strlen(o->password));
	for (size_t i = 0; i < COUNTOF(texts); i++)
		free((char *)*text_of(o, i));
}
