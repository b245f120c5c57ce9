/* SPDX-License-Identifier: MIT */
/*
 * found.c: reads the answer of the script that takes the site.
 *
 *	{owner, batch, format, rewriting, version}	it is ours
 *	{"", its owner, holder, ms left}		another has it
 */
#include "found.h"

#include <stdio.h>

/* The digits a text begins with; 0: none. */
static uint64_t
number(struct str text)
{
	uint64_t n = 0;

	for (uint32_t i = 0;
	     i < text.n && text.p[i] >= '0' && text.p[i] <= '9' && n < INT64_MAX / 16; i++)
		n = 10 * n + (uint64_t)(text.p[i] - '0');
	return n;
}

static bool
is_others(struct found *f, const struct reply *item)
{
	f->other = item[1].text;
	f->holder = item[2].text;
	f->left = item[3].integer;
	f->epoch = number(f->other);
	return true;
}

static bool
is_ours(struct found *f, const struct reply *item)
{
	f->any = item[1].text.n > 0;
	f->batch = number(item[1].text);
	f->format = item[2].text;
	f->rewriting = item[3].text;
	f->version = (int64_t)number(item[4].text);
	f->epoch = number(f->owner);
	return true;
}

bool
found_open(struct found *f, const struct reply *r)
{
	if (r->type != REPLY_ARRAY || r->n == 0)
		return false;
	*f = (struct found){ .owner = r->item[0].text };
	if (f->owner.n == 0 && r->n == 4)
		return is_others(f, r->item);
	if (f->owner.n > 0 && f->owner.n < OWNER_MAX && r->n == 5)
		return is_ours(f, r->item);
	return false;
}

/* The holder is "<instance> <host> <pid>". */
void
found_holder(const struct found *f, char name[HOLDER_MAX])
{
	char text[HOLDER_MAX], *host = NULL, *pid = NULL;

	snprintf(text, sizeof(text), "%.*s", STR_ARG(f->holder));
	if ((host = strchr(text, ' ')) != NULL && (pid = strrchr(++host, ' ')) != NULL)
		*pid++ = '\0';
	if (pid != NULL)
		snprintf(name, HOLDER_MAX, "the ccmond on %s, pid %s", host, pid);
	else
		snprintf(name, HOLDER_MAX, "%s", f->other.n > 0 ? "another ccmond" : "nobody yet");
}
