/* SPDX-License-Identifier: MIT */
/*
 * board.c: the publication: what wall-boards and everybody else read.
 *
 * It is read from the engine in one go and so is of one moment; it is written
 * in chunks of ten objects, each awaited before the next: a reader never
 * waits long for Redis, and never sees half an object (research: one write of
 * a thousand queues kept readers waiting for 26 ms, chunks for 0.5).
 * The last chunk has the lists of names, the snapshot and the daemon's own
 * hash, and rings the bell: PUBLISH tick.
 *
 * All of it follows from the engine, so what went wrong is not repaired but
 * written again whole.  What others do to our keys nobody tells us, so every
 * object has its turn to be written with all its fields.  A publication that
 * is due while one is under way is left out; the next has the newer figures.
 */
#include "board.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <ccmon/clock.h>

#define CHUNK_OBJECTS 10
#define WHOLE_MS 1000 /* every object is written at least so often; contract section 4 */
#define RETRY_MS 1000
#define DOUBT_TURNS 15 /* wholes until each object was written with all its fields */
#define WAITING_MANY 500 /* a set of more is written with the whole alone */

/* ---- chunks ---- */

static struct out *
add_chunk(struct board *b)
{
	if (b->nchunks == b->cap) {
		size_t cap = b->cap > 0 ? 2 * b->cap : 16;
		struct out *chunk = realloc(b->chunk, cap * sizeof(*chunk));

		if (chunk == NULL)
			return NULL;
		for (size_t i = b->cap; i < cap; i++)
			out_init(&chunk[i]);
		b->chunk = chunk;
		b->cap = cap;
	}
	out_reset(&b->chunk[b->nchunks]);
	return &b->chunk[b->nchunks++];
}

static bool
seal(struct board *b, struct writes *w)
{
	struct out *chunk = add_chunk(b);

	if (chunk == NULL)
		return false;
	writes_seal(w, chunk, b->owner, NULL, NULL);
	writes_reset(w);
	b->objects = 0;
	return !chunk->failed;
}

/* ---- what goes out ---- */

/* A backlog of thousands changes all the time, and is read by nobody four
 * times a second. */
static void
put_waiting(struct board *b, uint32_t queue, bool whole)
{
	struct engine *engine = *b->o.engine;
	struct cell *cell = &b->shelf[SCOPE_QUEUE].cell[queue];

	if (cell->waiting > WAITING_MANY && !whole)
		return;
	if (engine_waiting_changed(engine, queue) || b->nothing_known || cell->doubted)
		cell->waiting = waiting_put(&b->writes, engine, queue);
	else if (!whole)
		return;
	waiting_put_expiry(&b->writes, engine, queue);
}

static bool
put_object(struct board *b, struct object object, bool whole)
{
	struct shelf *shelf = &b->shelf[object.scope];
	int rc;

	if (!engine_exists(*b->o.engine, object))
		return true;
	rc = shelf_put(shelf, &b->writes, *b->o.engine, object, b->version, whole);
	if (rc < 0)
		return false;
	if (object.scope == SCOPE_QUEUE)
		put_waiting(b, object.index, whole);
	shelf->cell[object.index].doubted = false;
	b->objects += rc > 0;
	return b->objects < CHUNK_OBJECTS || seal(b, &b->writes);
}

static bool
put_objects(struct board *b, bool whole)
{
	struct engine *engine = *b->o.engine;
	struct object object;
	bool ok = true;

	if (whole)
		engine_dirty_all(engine);
	b->turn = (b->turn + whole) % DOUBT_TURNS;
	for (unsigned scope = 0; whole && scope < SCOPE_COUNT; scope++)
		shelf_doubt(&b->shelf[scope], b->turn, DOUBT_TURNS);
	for (unsigned scope = 0; scope < SCOPE_COUNT; scope++)
		shelf_put_gone(&b->shelf[scope], &b->writes, engine, scope);
	while (ok && engine_dirty(engine, &object))
		ok = put_object(b, object, whole);
	return ok && (writes_size(&b->writes) == 0 || seal(b, &b->writes));
}

static void
put_text(struct writes *w, const char *field, const char *text)
{
	write_text(w, field);
	write_text(w, text);
}

static void
put_int(struct writes *w, const char *field, int64_t n)
{
	write_text(w, field);
	write_int(w, n);
}

static void
put_str(struct writes *w, const char *field, struct str text)
{
	write_text(w, field);
	write_word(w, text);
}

static void
put_heading(struct board *b, struct writes *w)
{
	put_int(w, "schema_version", SCHEMA_VERSION);
	write_text(w, "updated_epoch_ms");
	write_figure(w, shelf_time(*b->o.engine), UNIT_EPOCH_MS);
	put_int(w, "version", b->version);
}

static const char *const journal_words[JOURNAL_NSTATES] = {
	[JOURNAL_OK] = "ok",
	[JOURNAL_FULL] = "full",
	[JOURNAL_FAILED] = "failed",
};

static void
put_collector_fields(struct writes *w, const struct collector_report *r)
{
	const struct link_msg *s = &r->status;

	put_text(w, "state", r->state);
	put_text(w, "journal", journal_words[s->journal]);
	put_int(w, "journal_bytes", (int64_t)s->journal_bytes);
	put_int(w, "backlog", (int64_t)s->backlog);
	put_int(w, "received_total", (int64_t)s->received);
	put_int(w, "refused_total", (int64_t)s->refused);
	put_int(w, "skipped_total", (int64_t)s->skipped);
	put_int(w, "repeats_total", (int64_t)s->repeats);
	put_int(w, "unjournaled_total", (int64_t)s->unjournaled);
	put_str(w, "problem", r->problem);
	put_int(w, "pid", r->pid);
	put_str(w, "host", r->host);
}

/* One that says nothing any more is not written again, and expires. */
static void
put_collectors(struct board *b, struct writes *w)
{
	struct collector_report r;

	for (size_t i = 0; b->o.collector(b->o.arg, i, &r); i++) {
		if (r.silent_ms > BOARD_TTL_MS)
			continue;
		write_begin(w, "HSET", "collector:%.*s", STR_ARG(r.name));
		put_heading(b, w);
		put_collector_fields(w, &r);
		write_end(w);
		write_begin(w, "PEXPIRE", "collector:%.*s", STR_ARG(r.name));
		write_int(w, BOARD_TTL_MS);
		write_end(w);
		write_begin(w, "SADD", "collectors");
		write_word(w, r.name);
		write_end(w);
	}
}

static void
put_lists(struct board *b, struct writes *w)
{
	static const enum scope listed[] = { SCOPE_QUEUE, SCOPE_AGENT, SCOPE_FEED };

	for (size_t i = 0; i < COUNTOF(listed); i++)
		shelf_put_names(&b->shelf[listed[i]], w, listed[i], b->nothing_known);
}

static void
put_snapshot(struct board *b, struct writes *w)
{
	snapshot_write(b, &b->json);
	write_begin(w, "SET", "snapshot");
	write_word(w, (struct str){ b->json.buf, (uint32_t)b->json.len });
	write_text(w, "PX");
	write_int(w, BOARD_TTL_MS);
	write_end(w);
	w->args.failed |= b->json.failed;
}

/* It never expires: a board can say since when the monitor is down. */
static void
put_meta(struct board *b, struct writes *w)
{
	static const char *const states[] = {
		[BOARD_STARTING] = "starting",
		[BOARD_RUNNING] = "running",
		[BOARD_STOPPING] = "stopping",
	};
	msec_t began = engine_began(*b->o.engine);

	write_begin(w, "HSET", "meta");
	put_heading(b, w);
	put_text(w, "instance", b->o.site);
	put_text(w, "host", b->host);
	put_int(w, "pid", getpid());
	put_int(w, "started", b->o.started);
	write_text(w, "state_began_epoch_ms");
	write_figure(w, began < 0 ? FIGURE_NAN : began, UNIT_EPOCH_MS);
	put_text(w, "program", CCMON_VERSION);
	put_text(w, "state", states[b->state]);
	put_text(w, "demo", b->o.demo ? "1" : "0");
	put_int(w, "publish_total", b->published);
	put_int(w, "publish_failures_total", b->failures);
	write_text(w, "publish_seconds_total");
	write_figure(w, b->publish_ms, UNIT_SECONDS);
	write_end(w);
	write_begin(w, "PUBLISH", "tick");
	write_int(w, b->version);
	write_end(w);
}

/* ---- getting it out ---- */

static void on_written(void *arg, const struct reply *r);

static void
end(struct board *b)
{
	b->busy = false;
	b->nchunks = b->sent = 0;
}

static void
give_up(struct board *b)
{
	end(b);
	board_forget(b);
	b->failures++;
}

static void
succeed(struct board *b)
{
	end(b);
	b->published++;
	b->publish_ms += clock_mono() - b->began;
}

static void
send_chunk(struct board *b)
{
	b->busy = true;
	if (rlink_send(b->o.redis, &b->chunk[b->sent], on_written, b) != 0)
		give_up(b);
}

static void
refused(struct board *b, const struct reply *r)
{
	b->retry_at = clock_mono() + RETRY_MS;
	if (r->type == REPLY_ERROR)
		log_complain(&b->trouble, clock_mono(), "board",
		    "Redis refuses it: %s; trying again every second", log_quote(r->text));
	else
		b->o.on_refused(b->o.arg);
}

static void
on_written(void *arg, const struct reply *r)
{
	struct board *b = arg;

	if (r == NULL || r->type != REPLY_INT || r->integer != WRITES_DONE) {
		give_up(b);
		if (r != NULL)
			refused(b, r);
		return;
	}
	log_release(&b->trouble, "board", "it is written again");
	if (++b->sent < b->nchunks)
		send_chunk(b);
	else
		succeed(b);
}

static void
begin(struct board *b, const char *owner)
{
	snprintf(b->owner, sizeof(b->owner), "%s", owner);
	writes_reset(&b->writes);
	writes_reset(&b->last);
	b->nchunks = b->sent = b->objects = 0;
	b->began = clock_mono();
	b->version++;
}

static void
go(struct board *b, bool ok)
{
	if (ok && seal(b, &b->last)) {
		send_chunk(b);
		return;
	}
	log_complain(&b->trouble, clock_mono(), "board", "no memory to write it");
	give_up(b);
}

void
board_announce(struct board *b, const char *owner)
{
	if (b->busy || !rlink_is_up(b->o.redis))
		return;
	begin(b, owner);
	put_meta(b, &b->last);
	go(b, true);
}

void
board_publish(struct board *b, const char *owner, msec_t mono)
{
	bool whole = b->nothing_known || mono >= b->next_whole, ok, alerts;

	if (b->busy || mono < b->retry_at || !rlink_is_up(b->o.redis))
		return;
	alerts = alerts_changed(*b->o.alerts);
	begin(b, owner);
	ok = put_objects(b, whole);
	if (ok && b->nchunks == 0 && !whole && !alerts)
		return; /* nothing changed */
	put_lists(b, &b->last);
	if (whole)
		put_collectors(b, &b->last);
	board_put_alerts(b, &b->last, alerts, whole);
	put_snapshot(b, &b->last);
	put_meta(b, &b->last);
	b->nothing_known = false;
	if (whole)
		b->next_whole = mono + WHOLE_MS;
	go(b, ok);
}

bool
board_is_busy(const struct board *b)
{
	return b->busy;
}

void
board_forget(struct board *b)
{
	for (unsigned scope = 0; scope < SCOPE_COUNT; scope++)
		shelf_forget(&b->shelf[scope]);
	b->nothing_known = true;
}

int
board_renew(struct board *b)
{
	int rc = 0;

	for (unsigned scope = 0; scope < SCOPE_COUNT && rc == 0; scope++) {
		shelf_close(&b->shelf[scope]);
		rc = shelf_open(&b->shelf[scope], *b->o.engine, scope);
	}
	b->nothing_known = true;
	return rc;
}

/* ---- its life ---- */

struct board *
board_new(const struct board_options *o)
{
	struct board *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->o = *o;
	if (gethostname(b->host, sizeof(b->host) - 1) != 0)
		b->host[0] = '\0';
	writes_init(&b->writes, o->prefix);
	writes_init(&b->last, o->prefix);
	out_init(&b->json);
	if (board_renew(b) == 0)
		return b;
	board_free(b);
	return NULL;
}

void
board_free(struct board *b)
{
	if (b == NULL)
		return;
	for (unsigned scope = 0; scope < SCOPE_COUNT; scope++)
		shelf_close(&b->shelf[scope]);
	for (size_t i = 0; i < b->cap; i++)
		out_fini(&b->chunk[i]);
	free(b->chunk);
	writes_fini(&b->writes);
	writes_fini(&b->last);
	out_fini(&b->json);
	free(b);
}

void
board_set_version(struct board *b, int64_t version)
{
	if (version > b->version)
		b->version = version;
}

void
board_set_state(struct board *b, enum board_state state)
{
	b->state = state;
}
