/* SPDX-License-Identifier: MIT */
/*
 * http.c: messages that are posted; the one file here that knows evhttp.
 *
 * A source is told 200 when its events are on disk, and not before, so what
 * it then forgets we have.  Until then its request waits, and whoever cannot
 * be told in time gets a 503 and sends it again; what was here already is
 * known by its id.  Requests are answered in the order of the journal, not of
 * their coming, and a connection may go at any moment while one waits.
 *
 * Inputs with the same address share a listener, and are told apart by path.
 * Who may post is http_auth.c's matter; what a connection may cost, and
 * whether it is us who is meant, is lib's.
 */
#include "collectors/inputs/http.h"
#include "ccmon/clock.h"
#include "ccmon/http.h"
#include "ccmon/secret.h"
#include "ccmon/service.h"
#include "collectors/inputs/inputs.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define BACKLOG 128
#define ANY_METHOD 0xffff /* evhttp would answer the others itself, with a page */
#define MISDIRECTED 421 /* RFC 9110, 15.5.20 */
#define WORDS_MAX 512 /* bytes of an answer */
#define GOODBYE INT64_C(1000) /* ms for the last answers to get out */

/* An address, and the inputs that listen there. */
struct server {
	LIST_ENTRY(server) next;
	const char *listen; /* of the first of its inputs */
	struct evhttp *http;
	struct guard *guard;
	LIST_HEAD(http_inputs, http_input) inputs;
	struct log_complaint complaint;
};

struct http_input {
	LIST_ENTRY(http_input) next; /* of its server */
	const struct input_options *options;
	struct intake intake;
	struct server *server;
	char *secret; /* or NULL */
	LIST_HEAD(posts, post) posts; /* that wait */
	uint64_t written; /* number of the last record on disk */
	bool paused;
	struct log_complaint complaint;
};

/* A request whose events are not on disk yet. */
struct post {
	LIST_ENTRY(post) next;
	struct peer *peer;
	struct evhttp_request *request;
	uint64_t upto; /* the last record it became */
	const char *words; /* that it will be answered with */
};

static LIST_HEAD(servers, server) servers = LIST_HEAD_INITIALIZER(servers);

/* ---- answering */

/* The header that goes with a status. */
static const struct {
	int status;
	const char *name, *value;
} extras[] = {
	{ 401, "WWW-Authenticate", "Bearer" },
	{ 405, "Allow", "GET, POST" },
	{ 503, "Retry-After", "5" },
};

static void
answer(struct peer *p, struct evhttp_request *r, int status, const char *words)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(r);
	struct evbuffer *body = evhttp_request_get_output_buffer(r);

	(void)evhttp_add_header(headers, "Content-Type", "text/plain; charset=utf-8");
	for (size_t i = 0; i < COUNTOF(extras); i++)
		if (extras[i].status == status)
			(void)evhttp_add_header(headers, extras[i].name, extras[i].value);
	if (service_stopping())
		(void)evhttp_add_header(headers, "Connection", "close");
	if (evhttp_request_get_command(r) != EVHTTP_REQ_HEAD)
		(void)evbuffer_add_printf(body, "%s\n", words);
	guard_stage(p, STAGE_ANSWERING);
	evhttp_send_reply(r, status, NULL, NULL);
}

static void
on_answered(struct evhttp_request *r, void *peer)
{
	(void)r;
	clock_turn();
	guard_next(peer);
}

/* Not one of ours: counted, and said, though not each time. */
static void
turn_away(
    struct http_input *in, struct peer *p, struct evhttp_request *r, int status, const char *words)
{
	char *host = NULL;
	uint16_t port;

	evhttp_connection_get_peer(evhttp_request_get_connection(r), &host, &port);
	in->options->counters->turned_away++;
	log_complain(&in->complaint, clock_mono(), "http_refused",
	    "collector %s: a request of %s for %s was refused: %d %s", in->options->collector,
	    host == NULL ? "somebody" : host, in->options->settings->path, status, words);
	answer(p, r, status, words);
}

/* ---- requests that wait for the disk */

static void
forget(struct post *post)
{
	post->peer->own = NULL;
	LIST_REMOVE(post, next);
	free(post);
}

static void
answer_post(struct post *post, int status, const char *words)
{
	struct peer *p = post->peer;
	struct evhttp_request *r = post->request;

	forget(post);
	answer(p, r, status, words);
}

static void
answer_written(struct http_input *in)
{
	struct post *post, *next;

	for (post = LIST_FIRST(&in->posts); post != NULL; post = next) {
		next = LIST_NEXT(post, next);
		if (post->upto <= in->written)
			answer_post(post, HTTP_OK, post->words);
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
on_late(void *server, struct peer *p)
{
	(void)server;
	if (p->own != NULL)
		answer_post(p->own, HTTP_SERVUNAVAIL,
		    "the disk did not take it within 10 seconds; please send it again");
}

/* evhttp frees a connection.  The request that waits on it goes with it, or
 * was left to us. */
static void
on_close(struct evhttp_connection *connection, void *peer)
{
	struct post *post = ((struct peer *)peer)->own;

	(void)connection;
	if (post == NULL)
		return;
	if (evhttp_request_get_connection(post->request) == NULL)
		evhttp_request_free(post->request);
	forget(post);
}

static void
wait_for_disk(struct http_input *in, struct peer *p, struct evhttp_request *r, const char *words)
{
	struct post *post = calloc(1, sizeof(*post));

	if (post == NULL) {
		answer(p, r, HTTP_SERVUNAVAIL, "out of memory");
		return;
	}
	*post = (struct post){ .peer = p, .request = r, .words = words };
	post->upto = in->options->position(in->options->arg);
	p->own = post;
	LIST_INSERT_HEAD(&in->posts, post, next);
	answer_written(in); /* a full block is written within the intake */
}

/* ---- taking */

static struct str
body_of(struct evhttp_request *r)
{
	struct evbuffer *buffer = evhttp_request_get_input_buffer(r);
	size_t n = evbuffer_get_length(buffer);

	if (n == 0)
		return STR_LIT("");
	return (struct str){ (const char *)evbuffer_pullup(buffer, -1), (uint32_t)n };
}

static void
refuse(struct peer *p, struct evhttp_request *r, const struct taken *t)
{
	char words[WORDS_MAX];

	(void)snprintf(words, sizeof(words), t->detail.n > 0 ? "%s: %s (%.*s)" : "%s: %s",
	    refusal_name(t->why), refusal_text(t->why), STR_ARG(t->detail));
	answer(p, r, t->why == REFUSAL_OVERSIZED ? HTTP_ENTITYTOOLARGE : HTTP_BADREQUEST, words);
}

static void
take(struct http_input *in, struct peer *p, struct evhttp_request *r, struct str body)
{
	struct taken t;

	intake_message(&in->intake, body, &t);
	if (t.why != REFUSAL_NONE)
		refuse(p, r, &t);
	else if (t.unfinished)
		answer(p, r, HTTP_SERVUNAVAIL, "the disk refuses; please send it again");
	else if (t.events > 0)
		wait_for_disk(in, p, r, "taken");
	else if (t.repeats > 0) /* whose first may still be on its way to the disk */
		wait_for_disk(in, p, r, "seen before");
	else
		answer(p, r, HTTP_OK, "nothing in it for us");
}

/* ---- who may post */

static struct str
header(struct evhttp_request *r, const char *name)
{
	const char *value;

	if (name == NULL)
		return STR_NONE;
	value = evhttp_find_header(evhttp_request_get_input_headers(r), name);
	return value == NULL ? STR_NONE : str_of(value);
}

/* 0, or the status it is refused with, and why. */
static int
authorize(struct http_input *in, struct evhttp_request *r, struct str body, char why[HTTP_WHY])
{
	static const struct dialect_http nothing;
	const struct dialect_http *way = in->intake.dialect->http;
	const char *query = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(r)), *said = NULL;
	struct evkeyvalq parts = TAILQ_HEAD_INITIALIZER(parts);
	struct http_claim c = { .body = body, .now = clock_wall() };
	int status;

	if (in->secret == NULL)
		return 0;
	way = way == NULL ? &nothing : way;
	c.token = header(r, way->token_header);
	c.signature = header(r, way->signature_header);
	c.timestamp = header(r, way->timestamp_header);
	c.bearer = header(r, "Authorization");
	if (query != NULL && evhttp_parse_query_str(query, &parts) == 0)
		said = evhttp_find_header(&parts, "secret");
	if (said != NULL)
		c.query = str_of(said);
	status = http_auth(way, str_of(in->secret), &c, why);
	evhttp_clear_headers(&parts);
	return status;
}

/* What HTTP calls us, in the request's first line or in Host; a request that
 * says neither comes from no browser. */
static bool
is_meant(const struct http_input *in, struct evhttp_request *r)
{
	const struct input_settings *s = in->options->settings;
	const char *target = evhttp_uri_get_host(evhttp_request_get_evhttp_uri(r));
	struct str host = header(r, "Host");

	if (target != NULL && !http_host_is_ours(str_of(target), s->listen, s->hosts))
		return false;
	return host.p == NULL || http_host_is_ours(host, s->listen, s->hosts);
}

static void
say_what_this_is(struct http_input *in, struct peer *p, struct evhttp_request *r)
{
	char words[WORDS_MAX];

	(void)snprintf(words, sizeof(words),
	    "ccmon's collector %s takes events here: POST them, as the dialect %s has them",
	    in->options->collector, in->intake.dialect->name);
	answer(p, r, HTTP_OK, words);
}

static void
take_post(struct http_input *in, struct peer *p, struct evhttp_request *r)
{
	struct str body = body_of(r);
	char why[HTTP_WHY];
	int status = authorize(in, r, body, why);

	if (status != 0)
		turn_away(in, p, r, status, why);
	else if (in->paused)
		answer(p, r, HTTP_SERVUNAVAIL,
		    service_stopping() ? "the collector is stopping; please send it again"
		                       : "the disk refuses; please send it again");
	else
		take(in, p, r, body);
}

/* ---- requests */

static struct http_input *
find_input(struct server *s, struct evhttp_request *r)
{
	const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(r));
	struct http_input *in;

	for (in = LIST_FIRST(&s->inputs); in != NULL; in = LIST_NEXT(in, next))
		if (path != NULL && strcmp(path, in->options->settings->path) == 0)
			return in;
	return NULL;
}

static void
on_request(struct evhttp_request *r, void *server)
{
	struct server *s = server;
	struct evhttp_connection *connection = evhttp_request_get_connection(r);
	struct peer *p = guard_find(s->guard, evhttp_connection_get_bufferevent(connection));
	struct http_input *in = find_input(s, r);
	enum evhttp_cmd_type command = evhttp_request_get_command(r);

	if (p == NULL) { /* there was no memory to watch it */
		evhttp_send_error(r, HTTP_SERVUNAVAIL, NULL);
		return;
	}
	clock_turn();
	guard_stage(p, STAGE_WAITING);
	evhttp_connection_set_closecb(connection, on_close, p);
	evhttp_request_set_on_complete_cb(r, on_answered, p);
	if (in == NULL)
		turn_away(LIST_FIRST(&s->inputs), p, r, HTTP_NOTFOUND, "nothing is taken here");
	else if (!is_meant(in, r))
		turn_away(in, p, r, MISDIRECTED, "this is not the host it calls: see hosts");
	else if (command == EVHTTP_REQ_GET || command == EVHTTP_REQ_HEAD)
		say_what_this_is(in, p, r);
	else if (command != EVHTTP_REQ_POST)
		turn_away(in, p, r, HTTP_BADMETHOD, "events are posted: POST, and nothing else");
	else
		take_post(in, p, r);
}

/* ---- servers */

static struct bufferevent *
on_accept(struct event_base *base, void *server)
{
	(void)base;
	return guard_admit(((struct server *)server)->guard);
}

static void
on_sent_away(void *server, int status, const char *why)
{
	struct server *s = server;

	if (status == 0)
		return;
	LIST_FIRST(&s->inputs)->options->counters->turned_away++;
	log_complain(&s->complaint, clock_mono(), "http_refused",
	    "%s: a connection was refused: %d %s", s->listen, status, why);
}

/* No descriptors, most of all; evhttp has put itself in the place of our
 * argument. */
static void
on_accept_error(struct evconnlistener *listener, void *http)
{
	struct server *s;

	(void)listener;
	for (s = LIST_FIRST(&servers); s != NULL; s = LIST_NEXT(s, next))
		if (s->http == http) {
			guard_pause(s->guard);
			log_complain(&s->complaint, clock_mono(), "http",
			    "%s: cannot accept a connection: %s", s->listen, strerror(errno));
		}
}

static int
bind_server(struct server *s)
{
	struct sockaddr_storage address;
	int n = sizeof(address);
	struct evconnlistener *listener = NULL;

	errno = EINVAL;
	if (evutil_parse_sockaddr_port(s->listen, (struct sockaddr *)&address, &n) == 0)
		listener = evconnlistener_new_bind(service_base(), NULL, NULL,
		    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE, BACKLOG,
		    (struct sockaddr *)&address, n);
	if (listener == NULL) {
		log_error("input", "cannot listen at %s: %s", s->listen, strerror(errno));
		return EXIT_TROUBLE;
	}
	evconnlistener_set_error_cb(listener, on_accept_error);
	if (evhttp_bind_listener(s->http, listener) == NULL) {
		evconnlistener_free(listener);
		log_error("input", "out of memory");
		return EXIT_TROUBLE;
	}
	guard_listen(s->guard, listener);
	return 0;
}

static void
close_server(struct server *s)
{
	if (s->guard != NULL)
		guard_stop(s->guard);
	if (s->http != NULL)
		evhttp_free(s->http);
	guard_close(s->guard);
	LIST_REMOVE(s, next);
	free(s);
}

static int
open_server(struct server **out, const char *listen)
{
	struct server *s = calloc(1, sizeof(*s));
	struct guard_options o = {
		.body_max = HTTP_BODY_MAX, .late = on_late, .sent_away = on_sent_away, .arg = s
	};
	int code = EXIT_TROUBLE;

	if (s == NULL)
		return EXIT_TROUBLE;
	s->listen = listen;
	LIST_INIT(&s->inputs);
	LIST_INSERT_HEAD(&servers, s, next);
	s->guard = guard_open(&o);
	s->http = evhttp_new(service_base());
	if (s->guard != NULL && s->http != NULL) {
		evhttp_set_max_headers_size(s->http, HTTP_HEAD_MAX);
		evhttp_set_max_body_size(s->http, HTTP_BODY_MAX);
		evhttp_set_allowed_methods(s->http, ANY_METHOD);
		evhttp_set_bevcb(s->http, on_accept, s);
		evhttp_set_gencb(s->http, on_request, s);
		code = bind_server(s);
	}
	if (code != 0)
		close_server(s);
	else
		*out = s;
	return code;
}

static struct server *
find_server(const char *listen)
{
	struct server *s = LIST_FIRST(&servers);

	while (s != NULL && strcmp(s->listen, listen) != 0)
		s = LIST_NEXT(s, next);
	return s;
}

static int
join_server(struct http_input *in)
{
	const struct input_settings *settings = in->options->settings;
	struct server *s = find_server(settings->listen);
	int code;

	if (s == NULL && (code = open_server(&s, settings->listen)) != 0)
		return code;
	in->server = s;
	LIST_INSERT_HEAD(&s->inputs, in, next);
	guard_allow(s->guard, (unsigned)settings->max_connections);
	return 0;
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

/* What was answered is still in our buffers, and the loop has ended. */
static void
say_goodbye(struct server *s)
{
	msec_t end;

	clock_turn();
	end = clock_mono() + GOODBYE;
	/* the guard's timer ends each wait */
	while (guard_is_busy(s->guard) && clock_mono() < end) {
		if (event_base_loop(service_base(), EVLOOP_ONCE) != 0)
			break;
		clock_turn();
	}
}

static void
http_close(void *it)
{
	struct http_input *in = it;
	struct server *s = in->server;

	in->paused = true;
	if (s != NULL) {
		guard_stop(s->guard);
		while (!LIST_EMPTY(&in->posts))
			/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): LIST_REMOVE came before free */
			answer_post(LIST_FIRST(&in->posts), HTTP_SERVUNAVAIL,
			    "the collector has stopped; please send it again");
		say_goodbye(s);
		LIST_REMOVE(in, next);
		if (LIST_EMPTY(&s->inputs))
			close_server(s);
	}
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
		code = join_server(in);
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
		guard_stop(in->server->guard);
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
