/* SPDX-License-Identifier: MIT */
/*
 * watch.c: one line of figures a second, for logs and pipes, after redis-cli
 * --stat: the site, or one queue.
 *
 * A line comes every second, whatever happens: when there is no news it says
 * so in its last column, and when Redis is gone its figures are dashes.  It
 * ends in order when nobody reads any more.
 */
#include "shell.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <ccmon/clock.h>
#include <ccmon/nearest.h>

#define HEAD_EVERY 20 /* lines */
#define TIME_MAX 40

static volatile sig_atomic_t told_to_end;

static void
note_end(int number)
{
	told_to_end = number;
}

struct watch {
	struct ctl *c;
	struct board board;
	struct signs signs;
	const char *queue, *window; /* queue: NULL: the site */
	sigset_t mask; /* while it waits */
	int64_t lines;
	msec_t next; /* line, mono */
};

/* The figures are shown as true as long as they are. */
static const struct row *
shown_row(const struct watch *w)
{
	if (!w->signs.redis || w->board.root == NULL)
		return NULL;
	return w->queue != NULL ? board_row(&w->board, str_of(w->queue)) : &w->board.totals;
}

static double
shown_wait(const struct watch *w, const struct row *r)
{
	return r->oldest + (r->waiting > 0 ? life_tick(&w->signs, clock_mono()) : 0);
}

static size_t
firing(const struct watch *w)
{
	size_t n = 0;

	if (w->queue == NULL)
		return w->board.nfiring;
	for (size_t i = 0; (i = board_alarm_of(&w->board, str_of(w->queue), i)) < w->board.nalarms;
	     i++)
		n += w->board.alarms[i].firing;
	return n;
}

/* What is wrong with all of it, else how the row is. */
static void
status_text(char *buf, size_t len, const struct watch *w, const struct row *r)
{
	enum life life = life_of(&w->signs, clock_mono());

	if (life != LIFE_LIVE)
		life_text(buf, len, &w->signs, clock_mono());
	else if (r == NULL)
		snprintf(
		    buf, len, w->board.root == NULL ? "NOTHING ON THE BOARD" : "NO SUCH QUEUE");
	else
		snprintf(buf, len, "%s", health_word((enum health)r->status));
}

/* ---- a line for people */

static void
local_time(char buf[TIME_MAX], const struct watch *w)
{
	msec_t t = clock_wall() / MSEC_PER_SEC;
	time_t local = t + zone_offset(&w->c->settings->site.zones[0], t);
	struct tm tm;

	if (gmtime_r(&local, &tm) == NULL || strftime(buf, TIME_MAX, "%F %T", &tm) == 0)
		snprintf(buf, TIME_MAX, "-");
}

static void
put_head(struct out *o)
{
	out_printf(o, "%-19s %5s %8s %9s %6s %7s %8s %9s %6s  %s\n", "TIME", "WAIT", "LONGEST",
	    "SERVICE", "N", "/HOUR", "AHT", "READY", "ALERTS", "STATUS");
}

static void
put_text(struct out *o, const struct watch *w)
{
	static const struct row nothing = { .waiting = NAN,
		.oldest = NAN,
		.service = NAN,
		.target = NAN,
		.n = NAN,
		.per_hour = NAN,
		.aht = NAN,
		.ready = NAN,
		.staffed = NAN };
	const struct row *found = shown_row(w), *r = found != NULL ? found : &nothing;
	char time[TIME_MAX], status[WHY_ROOM + 64], text[8][FIGURE_MAX];

	if (w->lines % HEAD_EVERY == 0)
		put_head(o);
	local_time(time, w);
	status_text(status, sizeof(status), w, found);
	figure_count(text[0], r->waiting);
	figure_length(text[1], shown_wait(w, r));
	figure_service(text[2], r);
	figure_count(text[3], r->n);
	figure_rate(text[4], r->per_hour);
	figure_length(text[5], r->aht);
	figure_pair(text[6], r->ready, r->staffed);
	figure_count(text[7], found != NULL ? (double)firing(w) : (double)NAN);
	out_printf(o, "%-19s %5s %8s %9s %6s %7s %8s %9s %6s  ", time, text[0], text[1], text[2],
	    text[3], text[4], text[5], text[6], text[7]);
	out_shown(o, str_of(status));
	out_str(o, "\n");
}

/* ---- a line for programs */

static void
put_number(struct out *o, const char *key, double v)
{
	char text[FIGURE_MAX];

	json_key(o, key);
	if (!isfinite(v)) {
		json_none(o);
		return;
	}
	snprintf(text, sizeof(text), "%.10g", v);
	json_raw(o, str_of(text));
}

static void
put_figures(struct out *o, const struct row *r, double oldest)
{
	const struct measure *m = &measures[r->measure];
	const struct {
		const char *name;
		double value;
	} figures[] = {
		{ "waiting_count", r->waiting },
		{ "oldest_wait_seconds", oldest },
		{ m->ratio, r->service },
		{ m->target, r->target },
		{ m->n, r->n },
		{ "offered_per_hour", r->per_hour },
		{ "aht_seconds", r->aht },
		{ "agents_available_count", r->ready },
		{ "agents_staffed_count", r->staffed },
	};

	json_key(o, "figures");
	json_open(o, '{');
	for (size_t i = 0; i < COUNTOF(figures); i++)
		if (figures[i].name[0] != '\0')
			put_number(o, figures[i].name, figures[i].value);
	json_close(o, '}');
}

static void
put_json(struct out *o, const struct watch *w)
{
	const struct row *r = shown_row(w);
	char status[WHY_ROOM + 64];

	status_text(status, sizeof(status), w, r);
	json_open(o, '{');
	json_key(o, "time_epoch_ms");
	json_int(o, clock_wall());
	json_key(o, "queue");
	if (w->queue != NULL)
		json_text(o, str_of(w->queue));
	else
		json_none(o);
	json_key(o, "window");
	json_text(o, str_of(w->window));
	json_key(o, "stale");
	json_bool(o, !w->signs.redis || life_is_stale(&w->signs, clock_mono()));
	json_key(o, "status");
	json_text(o, str_of(status));
	put_number(o, "alerts_firing_count", r != NULL ? (double)firing(w) : (double)NAN);
	if (r != NULL)
		put_figures(o, r, shown_wait(w, r));
	else {
		json_key(o, "figures");
		json_none(o);
	}
	json_close(o, '}');
	out_str(o, "\n");
}

/* ---- the loop */

/* False: nobody reads any more.  (stdio would keep what it could not write,
 * and complain of it at the end.) */
static bool
put_line(struct watch *w)
{
	struct out o;
	const char *p;
	ssize_t n = 0;
	bool good;

	out_init(&o);
	if (w->c->json)
		put_json(&o, w);
	else
		put_text(&o, w);
	good = !o.failed;
	for (p = o.buf; good && p<o.buf + o.len; p += n> 0 ? n : 0) {
		n = write(STDOUT_FILENO, p, (size_t)(o.buf + o.len - p));
		good = n >= 0 || (errno == EINTR && !told_to_end);
	}
	out_fini(&o);
	w->lines++;
	return good;
}

/* Until the next second, a signal, or nobody reads any more. */
static bool
wait_for_next(struct watch *w)
{
	struct pollfd out = { .fd = STDOUT_FILENO };
	msec_t left;
	struct timespec ts;

	for (w->next += READ_MS; !told_to_end; clock_turn()) {
		if ((left = w->next - clock_mono()) <= 0)
			break;
		ts = (struct timespec){ left / MSEC_PER_SEC, left % MSEC_PER_SEC * 1000000 };
		if (ppoll(&out, 1, &ts, &w->mask) > 0)
			return false;
	}
	if (clock_mono() - w->next > READ_MS) /* Redis took long: no lines to catch up */
		w->next = clock_mono();
	return !told_to_end;
}

static void
catch_signals(struct watch *w)
{
	struct sigaction end = { .sa_handler = note_end };
	sigset_t ours;

	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGINT, &end, NULL);
	sigaction(SIGTERM, &end, NULL);
	sigemptyset(&ours);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGTERM);
	sigprocmask(SIG_BLOCK, &ours, &w->mask);
}

static void
look(struct watch *w)
{
	reader_look(w->c, &w->board, &w->signs, w->window);
	clock_turn();
}

static bool
queue_is_known(const struct watch *w)
{
	char name[NAME_ROOM], best[NAME_ROOM];
	struct nearest n;

	if (w->queue == NULL || w->board.root == NULL ||
	    board_row(&w->board, str_of(w->queue)) != NULL)
		return true;
	nearest_begin(&n, w->queue);
	for (size_t i = 0; i < w->board.nrows; i++) {
		snprintf(name, sizeof(name), "%.*s", STR_ARG(w->board.rows[i].name));
		nearest_offer(&n, name);
		if (n.best == name)
			n.best = strcpy(best, name);
	}
	fprintf(stderr, "ccmonctl: there is no queue ");
	print_escaped(stderr, str_of(w->queue));
	if (n.best != NULL) {
		fprintf(stderr, "; did you mean ");
		print_escaped(stderr, str_of(n.best));
		fprintf(stderr, "?");
	}
	fprintf(stderr, "\n");
	return false;
}

int
verb_watch(struct ctl *c, char **args)
{
	struct watch w = { .c = c, .queue = args[0], .next = clock_mono() };
	int code = EXIT_FINE;

	w.window = c->settings->site.windows[0].name;
	w.signs.stale_after = c->settings->wallboard.stale_after;
	rclient_close(c->redis); /* that one is more patient */
	c->redis = NULL;
	c->patience = PATIENCE_MS;
	catch_signals(&w);
	look(&w);
	if (!queue_is_known(&w))
		code = EXIT_USAGE;
	else
		while (put_line(&w) && (c->count == 0 || w.lines < c->count) && wait_for_next(&w))
			look(&w);
	board_fini(&w.board);
	return code;
}
