/* SPDX-License-Identifier: MIT */
/*
 * publish.c: the way out.
 *
 * A full subscriber makes it wait; nothing is dropped (the socket is an XPUB
 * that says "full" where a PUB would throw away).  It waits by trying again
 * every millisecond rather than inside libzmq, because a signal must be able
 * to end it; and because while it waits, and every few messages, it looks who
 * wants to come in.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <ccmon/clock.h>
#include <ccmon/keys.h>
#include <ccmon/log.h>
#include <ccmon/out.h>
#include <ccmon/service.h>
#include <ccmon/zev.h>

#include "encode.h"
#include "held.h"
#include "keep.h"
#include "publish.h"

#define HWM 10000 /* messages; what is on its way when we end must be sent within two seconds */
#define NAP 100 /* ms; how long a signal may go unseen */
#define STAY 1000 /* ms at least; see stay() */
#define SOURCES_MAX 16 /* told of at the end */
#define LOOK_EVERY 256 /* messages, of some microseconds each */
#define FILE_BUFFER (1 << 18)

struct source_seq {
	char name[NAME_MAX_BYTES + 1];
	int64_t seq;
};

struct publisher {
	struct publish_options opt;
	struct zev *zev;
	struct keys keys;
	struct keep *keep; /* or NULL */
	struct held held;
	FILE *file;
	struct out body, topic;
	uint64_t sent;
	msec_t began; /* mono */
	msec_t origin, origin_mono; /* of pacing: a time of events, and when that was */
	bool paced, failed;
	struct source_seq sources[SOURCES_MAX];
	unsigned nsources;
};

static volatile sig_atomic_t stopping;

static void
stop(int signo)
{
	(void)signo;
	stopping = 1;
}

static void
catch_signals(void)
{
	struct sigaction sa = { .sa_handler = stop };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sa.sa_handler = SIG_IGN; /* a closed pipe is an error of fwrite */
	sigaction(SIGPIPE, &sa, NULL);
}

static void
nap(const struct publisher *p, msec_t ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	service_poll();
	if (p->keep != NULL)
		keep_serve(p->keep, ms);
	else
		nanosleep(&ts, NULL);
}

/* ---- opening ---- */

static bool
open_file(struct publisher *p)
{
	bool is_stdout = strcmp(p->opt.file, "-") == 0;

	p->file = is_stdout ? stdout : fopen(p->opt.file, "we");
	if (p->file == NULL) {
		log_error("cannot-write", "%s: %s", p->opt.file, strerror(errno));
		return false;
	}
	setvbuf(p->file, NULL, _IOFBF, FILE_BUFFER);
	return true;
}

static bool
wait_for_subscribers(struct publisher *p)
{
	while (!stopping && p->opt.wait > 0) {
		service_poll();
		if (zev_wait_subscribers(p->zev, p->opt.wait, NAP) == 0)
			return true;
		if (errno != ETIMEDOUT) {
			log_error("cannot-wait", "%s", zev_error(errno));
			return false;
		}
	}
	return true;
}

/* What is said aloud when anybody may come, or listen on the way. */
static void
warn_of_plaintext(const struct publisher *p, const char *where)
{
	if (p->opt.key == NULL && strncmp(where, "tcp://", 6) == 0)
		log_warn("plaintext", "%s without keys: %s", where,
		    p->opt.bind != NULL && zev_is_here(where)
		        ? "whoever is on this machine may listen"
		        : "whoever gets there may listen");
}

static bool
open_socket(struct publisher *p)
{
	const struct publish_options *opt = &p->opt;
	const struct zev_options o = { .type = opt->push ? ZEV_PUSH : ZEV_XPUB,
		.hwm = HWM,
		.keys = opt->key != NULL ? &p->keys : NULL,
		.plaintext = opt->key == NULL };
	const char *where = opt->bind != NULL ? opt->bind : opt->connect;
	int rc;

	if (opt->key != NULL && keys_read(&p->keys, opt->key, opt->server_key, opt->peers) != 0)
		return false;
	warn_of_plaintext(p, where);
	if (opt->replay != NULL)
		warn_of_plaintext(p, opt->replay);
	p->zev = zev_open(&o);
	if (p->zev == NULL) {
		log_error("cannot-open", "a ZeroMQ socket: %s", zev_error(errno));
		return false;
	}
	rc = p->opt.bind != NULL ? zev_bind(p->zev, where) : zev_connect(p->zev, where);
	if (rc != 0) {
		log_error("cannot-open", "%s: %s", where, zev_error(errno));
		return false;
	}
	if (p->opt.replay != NULL &&
	    (p->keep = keep_open(p->opt.replay, p->opt.keep, o.keys)) == NULL)
		return false;
	return wait_for_subscribers(p);
}

static void
fini(struct publisher *p)
{
	out_fini(&p->body);
	out_fini(&p->topic);
	held_fini(&p->held);
	keep_close(p->keep);
	zev_close(p->zev);
	zev_end();
	keys_wipe(&p->keys);
	free(p);
}

struct publisher *
publish_open(const struct publish_options *opt)
{
	struct publisher *p = calloc(1, sizeof *p);

	if (p == NULL) {
		log_error("no-memory", "cannot start");
		return NULL;
	}
	p->opt = *opt;
	out_init(&p->body);
	out_init(&p->topic);
	held_init(&p->held);
	catch_signals();
	if (!(opt->file != NULL ? open_file(p) : open_socket(p))) {
		fini(p);
		return NULL;
	}
	clock_turn();
	p->began = clock_mono();
	return p;
}

/* ---- pacing ---- */

void
publish_now_is(struct publisher *p, msec_t time)
{
	clock_turn();
	p->origin = time;
	p->origin_mono = clock_mono();
	p->paced = true;
}

bool
publish_at(struct publisher *p, msec_t time)
{
	msec_t due, left;

	if (p->opt.speed == 0)
		return !stopping;
	clock_turn();
	if (!p->paced)
		publish_now_is(p, time);
	due = p->origin_mono + (time - p->origin) / p->opt.speed;
	while ((left = due - clock_mono()) > 0 && !stopping) {
		if (p->file != NULL)
			fflush(p->file);
		nap(p, left < NAP ? left : NAP);
		clock_turn();
	}
	return !stopping;
}

/* ---- sending ---- */

/* The first message by zev_send_wait: it also asks the socket to linger for
 * what is under way when it is closed. */
static bool
send_message(struct publisher *p, struct str topic, struct str body)
{
	int rc;

	if (p->sent % LOOK_EVERY == 0)
		service_poll();
	if (p->sent == 0)
		rc = zev_send_wait(p->zev, topic, body);
	else
		while ((rc = zev_send(p->zev, topic, body)) != 0 && errno == EAGAIN && !stopping)
			nap(p, 1);
	if (rc != 0 && errno != EAGAIN)
		log_error("cannot-send", "%s", zev_error(errno));
	return rc == 0;
}

static bool
write_line(struct publisher *p, struct str body)
{
	if (fwrite(body.p, 1, body.n, p->file) == body.n && putc('\n', p->file) != EOF)
		return true;
	log_error("cannot-write", "%s: %s", p->opt.file, strerror(errno));
	return false;
}

static bool
send_one(struct publisher *p, struct str topic, struct str body)
{
	if (!(p->file != NULL ? write_line(p, body) : send_message(p, topic, body))) {
		p->failed = p->failed || !stopping;
		return false;
	}
	p->sent++;
	return true;
}

static bool
deliver(struct publisher *p, struct str topic, struct str body)
{
	return !stopping && send_one(p, topic, body);
}

bool
publish_line(struct publisher *p, struct str body)
{
	return deliver(p, STR_NONE, body);
}

static void
note_seq(struct publisher *p, const struct event *ev)
{
	struct source_seq *s;
	unsigned i;

	for (i = 0; i < p->nsources; i++) {
		s = &p->sources[i];
		if (strlen(s->name) == ev->source.n &&
		    memcmp(s->name, ev->source.p, ev->source.n) == 0)
			break;
	}
	if (i == SOURCES_MAX)
		return;
	s = &p->sources[i];
	if (i == p->nsources) {
		memcpy(s->name, ev->source.p, ev->source.n);
		p->nsources++;
	}
	s->seq = ev->seq;
}

static bool
no_memory(struct publisher *p, const char *what)
{
	log_error("no-memory", "%s", what);
	p->failed = true;
	return false;
}

static struct str
text_of(const struct out *out)
{
	return (struct str){ out->buf, (uint32_t)out->len };
}

/* The event's text in p->topic and p->body. */
static bool
prepare(struct publisher *p, const struct event *ev)
{
	out_reset(&p->body);
	out_reset(&p->topic);
	encode_event(&p->body, ev);
	encode_topic(&p->topic, ev);
	if (p->body.failed || p->topic.failed)
		return no_memory(p, "for an event");
	if (p->keep != NULL && !keep_event(p->keep, ev, text_of(&p->body)))
		return no_memory(p, "to keep an event");
	return true;
}

bool
publish_event(struct publisher *p, const struct event *ev)
{
	if (!prepare(p, ev) || !deliver(p, text_of(&p->topic), text_of(&p->body)))
		return false;
	note_seq(p, ev);
	return true;
}

/* ---- a source that cannot be heard ---- */

static bool
hold(struct publisher *p, const struct event *ev)
{
	if (stopping || !prepare(p, ev))
		return false;
	if (!held_put(&p->held, ev->source, text_of(&p->topic), text_of(&p->body)))
		return no_memory(p, "for what is held back");
	note_seq(p, ev);
	return true;
}

/* Also when told to stop: each of them has been counted as sent. */
static bool
release(struct publisher *p)
{
	struct str topic, body;

	while (held_take(&p->held, &topic, &body))
		if (!send_one(p, topic, body))
			return false;
	return true;
}

bool
publish_or_hold(struct publisher *p, const struct event *ev, bool is_silent)
{
	if (is_silent)
		return hold(p, ev);
	if (held_is_of(&p->held, ev->source) && !release(p))
		return false;
	return publish_event(p, ev);
}

/* ---- the end ---- */

static void
summary(const struct publisher *p)
{
	double seconds = (clock_mono() - p->began) / 1000.0;
	unsigned i;

	fprintf(stderr, "ccmon-feed: %llu events in %.3f s", (unsigned long long)p->sent, seconds);
	for (i = 0; i < p->nsources; i++)
		if (p->sources[i].seq > 0)
			fprintf(stderr, "%s %s %lld", i == 0 ? ", last seq" : ",",
			    p->sources[i].name, (long long)p->sources[i].seq);
	fputc('\n', stderr);
}

/*
 * A subscriber that is full when its publisher hangs up throws away what is
 * still in its kernel (libzmq 4.3.4, stream_engine_base.cpp, restart_input),
 * and nobody can ask it whether it has read all.  So stay a moment; longer
 * when told, for who will ask for what he missed.
 */
static void
stay(const struct publisher *p)
{
	msec_t until = clock_mono() + (p->opt.stay > STAY ? p->opt.stay : STAY);

	if (p->zev == NULL || p->failed || p->sent == 0)
		return;
	while (!stopping && clock_mono() < until) {
		nap(p, NAP);
		clock_turn();
	}
}

bool
publish_close(struct publisher *p)
{
	bool is_good = release(p) && !p->failed;

	clock_turn();
	summary(p);
	stay(p);

	if (p->file != NULL && (p->file == stdout ? fflush(p->file) : fclose(p->file)) != 0) {
		log_error("cannot-write", "%s: %s", p->opt.file, strerror(errno));
		is_good = false;
	}
	fini(p);
	return is_good;
}
