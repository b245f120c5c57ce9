/* SPDX-License-Identifier: MIT */
/*
 * keep.c: the replay socket.
 *
 * A ring of the last events.  Who asks is answered from it by walking over
 * all of it: some hundred numbers a request make that cheap enough for a
 * demo, and a publisher of a real house has its events in a table anyway.
 * Who does not read is not waited for: the rest of his answer is left out,
 * its end too, so he knows, and asks again.
 */
#include "keep.h"

#include <errno.h>
#include <stdlib.h>

#include <event2/event.h>

#include <ccmon/log.h>
#include <ccmon/replay.h>
#include <ccmon/service.h>
#include <ccmon/zev.h>

#define HWM (2 * REPLAY_MOST) /* messages to one who asks */
#define LONGEST 4096 /* bytes; a request is short */

struct kept {
	char *text; /* the source, and behind it the body; NULL: an empty place */
	uint32_t nsource, nbody;
	int64_t boot;
	uint64_t seq;
};

struct keep {
	struct zev *zev;
	struct json_tree *tree;
	struct out text;
	struct kept *ring;
	size_t most, next;
};

static bool
is_asked_for(const struct kept *e, const struct replay_span *s)
{
	return e->text != NULL && e->seq >= s->from && e->seq <= s->to && e->boot == s->boot &&
	       e->nsource == s->source.n && memcmp(e->text, s->source.p, s->source.n) == 0;
}

/* They are in the ring in order; oldest first. */
static void
answer(struct keep *k, struct str peer, const struct replay_span *s)
{
	const struct kept *e;
	uint64_t sent = 0;

	for (size_t i = 0; i < k->most && sent < REPLAY_MOST; i++) {
		e = &k->ring[(k->next + i) % k->most];
		if (!is_asked_for(e, s))
			continue;
		if (zev_send(k->zev, peer, (struct str){ e->text + e->nsource, e->nbody }) != 0)
			return;
		sent++;
	}
	out_reset(&k->text);
	replay_put_end(&k->text, s, sent);
	if (!k->text.failed &&
	    zev_send(k->zev, peer, (struct str){ k->text.buf, (uint32_t)k->text.len }) != 0)
		return;
}

static bool
on_message(void *arg, const struct zev_frames *f)
{
	struct keep *k = arg;
	struct replay_span span;
	uint64_t sent;

	if (f->n == 1 && replay_read(k->tree, f->frame[0], &span, &sent) == REPLAY_ASK)
		answer(k, f->peer, &span);
	return true;
}

static bool
open_socket(struct keep *k, const char *endpoint, const struct keys *keys)
{
	struct zev_options z = { .type = ZEV_ROUTER,
		.hwm = HWM,
		.max_msg = LONGEST,
		.on_message = on_message,
		.arg = k,
		.keys = keys,
		.plaintext = keys == NULL };

	k->zev = zev_open(&z);
	if (k->zev != NULL && zev_bind(k->zev, endpoint) == 0)
		return true;
	log_error("cannot-open", "%s: %s", endpoint, zev_error(errno));
	return false;
}

struct keep *
keep_open(const char *endpoint, size_t most, const struct keys *keys)
{
	struct keep *k = calloc(1, sizeof(*k));

	if (k != NULL) {
		out_init(&k->text);
		k->most = most;
		k->ring = calloc(most, sizeof(*k->ring));
		k->tree = json_tree_new(LONGEST);
	}
	if (k == NULL || k->ring == NULL || k->tree == NULL)
		log_error("no-memory", "to keep %zu events", most);
	else if (open_socket(k, endpoint, keys))
		return k;
	keep_close(k);
	return NULL;
}

void
keep_close(struct keep *k)
{
	if (k == NULL)
		return;
	if (k->zev != NULL)
		zev_close(k->zev);
	for (size_t i = 0; k->ring != NULL && i < k->most; i++)
		free(k->ring[i].text);
	free(k->ring);
	json_tree_free(k->tree);
	out_fini(&k->text);
	free(k);
}

bool
keep_event(struct keep *k, const struct event *ev, struct str body)
{
	struct kept *e = &k->ring[k->next];
	char *text;

	if ((ev->has & HAS(SEQ)) == 0)
		return true;
	if ((text = malloc(ev->source.n + body.n)) == NULL)
		return false;
	memcpy(text, ev->source.p, ev->source.n);
	memcpy(text + ev->source.n, body.p, body.n);
	free(e->text);
	e->text = text;
	e->nsource = ev->source.n;
	e->nbody = body.n;
	e->boot = ev->boot;
	e->seq = (uint64_t)ev->seq;
	k->next = (k->next + 1) % k->most;
	return true;
}

void
keep_serve(struct keep *k, msec_t ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	(void)k; /* its socket is in the loop */
	event_base_loopexit(service_base(), &tv);
	event_base_dispatch(service_base());
}
