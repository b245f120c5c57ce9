/* SPDX-License-Identifier: MIT */
/*
 * stream.c: /events, the board as it changes (Server-Sent Events).
 *
 * Each second everybody gets the event `monitor`: we live, and this is what we
 * know of Redis and the daemon; and, when its version is new to him, the whole
 * snapshot, whose id is the version.  There are no deltas, so nothing has to be
 * put together, and a reader may come or miss one at any time.
 *
 * The frames are the same for all and exist once.  Who does not read is let go
 * when two of them, and 256 KiB, wait for him: he comes back by himself.
 */
#include "wallboard.h"

#include "walk.h"

#include <ccmon/clock.h>
#include <ccmon/log.h>

#include <inttypes.h>
#include <stdlib.h>
#include <sys/queue.h>

#define EVERY MSEC_PER_SEC
#define UNSENT_MAX ((size_t)256 << 10) /* bytes; ecosystem: a stopped reader has so many soon */
#define GREETING "retry: 1000\n\n"

struct reader {
	LIST_ENTRY(reader) next;
	struct streams *streams;
	struct request *request;
	int64_t version; /* that he has; -1: none */
	bool waits; /* for his first look */
};

struct streams {
	struct pulse *pulse;
	const struct wallboard_settings *settings;
	LIST_HEAD(readers, reader) readers;
	struct streams_facts facts;
	msec_t due; /* monotonic */
	bool asked; /* and not answered yet */
	bool joining; /* the same, for those who came since */
	struct body *greeting, *monitor, *snapshot;
	int64_t version; /* of snapshot */
	struct log_complaint complaint;
};

/* ---- frames */

static void
put_figure(struct out *o, const char *key, int64_t n)
{
	json_key(o, key);
	json_figure(o, n, UNIT_EPOCH_MS);
}

static struct body *
monitor_frame(const struct streams *s, const struct facts *f)
{
	struct out o;

	out_init(&o);
	out_str(&o, "event: monitor\ndata: ");
	json_open(&o, '{');
	put_figure(&o, "time", clock_wall());
	json_key(&o, "redis");
	json_bool(&o, f->redis);
	json_key(&o, "state");
	json_text(&o, str_of(f->state));
	put_figure(&o, "updated_epoch_ms", f->updated);
	put_figure(&o, "started", f->started);
	json_key(&o, "stale_after_seconds");
	json_figure(&o, s->settings->stale_after, UNIT_SECONDS);
	json_close(&o, '}');
	out_str(&o, "\n\n");
	return body_new(&o);
}

static struct body *
snapshot_frame(const struct facts *f)
{
	struct out o;

	out_init(&o);
	out_printf(&o, "id: %" PRId64 "\nevent: snapshot\ndata: ", f->version);
	out_bytes(&o, f->snapshot->bytes.buf, f->snapshot->bytes.len);
	out_str(&o, "\n\n");
	return body_new(&o);
}

static void
make_frames(struct streams *s, const struct facts *f)
{
	body_release(s->monitor);
	s->monitor = monitor_frame(s, f);
	if (f->snapshot == NULL || (s->snapshot != NULL && s->version == f->version))
		return;
	body_release(s->snapshot);
	s->snapshot = snapshot_frame(f);
	s->version = f->version;
}

/* ---- readers */

static void
on_gone(void *arg)
{
	struct reader *r = arg;

	LIST_REMOVE(r, next);
	r->streams->facts.open--;
	free(r);
}

static bool
is_behind(const struct streams *s, const struct reader *r)
{
	size_t frame = s->snapshot == NULL ? 0 : s->snapshot->bytes.len;
	size_t most = 2 * frame > UNSENT_MAX ? 2 * frame : UNSENT_MAX;

	return request_unsent(r->request) > most;
}

static void
serve(struct streams *s, struct reader *r, bool has_snapshot)
{
	r->waits = false;
	if (is_behind(s, r)) {
		log_complain(&s->complaint, clock_mono(), "slow",
		    "a reader does not take what is sent, and was let go");
		s->facts.let_go++;
		request_drop(r->request);
		return;
	}
	if (s->monitor != NULL)
		request_push(r->request, s->monitor);
	if (!has_snapshot || s->snapshot == NULL || r->version == s->version)
		return;
	request_push(r->request, s->snapshot);
	r->version = s->version;
}

static void
on_look(void *arg, const struct facts *f)
{
	struct streams *s = arg;
	struct reader *r, *next;

	s->asked = false;
	make_frames(s, f);
	for (r = LIST_FIRST(&s->readers); r != NULL; r = next) {
		next = LIST_NEXT(r, next);
		serve(s, r, f->snapshot != NULL);
	}
}

/* For those who just came, who are not made to wait for the others' second:
 * they are the first in the list. */
static void
on_joined(void *arg, const struct facts *f)
{
	struct streams *s = arg;
	struct reader *r, *next;

	s->joining = false;
	make_frames(s, f);
	for (r = LIST_FIRST(&s->readers); r != NULL && r->waits; r = next) {
		next = LIST_NEXT(r, next);
		serve(s, r, f->snapshot != NULL);
	}
}

/* Redis has not answered for a second: that is news, too. */
static void
say_silence(struct streams *s)
{
	static const struct facts nothing = {
		.state = "none", .updated = FIGURE_NAN, .started = FIGURE_NAN
	};

	on_look(s, &nothing);
	s->asked = true;
}

static void
look(struct streams *s)
{
	if (s->asked) {
		say_silence(s);
		return;
	}
	s->asked = true;
	pulse_ask(s->pulse, 0, on_look, s);
}

msec_t
streams_turn(struct streams *s)
{
	msec_t now = clock_mono();

	if (s->facts.open == 0)
		return MSEC_NEVER;
	if (now < s->due)
		return s->due;
	s->due = now - s->due < EVERY ? s->due + EVERY : now + EVERY;
	look(s);
	return s->due;
}

struct streams_facts
streams_look(const struct streams *s)
{
	return s->facts;
}

void
streams_open(struct streams *s, struct request *request)
{
	struct reader *r = calloc(1, sizeof(*r));

	if (r == NULL) {
		request_say(request, 503, "out of memory");
		return;
	}
	r->streams = s;
	r->request = request;
	/* who was here with it until just now need not get it again */
	r->version = walk_whole(request_header(request, "Last-Event-ID"));
	if (!request_stream(request, on_gone, r)) {
		free(r);
		return;
	}
	LIST_INSERT_HEAD(&s->readers, r, next);
	s->facts.opened++;
	if (s->facts.open++ == 0)
		s->due = clock_mono() + EVERY;
	request_push(request, s->greeting);
	r->waits = true;
	if (s->joining)
		return;
	s->joining = true;
	pulse_ask(s->pulse, SECOND_OLD, on_joined, s);
}

struct streams *
streams_new(struct pulse *pulse, const struct wallboard_settings *settings)
{
	struct streams *s = calloc(1, sizeof(*s));
	struct out greeting;

	if (s == NULL)
		return NULL;
	s->pulse = pulse;
	s->settings = settings;
	LIST_INIT(&s->readers);
	out_init(&greeting);
	out_str(&greeting, GREETING);
	if ((s->greeting = body_new(&greeting)) != NULL)
		return s;
	out_fini(&greeting);
	free(s);
	return NULL;
}

void
streams_free(struct streams *s)
{
	if (s == NULL)
		return;
	body_release(s->greeting);
	body_release(s->monitor);
	body_release(s->snapshot);
	free(s);
}
