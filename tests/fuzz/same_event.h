/* SPDX-License-Identifier: MIT */
/*
 * same_event.h: are two events equal, apart from where their texts lie?
 */
#ifndef CCMON_TESTS_SAME_EVENT_H
#define CCMON_TESTS_SAME_EVENT_H

#include <ccmon/event.h>

static inline size_t
member_size(uint8_t type)
{
	return type == TYPE_INT ? sizeof(int64_t) : sizeof(uint8_t);
}

static inline bool
same_member(const struct event *a, const struct event *b, const struct event_member_row *row)
{
	const char	*fa = (const char *)a + row->offset, *fb = (const char *)b + row->offset;
	struct str	 sa, sb;

	if (row->type != TYPE_STR && row->type != TYPE_TEXT && row->type != TYPE_NAMES)
		return memcmp(fa, fb, member_size(row->type)) == 0;
	memcpy(&sa, fa, sizeof sa);
	memcpy(&sb, fb, sizeof sb);
	return str_eq(sa, sb);
}

static inline bool
same_event(const struct event *a, const struct event *b)
{
	int	m;

	for (m = 0; m < EVENT_NMEMBERS; m++)
		if (!same_member(a, b, &event_members[m]))
			return false;
	return a->has == b->has && a->event == b->event;
}

#endif
