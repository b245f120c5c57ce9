/* SPDX-License-Identifier: MIT */
/*
 * http.c: messages that are posted.
 *
 * A source is told 200 when its events are on disk, and not before, so what
 * it then forgets we have.  Until then its request waits, and whoever cannot
 * be told in time gets a 503 and sends it again; what was here already is
 * known by its id.  Requests are answered in the order of the journal, not of
 * their coming, and a connection may go at any moment while one waits.
 *
 * Inputs with the same address share a server, and are told apart by path.
 * Who may post is http_auth.c's matter; requests and connections, and whether
 * it is us who is meant, are lib's.
 */
#include "collectors/inputs/http.h"
#include "ccmon/clock.h"
#include "ccmon/http_server.h"
#include "ccmon/secret.h"
#include "ccmon/service.h"
#include "collectors/inputs/inputs.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#define BACKLOG 128
#define WORDS_MAX 512 /* bytes of an answer */
#define GOODBYE INT64_C(1000) /* ms for the last answers to get out */

/* An address, and the inputs that listen there. */
struct door {
	LIST_ENTRY(door) next;
	const char *listen; /* of the first of its inputs */
	struct server *server;
	LIST_HEAD(http_inputs, http_input) inputs;
};

struct http_input {
	LIST_ENTRY(http_input) next; /* of its door */
	const struct input_options *options;
	struct intake intake;
	struct door *door;
	char *secret; /* or NULL */
	LIST_HEAD(posts, post) posts; /* that wait */
	uint64_t written; /* number of the last record on disk */
	bool paused;
	struct log_complaint complaint;
};

/* A request whose events are not on disk yet. */
struct post {
	LIST_ENTRY(post) next;
	struct request *request;
	uint64_t upto; /* the last record it became */
	const char *words; /* that it will be answered with */
};

static LIST_HEAD(doors, door) doors = LIST_HEAD_INITIALIZER(doors);

/* ---- requests that wait for the disk */

static void
forget(void *it)
{
	struct post *post = it;

	LIST_REMOVE(post, next);
	free(post);
}

static void
answer_post(struct post *post, int status, const char *words)
{
	struct request *r = post->request;

	forget(post);
	request_say(r, status, words);
}

static void
answer_written(struct http_input *in)
{
	struct post *post, *next;

	for (post = LIST_FIRST(&in->posts); post != NULL; post = next) {
		next = LIST_NEXT(post, next);
		if (post->upto <= in->written)
			answer_post(post, 200, post->words);
	}
}

static void
http_written(void *it, uint64_t upto)
{
	struct http_input *in = it;

	clock_turn();
	in->written = upto;
	answer_written(in);
}

static void
wait_for_disk(struct http_input *in, struct request *r, const char *words)
{
	struct post *post = calloc(1, sizeof(*post));

	if (post == NULL) {
		request_say(r, 503, "out of memory");
		return;
	}
	*post = (struct post){ .request = r, .words = words };
	post->upto = in->options->position(in->options->arg);
	LIST_INSERT_HEAD(&in->posts, post, next);
	request_watch(r, forget, post);
	answer_written(in); /* a full block is written within the intake */
}

/* ---- taking */

static void
refuse(struct request *r, const struct taken *t)
{
	char words[WORDS_MAX];

	(void)snprintf(words, sizeof(words), t->detail.n > 0 ? "%s: %s (%.*s)" : "%s: %s",
	    refusal_name(t->why), refusal_text(t->why), STR_ARG(t->detail));
	request_say(r, t->why == REFUSAL_OVERSIZED ? 413 : 400, words);
}

static void
take(struct http_input *in, struct request *r, struct str body)
{
	struct taken t;

	intake_message(&in->intake, body, &t);
	if (t.why != REFUSAL_NONE)
		refuse(r, &t);
	else if (t.unfinished)
		request_say(r, 503, "the disk refuses; please send it again");
	else if (t.events > 0)
		wait_for_disk(in, r, "taken");
	else if (t.repeats > 0) /* whose first may still be on its way to the disk */
		wait_for_disk(in, r, "seen before");
	else
		request_say(r, 200, "nothing in it for us");
}

/* ---- who may post */

/* 0, or the status it is refused with, and why. */
static int
authorize(struct http_input *in, const struct request *r, struct str body, char why[HTTP_WHY])
{
	static const struct dialect_http nothing;
	const struct dialect_http *way = in->intake.dialect->http;
	struct http_claim c = { .body = body, .now = clock_wall() };

	if (in->secret == NULL)
		return 0;
	way = way == NULL ? &nothing : way;
	c.token = request_header(r, way->token_header);
	c.signature = request_header(r, way->signature_header);
	c.timestamp = request_header(r, way->timestamp_header);
	c.bearer = request_header(r, "Authorization");
	c.query = request_query(r, "secret");
	return http_auth(way, str_of(in->secret), &c, why);
}

/* Not one of ours: counted, and said, though not each time. */
static void
turn_away(struct http_input *in, struct request *r, int status, const char *words)
{
	in->options->counters->turned_away++;
	log_complain(&in->complaint, clock_mono(), "http_refused",
	    "collector %s: a request of %s for %s was refused: %d %s", in->options->collector,
	    request_from(r), in->options->settings->path, status, words);
	request_say(r, status, words);
}

static void
say_what_this_is(struct http_input *in, struct request *r)
{
	char words[WORDS_MAX];

	(void)snprintf(words, sizeof(words),
	    "ccmon's collector %s takes events here: POST them, as the dialect %s has them",
	    in->options->collector, in->intake.dialect->name);
	request_say(r, 200, words);
}

static void
take_post(struct http_input *in, struct request *r)
{
	struct str body = request_body(r);
	char why[HTTP_WHY];
	int status = authorize(in, r, body, why);

	if (status != 0)
		turn_away(in, r, status, why);
	else if (in->paused)
		request_say(r, 503,
		    service_stopping() ? "the collector is stopping; please send it again"
		                       : "the disk refuses; please send it again");
	else
		take(in, r, body);
}

/* ---- doors */

static struct http_input *
find_input(struct door *d, struct str path)
{
	struct http_input *in;

	for (in = LIST_FIRST(&d->inputs); in != NULL; in = LIST_NEXT(in, next))
		if (str_is(path, in->options->settings->path))
			return in;
	return NULL;
}

/* It counts what is nobody's; a door without inputs is closed. */
static struct http_input *
first_input(struct door *d)
{
	struct http_input *in = LIST_FIRST(&d->inputs);

	assert(in != NULL);
	return in;
}

static void
on_request(void *door, struct request *r)
{
	struct door *d = door;
	struct http_input *in = find_input(d, request_path(r));

	if (in == NULL)
		turn_away(first_input(d), r, 404, "nothing is taken here");
	else if (!request_is_meant(r, in->options->settings->hosts))
		turn_away(in, r, 421, "this is not the host it calls: see hosts");
	else if (request_is_read(r))
		say_what_this_is(in, r);
	else if (!request_is_post(r))
		turn_away(in, r, 405, "events are posted: POST, and nothing else");
	else
		take_post(in, r);
}

static struct door *
open_door(const struct input_options *o)
{
	static const struct http_header headers[] = {
		{ 405, "Allow", "GET, POST" },
		{ 0, NULL, NULL },
	};
	struct door *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->listen = o->settings->listen;
	LIST_INIT(&d->inputs);
	d->server = server_open(&(struct server_options){ .listen = d->listen,
	    .backlog = BACKLOG,
	    .body_max = HTTP_BODY_MAX,
	    .headers = headers,
	    .late = "the disk did not take it within 10 seconds; please send it again",
	    .on_request = on_request,
	    .arg = d,
	    .refused = &o->counters->turned_away });
	if (d->server == NULL) {
		free(d);
		return NULL;
	}
	LIST_INSERT_HEAD(&doors, d, next);
	return d;
}

static struct door *
find_door(const char *listen)
{
	struct door *d = LIST_FIRST(&doors);

	while (d != NULL && strcmp(d->listen, listen) != 0)
		d = LIST_NEXT(d, next);
	return d;
}

static int
enter(struct http_input *in)
{
	const struct input_settings *settings = in->options->settings;
	struct door *d = find_door(settings->listen);

	if (d == NULL && (d = open_door(in->options)) == NULL)
		return EXIT_TROUBLE;
	in->door = d;
	LIST_INSERT_HEAD(&d->inputs, in, next);
	server_allow(d->server, (unsigned)settings->max_connections);
	return 0;
}

/* Who waits is told so.  What was answered is still in our buffers, and the
 * loop has ended. */
static void
leave(struct http_input *in)
{
	struct door *d = in->door;

	server_stop(d->server);
	while (!LIST_EMPTY(&in->posts))
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): LIST_REMOVE came before free */
		answer_post(
		    LIST_FIRST(&in->posts), 503, "the collector has stopped; please send it again");
	server_drain(d->server, GOODBYE);
	LIST_REMOVE(in, next);
	if (!LIST_EMPTY(&d->inputs))
		return;
	server_close(d->server);
	LIST_REMOVE(d, next);
	free(d);
}

/* ---- opening and closing */

static int
read_secret(struct http_input *in)
{
	const char *path = in->options->settings->secret_file, *why;

	if (path == NULL || (in->secret = secret_read(path, &why)) != NULL)
		return 0;
	log_error("input", "collector %s: cannot use %s: %s", in->options->collector, path, why);
	return EXIT_CONFIG;
}

static void
http_close(void *it)
{
	struct http_input *in = it;

	in->paused = true;
	if (in->door != NULL)
		leave(in);
	intake_close(&in->intake);
	secret_free(in->secret);
	free(in);
}

static int
http_open(void **out, const struct input_options *o)
{
	struct http_input *in = calloc(1, sizeof(*in));
	int code;

	if (in == NULL)
		return EXIT_TROUBLE;
	in->options = o;
	in->written = o->position(o->arg);
	LIST_INIT(&in->posts);
	code = intake_open(&in->intake, o);
	if (code == 0)
		code = read_secret(in);
	if (code == 0)
		code = enter(in);
	if (code != 0)
		http_close(in);
	else
		*out = in;
	return code;
}

/* The disk refuses, or we are about to end. */
static void
http_pause(void *it)
{
	struct http_input *in = it;

	in->paused = true;
	intake_hold(&in->intake);
	if (service_stopping())
		server_stop(in->door->server);
}

static void
http_resume(void *it)
{
	struct http_input *in = it;

	intake_resume(&in->intake);
	in->paused = in->intake.held;
}

const struct input_kind input_http = {
	.open = http_open,
	.close = http_close,
	.pause = http_pause,
	.resume = http_resume,
	.written = http_written,
};
