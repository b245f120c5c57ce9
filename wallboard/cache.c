/* SPDX-License-Identifier: MIT */
/*
 * cache.c: what many want at about the same time is made once.
 *
 * An answer goes by its question.  Who asks while it is being made waits for
 * it with the others, who asks some seconds later gets the same again.  There
 * is room for a few; the one that is oldest goes first.
 */
#include "wallboard.h"

#include <ccmon/clock.h>

#include <stdlib.h>
#include <sys/queue.h>

#define DISHES_MAX 64 /* kept; those that are being made are as many as who waits */

struct dish {
	TAILQ_ENTRY(dish) next;
	struct cache *cache;
	char *key;
	const char *type;
	struct body *body; /* NULL: it is being made */
	msec_t keep, until; /* monotonic */
	struct request **guest;
	size_t nguests, cap;
};

struct cache {
	TAILQ_HEAD(dishes, dish) dishes; /* the newest first */
	size_t n; /* that are made */
};

static void
dish_free(struct dish *d)
{
	TAILQ_REMOVE(&d->cache->dishes, d, next);
	body_release(d->body);
	free(d->guest);
	free(d->key);
	free(d);
}

static struct dish *
dish_new(struct cache *c, struct str key, msec_t keep)
{
	struct dish *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->cache = c;
	d->keep = keep;
	TAILQ_INSERT_HEAD(&c->dishes, d, next);
	if ((d->key = strndup(key.p, key.n)) != NULL)
		return d;
	dish_free(d);
	return NULL;
}

static bool
is_wanted(const struct dish *d, struct str key)
{
	return strlen(d->key) == key.n && memcmp(d->key, key.p, key.n) == 0 &&
	       (d->body == NULL || clock_mono() < d->until);
}

static struct dish *
find(struct cache *c, struct str key)
{
	struct dish *d;

	for (d = TAILQ_FIRST(&c->dishes); d != NULL; d = TAILQ_NEXT(d, next))
		if (is_wanted(d, key))
			return d;
	return NULL;
}

static bool
seat(struct dish *d, struct request *r)
{
	size_t cap = d->cap > 0 ? 2 * d->cap : 4;
	struct request **guest = d->guest;

	if (d->nguests == d->cap) {
		if ((guest = realloc(guest, cap * sizeof(*guest))) == NULL)
			return false;
		d->guest = guest;
		d->cap = cap;
	}
	guest[d->nguests++] = r;
	return true;
}

static void
hand_out(const struct dish *d, struct request *r)
{
	request_answer(r, &(struct answer){ .status = 200, .type = d->type, .body = d->body });
}

struct dish *
cache_want(struct cache *c, struct str key, msec_t keep, struct request *r)
{
	struct dish *d = find(c, key);
	bool is_new = d == NULL;

	if (d != NULL && d->body != NULL) {
		hand_out(d, r);
		return NULL;
	}
	if (is_new)
		d = dish_new(c, key, keep);
	if (d != NULL && seat(d, r))
		return is_new ? d : NULL;
	if (is_new && d != NULL)
		dish_free(d);
	request_error(r, 503, "out of memory");
	return NULL;
}

/* The oldest that is made, or whose time has passed. */
static void
make_room(struct cache *c)
{
	struct dish *d, *before;

	for (d = TAILQ_LAST(&c->dishes, dishes); d != NULL; d = before) {
		before = TAILQ_PREV(d, dishes, next);
		if (d->body == NULL || (c->n <= DISHES_MAX && clock_mono() < d->until))
			continue;
		dish_free(d);
		c->n--;
	}
}

void
dish_serve(struct dish *d, const char *type, struct out *text)
{
	size_t n = d->nguests;

	if ((d->body = body_new(text)) == NULL) {
		dish_fail(d, 503, "out of memory");
		return;
	}
	d->type = type;
	d->until = clock_mono() + d->keep;
	d->cache->n++;
	d->nguests = 0;
	for (size_t i = 0; i < n; i++)
		hand_out(d, d->guest[i]);
	make_room(d->cache);
}

/* Not kept: the next one may have more luck. */
void
dish_fail(struct dish *d, int status, const char *words)
{
	for (size_t i = 0; i < d->nguests; i++)
		request_error(d->guest[i], status, words);
	dish_free(d);
}

struct cache *
cache_new(void)
{
	struct cache *c = calloc(1, sizeof(*c));

	if (c != NULL)
		TAILQ_INIT(&c->dishes);
	return c;
}

void
cache_free(struct cache *c)
{
	struct dish *d;

	if (c == NULL)
		return;
	while ((d = TAILQ_FIRST(&c->dishes)) != NULL)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): TAILQ_REMOVE came before free */
		dish_free(d);
	free(c);
}
