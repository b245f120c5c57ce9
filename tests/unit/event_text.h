/* SPDX-License-Identifier: MIT */
/*
 * event_text.h: an event as one line a test can state: its name, then each
 * member given as name=value, in the table's order.  Source and time are left
 * out when they are the ones a test gives everywhere.
 */
#ifndef CCMON_TESTS_EVENT_TEXT_H
#define CCMON_TESTS_EVENT_TEXT_H

#include <inttypes.h>
#include <stdio.h>

#include <ccmon/event.h>

static const enum word_set	text_sets[EVENT_NMEMBERS] = {
	[M_CHANNEL] = WORDS_CHANNEL, [M_DIRECTION] = WORDS_DIRECTION, [M_FROM] = WORDS_FROM,
	[M_BY] = WORDS_BY, [M_STATUS] = WORDS_STATUS, [M_KIND] = WORDS_KIND,
	[M_STATE] = WORDS_STATE,
};

static inline size_t
event_text_member(const struct event *ev, int m, char *buf, size_t cap)
{
	const struct event_member_row	*row = &event_members[m];
	const char			*field = (const char *)ev + row->offset;
	struct str			 s;
	int64_t				 n;

	switch ((enum member_type)row->type) {
	case TYPE_INT:
		memcpy(&n, field, sizeof n);
		return snprintf(buf, cap, " %s=%" PRId64, row->name, n);
	case TYPE_BOOL:
		return snprintf(buf, cap, " %s=%s", row->name, *field ? "true" : "false");
	case TYPE_WORD:
		return snprintf(buf, cap, " %s=%s", row->name,
		    word_name(text_sets[m], (uint8_t)*field));
	case TYPE_STR:
	case TYPE_TEXT:
	case TYPE_NAMES:
		memcpy(&s, field, sizeof s);
		return snprintf(buf, cap, " %s=%.*s", row->name, STR_ARG(s));
	}
	return 0;
}

/* Leaves out the members of `without`.  Returns the length, under cap. */
static inline size_t
event_text(const struct event *ev, uint64_t without, char *buf, size_t cap)
{
	size_t	len;
	int	m;

	len = snprintf(buf, cap, "%s", event_kinds[ev->event].name);
	for (m = 0; m < EVENT_NMEMBERS && len < cap; m++)
		if (ev->has & ~without & (UINT64_C(1) << m))
			len += event_text_member(ev, m, buf + len, cap - len);
	return len < cap ? len : cap - 1;
}

#endif
