/* SPDX-License-Identifier: MIT */
/*
 * ccmonctl.c: the operator's command line.  A verb is a row and a function;
 * usage and errors are made from the rows.
 */
#include "ctl.h"

#include <getopt.h>
#include <stdlib.h>

#include <ccmon/clock.h>
#include <ccmon/log.h>
#include <ccmon/nearest.h>

enum needs { NEEDS_NOTHING, NEEDS_REDIS };

static const struct verb {
	const char *name, *argument; /* argument: one, or NULL */
	const char *text;
	int (*run)(struct ctl *, char **args);
	uint8_t needs;
} verbs[] = {
	{ "status", NULL, "is all well? exit code 1 when not", verb_status, NEEDS_REDIS },
	{ "queues", NULL, "the queues, now", verb_queues, NEEDS_REDIS },
	{ "agents", NULL, "the agents, now", verb_agents, NEEDS_REDIS },
	{ "feeds", NULL, "the sources of events, and what was lost", verb_feeds, NEEDS_REDIS },
	{ "explain", "FIELD", "what a figure means", verb_explain, NEEDS_NOTHING },
	{ "report", "FILE", "the figures of a recorded log, without a daemon", verb_report,
	    NEEDS_NOTHING },
	{ "doctor", NULL, "looks for what is wrong, and says what to do", verb_doctor,
	    NEEDS_NOTHING },
};

static const struct option_row {
	struct option option; /* of getopt_long; val is the short one */
	const char *argument, *text;
} rows[] = {
	{ { "config", required_argument, NULL, 'c' }, "FILE", "configuration (" SETTINGS_PATH ")" },
	{ { "dialect", required_argument, NULL, 'd' }, "NAME",
	    "report: language of FILE, native or queue_log" },
	{ { "json", no_argument, NULL, 'j' }, NULL, "JSON for programs" },
	{ { "test", no_argument, NULL, 't' }, NULL, "check the configuration and exit" },
	{ { "version", no_argument, NULL, 'V' }, NULL, "print the version and exit" },
	{ { "help", no_argument, NULL, 'h' }, NULL, "print this and exit" },
};

static void
usage(FILE *f)
{
	char left[64];

	fprintf(f, "usage: ccmonctl [OPTION ...] COMMAND\n\nexamples:\n"
	           "  ccmonctl status\n"
	           "  ccmonctl explain sl_ratio_15m\n"
	           "  ccmonctl report --json /var/log/asterisk/queue_log\n\ncommands:\n");
	for (const struct verb *v = verbs; v < verbs + COUNTOF(verbs); v++) {
		snprintf(left, sizeof(left), "%s %s", v->name, v->argument ? v->argument : "");
		fprintf(f, "  %-16s %s\n", left, v->text);
	}
	fprintf(f, "\noptions:\n");
	for (const struct option_row *r = rows; r < rows + COUNTOF(rows); r++) {
		snprintf(left, sizeof(left), "-%c, --%s %s", r->option.val, r->option.name,
		    r->argument ? r->argument : "");
		fprintf(f, "  %-20s %s\n", left, r->text);
	}
	fprintf(f, "\nexit codes: 0 fine, 1 not fine, 2 wrong usage or configuration,\n"
	           "3 Redis or the daemon cannot be reached\n");
}

static int
no_such_verb(const char *name)
{
	struct nearest n;

	nearest_begin(&n, name);
	for (const struct verb *v = verbs; v < verbs + COUNTOF(verbs); v++)
		nearest_offer(&n, v->name);
	fprintf(stderr, "ccmonctl: there is no command ");
	print_escaped(stderr, (struct str){ name, (uint32_t)strlen(name) });
	if (n.best != NULL)
		fprintf(stderr, "; did you mean %s?", n.best);
	fprintf(stderr, "\ncommands:");
	for (const struct verb *v = verbs; v < verbs + COUNTOF(verbs); v++)
		fprintf(stderr, " %s", v->name);
	fprintf(stderr, "\n");
	return EXIT_USAGE;
}

static int
run(struct ctl *c, int n, char **args)
{
	const struct verb *v = verbs;

	if (n == 0) {
		usage(stderr);
		return EXIT_USAGE;
	}
	while (v < verbs + COUNTOF(verbs) && strcmp(v->name, args[0]) != 0)
		v++;
	if (v == verbs + COUNTOF(verbs))
		return no_such_verb(args[0]);
	if (n - 1 != (v->argument != NULL)) {
		fprintf(stderr, "usage: ccmonctl %s%s%s\n", v->name, v->argument ? " " : "",
		    v->argument ? v->argument : "");
		return EXIT_USAGE;
	}
	if (v->needs == NEEDS_REDIS && !ctl_settings(c))
		return EXIT_USAGE;
	if (v->needs == NEEDS_REDIS && !ctl_redis(c)) {
		fprintf(stderr, "ccmonctl: Redis at %s: %s\n", ctl_redis_where(c), c->why);
		return EXIT_UNREACHABLE;
	}
	return v->run(c, args + 1);
}

static int
check_settings(struct ctl *c)
{
	if (!ctl_settings(c))
		return EXIT_USAGE;
	printf("%s: ok\n", c->path);
	return EXIT_FINE;
}

/* Takes the options; -1 to go on, else the exit code. */
static int
take_options(struct ctl *c, int argc, char **argv, bool *test)
{
	struct option options[COUNTOF(rows) + 1] = { 0 };
	int o;

	for (size_t i = 0; i < COUNTOF(rows); i++)
		options[i] = rows[i].option;
	while ((o = getopt_long(argc, argv, "c:d:jtVh", options, NULL)) != -1)
		switch (o) {
		case 'c':
			c->path = optarg;
			c->has_path = true;
			break;
		case 'd':
			c->dialect = optarg;
			break;
		case 'j':
			c->json = true;
			break;
		case 't':
			*test = true;
			break;
		case 'V':
			printf("ccmonctl %s\n", CCMON_VERSION);
			return EXIT_FINE;
		case 'h':
			usage(stdout);
			return EXIT_FINE;
		default:
			fprintf(stderr, "ccmonctl --help lists the options\n");
			return EXIT_USAGE;
		}
	return -1;
}

int
main(int argc, char **argv)
{
	struct ctl c = { .path = SETTINGS_PATH };
	bool test = false;
	int code;

	log_open("ccmonctl");
	clock_turn();
	code = take_options(&c, argc, argv, &test);
	if (code == -1)
		code = test ? check_settings(&c) : run(&c, argc - optind, argv + optind);
	rclient_close(c.redis);
	settings_free(c.settings);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "ccmonctl: cannot write the answer\n");
		return EXIT_USAGE;
	}
	return code;
}
