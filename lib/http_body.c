/* SPDX-License-Identifier: MIT */
/*
 * http_body.c: bytes that many are sent.  A frame of the stream exists once, be
 * there a thousand readers: each one's buffer refers to it, and it goes when
 * the slowest has it.
 */
#include "ccmon/http_server.h"

#include <stdlib.h>

struct body *
body_new(struct out *o)
{
	struct body *b = o->failed ? NULL : malloc(sizeof(*b));

	if (b == NULL)
		return NULL;
	*b = (struct body){ .refs = 1, .bytes = *o };
	out_init(o);
	return b;
}

struct body *
body_hold(struct body *b)
{
	b->refs++;
	return b;
}

void
body_release(struct body *b)
{
	if (b == NULL || --b->refs > 0)
		return;
	out_fini(&b->bytes);
	free(b);
}
