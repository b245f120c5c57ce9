/* SPDX-License-Identifier: MIT */
/*
 * encode.c: an event back into the JSON of the contract.  Walks events.def as
 * the native dialect does, so the two agree on every member there will be.
 */
#include "encode.h"

static void
encode_names(struct out *out, struct str names)
{
	const char *nl;
	uint32_t n;

	json_open(out, '[');
	while (names.n > 0) {
		nl = memchr(names.p, '\n', names.n);
		n = nl != NULL ? (uint32_t)(nl - names.p) : names.n;
		json_text(out, (struct str){ names.p, n });
		n += nl != NULL;
		names = (struct str){ names.p + n, names.n - n };
	}
	json_close(out, ']');
}

static void
encode_member(struct out *out, const struct event *ev, const struct event_member_row *row)
{
	const char *field = (const char *)ev + row->offset;
	struct str text;
	int64_t number;

	json_key(out, row->name);
	switch ((enum member_type)row->type) {
	case TYPE_INT:
		memcpy(&number, field, sizeof number);
		json_int(out, number);
		break;
	case TYPE_BOOL:
		json_bool(out, *field != 0);
		break;
	case TYPE_WORD:
		text.p = word_name((enum word_set)row->low, (uint8_t)*field);
		json_text(out, str_of(text.p));
		break;
	case TYPE_STR:
	case TYPE_TEXT:
		memcpy(&text, field, sizeof text);
		json_text(out, text);
		break;
	case TYPE_NAMES:
		memcpy(&text, field, sizeof text);
		encode_names(out, text);
		break;
	}
}

void
encode_event(struct out *out, const struct event *ev)
{
	const char *name = event_kinds[ev->event].name;
	uint64_t left;

	json_open(out, '{');
	json_key(out, "event");
	json_text(out, str_of(name));
	for (left = ev->has; left != 0; left &= left - 1)
		encode_member(out, ev, &event_members[__builtin_ctzll(left)]);
	json_close(out, '}');
}

void
encode_topic(struct out *out, const struct event *ev)
{
	bool has_queue = (ev->has & HAS(QUEUE)) && (ev->has & HAS(CHANNEL));
	size_t i;

	out_str(out, has_queue ? word_name(WORDS_CHANNEL, ev->channel) : "source");
	out_str(out, ".");
	i = out->len;
	if (has_queue)
		out_bytes(out, ev->queue.p, ev->queue.n);
	else
		out_bytes(out, ev->source.p, ev->source.n);
	for (; !out->failed && i < out->len; i++)
		if ((unsigned char)out->buf[i] > 0x7e)
			out->buf[i] = '_';
}
