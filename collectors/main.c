/* SPDX-License-Identifier: MIT */
/*
 * main.c: ccmon-collector, one process per group of sources.
 *
 * Here the parts meet, and only here.  What a part needs of another it gets
 * as a function of this file, most of one line, so this page is the map:
 *
 *	input	-> take_event, take_reject, settle		-> spool
 *	input	-> remember, recall, position			-> spool
 *	spool	-> write_block					-> journal, then uplink, inputs
 *	spool	-> recall_written				-> journal
 *	spool	-> set_gate					-> inputs
 *	uplink	-> read_block, note_ack, renew_journal, look	-> journal
 */
#include "collector.h"
#include "ccmon/clock.h"
#include "ccmon/keys.h"
#include "ccmon/service.h"
#include "ccmon/zev.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ccmon/dialect.h"

#define EXIT_USAGE 64
#define DRAIN INT64_C(2000) /* ms to wait for the daemon at the end */

struct collector {
	const struct collector_settings *settings;
	struct keys keys; /* of the uplink, where that is over tcp */
	struct place place;
	struct journal *journal;
	struct spool *spool;
	struct uplink *uplink;
	struct input **inputs;
	size_t ninputs; /* open ones */
	bool open; /* the gate is */
	char **daemons; /* where they are; borrowed texts */
	struct counters counters;
};

/* ---- the ties */

static void
take_event(void *arg, msec_t received, const struct event *ev)
{
	spool_event(((struct collector *)arg)->spool, received, ev);
}

static void
take_reject(void *arg, const struct reject *r)
{
	spool_reject(((struct collector *)arg)->spool, r);
}

static void
settle(void *arg)
{
	spool_settle(((struct collector *)arg)->spool);
}

static void
remember(void *arg, const struct memo *memo)
{
	spool_remember(((struct collector *)arg)->spool, memo);
}

static int
recall(void *arg, const uint8_t key[MEMO_KEY], char value[MEMO_VALUE_MAX])
{
	return spool_recall(((struct collector *)arg)->spool, key, value);
}

static uint64_t
position(void *arg)
{
	return spool_position(((struct collector *)arg)->spool);
}

static int
write_block(void *arg, const struct sealed *b)
{
	struct collector *c = arg;
	int rc = journal_append(c->journal, b);

	if (rc == 0) {
		if (b->count > 0)
			uplink_offer(c->uplink, b);
		for (size_t i = 0; i < c->ninputs; i++)
			input_written(c->inputs[i], b->first + b->count - 1);
	}
	if (rc == -2)
		service_quit(EXIT_TROUBLE);
	return rc;
}

static int
recall_written(void *arg, const uint8_t key[MEMO_KEY], char value[MEMO_VALUE_MAX])
{
	return journal_recall(((struct collector *)arg)->journal, key, value);
}

static void
set_gate(void *arg, bool open)
{
	struct collector *c = arg;
	size_t i;

	c->open = open && !service_stopping();
	for (i = 0; i < c->ninputs; i++)
		if (!c->open)
			input_pause(c->inputs[i]);
		else {
			input_resume(c->inputs[i]);
			if (!c->open) /* its rest filled a block: all are paused again */
				return;
		}
}

static int
read_block(void *arg, uint64_t seq, struct sealed *out)
{
	return journal_read(((struct collector *)arg)->journal, seq, out);
}

static void
note_ack(void *arg, uint64_t seq)
{
	journal_ack(((struct collector *)arg)->journal, seq);
}

static int
renew_journal(void *arg, uint64_t from)
{
	return journal_renew(((struct collector *)arg)->journal, from);
}

static void
look(void *arg, struct journal_facts *f)
{
	journal_look(((struct collector *)arg)->journal, f);
}

/* ---- the loop */

static msec_t
earlier(msec_t a, msec_t b)
{
	return a < b ? a : b;
}

static msec_t
turn(void *arg, msec_t now)
{
	struct collector *c = arg;
	msec_t due = spool_turn(c->spool);

	due = earlier(due, uplink_turn(c->uplink));
	due = earlier(due, journal_turn(c->journal));
	return due == MSEC_NEVER ? due : now + due - clock_mono();
}

static void
stop(void *arg)
{
	struct collector *c = arg;

	set_gate(c, false);
	c->counters.unjournaled = spool_flush(c->spool);
}

/* The daemon has it all; or there is none, and the journal keeps it. */
static bool
drained(void *arg)
{
	struct collector *c = arg;
	struct journal_facts f;

	journal_look(c->journal, &f);
	return f.acked >= f.last || !uplink_is_welcome(c->uplink);
}

static void
reload(void *arg)
{
	struct collector *c = arg;

	log_info(
	    "reload", "reading keys and secrets again; all else can only be changed by a restart");
	for (size_t i = 0; i < c->ninputs; i++)
		input_reload(c->inputs[i]);
}

static void
dump(void *arg)
{
	struct collector *c = arg;
	struct journal_facts f;

	journal_look(c->journal, &f);
	log_info("counters",
	    "received=%" PRIu64 " refused=%" PRIu64 " skipped=%" PRIu64 " repeats=%" PRIu64
	    " turned_away=%" PRIu64 " asked=%" PRIu64 " had=%" PRIu64 " not_had=%" PRIu64
	    " records=%" PRIu64 "..%" PRIu64 " acknowledged=%" PRIu64 " bytes=%" PRId64
	    " daemon=%s%s%s",
	    c->counters.received, c->counters.refused, c->counters.skipped, c->counters.repeats,
	    c->counters.turned_away, c->counters.asked, c->counters.had, c->counters.not_had,
	    f.first, f.last, f.acked, f.bytes, uplink_is_welcome(c->uplink) ? "connected" : "away",
	    f.problem[0] != '\0' ? " problem=" : "", f.problem);
}

static int
run(struct collector *c)
{
	struct service service = { .name = "ccmon-collector",
		.arg = c,
		.turn = turn,
		.reload = reload,
		.dump = dump,
		.stop = stop,
		.drained = drained,
		.drain_ms = DRAIN };

	log_info("start", "collector %s is ready; version=%s", c->settings->name, CCMON_VERSION);
	service_notify("READY=1");
	return service_run(&service);
}

/* ---- opening and closing */

static int
open_journal(struct collector *c, const struct settings *s)
{
	struct journal_options o = { c->settings->journal, c->settings->keep,
		c->settings->max_bytes };
	int code = place_open(&c->place, c->settings->journal);

	if (code == 0 && s->customer_key_file != NULL)
		code = place_customer_key(&c->place, s->customer_key_file);
	return code != 0 ? code : journal_open(&c->journal, &o);
}

static int
open_spool(struct collector *c)
{
	struct journal_facts f;
	struct spool_options o = { .sync = c->settings->sync,
		.write = write_block,
		.recall = recall_written,
		.gate = set_gate,
		.arg = c };

	journal_look(c->journal, &f);
	log_info("journal", "%s; records=%" PRIu64 "..%" PRIu64 " acknowledged=%" PRIu64,
	    c->settings->journal, f.first, f.last, f.acked);
	o.first = f.last + 1;
	c->spool = spool_open(&o);
	if (c->spool != NULL)
		return 0;
	log_error("start", "out of memory");
	return EXIT_TROUBLE;
}

/* Each place once: one file may serve all machines of a site. */
static int
list_daemons(struct collector *c, const struct daemon_settings *s)
{
	char **other = s->standby;
	size_t n = 0;

	while (other != NULL && other[n] != NULL)
		n++;
	c->daemons = calloc(n + 2, sizeof(*c->daemons));
	if (c->daemons == NULL)
		return -1;
	c->daemons[0] = s->ingest;
	for (n = 1; other != NULL && *other != NULL; other++)
		if (strcmp(*other, s->ingest) != 0)
			c->daemons[n++] = *other;
	return 0;
}

/* The settings name the daemon's key where it is reached over tcp. */
static int
read_keys(struct collector *c)
{
	const struct collector_settings *s = c->settings;

	if (s->daemon_key_file == NULL)
		return 0;
	return keys_read(&c->keys, s->key_file, s->daemon_key_file, NULL) == 0 ? 0 : EXIT_CONFIG;
}

static int
open_uplink(struct collector *c, const struct settings *s)
{
	struct uplink_options o = { .name = c->settings->name,
		.read = read_block,
		.ack = note_ack,
		.renew = renew_journal,
		.look = look,
		.keys = c->settings->daemon_key_file != NULL ? &c->keys : NULL,
		.counters = &c->counters,
		.arg = c };

	if (list_daemons(c, &s->daemon) != 0) {
		log_error("start", "out of memory");
		return EXIT_TROUBLE;
	}
	o.endpoints = c->daemons;
	c->uplink = uplink_open(&o);
	if (c->uplink != NULL)
		return 0;
	log_error("uplink", "cannot connect to %s%s: %s", s->daemon.ingest,
	    c->daemons[1] != NULL ? ", or to the others" : "", zev_error(errno));
	return EXIT_CONFIG;
}

static int
open_inputs(struct collector *c)
{
	struct input_options o = { .collector = c->settings->name,
		.key_file = c->settings->key_file,
		.key = c->place.key,
		.customer_key = c->place.customer_key,
		.counters = &c->counters,
		.event = take_event,
		.reject = take_reject,
		.settle = settle,
		.remember = remember,
		.recall = recall,
		.position = position,
		.arg = c };
	int code;

	c->inputs = calloc(c->settings->ninputs, sizeof(*c->inputs));
	if (c->inputs == NULL && c->settings->ninputs > 0)
		return EXIT_TROUBLE;
	while (c->ninputs < c->settings->ninputs) {
		o.settings = &c->settings->inputs[c->ninputs];
		if ((code = input_open(&c->inputs[c->ninputs], &o)) != 0)
			return code;
		c->ninputs++;
	}
	return 0;
}

static int
open_all(struct collector *c, const struct settings *s)
{
	int code;

	if ((code = open_journal(c, s)) != 0 || (code = open_spool(c)) != 0 ||
	    (code = read_keys(c)) != 0 || (code = open_uplink(c, s)) != 0)
		return code;
	return open_inputs(c);
}

static void
close_all(struct collector *c)
{
	while (c->ninputs > 0)
		input_close(c->inputs[--c->ninputs]);
	free(c->inputs);
	if (c->spool != NULL) {
		uint32_t n = spool_flush(c->spool);

		if (n > 0)
			log_error(
			    "journal", "%" PRIu32 " records could not be written and are lost", n);
	}
	uplink_close(c->uplink);
	keys_wipe(&c->keys);
	free(c->daemons);
	spool_close(c->spool);
	journal_close(c->journal);
	place_close(&c->place);
	zev_end();
}

static int
collect(const struct settings *s, const struct collector_settings *settings)
{
	struct collector c = { .settings = settings, .place = { .lock = -1 } };
	int code = open_all(&c, s);

	if (code == 0)
		code = run(&c);
	close_all(&c);
	return code;
}

/* ---- the command line */

static const char help[] =
    "usage: ccmon-collector [-tvVh] [-c file] name\n"
    "\n"
    "Takes the events of the sources configured as collectors.name, keeps them\n"
    "on disk and sends them to ccmond.\n"
    "\n"
    "  -c file  the configuration (default: " SETTINGS_PATH ")\n"
    "  -t       check the configuration and exit\n"
    "  -v       log more\n"
    "  -V       print the version\n"
    "  -h       print this\n"
    "\n"
    "Dialects:\n";

static int
print_help(void)
{
	const struct dialect *const *d;

	fputs(help, stdout);
	for (d = dialects; *d != NULL; d++)
		printf("  %-10s %s\n", (*d)->name, (*d)->text);
	return 0;
}

struct command_line {
	const char *path, *name;
	bool test;
};

/* -1 to go on, or the exit code. */
static int
read_options(int argc, char **argv, struct command_line *line)
{
	int c;

	*line = (struct command_line){ .path = SETTINGS_PATH };
	while ((c = getopt(argc, argv, "c:tvVh")) != -1)
		switch (c) {
		case 'c':
			line->path = optarg;
			break;
		case 't':
			line->test = true;
			break;
		case 'v':
			log_set_level(LOG_DEBUG);
			break;
		case 'V':
			puts("ccmon-collector " CCMON_VERSION);
			return 0;
		case 'h':
			return print_help();
		default:
			fputs(help, stderr);
			return EXIT_USAGE;
		}
	line->name = argv[optind];
	if (argc - optind == 1 || (line->test && argc == optind))
		return -1;
	fputs(help, stderr);
	return EXIT_USAGE;
}

static int
unknown_name(const struct settings *s, const char *name)
{
	size_t i;

	fprintf(stderr, "ccmon-collector: %s has no collectors.%s; there %s:", s->path, name,
	    s->ncollectors == 1 ? "is" : "are");
	for (i = 0; i < s->ncollectors; i++)
		fprintf(stderr, " %s", s->collectors[i].name);
	fputs(s->ncollectors == 0 ? " none\n" : "\n", stderr);
	return EXIT_CONFIG;
}

/* What is wrong with an input's dialect, or NULL. */
static const char *
dialect_problem(const struct input_settings *in)
{
	const struct dialect *d = dialect_find(in->dialect);

	if (d == NULL)
		return "there is no such dialect";
	return d->needs_source && in->source == NULL ? "needs source = \"NAME\"" : NULL;
}

static int
check_dialects(const struct collector_settings *c)
{
	const char *problem;
	int code = 0;
	size_t i;

	for (i = 0; i < c->ninputs; i++)
		if ((problem = dialect_problem(&c->inputs[i])) != NULL) {
			fprintf(stderr, "ccmon-collector: collectors.%s: dialect %s: %s\n", c->name,
			    c->inputs[i].dialect, problem);
			code = EXIT_CONFIG;
		}
	return code;
}

static int
check(const struct settings *s)
{
	int code = 0;
	size_t i;

	for (i = 0; i < s->ncollectors; i++)
		if (check_dialects(&s->collectors[i]) != 0)
			code = EXIT_CONFIG;
	return code;
}

static int
with_settings(const struct settings *s, const struct command_line *line)
{
	const struct collector_settings *c;

	if (line->name == NULL) /* -t needs none */
		return check(s);
	if ((c = settings_collector(s, line->name)) == NULL)
		return unknown_name(s, line->name);
	return line->test ? check(s) : collect(s, c);
}

int
main(int argc, char **argv)
{
	struct command_line line;
	struct settings *s;
	int code = read_options(argc, argv, &line);

	if (code >= 0)
		return code;
	log_open("ccmon-collector");
	clock_turn();
	s = settings_load(line.path, settings_complain_stderr, NULL);
	if (s == NULL)
		return EXIT_CONFIG;
	code = with_settings(s, &line);
	settings_free(s);
	return code;
}
