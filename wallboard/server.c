/* SPDX-License-Identifier: MIT */
/*
 * server.c: requests in, answers and streams out; the one file here that
 * knows evhttp.
 *
 * A request is answered once, by whoever it was handed to, at once or later.
 * Its connection may go meanwhile, or the guard lose its patience: then the
 * answer, when it comes, goes nowhere.  What a connection may cost is the
 * guard's matter (lib/http_guard.c); how much may wait for one who listens to
 * a stream is the caller's.
 */
#include "wallboard.h"

#include <ccmon/clock.h>
#include <ccmon/http.h>
#include <ccmon/log.h>
#include <ccmon/service.h>

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

#define BACKLOG 1024 /* all boards of a house come back at once */
#define BODY_MAX 4096 /* bytes; nothing is taken, and so little may be sent all the same */
#define ANY_METHOD 0xffff /* evhttp would answer the others itself, with a page */
#define MISDIRECTED 421 /* RFC 9110, 15.5.20 */
#define SEND_BUFFER 65536 /* bytes; else the kernel keeps 4 MiB for each slow reader */

struct server {
	struct server_options options;
	struct evhttp *http;
	struct guard *guard;
	struct log_complaint complaint, accept_complaint;
};

struct request {
	struct peer *peer; /* NULL: nobody waits any more */
	struct evhttp_request *raw;
	struct evkeyvalq query;
	void (*gone)(void *arg); /* NULL: it is no stream */
	void *arg;
};

static struct server *the_server; /* evhttp gives a listener's error to itself */

/* ---- what it says */

struct str
request_path(const struct request *r)
{
	const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(r->raw));

	return path == NULL || path[0] == '\0' ? STR_LIT("/") : str_of(path);
}

struct str
request_header(const struct request *r, const char *name)
{
	return str_of(evhttp_find_header(evhttp_request_get_input_headers(r->raw), name));
}

struct str
request_query(const struct request *r, const char *name)
{
	return str_of(evhttp_find_header(&r->query, name));
}

static bool
is_head(const struct request *r)
{
	return evhttp_request_get_command(r->raw) == EVHTTP_REQ_HEAD;
}

bool
request_is_read(const struct request *r)
{
	return is_head(r) || evhttp_request_get_command(r->raw) == EVHTTP_REQ_GET;
}

/* ---- answering */

/* On everything.  No page of ours loads from elsewhere, runs what stands in
 * its text, or is shown within another's. */
static const struct {
	const char *name, *value;
} always[] = {
	{ "Content-Security-Policy",
	    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
	    "img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'none'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "Referrer-Policy", "no-referrer" },
};

/* The header that goes with a status. */
static const struct {
	int status;
	const char *name, *value;
} extras[] = {
	{ 401, "WWW-Authenticate", "Bearer" },
	{ 405, "Allow", "GET, HEAD" },
	{ 503, "Retry-After", "5" },
};

static void
add_header(struct request *r, const char *name, const char *value)
{
	(void)evhttp_add_header(evhttp_request_get_output_headers(r->raw), name, value);
}

static void
add_headers(struct request *r, int status, const char *type, const char *etag)
{
	for (size_t i = 0; i < COUNTOF(always); i++)
		add_header(r, always[i].name, always[i].value);
	for (size_t i = 0; i < COUNTOF(extras); i++)
		if (extras[i].status == status)
			add_header(r, extras[i].name, extras[i].value);
	add_header(r, "Content-Type", type);
	add_header(r, "Cache-Control", etag == NULL ? "no-store" : "no-cache");
	if (etag != NULL)
		add_header(r, "ETag", etag);
	if (service_stopping())
		add_header(r, "Connection", "close");
}

static void
unref_body(const void *data, size_t n, void *body)
{
	(void)data, (void)n;
	body_release(body);
}

static bool
add_body(struct evbuffer *to, struct body *b)
{
	if (evbuffer_add_reference(to, b->bytes.buf, b->bytes.len, unref_body, body_hold(b)) == 0)
		return true;
	body_release(b);
	return false;
}

static void
request_free(struct request *r)
{
	if (r->peer != NULL)
		r->peer->own = NULL;
	evhttp_clear_headers(&r->query);
	free(r);
}

/* A HEAD is told the length of what it does not get. */
static void
put_body(struct request *r, struct body *b)
{
	char length[32];

	if (!is_head(r)) {
		if (!add_body(evhttp_request_get_output_buffer(r->raw), b))
			log_error("http", "out of memory: an answer stays empty");
		return;
	}
	(void)snprintf(length, sizeof(length), "%zu", b->bytes.len);
	add_header(r, "Content-Length", length);
}

void
request_answer(struct request *r, const struct answer *a)
{
	struct peer *p = r->peer;
	struct evhttp_request *raw = r->raw;

	if (p != NULL) {
		add_headers(r, a->status, a->type, a->etag);
		if (a->body != NULL)
			put_body(r, a->body);
	}
	request_free(r);
	if (p == NULL)
		return;
	guard_stage(p, STAGE_ANSWERING);
	evhttp_send_reply(raw, a->status, NULL, NULL);
}

/* Takes the text. */
static void
answer_text(struct request *r, int status, const char *type, struct out *text)
{
	struct answer a = { .status = status, .type = type, .body = body_new(text) };

	request_answer(r, &a); /* without memory for words the status will do */
	body_release(a.body);
	out_fini(text);
}

void
request_say(struct request *r, int status, const char *words)
{
	struct out text;

	out_init(&text);
	out_printf(&text, "%s\n", words);
	answer_text(r, status, TYPE_TEXT, &text);
}

void
request_error(struct request *r, int status, const char *words)
{
	struct out text;

	out_init(&text);
	json_open(&text, '{');
	json_key(&text, "error");
	json_text(&text, str_of(words));
	json_close(&text, '}');
	out_str(&text, "\n");
	answer_text(r, status, TYPE_JSON, &text);
}

/* ---- streams */

bool
request_stream(struct request *r, void (*gone)(void *arg), void *arg)
{
	struct evhttp_connection *connection;
	int size = SEND_BUFFER;

	if (r->peer == NULL || is_head(r)) {
		request_answer(
		    r, &(struct answer){ .status = HTTP_OK, .type = "text/event-stream" });
		return false;
	}
	connection = evhttp_request_get_connection(r->raw);
	(void)setsockopt(bufferevent_getfd(evhttp_connection_get_bufferevent(connection)),
	    SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	r->gone = gone;
	r->arg = arg;
	guard_stage(r->peer, STAGE_STREAMING);
	add_headers(r, HTTP_OK, "text/event-stream", NULL);
	add_header(r, "X-Accel-Buffering", "no"); /* nginx would gather it */
	evhttp_send_reply_start(r->raw, HTTP_OK, NULL);
	return true;
}

void
request_push(struct request *r, struct body *b)
{
	struct evbuffer *chunk = evbuffer_new();

	if (chunk != NULL && add_body(chunk, b))
		evhttp_send_reply_chunk(r->raw, chunk);
	if (chunk != NULL)
		evbuffer_free(chunk);
}

size_t
request_unsent(const struct request *r)
{
	return evbuffer_get_length(bufferevent_get_output(r->peer->bev));
}

void
request_drop(struct request *r)
{
	evhttp_connection_free(evhttp_request_get_connection(r->raw)); /* calls on_close */
}

/* ---- the life of a request */

static void
on_answered(struct evhttp_request *raw, void *peer)
{
	(void)raw;
	clock_turn();
	guard_next(peer);
}

/* evhttp frees a connection.  The request that waits on it goes with it, or
 * was left to us. */
static void
on_close(struct evhttp_connection *connection, void *peer)
{
	struct peer *p = peer;
	struct request *r = p->own;

	(void)connection;
	if (r == NULL)
		return;
	if (evhttp_request_get_connection(r->raw) == NULL)
		evhttp_request_free(r->raw);
	p->own = NULL;
	r->peer = NULL;
	r->raw = NULL;
	if (r->gone != NULL) {
		r->gone(r->arg);
		request_free(r);
	}
}

/* Redis does not answer; when it does, nobody is there. */
static void
on_late(void *server, struct peer *p)
{
	struct request *r = p->own, now;

	(void)server;
	if (r == NULL)
		return;
	now = *r;
	r->peer = NULL;
	p->own = NULL;
	add_headers(&now, HTTP_SERVUNAVAIL, TYPE_TEXT, NULL);
	guard_stage(p, STAGE_ANSWERING);
	evhttp_send_reply(now.raw, HTTP_SERVUNAVAIL, NULL, NULL);
}

/* What HTTP calls us, in the request's first line or in Host; a request that
 * says neither comes from no browser. */
static bool
is_meant(const struct server *s, const struct request *r)
{
	const struct server_options *o = &s->options;
	const char *target = evhttp_uri_get_host(evhttp_request_get_evhttp_uri(r->raw));
	struct str host = request_header(r, "Host");

	if (target != NULL && !http_host_is_ours(str_of(target), o->listen, o->hosts))
		return false;
	return host.p == NULL || http_host_is_ours(host, o->listen, o->hosts);
}

static struct request *
request_new(struct peer *p, struct evhttp_request *raw)
{
	struct request *r = calloc(1, sizeof(*r));
	const char *query = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(raw));

	if (r == NULL)
		return NULL;
	r->peer = p;
	r->raw = raw;
	TAILQ_INIT(&r->query);
	if (query != NULL && evhttp_parse_query_str(query, &r->query) != 0)
		evhttp_clear_headers(&r->query);
	p->own = r;
	return r;
}

static void
on_request(struct evhttp_request *raw, void *server)
{
	struct server *s = server;
	struct evhttp_connection *connection = evhttp_request_get_connection(raw);
	struct peer *p = guard_find(s->guard, evhttp_connection_get_bufferevent(connection));
	struct request *r = p == NULL ? NULL : request_new(p, raw);

	if (r == NULL) { /* no memory to watch it */
		evhttp_send_error(raw, HTTP_SERVUNAVAIL, NULL);
		return;
	}
	clock_turn();
	guard_stage(p, STAGE_WAITING);
	evhttp_connection_set_closecb(connection, on_close, p);
	evhttp_request_set_on_complete_cb(raw, on_answered, p);
	if (is_meant(s, r))
		s->options.on_request(s->options.arg, r);
	else
		request_say(r, MISDIRECTED, "this is not the host it calls: see wallboard.hosts");
}

/* ---- the server */

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

	if (status != 0)
		log_complain(&s->complaint, clock_mono(), "http_refused",
		    "a connection was refused: %d %s", status, why);
}

/* No descriptors, most of all. */
static void
on_accept_error(struct evconnlistener *listener, void *http)
{
	struct server *s = the_server;

	(void)listener, (void)http;
	guard_pause(s->guard);
	log_complain(&s->accept_complaint, clock_mono(), "http", "cannot accept a connection: %s",
	    strerror(errno));
}

static int
bind_server(struct server *s)
{
	struct sockaddr_storage address;
	int n = sizeof(address);
	struct evconnlistener *listener = NULL;

	errno = EINVAL;
	if (evutil_parse_sockaddr_port(s->options.listen, (struct sockaddr *)&address, &n) == 0)
		listener = evconnlistener_new_bind(service_base(), NULL, NULL,
		    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE, BACKLOG,
		    (struct sockaddr *)&address, n);
	if (listener == NULL) {
		log_error("http", "cannot listen at %s: %s", s->options.listen, strerror(errno));
		return EXIT_TROUBLE;
	}
	evconnlistener_set_error_cb(listener, on_accept_error);
	if (evhttp_bind_listener(s->http, listener) == NULL) {
		evconnlistener_free(listener);
		log_error("http", "out of memory");
		return EXIT_TROUBLE;
	}
	guard_listen(s->guard, listener);
	return 0;
}

int
server_open(struct server **out, const struct server_options *o)
{
	struct server *s = calloc(1, sizeof(*s));
	int code = EXIT_TROUBLE;

	if (s == NULL)
		return EXIT_TROUBLE;
	the_server = s;
	s->options = *o;
	s->guard = guard_open(&(struct guard_options){
	    .body_max = BODY_MAX, .late = on_late, .sent_away = on_sent_away, .arg = s });
	s->http = evhttp_new(service_base());
	if (s->guard != NULL && s->http != NULL) {
		guard_allow(s->guard, o->max_clients);
		evhttp_set_max_headers_size(s->http, HTTP_HEAD_MAX);
		evhttp_set_max_body_size(s->http, BODY_MAX);
		evhttp_set_allowed_methods(s->http, ANY_METHOD);
		evhttp_set_bevcb(s->http, on_accept, s);
		evhttp_set_gencb(s->http, on_request, s);
		code = bind_server(s);
	}
	if (code != 0)
		server_close(s);
	else
		*out = s;
	return code;
}

void
server_stop(struct server *s)
{
	guard_stop(s->guard);
}

bool
server_is_busy(const struct server *s)
{
	return guard_is_busy(s->guard);
}

void
server_close(struct server *s)
{
	if (s == NULL)
		return;
	if (s->guard != NULL)
		guard_stop(s->guard);
	if (s->http != NULL)
		evhttp_free(s->http);
	guard_close(s->guard);
	the_server = NULL;
	free(s);
}
