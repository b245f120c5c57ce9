/* SPDX-License-Identifier: MIT */
/*
 * resp.c: a Redis command as bytes, RESP 2: how many words, then each with its
 * length.  No format strings: they cost more than the words, and a value
 * never has to be escaped.
 */
#include "ccmon/rlink.h"

#include <inttypes.h>
#include <stdio.h>

static void
header(struct out *o, char mark, uint64_t n)
{
	char text[24], *p = text + sizeof text;

	*--p = '\n';
	*--p = '\r';
	do
		*--p = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	*--p = mark;
	out_bytes(o, p, (size_t)(text + sizeof text - p));
}

void
resp_begin(struct out *o, size_t nwords)
{
	out_reset(o);
	header(o, '*', nwords);
}

void
resp_word(struct out *o, const void *p, size_t n)
{
	header(o, '$', n);
	out_bytes(o, p, n);
	out_bytes(o, "\r\n", 2);
}

void
resp_text(struct out *o, const char *s)
{
	resp_word(o, s, strlen(s));
}

void
resp_int(struct out *o, int64_t value)
{
	char text[24];

	resp_word(o, text, (size_t)snprintf(text, sizeof text, "%" PRId64, value));
}
