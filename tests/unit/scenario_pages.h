/* SPDX-License-Identifier: MIT */
/*
 * scenario_pages.h: the lines of a scenario that are about alerts and pages.
 *
 *	at T monitor FIELD=NUMBER		what the daemon knows of itself
 *	at T order ack ID [by NAME] [refused]
 *	at T order silence GLOB LENGTH [by NAME] [refused]
 *	at T order unsilence GLOB		the silence of that glob
 *	at T finished KIND ALERT given_up	all hooks of the last such page
 *	at T finished KIND ALERT delivered
 *	at T jump +1h				of the clock; or -1h
 *	at T reload without RULE
 *
 *	at T expect alert ID member=value ...
 *	at T expect no alert ID
 *	at T expect page KIND ID word=value ...
 *	at T expect no page
 *
 * An alert's members are those of P alerts; its times are written as T is.  T
 * itself goes on over a jump as if nothing had been: the start is moved.
 *
 * A page has hooks=a,b alerts=N id=...; one about many has of=ALERT for the
 * first of them.  In these words * is any run of bytes.  Each page is expected
 * once; one that nobody expected is a failure.
 */
#ifndef CCMON_TESTS_SCENARIO_PAGES_H
#define CCMON_TESTS_SCENARIO_PAGES_H

#include "tests/unit/scenario.h"

/* ---- what they are told ---- */

static inline void
wrong(struct scenario *s, const char *what)
{
	if (what != NULL)
		problem(s, "%s", what);
}

static inline void
at_monitor(struct scenario *s, char *rest)
{
	char *number = next_word(&rest), *field = strsep(&number, "=");

	wrong(s, scenario_monitor(&s->desk, field, number));
}

static inline void
at_order(struct scenario *s, char *rest)
{
	wrong(s, scenario_order(&s->desk, s->now, rest));
}

static inline void
at_finished(struct scenario *s, char *rest)
{
	wrong(s, scenario_finished(&s->desk, s->now, rest));
}

static inline void
at_reload(struct scenario *s, char *rest)
{
	wrong(s, scenario_reload(&s->desk, &s->of, s->now, rest));
}

static inline void
at_jump(struct scenario *s, char *rest)
{
	const char *by = next_word(&rest);
	msec_t length;

	if ((*by != '+' && *by != '-') || duration_parse(by + 1, &length) != 0) {
		problem(s, "not understood: %s is not + or - and a length", by);
		return;
	}
	if (*by == '-')
		length = -length;
	s->of.start += length;
	s->now += length;
	alerts_tilt(s->desk.alerts, length, s->now);
}

/* ---- what is expected of them ---- */

/* A time is written as T is. */
static inline const char *
as_written(const struct scenario *s, const char *member, const char *want, char buf[32])
{
	msec_t after;

	if (strstr(member, "_epoch_ms") == NULL || duration_parse(want, &after) != 0)
		return want;
	snprintf(buf, 32, "%" PRId64, s->of.start + after);
	return buf;
}

static inline void
expect_alert(struct scenario *s, char *rest)
{
	const char *id = next_word(&rest), *seen;
	char *word, *want, buf[512], time[32];

	if (*rest == '\0')
		problem(s, "nothing is expected of %s", id);
	while (*(word = next_word(&rest)) != '\0') {
		want = word;
		strsep(&want, "=");
		seen = scenario_alert_member(&s->desk, id, word, buf);
		if (want == NULL)
			problem(s, "not understood: %s is no member=value", word);
		else if (seen == NULL)
			problem(s, "there is no %s of %s", word, id);
		else if (!same_value(as_written(s, word, want, time), seen))
			problem(s, "%s of %s: expected %s, seen %s", word, id, want, seen);
	}
}

static inline void
expect_no_alert(struct scenario *s, char *rest)
{
	const char *id = next_word(&rest);
	char state[512];

	if (scenario_alert_member(&s->desk, id, "state", state) != NULL)
		problem(s, "expected no alert %s, seen state=%s", id, state);
}

static inline void
expect_page(struct scenario *s, char *words)
{
	const char *seen = " none";

	for (struct scenario_page *p = s->desk.page; p < s->desk.page + s->desk.npages; p++) {
		if (p->expected)
			continue;
		if (has_words(p->text, words)) {
			p->expected = true;
			return;
		}
		seen = p->text;
	}
	problem(s, "expected page %s, seen%s", words, seen);
}

static inline void
expect_no_page(struct scenario *s, char *rest)
{
	(void)rest;
	for (struct scenario_page *p = s->desk.page; p < s->desk.page + s->desk.npages; p++) {
		if (!p->expected)
			problem(s, "expected no page, seen%s", p->text);
		p->expected = true;
	}
}

#endif
