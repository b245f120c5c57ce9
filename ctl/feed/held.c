/* SPDX-License-Identifier: MIT */
/*
 * held.c: one buffer, a message behind the other, each with its two lengths
 * in front.  It is emptied from its beginning, all at once as a rule: then the
 * source can be heard again.
 */
#include "held.h"

#include <assert.h>

struct lengths {
	uint32_t topic, body;
};

void
held_init(struct held *h)
{
	*h = (struct held){ .source = "" };
	out_init(&h->bytes);
}

void
held_fini(struct held *h)
{
	out_fini(&h->bytes);
}

bool
held_put(struct held *h, struct str source, struct str topic, struct str body)
{
	const struct lengths n = { topic.n, body.n };

	assert(h->source[0] == '\0' || held_is_of(h, source));
	memcpy(h->source, source.p, source.n);
	h->source[source.n] = '\0';
	out_bytes(&h->bytes, &n, sizeof n);
	out_bytes(&h->bytes, topic.p, topic.n);
	out_bytes(&h->bytes, body.p, body.n);
	return !h->bytes.failed;
}

bool
held_is_of(const struct held *h, struct str source)
{
	return h->source[0] != '\0' && str_is(source, h->source);
}

bool
held_take(struct held *h, struct str *topic, struct str *body)
{
	struct lengths n;

	if (h->taken == h->bytes.len) {
		out_reset(&h->bytes);
		h->taken = 0;
		h->source[0] = '\0';
		return false;
	}
	memcpy(&n, h->bytes.buf + h->taken, sizeof n);
	h->taken += sizeof n;
	*topic = (struct str){ h->bytes.buf + h->taken, n.topic };
	*body = (struct str){ topic->p + n.topic, n.body };
	h->taken += n.topic + n.body;
	return true;
}
