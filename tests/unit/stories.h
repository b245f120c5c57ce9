/* SPDX-License-Identifier: MIT */
/*
 * stories.h: rules as a table of little stories: what happened, and what the
 * figures are then.
 *
 * A story is lines "TIME[@CLOCK] EVENT member=value ..." with times in ms from
 * noon, and "CLOCK tick".  What every event needs and a line does not say is
 * contact c1 on queue sales, a call, from source pbx, by agent ann.  What is
 * expected is "OBJECT.FIELD=VALUE", and breach=... for the breaches in order.
 * In sales T is 20 s, abandons are short to 5 s, waits are stuck after 60 s
 * and handlings after 300 s.
 */
#ifndef CCMON_TESTS_STORIES_H
#define CCMON_TESTS_STORIES_H

#include "tests/unit/engine_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct story {
	const char *events, *expected;
};

struct telling {
	struct engine *e;
	const struct site *site; /* not NULL: loaded anew after each line */
	struct kit_kept kept;
	msec_t now; /* from noon */
	char breaches[256];
	char *words; /* copy the events' texts live in */
};

static inline void
say_member(struct event *ev, char *word, const char *story)
{
	char *value = strchr(word, '=');
	int m;

	if (value == NULL)
		fail_msg("%s: %s is no member", story, word);
	*value++ = '\0';
	m = event_member_find(kit_str(word));
	if (m < 0)
		fail_msg("%s: no member %s", story, word);
	if (event_members[m].type == TYPE_INT || event_members[m].type == TYPE_BOOL)
		assert_int_equal(event_set_int(ev, (enum event_member)m, strtoll(value, NULL, 10)),
		    REFUSAL_NONE);
	else
		assert_int_equal(
		    event_set_str(ev, (enum event_member)m, kit_str(value)), REFUSAL_NONE);
	ev->has |= UINT64_C(1) << m;
}

static inline void
say_needed(struct event *ev)
{
	static const struct {
		enum event_member m;
		const char *value;
	} usual[] = {
		{ M_SOURCE, "pbx" },
		{ M_CHANNEL, "call" },
		{ M_QUEUE, "sales" },
		{ M_CONTACT, "c1" },
		{ M_AGENT, "ann" },
	};
	uint64_t needs = event_kinds[ev->event].needs | HAS(SOURCE);

	for (size_t i = 0; i < COUNTOF(usual); i++) {
		uint64_t bit = UINT64_C(1) << usual[i].m;

		if (!(needs & bit) || ev->has & bit)
			continue;
		ev->has |= bit;
		assert_int_equal(
		    event_set_str(ev, usual[i].m, kit_str(usual[i].value)), REFUSAL_NONE);
	}
}

static inline void
note_breaches(struct telling *t)
{
	struct edge edge;
	size_t n;

	while (engine_edge(t->e, &edge)) {
		if (edge.type != EDGE_BREACH)
			continue;
		n = strlen(t->breaches);
		snprintf(
		    t->breaches + n, sizeof(t->breaches) - n, "%s%s", n > 0 ? "," : "", edge.kind);
	}
}

static inline void
say_line(struct telling *t, char *line, const char *story)
{
	char *next, *word = strtok_r(line, " ", &next), *end;
	msec_t at = strtoll(word, &end, 10);
	enum event_member missing;
	struct event ev = { 0 };
	int kind;

	if (*end == '@')
		t->now = strtoll(end + 1, NULL, 10);
	else if (at > t->now)
		t->now = at;
	word = strtok_r(NULL, " ", &next);
	if (strcmp(word, "tick") == 0)
		engine_tick(t->e, KIT_NOON + t->now);
	else {
		kind = event_kind_find(kit_str(word));
		if (kind < 0)
			fail_msg("%s: no event %s", story, word);
		ev.event = (uint8_t)kind;
		while ((word = strtok_r(NULL, " ", &next)) != NULL)
			say_member(&ev, word, story);
		say_needed(&ev);
		ev.has |= HAS(TIME);
		ev.time = KIT_NOON + at;
		assert_int_equal(event_check(&ev, &missing), REFUSAL_NONE);
		engine_apply(t->e, &ev, KIT_NOON + t->now);
	}
	note_breaches(t);
	engine_check(t->e);
}

/* What was kept of it is all there is. */
static inline void
begin_anew(struct telling *t)
{
	kit_commit(t->e, &t->kept);
	engine_free(t->e);
	t->e = kit_load(&t->kept, t->site);
	engine_check(t->e);
}

static inline void
tell(struct telling *t, const char *story)
{
	char *line, *next;

	free(t->words);
	t->words = strdup(story);
	assert_non_null(t->words);
	for (line = strtok_r(t->words, ";", &next); line != NULL; line = strtok_r(NULL, ";", &next)) {
		say_line(t, line + strspn(line, " "), story);
		if (t->site != NULL)
			begin_anew(t);
	}
}

static inline struct object
find_object(const struct engine *e, const char *name)
{
	struct object o = { SCOPE_SITE, 0 };

	if (strcmp(name, "site") == 0)
		return o;
	for (unsigned scope = 0; scope < SCOPE_COUNT; scope++) {
		/* chat is a channel and, in some stories, a source */
		if (engine_find(e, (enum scope)scope, kit_str(name), &o))
			return o;
	}
	fail_msg("there is no %s", name);
	return o;
}

static inline void
expect_one(struct telling *t, char *word, const char *story)
{
	char *value = strchr(word, '='), *field, buf[256];
	const char *got;

	*value++ = '\0';
	if (strcmp(word, "breach") == 0)
		got = t->breaches;
	else {
		field = strchr(word, '.');
		*field++ = '\0';
		got = kit_figure(t->e, find_object(t->e, word), field, buf);
		field[-1] = '.';
	}
	if (got == NULL)
		fail_msg("%s: no figure %s", story, word);
	if (strcmp(got, value) != 0)
		fail_msg("%s: %s is %s, not %s", story, word, got, value);
}

static inline void
expect(struct telling *t, const char *expected, const char *story)
{
	char *words = strdup(expected), *word, *next;

	assert_non_null(words);
	for (word = strtok_r(words, " ", &next); word != NULL; word = strtok_r(NULL, " ", &next))
		expect_one(t, word, story);
	free(words);
}

static inline void
begin_telling(struct telling *t, const struct site *site)
{
	*t = (struct telling){ .e = engine_new(site) };
}

static inline void
end_telling(struct telling *t)
{
	engine_free(t->e);
	kit_forget(&t->kept);
	free(t->words);
}

static inline struct site
usual_site(void)
{
	struct site site;
	int rc;

	kit_site(&site);
	rc = site_add_window(&site, "all");
	assert_int_equal(rc, 0);
	return site;
}

/* Each is told twice: in one go, and by an engine that dies after each line. */
static inline void
tell_of(const struct site *site, const struct story *s, size_t n)
{
	struct telling t;

	for (size_t i = 0; i < 2 * n; i++) {
		begin_telling(&t, site);
		t.site = i % 2 == 0 ? NULL : site;
		tell(&t, s[i / 2].events);
		expect(&t, s[i / 2].expected, s[i / 2].events);
		end_telling(&t);
	}
}

static inline void
tell_all(const struct story *s, size_t n)
{
	struct site site = usual_site();

	tell_of(&site, s, n);
}

#define STORIES(name)                                                                              \
	static void test_##name(void **state)                                                      \
	{                                                                                          \
		(void)state;                                                                       \
		tell_all(name, COUNTOF(name));                                                     \
	}

#endif
