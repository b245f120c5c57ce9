/* SPDX-License-Identifier: MIT */
/*
 * test_scenarios.c: plays the files of tests/scenarios, short stories with
 * the figures worked out by hand.  Each is a test twice: played through, and
 * with a new engine and new alerts made from the kept state around every line.
 *
 *	# a line of comment
 *	config SETTING = VALUE
 *	at T event {JSON}
 *	at T tick
 *	at T expect SCOPE NAME figure=value ...
 *	at T expect breach word=value ...
 *	at T expect no breach
 *	at T change SETTING = VALUE
 *
 * and, where there are rules, those of scenario_pages.h.
 *
 * T is the time since the start, a length as in ccmon.cfg: 0s, 20s1ms, 2h.
 * SETTING is one as in ccmon.cfg (queues.sales.max_wait), or start, an
 * instant of UTC; scenario_site.h and scenario_rules.h have them all.  Changed
 * is it as by a reload of the daemon.
 *
 * JSON is an event of the native dialect.  Its time is in ms since the start,
 * and is T where not given; source is pbx1, channel of a contact is call.
 *
 * SCOPE is queue, channel, site (main), agent or feed; numbers are equal when
 * their values are.  A breach is expected once: with kind, queue, contact,
 * agent and waited_seconds as said.  One that nobody expected is a failure.
 *
 * The alerts have a turn whenever they want one, every second at least, and
 * after each line.
 */
#include <glob.h>

#include "tests/unit/scenario_pages.h"

#define SCENARIOS "tests/scenarios"

/* ---- what the engine is told ---- */

static int
set(struct scenario_site *of, char *path, const char *value)
{
	if (scenario_is_of_rules(path))
		return scenario_rules_set(of, path, value);
	return scenario_site_set(of, path, value);
}

static void
take_setting(struct scenario *s, char *rest)
{
	char *path = next_word(&rest), *equals = next_word(&rest);
	const char *value = rest + strspn(rest, " \t"); /* hours have a blank in them */

	if (strcmp(equals, "=") != 0 || *value == '\0')
		problem(s, "not understood: expected SETTING = VALUE");
	else if (set(&s->of, path, value) != 0)
		problem(s, "there is no such setting, or it cannot be %s", value);
}

static void
config(struct scenario *s, char *rest)
{
	take_setting(s, rest);
	if (s->engine != NULL)
		problem(s, "config after the first at");
}

static void
take_breaches(struct scenario *s)
{
	char waited[FIGURE_TEXT_MAX];
	struct edge edge;

	while (engine_edge(s->engine, &edge)) {
		if (edge.type != EDGE_BREACH)
			continue;
		assert_true(s->nbreaches < BREACHES_MAX);
		figure_format(waited, edge.waited_ms, UNIT_SECONDS, "NaN");
		snprintf(s->breaches[s->nbreaches++], BREACH_TEXT,
		    " kind=%s queue=%.*s contact=%.*s agent=%.*s waited_seconds=%s ", edge.kind,
		    STR_ARG(edge.queue), STR_ARG(edge.contact), STR_ARG(edge.agent), waited);
	}
}

/* The event with the members every other line would have to repeat. */
static void
complete(const struct scenario *s, const char *json, struct out *out)
{
	out_str(out, "{");
	if (strstr(json, "\"source\"") == NULL)
		out_str(out, "\"source\":\"pbx1\",");
	if (strstr(json, "\"time\"") == NULL)
		out_printf(out, "\"time\":%" PRId64 ",", s->now - s->of.start);
	if (strstr(json, "\"contact\"") != NULL && strstr(json, "\"channel\"") == NULL)
		out_str(out, "\"channel\":\"call\",");
	out_str(out, json + 1);
}

static void
at_event(struct scenario *s, char *json)
{
	struct dialect_result r;
	struct out out;

	if (*json != '{') {
		problem(s, "not understood: expected at T event {JSON}");
		return;
	}
	out_init(&out);
	complete(s, json, &out);
	s->native->decode(s->decoder, out.buf, out.len, 0, &r);
	if (r.why != REFUSAL_NONE)
		problem(s, "refused: %s (%.*s)", refusal_text(r.why), STR_ARG(r.detail));
	for (unsigned i = 0; i < r.n; i++) {
		r.ev[i].time += s->of.start;
		if (engine_apply(s->engine, &r.ev[i], s->now) == ENGINE_FULL)
			problem(s, "a limit of the site is reached");
	}
	out_fini(&out);
	take_breaches(s);
}

static void
at_tick(struct scenario *s, char *rest)
{
	(void)rest;
	engine_tick(s->engine, s->now);
	take_breaches(s);
	if (s->desk.alerts != NULL)
		scenario_alerts_turn(&s->desk, s->now);
}

/* ---- what it is expected to say ---- */

static void
expect_figures(struct scenario *s, enum scope scope, char *rest)
{
	const char *name = next_word(&rest), *seen;
	struct object o = kit_object(s->engine, scope, name);
	char *word, *want, buf[256];

	if (*(word = next_word(&rest)) == '\0')
		problem(s, "nothing is expected of %s", name);
	for (; *word != '\0'; word = next_word(&rest)) {
		want = word;
		strsep(&want, "=");
		seen = kit_figure(s->engine, o, word, buf);
		if (want == NULL)
			problem(s, "not understood: %s is no figure=value", word);
		else if (seen == NULL)
			problem(s, "there is no %s of %s", word, name);
		else if (!same_value(want, seen))
			problem(s, "%s of %s: expected %s, seen %s", word, name, want, seen);
	}
}

static void
expect_no_breach(struct scenario *s, char *rest)
{
	(void)rest;
	for (size_t i = 0; i < s->nbreaches; i++)
		problem(s, "expected no breach, seen%s", s->breaches[i]);
	s->nbreaches = 0;
}

static void
expect_breach(struct scenario *s, char *words)
{
	for (size_t i = 0; i < s->nbreaches; i++)
		if (has_words(s->breaches[i], words)) {
			s->nbreaches--;
			memmove(
			    s->breaches[i], s->breaches[i + 1], (s->nbreaches - i) * BREACH_TEXT);
			return;
		}
	problem(
	    s, "expected breach %s, seen%s", words, s->nbreaches == 0 ? " none" : s->breaches[0]);
}

typedef void expect_fn(struct scenario *, char *rest);

struct expectation {
	const char *what;
	expect_fn *expect;
	bool of_alerts;
};

static const struct expectation expectations[] = {
	{ "breach", expect_breach, false },
	{ "alert", expect_alert, true },
	{ "page", expect_page, true },
	{ NULL, NULL, false },
};

static const struct expectation expectations_of_none[] = {
	{ "breach", expect_no_breach, false },
	{ "alert", expect_no_alert, true },
	{ "page", expect_no_page, true },
	{ NULL, NULL, false },
};

static bool
expect_one_of(struct scenario *s, const struct expectation *e, const char *what, char *rest)
{
	while (e->what != NULL && strcmp(e->what, what) != 0)
		e++;
	if (e->what == NULL)
		return false;
	if (e->of_alerts && s->desk.alerts == NULL)
		problem(s, "there are no rules");
	else
		e->expect(s, rest);
	return true;
}

static void
at_expect(struct scenario *s, char *rest)
{
	const struct expectation *of = expectations;
	const char *what = next_word(&rest);

	at_tick(s, rest);
	if (strcmp(what, "no") == 0) {
		of = expectations_of_none;
		what = next_word(&rest);
	}
	if (expect_one_of(s, of, what, rest))
		return;
	for (unsigned i = 0; of == expectations && i < SCOPE_COUNT; i++)
		if (strcmp(scope_name((enum scope)i), what) == 0) {
			expect_figures(s, (enum scope)i, rest);
			return;
		}
	problem(s, "not understood: nothing called %s can be expected", what);
}

/* ---- one scenario ---- */

static void
restart(struct scenario *s)
{
	kit_commit(s->engine, &s->kept);
	engine_free(s->engine);
	s->engine = kit_load(&s->kept, &s->of.site);
	if (s->desk.alerts != NULL)
		scenario_alerts_restart(&s->desk, &s->of, &s->engine);
}

/* Read again, that one is another: a new engine lives by it. */
static void
at_change(struct scenario *s, char *rest)
{
	take_setting(s, rest);
	restart(s);
}

/* Time enough for a commit, and for the runner to put pages on disk. */
static void
settle(struct scenario *s)
{
	if (s->restarts)
		restart(s);
	scenario_alerts_store(&s->desk);
	if (s->desk.wrong[0] != '\0')
		problem(s, "a page %s", s->desk.wrong);
	s->desk.wrong[0] = '\0';
}

static void
begin(struct scenario *s, msec_t now)
{
	const struct rule_def *bad = scenario_rules_done(&s->of.rules);
	const char *missing = bad == NULL ? NULL : scenario_missing_field(bad);

	if (bad != NULL)
		problem(
		    s, "alerts.%s: there is no %s", bad->name, missing == NULL ? "when" : missing);
	s->now = now;
	s->engine = engine_new(&s->of.site);
	assert_non_null(s->engine);
	s->desk.next = MSEC_NEVER;
	if (s->of.rules.nrules == 0)
		return;
	scenario_alerts_open(&s->desk, &s->of, &s->engine);
	at_tick(s, NULL);
}

static void
go_to(struct scenario *s, msec_t now)
{
	while (s->desk.next <= now) {
		s->now = s->desk.next;
		at_tick(s, NULL);
	}
	s->now = now;
	settle(s);
}

struct verb {
	const char *verb;
	void (*play)(struct scenario *, char *rest);
	bool of_alerts;
};

static const struct verb verbs[] = {
	{ "event", at_event, false },
	{ "tick", at_tick, false },
	{ "expect", at_expect, false },
	{ "change", at_change, false },
	{ "monitor", at_monitor, true },
	{ "order", at_order, true },
	{ "finished", at_finished, true },
	{ "jump", at_jump, true },
	{ "reload", at_reload, true },
	{ NULL, NULL, false },
};

static void
play_verb(struct scenario *s, const struct verb *v, char *rest)
{
	if (v->of_alerts && s->desk.alerts == NULL) {
		problem(s, "there are no rules");
		return;
	}
	v->play(s, rest);
	if (s->desk.alerts != NULL)
		at_tick(s, NULL);
	settle(s);
}

static void
at(struct scenario *s, char *rest)
{
	const char *time = next_word(&rest), *verb = next_word(&rest);
	const struct verb *v = verbs;
	msec_t after;

	if (duration_parse(time, &after) != 0 || s->of.start + after < s->now) {
		problem(s, "not understood: %s is no time, or goes back", time);
		return;
	}
	if (s->engine == NULL)
		begin(s, s->of.start + after);
	go_to(s, s->of.start + after);
	while (v->verb != NULL && strcmp(v->verb, verb) != 0)
		v++;
	if (v->verb == NULL)
		problem(s, "not understood: at %s %s", time, verb);
	else
		play_verb(s, v, rest);
}

static void
play_line(struct scenario *s)
{
	char *rest = s->text, *verb;

	rest[strcspn(rest, "\n")] = '\0';
	verb = next_word(&rest);
	if (*verb == '\0' || *verb == '#')
		return;
	if (strcmp(verb, "config") == 0)
		config(s, rest);
	else if (strcmp(verb, "at") == 0)
		at(s, rest);
	else
		problem(s, "not understood: %s is neither config nor at", verb);
}

static void
open_scenario(struct scenario *s, const char *path, bool restarts)
{
	*s = (struct scenario){ .path = path, .restarts = restarts };
	scenario_site_init(&s->of);
	scenario_rules_init(&s->of);
	s->native = dialect_find("native");
	s->decoder = s->native->open(NULL);
	assert_non_null(s->decoder);
}

static void
close_scenario(struct scenario *s)
{
	scenario_alerts_close(&s->desk);
	if (s->engine != NULL) {
		engine_check(s->engine);
		engine_free(s->engine);
	}
	kit_forget(&s->kept);
	s->native->close(s->decoder);
	scenario_site_fini(&s->of);
	free(s->text);
}

static void
play(const char *path, bool restarts)
{
	struct scenario s;
	size_t cap = 0;
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	open_scenario(&s, path, restarts);
	while (getline(&s.text, &cap, f) >= 0) {
		s.line++;
		play_line(&s);
	}
	fclose(f);
	expect_no_breach(&s, NULL);
	expect_no_page(&s, NULL);
	if (s.engine == NULL)
		problem(&s, "nothing happens in it");
	close_scenario(&s);
	assert_int_equal(s.problems, 0);
}

static void
test_through(void **state)
{
	play(*state, false);
}

static void
test_restarted(void **state)
{
	play(*state, true);
}

static char *
test_name(const char *path, const char *how)
{
	char *name;

	if (asprintf(&name, "%s, %s", path, how) < 0)
		abort();
	return name;
}

static int
run(char **paths, size_t n)
{
	struct CMUnitTest *tests = calloc(2 * n, sizeof(*tests));
	int rc;

	assert(tests != NULL);
	for (size_t i = 0; i < n; i++) {
		tests[2 * i] = (struct CMUnitTest){ .name = test_name(paths[i], "played through"),
			.test_func = test_through,
			.initial_state = paths[i] };
		tests[2 * i + 1] = (struct CMUnitTest){ .name = test_name(paths[i], "restarted"),
			.test_func = test_restarted,
			.initial_state = paths[i] };
	}
	rc = _cmocka_run_group_tests("scenarios", tests, 2 * n, NULL, NULL);
	for (size_t i = 0; i < 2 * n; i++)
		free((char *)tests[i].name);
	free(tests);
	return rc;
}

int
main(int argc, char **argv)
{
	char pattern[4096];
	glob_t found;
	int rc;

	snprintf(pattern, sizeof(pattern), "%s/*.scn", argc > 1 ? argv[1] : SCENARIOS);
	if (glob(pattern, 0, NULL, &found) != 0) {
		fprintf(stderr, "test_scenarios: no %s\n", pattern);
		return 1;
	}
	rc = run(found.gl_pathv, found.gl_pathc);
	globfree(&found);
	return rc;
}
