/* SPDX-License-Identifier: MIT */
/*
 * test_scenarios.c: plays the files of tests/scenarios, short stories with
 * the figures worked out by hand.  Each is a test twice: played through, and
 * with a new engine made from the kept state after every line.
 *
 *	# a line of comment
 *	config PATH = VALUE
 *	at T event {JSON}
 *	at T tick
 *	at T expect SCOPE NAME figure=value ...
 *	at T expect breach word=value ...
 *	at T expect no breach
 *
 *
 * and, where there are rules (scenario_alerts.h has their settings):
 *
 *	at T monitor FIELD=NUMBER
 *	at T order ack ID | silence GLOB LENGTH | unsilence last   [refused]
 *	at T given_up ID		the hooks of the last page, about it, have
 *	at T jump LENGTH		of the clock, ahead
 *	at T expect alert ID member=value ...
 *	at T expect page KIND ID word=value ...
 *	at T expect no page
 *
 * T is the time since the start, a length as in ccmon.cfg: 0s, 20s1ms, 2h.
 * PATH is a setting as in ccmon.cfg (queues.sales.max_wait), or start, an
 * instant of UTC; scenario_site.h has them all.
 *
 * JSON is an event of the native dialect.  Its time is in ms since the start,
 * and is T where not given; source is pbx1, channel of a contact is call.
 *
 * SCOPE is queue, channel, site (main), agent or feed; numbers are equal when
 * their values are.  A breach is expected once: with kind, queue, contact,
 * agent and waited_seconds as said.  One that nobody expected is a failure,
 * and so is a page.  An alert's members are those of P alerts; its times are
 * written as T is.  Between two lines the alerts have a turn whenever they
 * want one.
 */
#include <glob.h>

#include <ccmon/dialect.h>

#include "tests/unit/scenario_alerts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define SCENARIOS "tests/scenarios"
#define BREACHES_MAX 32 /* not yet expected */
#define BREACH_TEXT 256 /* bytes with NUL */

struct scenario {
	const char *path;
	bool restarts;
	unsigned line, problems;
	char *text; /* the line; words are cut out of it */

	struct scenario_site of;
	struct scenario_alerts desk;
	msec_t now;

	struct engine *engine; /* from the first `at` on */
	struct kit_kept kept;
	const struct dialect *native;
	void *decoder;
	char breaches[BREACHES_MAX][BREACH_TEXT];
	size_t nbreaches;
};

static void CCMON_PRINTF(2, 3) problem(struct scenario *s, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	print_error("%s:%u: %s\n", s->path, s->line, text);
	s->problems++;
}

/* ---- what the engine is told ---- */

static void
config(struct scenario *s, char *rest)
{
	char *path = next_word(&rest), *equals = next_word(&rest);
	const char *value = rest + strspn(rest, " \t"); /* hours have a blank in them */

	int rc = scenario_alerts_set(&s->desk, path, value);

	if (strcmp(equals, "=") != 0 || *value == '\0')
		problem(s, "not understood: expected config SETTING = VALUE");
	else if (rc < 0 || (rc > 0 && scenario_site_set(&s->of, path, value) != 0))
		problem(s, "there is no such setting, or it cannot be %s", value);
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
	s->native->decode(s->decoder, out.buf, out.len, &r);
	if (r.why != REFUSAL_NONE)
		problem(s, "refused: %s (%.*s)", refusal_text(r.why), STR_ARG(r.detail));
	for (unsigned i = 0; i < r.n; i++) {
		r.ev[i].time += s->of.start;
		if (engine_apply(s->engine, &r.ev[i], s->now) == ENGINE_FULL)
			problem(s, "a limit of the site is reached");
	}
	out_fini(&out);
	take_breaches(s);
	if (s->desk.alerts != NULL)
		scenario_alerts_turn(&s->desk, s->now);
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

/* ---- what the alerts are told ---- */

static void
tell(struct scenario *s, const char *wrong)
{
	if (wrong != NULL)
		problem(s, "%s", wrong);
	at_tick(s, NULL);
}

static bool
has_rules(struct scenario *s)
{
	if (s->desk.alerts == NULL)
		problem(s, "there are no rules");
	return s->desk.alerts != NULL;
}

static void
at_monitor(struct scenario *s, char *rest)
{
	if (has_rules(s))
		tell(s, scenario_monitor(&s->desk, next_word(&rest)));
}

static void
at_order(struct scenario *s, char *rest)
{
	const char *verb = next_word(&rest), *what = next_word(&rest);

	if (has_rules(s))
		tell(s, scenario_order(&s->desk, s->now, verb, what, next_word(&rest)));
}

static void
at_given_up(struct scenario *s, char *rest)
{
	if (!has_rules(s))
		return;
	if (strcmp(s->desk.last.alert, next_word(&rest)) != 0)
		problem(s, "the last page was about %s", s->desk.last.alert);
	alerts_finished(s->desk.alerts, kit_str(s->desk.last.id), false, s->now);
	tell(s, NULL);
}

static void
at_jump(struct scenario *s, char *rest)
{
	const char *length = next_word(&rest);
	msec_t by;

	if (!has_rules(s))
		return;
	if (duration_parse(length, &by) != 0) {
		problem(s, "not understood: %s is no length", length);
		return;
	}
	s->of.start += by;
	s->now += by;
	alerts_tilt(s->desk.alerts, by, s->now);
	tell(s, NULL);
}

/* ---- what it is expected to say ---- */

static bool
same_value(const char *want, const char *seen)
{
	char *want_end, *seen_end;
	double x = strtod(want, &want_end), y = strtod(seen, &seen_end);

	if (strcmp(want, seen) == 0)
		return true;
	return want_end > want && seen_end > seen && *want_end == '\0' && *seen_end == '\0' &&
	       x == y;
}

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

/* Has the text, with a blank at either end, every one of these words? */
static bool
has_words(const char *text, const char *words)
{
	char *copy = strdup(words), *rest = copy, *word, sought[BREACH_TEXT];
	bool all = true;

	while (all && *(word = next_word(&rest)) != '\0') {
		snprintf(sought, sizeof(sought), " %s ", word);
		all = strstr(text, sought) != NULL;
	}
	free(copy);
	return all;
}

static void
tell_breaches(struct scenario *s)
{
	for (size_t i = 0; i < s->nbreaches; i++)
		problem(s, "expected no breach, seen%s", s->breaches[i]);
	s->nbreaches = 0;
}

static void
expect_breach(struct scenario *s, const char *words)
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

/* ---- and of alerts ---- */

/* A time is written as T is. */
static const char *
as_written(const struct scenario *s, const char *member, const char *want, char buf[32])
{
	msec_t after;

	if (strstr(member, "_epoch_ms") == NULL || duration_parse(want, &after) != 0)
		return want;
	snprintf(buf, 32, "%" PRId64, s->of.start + after);
	return buf;
}

static void
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

static void
tell_pages(struct scenario *s)
{
	for (size_t i = 0; i < s->desk.npages; i++)
		problem(s, "expected no page, seen%s", s->desk.page[i].text);
	s->desk.npages = 0;
}

static void
expect_page(struct scenario *s, const char *words)
{
	struct scenario_page *page = s->desk.page;

	for (size_t i = 0; i < s->desk.npages; i++)
		if (has_words(page[i].text, words)) {
			s->desk.npages--;
			memmove(&page[i], &page[i + 1], (s->desk.npages - i) * sizeof(*page));
			return;
		}
	problem(s, "expected page %s, seen%s", words, s->desk.npages == 0 ? " none" : page[0].text);
}

static bool
expect_of_alerts(struct scenario *s, const char *what, char *rest)
{
	if (strcmp(what, "alert") == 0 && has_rules(s))
		expect_alert(s, rest);
	else if (strcmp(what, "page") == 0)
		expect_page(s, rest);
	else
		return false;
	return true;
}

static void
expect_none(struct scenario *s, const char *what)
{
	if (strcmp(what, "breach") == 0)
		tell_breaches(s);
	else if (strcmp(what, "page") == 0)
		tell_pages(s);
	else
		problem(s, "not understood: no %s", what);
}

static void
at_expect(struct scenario *s, char *rest)
{
	static const char *const scopes[] = { "queue", "channel", "site", "agent", "feed" };
	const char *what = next_word(&rest);

	at_tick(s, rest);
	if (strcmp(what, "breach") == 0) {
		expect_breach(s, rest);
		return;
	}
	if (strcmp(what, "no") == 0) {
		expect_none(s, next_word(&rest));
		return;
	}
	if (expect_of_alerts(s, what, rest))
		return;
	for (unsigned i = 0; i < COUNTOF(scopes); i++)
		if (strcmp(scopes[i], what) == 0) {
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
		scenario_alerts_restart(&s->desk, &s->of.site, &s->engine);
}

static void
begin(struct scenario *s)
{
	s->engine = engine_new(&s->of.site);
	assert_non_null(s->engine);
	s->desk.next = MSEC_NEVER;
	if (s->desk.rules.nrules > 0)
		scenario_alerts_open(&s->desk, &s->of.site, &s->engine);
}

/* The time goes on, with a turn of the alerts whenever they want one. */
static void
go_to(struct scenario *s, msec_t now)
{
	while (s->desk.next <= now) {
		s->now = s->desk.next;
		at_tick(s, NULL);
	}
	s->now = now;
}

static void
at(struct scenario *s, char *rest)
{
	static const struct {
		const char *verb;
		void (*play)(struct scenario *, char *rest);
	} verbs[] = { { "event", at_event }, { "tick", at_tick }, { "expect", at_expect },
		{ "monitor", at_monitor }, { "order", at_order }, { "given_up", at_given_up },
		{ "jump", at_jump } };
	const char *time = next_word(&rest), *verb = next_word(&rest);
	msec_t after;

	if (duration_parse(time, &after) != 0 || s->of.start + after < s->now) {
		problem(s, "not understood: %s is no time, or goes back", time);
		return;
	}
	if (s->engine == NULL)
		begin(s);
	go_to(s, s->of.start + after);
	for (size_t i = 0; i < COUNTOF(verbs); i++)
		if (strcmp(verbs[i].verb, verb) == 0) {
			verbs[i].play(s, rest);
			if (s->restarts)
				restart(s);
			return;
		}
	problem(s, "not understood: at %s %s", time, verb);
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
	scenario_alerts_init(&s->desk);
	s->native = dialect_find("native");
	s->decoder = s->native->open(NULL);
	assert_non_null(s->decoder);
}

static void
close_scenario(struct scenario *s)
{
	if (s->engine != NULL) {
		engine_check(s->engine);
		engine_free(s->engine);
	}
	scenario_alerts_close(&s->desk);
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
	tell_breaches(&s);
	tell_pages(&s);
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
