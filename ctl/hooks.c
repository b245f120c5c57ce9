/* SPDX-License-Identifier: MIT */
/*
 * hooks.c: do pages get out?  The runner's own word on each hook, what the
 * last runs came to, and a test page from here to the phone.
 */
#include "ctl.h"

#include <inttypes.h>
#include <stdlib.h>

#include <ccmon/clock.h>
#include <ccmon/nearest.h>

#define LOG_LOOK "1000" /* entries of alerts:log looked through for runs */
#define RUNS_MAX 10 /* shown */
#define NOT_RUN (-1000) /* the code of what could not be run: hooks.h */
#define TEST_EXTRA_MS 5000 /* ms beyond the hook's time limit: it is killed 5 s after it */

static const struct view hook_view[] = {
	{ "HOOK", "name", false, CELL_TEXT },
	{ "WAITING", "waiting", false, CELL_NUMBER },
	{ "OLDEST", "oldest_epoch_ms", false, CELL_AGO },
	{ "RUNNING", "running", false, CELL_NUMBER },
	{ "DELIVERED", "delivered_total", false, CELL_NUMBER },
	{ "GIVEN UP", "given_up_total", false, CELL_NUMBER },
	{ "LAST", "last_epoch_ms", false, CELL_AGO },
	{ "OUTCOME", "last_outcome", false, CELL_TEXT },
	{ "WHY", "why", false, CELL_TEXT },
};

static const struct view run_view[] = {
	{ "RUN", "time_epoch_ms", false, CELL_AGO },
	{ "HOOK", "hook", false, CELL_TEXT },
	{ "ALERT", "alert", false, CELL_TEXT },
	{ "TRY", "attempt", false, CELL_NUMBER },
	{ "OUTCOME", "outcome", false, CELL_TEXT },
	{ "TOOK", "took_seconds", false, CELL_SECONDS },
	{ "CODE", "code", false, CELL_NUMBER },
	{ "WHY", "why", false, CELL_TEXT },
	{ "PAGE", "page", false, CELL_TEXT },
};

/* What the verb shows. */
struct scene {
	struct daemon daemon;
	struct reply *hooks, *log;
	struct record *record;
};

/* ---- the runs in the log, newest first */

typedef void run_fn(void *arg, const struct reply *run);

static void
each_run(const struct reply *log, run_fn *fn, void *arg)
{
	size_t n = 0;

	for (size_t i = 0; i < log->n && n < RUNS_MAX; i++)
		if (log->item[i].n == 2 &&
		    str_is(hash_field(&log->item[i].item[1], "kind"), "hook")) {
			fn(arg, &log->item[i].item[1]);
			n++;
		}
}

/* Numbers are numbers; an episode of digits only is still a text. */
static void
run_json(void *arg, const struct reply *run)
{
	static const char *const numbers[] = { "time_epoch_ms", "attempt", "code", "took_seconds",
		"value" };
	const struct reply *at = run->item;
	bool number;

	json_open(arg, '{');
	for (size_t i = 0; i + 1 < run->n; i += 2, at += 2) {
		number = false;
		for (size_t k = 0; k < COUNTOF(numbers); k++)
			number |= str_is(at->text, numbers[k]);
		json_name(arg, at->text);
		if (number)
			value_json(arg, at->text, at[1].text);
		else
			json_text(arg, at[1].text);
	}
	json_close(arg, '}');
}

static struct str
run_field(void *arg, const char *field)
{
	struct str text = hash_field(arg, field);

	return text.n > 0 ? text : STR_NONE;
}

static void
run_row(void *arg, const struct reply *run)
{
	table_row(arg, run_field, (void *)run);
}

/* ---- hooks */

/* A program that may not be run is why, whatever the last run came to. */
static struct str
hook_field(void *arg, const char *field)
{
	struct record *r = arg;
	struct str unsafe = record_text(r, "unsafe"), text;

	if (strcmp(field, "why") == 0)
		text = unsafe.n > 0 ? unsafe : record_text(r, "last_why");
	else
		text = record_text(r, field);
	return text.n > 0 ? text : STR_NONE;
}

static void
scene_text(const struct scene *s)
{
	struct table t;

	if (s->hooks->n == 0) {
		printf("no hooks\n");
		return;
	}
	table_begin(&t, hook_view, COUNTOF(hook_view), "", clock_wall());
	for (size_t i = 1; i < s->hooks->n; i += 2)
		if (record_read(s->record, s->hooks->item[i].text))
			table_row(&t, hook_field, s->record);
	table_end(&t);
	printf("\nthe last runs:\n");
	table_begin(&t, run_view, COUNTOF(run_view), "", clock_wall());
	each_run(s->log, run_row, &t);
	table_end(&t);
}

static void
scene_json(const struct scene *s)
{
	struct out o;

	out_init(&o);
	json_open(&o, '{');
	json_key(&o, "stale");
	json_bool(&o, s->daemon.stale);
	json_key(&o, "hooks");
	json_open(&o, '{');
	for (size_t i = 0; i + 1 < s->hooks->n; i += 2)
		if (record_read(s->record, s->hooks->item[i + 1].text)) {
			json_name(&o, s->hooks->item[i].text);
			json_raw(&o, s->hooks->item[i + 1].text);
		}
	json_close(&o, '}');
	json_key(&o, "runs");
	json_open(&o, '[');
	each_run(s->log, run_json, &o);
	json_close(&o, ']');
	json_close(&o, '}');
	print_json(&o);
}

int
verb_hooks(struct ctl *c, char **args)
{
	struct scene s = { .record = record_new() };
	bool good = s.record != NULL && daemon_read(c, &s.daemon) &&
	            (s.hooks = ctl_sorted_hash(c, "hooks")) != NULL &&
	            (s.log = ctl_last(c, "alerts:log", LOG_LOOK)) != NULL;

	(void)args;
	if (good) {
		daemon_warn(&s.daemon);
		if (c->json)
			scene_json(&s);
		else
			scene_text(&s);
	}
	record_free(s.record);
	reply_free(s.hooks);
	reply_free(s.log);
	reply_free(s.daemon.meta);
	return good ? EXIT_FINE : ctl_unreachable(c);
}

/* ---- a test page */

static int
no_such_hook(const struct rules *rules, const char *name)
{
	struct nearest n;

	nearest_begin(&n, name);
	for (size_t i = 0; i < rules->nhooks; i++)
		nearest_offer(&n, rules->hook[i].name);
	fprintf(stderr, "ccmonctl: the configuration has no hook ");
	print_escaped(stderr, str_of(name));
	fprintf(stderr, n.best != NULL ? "; did you mean %s?\n" : "\n", n.best);
	return EXIT_USAGE;
}

static void
print_output(struct str output)
{
	const char *p = output.p, *end = output.p + output.n, *stop;

	for (; p < end; p = stop + 1) {
		if ((stop = memchr(p, '\n', (size_t)(end - p))) == NULL)
			stop = end;
		printf("  ");
		print_line(stdout, (struct str){ p, (uint32_t)(stop - p) });
	}
}

static void
run_text(const struct reply *run)
{
	int64_t code = hash_int(run, "code", 0);
	struct str why = hash_field(run, "why");
	char took[HUMAN_MAX];
	struct out o;

	human_length(took, number_of(hash_field(run, "took_seconds")));
	out_init(&o);
	out_printf(&o, "%.*s: %.*s, ", STR_ARG(hash_field(run, "hook")),
	    STR_ARG(hash_field(run, "outcome")));
	if (code == NOT_RUN)
		out_str(&o, "could not be run");
	else
		out_printf(&o, "%s %" PRId64 ", took %s", code < 0 ? "signal" : "exit code",
		    code < 0 ? -code : code, took);
	if (why.n > 0)
		out_printf(&o, ": %.*s", STR_ARG(why));
	print_line(stdout, (struct str){ o.buf, (uint32_t)o.len });
	out_fini(&o);
	print_output(hash_field(run, "output"));
}

static int
say_run(const struct ctl *c, const struct reply *run)
{
	struct out o;

	if (c->json) {
		out_init(&o);
		run_json(&o, run);
		print_json(&o);
	} else
		run_text(run);
	return str_is(hash_field(run, "outcome"), "delivered") ? EXIT_FINE : EXIT_NOT_FINE;
}

static int
wait_for_run(struct ctl *c, struct command *o, const struct hook_def *hook)
{
	char limit[HUMAN_MAX];

	switch (order_wait(o, "hook", hook->timeout + TEST_EXTRA_MS)) {
	case ANSWER_CAME:
		return say_run(c, o->answer);
	case ANSWER_FAILED:
		return ctl_unreachable(c);
	case ANSWER_NONE:
		break;
	}
	human_length(limit, (double)(hook->timeout + TEST_EXTRA_MS) / MSEC_PER_SEC);
	fprintf(stderr, "ccmonctl: hook %s has not ended within %s: ccmonctl hooks\n", hook->name,
	    limit);
	return EXIT_NOT_FINE;
}

int
verb_hook_test(struct ctl *c, char **args)
{
	const struct hook_def *hook = rules_hook(&c->settings->rules, args[0]);
	const struct str order[] = { STR_LIT("verb"), STR_LIT("hook-test"), STR_LIT("hook"),
		str_of(args[0]), STR_LIT("by"), order_by(c) };
	struct command o;
	int code;

	if (hook == NULL)
		return no_such_hook(&c->settings->rules, args[0]);
	code = order_give(c, &o, order, COUNTOF(order));
	if (code == EXIT_FINE)
		code = wait_for_run(c, &o, hook);
	else
		order_report(c, &o, "");
	order_end(&o);
	return code;
}
