/* SPDX-License-Identifier: MIT */
/*
 * ccmon-feed: a publisher of events: a simulated contact center, or a
 * recorded log replayed.  It shows, tests and measures the rest; nothing in a
 * real house needs it.
 *
 * The options are a table; it parses, and it is the usage.  Exit: 0 done (or
 * told to stop), 1 something failed, 2 wrong usage.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <ccmon/clock.h>
#include <ccmon/dialect.h>
#include <ccmon/log.h>
#include <ccmon/zev.h>

#include "publish.h"
#include "replay.h"
#include "sim.h"

#define KEEP_HIGH 10000000 /* events; some GB */

enum verb { SIM = 1, REPLAY = 2 };

struct arguments {
	enum verb verb;
	struct sim_options sim;
	struct replay_options replay;
	struct publish_options out;
	bool start_now;
};

struct option_row {
	const char *name, *value; /* value: what it is called; NULL: none is taken */
	int verbs;
	bool (*set)(struct arguments *, const char *);
	const char *text;
};

/* ---- values ---- */

static bool
parse_real(const char *s, double low, double high, double *value)
{
	char *end;

	errno = 0;
	*value = strtod(s, &end);
	return errno == 0 && end != s && *end == '\0' && *value >= low && *value <= high;
}

static bool
parse_whole(const char *s, uint64_t high, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(s, &end, 10);
	return errno == 0 && *s >= '0' && *s <= '9' && *end == '\0' && *value <= high;
}

static bool
set_seed(struct arguments *a, const char *s)
{
	return parse_whole(s, UINT64_MAX, &a->sim.seed);
}

static bool
set_hours(struct arguments *a, const char *s)
{
	double hours;

	if (strcmp(s, "endless") == 0) {
		a->sim.length = MSEC_NEVER;
		return true;
	}
	if (!parse_real(s, 0, 1e6, &hours))
		return false;
	a->sim.length = hours * 3600 * MSEC_PER_SEC;
	return true;
}

static bool
set_past(struct arguments *a, const char *s)
{
	double hours;

	if (!parse_real(s, 0, 24 * 366, &hours))
		return false;
	a->sim.past = hours * 3600 * MSEC_PER_SEC;
	return true;
}

static bool
set_story(struct arguments *a, const char *s)
{
	(void)s;
	a->sim.story = true;
	return true;
}

static bool
set_rate(struct arguments *a, const char *s)
{
	return parse_real(s, 0.001, 10000, &a->sim.rate);
}

static bool
set_flat(struct arguments *a, const char *s)
{
	(void)s;
	a->sim.flat = true;
	return true;
}

/* now, epoch ms, or ISO 8601 in UTC: 2026-03-02T08:00:00Z. */
static bool
set_start(struct arguments *a, const char *s)
{
	struct tm tm = { 0 };
	const char *end;
	uint64_t ms;

	a->start_now = strcmp(s, "now") == 0;
	if (a->start_now)
		return true;
	if (parse_whole(s, TIME_HIGH, &ms))
		a->sim.start = ms;
	else {
		end = strptime(s, "%Y-%m-%dT%H:%M:%S", &tm);
		if (end == NULL || strcmp(end, "Z") != 0)
			return false;
		a->sim.start = timegm(&tm) * MSEC_PER_SEC;
	}
	return a->sim.start >= TIME_LOW && a->sim.start <= TIME_HIGH;
}

static bool
set_dialect(struct arguments *a, const char *s)
{
	a->replay.dialect = s;
	return dialect_find(s) != NULL;
}

static bool
set_source(struct arguments *a, const char *s)
{
	a->replay.source = s;
	return name_check(str_of(s), 1, NAME_MAX_BYTES) == REFUSAL_NONE;
}

static bool
set_shift(struct arguments *a, const char *s)
{
	a->replay.shift = true;
	return strcmp(s, "now") == 0;
}

static bool
set_boot(struct arguments *a, const char *s)
{
	uint64_t boot;

	if (!parse_whole(s, COUNT_HIGH, &boot))
		return false;
	a->replay.boot = boot;
	return true;
}

static bool
set_speed(struct arguments *a, const char *s)
{
	if (strcmp(s, "max") == 0) {
		a->out.speed = 0;
		return true;
	}
	return parse_real(s, 0.001, 1e6, &a->out.speed);
}

static bool
set_bind(struct arguments *a, const char *s)
{
	a->out.bind = s;
	return true;
}

static bool
set_connect(struct arguments *a, const char *s)
{
	a->out.connect = s;
	return true;
}

static bool
set_key(struct arguments *a, const char *s)
{
	a->out.key = s;
	return true;
}

static bool
set_peers(struct arguments *a, const char *s)
{
	a->out.peers = s;
	return true;
}

static bool
set_server_key(struct arguments *a, const char *s)
{
	a->out.server_key = s;
	return true;
}

static bool
set_plaintext(struct arguments *a, const char *s)
{
	(void)s;
	a->out.plaintext = true;
	return true;
}

static bool
set_push(struct arguments *a, const char *s)
{
	(void)s;
	a->out.push = true;
	return true;
}

static bool
set_wait(struct arguments *a, const char *s)
{
	uint64_t n;

	if (!parse_whole(s, 1000, &n))
		return false;
	a->out.wait = n;
	return true;
}

static bool
set_replay(struct arguments *a, const char *s)
{
	a->out.replay = s;
	return true;
}

static bool
set_keep(struct arguments *a, const char *s)
{
	uint64_t n;

	if (!parse_whole(s, KEEP_HIGH, &n) || n == 0)
		return false;
	a->out.keep = n;
	return true;
}

static bool
set_stay(struct arguments *a, const char *s)
{
	uint64_t seconds;

	if (!parse_whole(s, 86400, &seconds))
		return false;
	a->out.stay = (msec_t)seconds * MSEC_PER_SEC;
	return true;
}

static bool
set_out(struct arguments *a, const char *s)
{
	a->out.file = s;
	return true;
}

/* ---- the table ---- */

static const struct option_row rows[] = {
	{ "--seed", "N", SIM, set_seed,
	    "where chance begins; the same seed gives the same events (1)" },
	{ "--hours", "H", SIM, set_hours, "how long, in virtual time; or \"endless\" (1)" },
	{ "--start", "WHEN", SIM, set_start,
	    "the first instant: 2026-03-02T08:00:00Z, epoch ms, or \"now\" (now)" },
	{ "--past", "H", SIM, set_past, "so many hours before the start as well, in a moment (0)" },
	{ "--story", NULL, SIM, set_story, "a house where something happens every three minutes" },
	{ "--rate", "R", SIM, set_rate, "contacts and agents, times this (1)" },
	{ "--flat", NULL, SIM, set_flat, "every hour as busy as the busiest, and nothing closed" },
	{ "--dialect", "D", REPLAY, set_dialect, "what the file speaks (native)" },
	{ "--source", "S", REPLAY, set_source,
	    "who publishes, where the file does not say (replay)" },
	{ "--boot", "N", REPLAY, set_boot, "give every event this boot" },
	{ "--shift", "now", REPLAY, set_shift, "move all times so that the first event is now" },
	{ "--speed", "X", SIM | REPLAY, set_speed,
	    "times real time; \"max\": no waiting (1 over ZeroMQ, max into a file)" },
	{ "--bind", "EP", SIM | REPLAY, set_bind, "publish here (tcp://127.0.0.1:5556)" },
	{ "--connect", "EP", SIM | REPLAY, set_connect, "publish to who is bound there" },
	{ "--key", "FILE", SIM | REPLAY, set_key, "our secret key, of ccmonctl keygen" },
	{ "--peers", "DIR", SIM | REPLAY, set_peers, "public keys of who may come to --bind" },
	{ "--server-key", "FILE", SIM | REPLAY, set_server_key,
	    "public key of who is at --connect" },
	{ "--plaintext", NULL, SIM | REPLAY, set_plaintext,
	    "no keys, and not only on this machine" },
	{ "--push", NULL, SIM | REPLAY, set_push, "PUSH instead of PUB" },
	{ "--wait", "N", SIM | REPLAY, set_wait, "begin when so many listen (1)" },
	{ "--replay", "EP", SIM | REPLAY, set_replay,
	    "here events are to be had again, see ccmon-events(7)" },
	{ "--keep", "N", SIM | REPLAY, set_keep, "for --replay: so many of the last (100000)" },
	{ "--stay", "S", SIM | REPLAY, set_stay, "seconds after the last event, for --replay (1)" },
	{ "--out", "FILE", SIM | REPLAY, set_out, "write lines instead; \"-\": standard output" },
};

static void
usage(FILE *f)
{
	const struct option_row *o;

	fputs("usage: ccmon-feed sim [option ...]\n"
	      "       ccmon-feed replay FILE|- [option ...]\n",
	    f);
	for (o = rows; o < rows + COUNTOF(rows); o++)
		fprintf(f, "  %-9s %-4s  %s%s\n", o->name, o->value != NULL ? o->value : "",
		    o->text,
		    o->verbs == SIM      ? "; sim"
		    : o->verbs == REPLAY ? "; replay"
		                         : "");
}

static int
misuse(const char *what, const char *which)
{
	fprintf(stderr, "ccmon-feed: %s: %s\n", what, which);
	usage(stderr);
	return 2;
}

/* ---- arguments ---- */

static const struct option_row *
find_row(const char *name, int verb)
{
	const struct option_row *o;

	for (o = rows; o < rows + COUNTOF(rows); o++)
		if (strcmp(o->name, name) == 0 && o->verbs & verb)
			return o;
	return NULL;
}

/* 0, or the exit code.  Takes --name VALUE and --name=VALUE. */
static int
parse_option(struct arguments *a, char ***argv)
{
	const struct option_row *row;
	char *name = *(*argv)++, *value = strchr(name, '=');

	if (value != NULL)
		*value++ = '\0';
	row = find_row(name, a->verb);
	if (row == NULL)
		return misuse("no such option here", name);
	if (row->value == NULL)
		return value != NULL ? misuse("takes no value", name) : !row->set(a, NULL) * 2;
	if (value == NULL && (value = *(*argv)++) == NULL)
		return misuse("needs a value", name);
	if (!row->set(a, value)) {
		fprintf(stderr, "ccmon-feed: %s: not a value for it: %s\n", name, value);
		return 2;
	}
	return 0;
}

static int
parse_verb(struct arguments *a, const char *word)
{
	if (word != NULL && strcmp(word, "sim") == 0)
		a->verb = SIM;
	else if (word != NULL && strcmp(word, "replay") == 0)
		a->verb = REPLAY;
	else
		return misuse("first say what to do", word != NULL ? word : "nothing said");
	return 0;
}

static int
parse(struct arguments *a, char **argv)
{
	int rc = parse_verb(a, *argv);

	if (rc == 0)
		argv++;
	while (rc == 0 && *argv != NULL) {
		if (strncmp(*argv, "--", 2) == 0)
			rc = parse_option(a, &argv);
		else if (a->verb == REPLAY && a->replay.file == NULL)
			a->replay.file = *argv++;
		else
			rc = misuse("one too many", *argv);
	}
	return rc;
}

static bool
is_open_tcp(const char *endpoint)
{
	return endpoint != NULL && strncmp(endpoint, "tcp://", 6) == 0 && !zev_is_here(endpoint);
}

/* Both halves of the keys, or none; none only on this machine, or as it is said. */
static int
check_keys(const struct publish_options *out)
{
	bool may_come = out->peers != NULL, knows = out->server_key != NULL;

	if (may_come && out->bind == NULL && out->replay == NULL)
		return misuse("only for --bind and --replay", "--peers");
	if (knows && out->connect == NULL)
		return misuse("only for --connect", "--server-key");
	if ((out->key != NULL) != (may_come || knows))
		return misuse("--key goes with", "--peers or --server-key");
	if (out->plaintext && out->key != NULL)
		return misuse("one of the two", "--plaintext, --key");
	if (out->key == NULL && !out->plaintext &&
	    (is_open_tcp(out->bind) || is_open_tcp(out->connect) || is_open_tcp(out->replay)))
		return misuse("others can reach that: needs --key, or", "--plaintext");
	return 0;
}

/* What fits together, and what was left to us. */
static int
settle(struct arguments *a)
{
	struct publish_options *out = &a->out;

	if ((out->file != NULL) + (out->bind != NULL) + (out->connect != NULL) > 1)
		return misuse("only one of", "--bind, --connect, --out");
	if (a->verb == REPLAY && a->replay.file == NULL)
		return misuse("needs", "a file to replay");
	if (a->sim.story && a->sim.flat)
		return misuse("only one of", "--story, --flat");
	if (out->file != NULL && out->replay != NULL)
		return misuse("only one of", "--replay, --out");
	if (out->file == NULL && out->connect == NULL && out->bind == NULL)
		out->bind = "tcp://127.0.0.1:5556";
	if (out->push && out->wait == 0)
		out->wait = 1; /* there is nobody to push to */
	if (out->speed < 0)
		out->speed = out->file != NULL ? 0 : 1;
	a->replay.paced = out->speed > 0;
	a->replay.read_all = out->replay != NULL;
	return check_keys(out);
}

/* ---- the work ---- */

static bool
simulate(const struct sim_options *opt, struct publisher *out)
{
	msec_t now = opt->start + opt->past;
	bool in_past = opt->past > 0, is_good;
	struct sim *sim = sim_new(opt);
	struct event ev;

	publish_now_is(out, now);
	while (sim != NULL && sim_next(sim, &ev)) {
		if (in_past && ev.time >= now) {
			log_info("past", "told");
			in_past = false;
		}
		if (!publish_at(out, ev.time) ||
		    !publish_or_hold(out, &ev, sim_is_silent(sim, ev.source)))
			break;
	}
	is_good = sim != NULL && !sim_failed(sim);
	if (!is_good)
		log_error("no-memory", "for the simulation");
	sim_free(sim);
	return is_good;
}

int
main(int argc, char **argv)
{
	struct arguments a = {
		.sim = { .seed = 1, .length = 3600 * MSEC_PER_SEC, .rate = 1 },
		.replay = { .dialect = "native", .source = "replay", .boot = -1 },
		.out = { .wait = 1, .speed = -1, .keep = 100000 },
		.start_now = true,
	};
	struct publisher *out;
	bool is_good;
	int rc;

	log_open("ccmon-feed");
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		usage(stdout);
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("ccmon-feed " CCMON_VERSION);
		return 0;
	}
	rc = parse(&a, argv + 1);
	if (rc == 0)
		rc = settle(&a);
	if (rc != 0)
		return rc;
	out = publish_open(&a.out);
	if (out == NULL)
		return 1;
	if (a.start_now) {
		clock_turn();
		a.sim.start = clock_wall(); /* the subscribers are there now */
	}
	a.sim.start -= a.sim.past;
	is_good = a.verb == SIM ? simulate(&a.sim, out) : replay(&a.replay, out);
	return publish_close(out) && is_good ? 0 : 1;
}
