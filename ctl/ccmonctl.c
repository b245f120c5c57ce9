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

#define BY_MAX 64 /* bytes of a name */
#define NOTE_MAX 255 /* bytes of a note */
#define LENGTH_MAX_MS (INT64_C(366) * 86400 * MSEC_PER_SEC) /* ms of a silence */

enum needs { NEEDS_NOTHING, NEEDS_REDIS };

static const struct verb {
	const char *name,
	    *argument; /* argument: words, one or more ("..."), "[one or none]", or NULL */
	const char *text;
	int (*run)(struct ctl *, char **args);
	uint8_t needs;
	unsigned takes; /* enum ctl_option */
} verbs[] = {
	{ "status", NULL, "is all well? exit code 1 when not", verb_status, NEEDS_REDIS, 0 },
	{ "top", NULL, "the board, live, in a terminal", verb_top, NEEDS_REDIS, OPTION_BY },
	{ "watch", "[QUEUE]", "a line of figures a second, for logs and pipes", verb_watch,
	    NEEDS_REDIS, OPTION_COUNT },
	{ "queues", NULL, "the queues, now", verb_queues, NEEDS_REDIS, 0 },
	{ "agents", NULL, "the agents, now", verb_agents, NEEDS_REDIS, 0 },
	{ "feeds", NULL, "the sources of events, and what was lost", verb_feeds, NEEDS_REDIS, 0 },
	{ "alerts", NULL, "what fires, and who has taken it", verb_alerts, NEEDS_REDIS, 0 },
	{ "ack", "ID", "I have taken this alert: tell nobody else", verb_ack, NEEDS_REDIS,
	    OPTION_BY | OPTION_NOTE },
	{ "silence", "MATCH", "tell nobody of these alerts for a while (--for)", verb_silence,
	    NEEDS_REDIS, OPTION_BY | OPTION_NOTE | OPTION_FOR },
	{ "unsilence", "ID", "end a silence", verb_unsilence, NEEDS_REDIS, OPTION_BY },
	{ "hooks", NULL, "do pages get out? hooks and their last runs", verb_hooks, NEEDS_REDIS,
	    0 },
	{ "hook-test", "NAME", "send a test page through a hook", verb_hook_test, NEEDS_REDIS,
	    OPTION_BY },
	{ "explain", "FIELD", "what a figure means; sources: what is known at all", verb_explain,
	    NEEDS_NOTHING, 0 },
	{ "explain-due", "QUEUE TIME TARGET", "when is it due, and why then? by opening hours",
	    verb_explain_due, NEEDS_NOTHING, 0 },
	{ "report", "FILE...", "the figures of a log, or of journals, without a daemon",
	    verb_report, NEEDS_NOTHING, 0 },
	{ "backtest", "FILE...", "what rules would have paged in a log, or in journals",
	    verb_backtest, NEEDS_NOTHING, OPTION_RULES },
	{ "doctor", NULL, "looks for what is wrong, and says what to do", verb_doctor,
	    NEEDS_NOTHING, 0 },
	{ "keygen", "NAME", "make keys, for a program that is reached over tcp", verb_keygen,
	    NEEDS_NOTHING, OPTION_DIR },
};

/* ---- options: each takes its argument; -1 to go on, else an exit code */

static int
take_config(struct ctl *c, const char *text)
{
	c->path = text;
	c->has_path = true;
	return -1;
}

static int
take_dialect(struct ctl *c, const char *text)
{
	c->dialect = text;
	return -1;
}

/* What stands on the board and in the log: no control characters. */
static int
take_plain(const char **to, const char *text, const char *name, size_t longest)
{
	if (name_check(str_of(text), 1, longest) == REFUSAL_NONE) {
		*to = text;
		return -1;
	}
	fprintf(stderr, "ccmonctl: %s is plain text of 1 to %zu bytes\n", name, longest);
	return EXIT_USAGE;
}

static int
take_by(struct ctl *c, const char *text)
{
	return take_plain(&c->by, text, "--by", BY_MAX);
}

static int
take_note(struct ctl *c, const char *text)
{
	return take_plain(&c->note, text, "--note", NOTE_MAX);
}

static int
take_length(struct ctl *c, const char *text)
{
	if (duration_parse(text, &c->length) == 0 && c->length > 0 && c->length <= LENGTH_MAX_MS)
		return -1;
	fprintf(stderr, "ccmonctl: --for ");
	print_escaped(stderr, str_of(text));
	fprintf(stderr, ": no length of time from 1ms to 366d: write 30m, 2h or 1h30m\n");
	return EXIT_USAGE;
}

static int
take_count(struct ctl *c, const char *text)
{
	char *end;

	c->count = strtoll(text, &end, 10);
	if (*text >= '0' && *text <= '9' && *end == '\0' && c->count > 0 && c->count < INT64_MAX)
		return -1;
	fprintf(stderr, "ccmonctl: --count ");
	print_escaped(stderr, str_of(text));
	fprintf(stderr, ": a number of lines, 1 or more\n");
	return EXIT_USAGE;
}

static int
take_dir(struct ctl *c, const char *text)
{
	c->dir = text;
	return -1;
}

static int
take_json(struct ctl *c, const char *text)
{
	(void)text;
	c->json = true;
	return -1;
}

static int
take_test(struct ctl *c, const char *text)
{
	(void)text;
	c->test = true;
	return -1;
}

static int
take_version(struct ctl *c, const char *text)
{
	(void)c;
	(void)text;
	printf("ccmonctl %s\n", CCMON_VERSION);
	return EXIT_FINE;
}

static void usage(FILE *);

static int
take_help(struct ctl *c, const char *text)
{
	(void)c;
	(void)text;
	usage(stdout);
	return EXIT_FINE;
}

static const struct option_row {
	const char *name, *argument; /* argument: NULL for none */
	char letter; /* or '\0' */
	uint8_t bit; /* enum ctl_option; 0: any verb may have it */
	int (*take)(struct ctl *, const char *text);
	const char *text;
} rows[] = {
	{ "config", "FILE", 'c', 0, take_config, "configuration (" SETTINGS_PATH ")" },
	{ "dialect", "NAME", 'd', 0, take_dialect,
	    "report, backtest: language of FILE, such as queue_log" },
	{ "by", "NAME", '\0', OPTION_BY, take_by, "orders: who gives it (who is logged in)" },
	{ "note", "TEXT", '\0', OPTION_NOTE, take_note, "ack, silence: a word for the others" },
	{ "for", "TIME", '\0', OPTION_FOR, take_length, "silence: how long, such as 30m or 2h" },
	{ "count", "N", 'n', OPTION_COUNT, take_count, "watch: end after so many lines" },
	{ "dir", "DIR", '\0', OPTION_DIR, take_dir, "keygen: where the files go (.)" },
	{ "rules", "FILE", '\0', OPTION_RULES, take_config,
	    "backtest: the configuration with the rules (as -c)" },
	{ "json", NULL, 'j', 0, take_json, "JSON for programs" },
	{ "test", NULL, 't', 0, take_test, "check the configuration and exit" },
	{ "version", NULL, 'V', 0, take_version, "print the version and exit" },
	{ "help", NULL, 'h', 0, take_help, "print this and exit" },
};

static void
usage(FILE *f)
{
	char left[64];

	fprintf(f, "usage: ccmonctl [OPTION ...] COMMAND\n\nexamples:\n"
	           "  ccmonctl status\n"
	           "  ccmonctl top\n"
	           "  ccmonctl silence 'oldest_wait/queue:*' --for 2h --note 'fire drill'\n"
	           "  ccmonctl explain sl_ratio_15m\n"
	           "  ccmonctl report --json /var/log/asterisk/queue_log\n\ncommands:\n");
	for (const struct verb *v = verbs; v < verbs + COUNTOF(verbs); v++) {
		snprintf(left, sizeof(left), "%s %s", v->name, v->argument ? v->argument : "");
		fprintf(f, "  %-16s%s %s\n", left, strlen(left) > 16 ? "\n                  " : "",
		    v->text);
	}
	fprintf(f, "\noptions:\n");
	for (const struct option_row *r = rows; r < rows + COUNTOF(rows); r++) {
		snprintf(left, sizeof(left), "--%s %s", r->name, r->argument ? r->argument : "");
		fprintf(f, r->letter ? "  -%c, %-16s %s\n" : "  %c   %-16s %s\n",
		    r->letter ? r->letter : ' ', left, r->text);
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
	print_escaped(stderr, str_of(name));
	if (n.best != NULL)
		fprintf(stderr, "; did you mean %s?", n.best);
	fprintf(stderr, "\ncommands:");
	for (const struct verb *v = verbs; v < verbs + COUNTOF(verbs); v++)
		fprintf(stderr, " %s", v->name);
	fprintf(stderr, "\n");
	return EXIT_USAGE;
}

/* An option that would say nothing is an error: it was meant to. */
static bool
takes_options(const struct verb *v, unsigned given)
{
	for (const struct option_row *r = rows; r < rows + COUNTOF(rows); r++)
		if (r->bit & given & ~v->takes) {
			fprintf(stderr, "ccmonctl: %s takes no --%s\n", v->name, r->name);
			return false;
		}
	return true;
}

static bool
takes_arguments(const struct verb *v, int n)
{
	int words = v->argument != NULL;

	for (const char *p = v->argument; p != NULL && (p = strchr(p, ' ')) != NULL; p++)
		words++;
	if (v->argument != NULL && v->argument[0] == '[' && n == 0)
		return true;
	return n == words || (n > words && words > 0 && strstr(v->argument, "...") != NULL);
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
	if (!takes_arguments(v, n - 1)) {
		fprintf(stderr, "usage: ccmonctl %s%s%s\n", v->name, v->argument ? " " : "",
		    v->argument ? v->argument : "");
		return EXIT_USAGE;
	}
	if (!takes_options(v, c->given))
		return EXIT_USAGE;
	if (v->needs == NEEDS_REDIS && !ctl_settings(c))
		return EXIT_USAGE;
	if (v->needs == NEEDS_REDIS && !ctl_redis(c))
		return ctl_unreachable(c);
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

/* getopt_long's value of a row: its letter, else a number beyond letters. */
static int
row_value(const struct option_row *r)
{
	return r->letter != '\0' ? r->letter : 0x100 + (int)(r - rows);
}

static int
take_option(struct ctl *c, int value, const char *argument)
{
	const struct option_row *r = rows;

	while (r < rows + COUNTOF(rows) && row_value(r) != value)
		r++;
	if (r == rows + COUNTOF(rows)) {
		fprintf(stderr, "ccmonctl --help lists the options\n");
		return EXIT_USAGE;
	}
	c->given |= r->bit;
	return r->take(c, argument);
}

/* Takes the options; -1 to go on, else the exit code. */
static int
take_options(struct ctl *c, int argc, char **argv)
{
	struct option options[COUNTOF(rows) + 1] = { 0 };
	char letters[2 * COUNTOF(rows) + 1];
	size_t n = 0;
	int value, code = -1;

	for (size_t i = 0; i < COUNTOF(rows); i++) {
		options[i].name = rows[i].name;
		options[i].has_arg = rows[i].argument ? required_argument : no_argument;
		options[i].val = row_value(&rows[i]);
		if (rows[i].letter != '\0')
			letters[n++] = rows[i].letter;
		if (rows[i].letter != '\0' && rows[i].argument)
			letters[n++] = ':';
	}
	letters[n] = '\0';
	while (code == -1 && (value = getopt_long(argc, argv, letters, options, NULL)) != -1)
		code = take_option(c, value, optarg);
	return code;
}

int
main(int argc, char **argv)
{
	struct ctl c = { .path = SETTINGS_PATH };
	int code;

	log_open("ccmonctl");
	clock_turn();
	code = take_options(&c, argc, argv);
	if (code == -1)
		code = c.test ? check_settings(&c) : run(&c, argc - optind, argv + optind);
	rclient_close(c.redis);
	settings_free(c.settings);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "ccmonctl: cannot write the answer\n");
		return EXIT_USAGE;
	}
	return code;
}
