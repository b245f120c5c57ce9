/* SPDX-License-Identifier: MIT */
/*
 * routes.c: what is where, and who may see it.
 *
 * Without a token everybody who reaches us may read.  With one, only whoever
 * shows it, but for two things: whether we live, which a supervisor asks, and
 * the files the page is made of, which everybody can have from where the
 * program is from, and which a browser asks for without the page's token.
 */
#include "wallboard.h"

#include <ccmon/secret.h>

#include <stdlib.h>
#include <strings.h>

typedef void handler(struct board *, struct request *, struct str rest);

/* ---- the page */

/* The page knows by its address what it is to show. */
static void
serve_document(struct board *b, struct request *r, struct str rest)
{
	(void)rest;
	assets_serve(b->assets, r, STR_LIT("index.html"));
}

static void
serve_file(struct board *b, struct request *r, struct str rest)
{
	assets_serve(b->assets, r, rest);
}

static void
serve_events(struct board *b, struct request *r, struct str rest)
{
	(void)rest;
	streams_open(b->streams, r);
}

/* ---- what Redis is asked for */

static void
on_snapshot(void *arg, const struct facts *f)
{
	struct request *r = arg;

	if (f->snapshot != NULL)
		request_answer(
		    r, &(struct answer){ .status = 200, .type = MEDIA_JSON, .body = f->snapshot });
	else
		request_error(r, 503,
		    f->redis ? "there are no figures: ccmond does not run"
		             : "Redis does not answer");
}

static void
serve_snapshot(struct board *b, struct request *r, struct str rest)
{
	(void)rest;
	pulse_ask(b->pulse, SECOND_OLD, on_snapshot, r);
}

/* ---- health */

static void
serve_healthz(struct board *b, struct request *r, struct str rest)
{
	(void)b, (void)rest;
	request_say(r, 200, "ok");
}

/* Somebody who asks whether the figures are to be relied on. */
struct question {
	const struct wallboard_settings *settings;
	struct request *request;
};

static void
on_ready(void *arg, const struct facts *f)
{
	struct question *q = arg;
	const char *problem = facts_problem(f, q->settings);

	request_say(q->request, problem == NULL ? 200 : 503, problem == NULL ? "ok" : problem);
	free(q);
}

static void
serve_readyz(struct board *b, struct request *r, struct str rest)
{
	struct question *q = malloc(sizeof(*q));

	(void)rest;
	if (q == NULL) {
		request_say(r, 503, "out of memory");
		return;
	}
	*q = (struct question){ &b->settings->wallboard, r };
	pulse_ask(b->pulse, SECOND_OLD, on_ready, q);
}

/* ---- the table */

static const struct route {
	const char *path;
	bool is_prefix;
	bool is_open; /* wants no token */
	bool is_api; /* is refused in JSON */
	handler *serve;
} routes[] = {
	{ "/", false, false, false, serve_document },
	{ "/agents", false, false, false, serve_document },
	{ "/queue/", true, false, false, serve_document },
	{ "/page/", true, true, false, serve_file },
	{ "/events", false, false, false, serve_events },
	{ "/api/v1/snapshot", false, false, true, serve_snapshot },
	{ "/api/v1/agents", false, false, true, agents_serve },
	{ "/api/v1/history", false, false, true, history_serve },
	{ "/metrics", false, false, false, scrape_serve },
	{ "/healthz", false, true, false, serve_healthz },
	{ "/readyz", false, true, false, serve_readyz },
};

static const struct route *
find(struct str path)
{
	for (const struct route *r = routes; r < routes + COUNTOF(routes); r++) {
		size_t n = strlen(r->path);

		if ((r->is_prefix ? path.n > n : path.n == n) && memcmp(path.p, r->path, n) == 0)
			return r;
	}
	return NULL;
}

/* ---- who may */

static bool
has_token(const struct board *b, const struct request *r)
{
	static const struct str bearer = STR_LIT("Bearer ");
	struct str said = request_header(r, "Authorization"), wanted = str_of(b->token);

	if (b->token == NULL || secret_is(wanted, request_query(r, "token")))
		return true;
	if (said.n < bearer.n || strncasecmp(said.p, bearer.p, bearer.n) != 0)
		return false;
	return secret_is(wanted, (struct str){ said.p + bearer.n, said.n - bearer.n });
}

static void
refuse(struct request *r, const struct route *route, int status, const char *words)
{
	bool is_api = route != NULL && route->is_api;

	(is_api ? request_error : request_say)(r, status, words);
}

void
routes_take(void *board, struct request *r)
{
	struct board *b = board;
	struct str path = request_path(r);
	const struct route *route = find(path);
	size_t n;

	if (!request_is_meant(r, b->settings->wallboard.hosts))
		request_say(r, 421, "this is not the host it calls: see wallboard.hosts");
	else if (!request_is_read(r))
		refuse(r, route, 405, "there is nothing but to read: GET and HEAD");
	else if ((route == NULL || !route->is_open) && !has_token(b, r))
		refuse(r, route, 401, "needs the token: ?token= or Authorization: Bearer");
	else if (route == NULL)
		request_say(r, 404, "there is nothing here");
	else {
		n = strlen(route->path);
		route->serve(b, r, (struct str){ path.p + n, path.n - (uint32_t)n });
	}
}
