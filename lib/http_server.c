/* SPDX-License-Identifier: MIT */
/*
 * http_server.c: requests in, answers and streams out; the one file that knows
 * evhttp.
 *
 * A request is answered once, by whoever it was handed to, at once or later.
 * Its connection may go meanwhile, or the guard lose its patience: then who
 * keeps it is told, or the answer, when it comes, goes nowhere.  What is
 * where, and who may have it, is the caller's matter; what a connection may
 * cost is the guard's (http_guard.c), but for one who listens to a stream: how
 * much may wait for him the caller looks after.
 */
#include "ccmon/http_server.h"
#include "ccmon/clock.h"
#include "ccmon/http.h"
#include "ccmon/log.h"
#include "ccmon/service.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>

#define ANY_METHOD 0xffff /* evhttp would answer the others itself, with a page */
#define SEND_BUFFER 65536 /* bytes; else the kernel keeps 4 MiB for each slow reader */

struct server {
	LIST_ENTRY(server) next;
	struct server_options options;
	struct evhttp *http;
	struct guard *guard;
	struct log_complaint complaint, accept_complaint;
};

struct request {
	struct server *server;
	struct peer *peer; /* NULL: nobody waits any more */
	struct evhttp_request *raw;
	struct evkeyvalq query;
	void (*gone)(void *arg); /* or NULL */
	void *arg;
};

static LIST_HEAD(servers, server) servers = LIST_HEAD_INITIALIZER(servers);

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
	if (name == NULL)
		return STR_NONE;
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

bool
request_is_post(const struct request *r)
{
	return evhttp_request_get_command(r->raw) == EVHTTP_REQ_POST;
}

struct str
request_body(struct request *r)
{
	struct evbuffer *buffer = evhttp_request_get_input_buffer(r->raw);
	size_t n = evbuffer_get_length(buffer);

	if (n == 0)
		return STR_LIT("");
	return (struct str){ (const char *)evbuffer_pullup(buffer, -1), (uint32_t)n };
}

const char *
request_from(const struct request *r)
{
	char *host = NULL;
	uint16_t port;

	evhttp_connection_get_peer(evhttp_request_get_connection(r->raw), &host, &port);
	return host == NULL ? "somebody" : host;
}

/* What HTTP calls us, in the request's first line or in Host; a request that
 * says neither comes from no browser. */
bool
request_is_meant(const struct request *r, char *const *hosts)
{
	const char *listen = r->server->options.listen;
	const char *target = evhttp_uri_get_host(evhttp_request_get_evhttp_uri(r->raw));
	struct str host = request_header(r, "Host");

	if (target != NULL && !http_host_is_ours(str_of(target), listen, hosts))
		return false;
	return host.p == NULL || http_host_is_ours(host, listen, hosts);
}

/* ---- answering */

static const struct http_header of_all[] = {
	{ 401, "WWW-Authenticate", "Bearer" },
	{ 503, "Retry-After", "5" },
	{ 0, NULL, NULL },
};

static void
add_header(struct request *r, const char *name, const char *value)
{
	(void)evhttp_add_header(evhttp_request_get_output_headers(r->raw), name, value);
}

static void
add_table(struct request *r, int status, const struct http_header *h)
{
	for (; h->name != NULL; h++)
		if (h->status == 0 || h->status == status)
			add_header(r, h->name, h->value);
}

static void
add_headers(struct request *r, const struct answer *a)
{
	add_table(r, a->status, of_all);
	add_table(r, a->status, r->server->options.headers);
	add_header(r, "Content-Type", a->type);
	add_header(r, "Cache-Control", a->etag == NULL ? "no-store" : "no-cache");
	if (a->etag != NULL)
		add_header(r, "ETag", a->etag);
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

/* A HEAD is told the length of what it does not get. */
static void
add_content(struct request *r, struct body *b)
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

/* Nobody waits for it any more. */
static void
part(struct request *r)
{
	r->peer->own = NULL;
	r->peer = NULL;
	r->raw = NULL;
}

static void
send_answer(struct request *r, const struct answer *a)
{
	struct evhttp_request *raw = r->raw;

	if (r->peer == NULL)
		return;
	add_headers(r, a);
	if (a->body != NULL)
		add_content(r, a->body);
	guard_stage(r->peer, STAGE_ANSWERING);
	part(r);
	evhttp_send_reply(raw, a->status, NULL, NULL);
}

static void
request_free(struct request *r)
{
	evhttp_clear_headers(&r->query);
	free(r);
}

void
request_answer(struct request *r, const struct answer *a)
{
	send_answer(r, a);
	request_free(r);
}

/* Takes the text.  Without memory for words the status will do. */
static void
send_text(struct request *r, int status, const char *type, struct out *text)
{
	struct answer a = { .status = status, .type = type, .body = body_new(text) };

	send_answer(r, &a);
	body_release(a.body);
	out_fini(text);
}

static void
send_line(struct request *r, int status, const char *words)
{
	struct out text;

	out_init(&text);
	out_printf(&text, "%s\n", words);
	send_text(r, status, MEDIA_TEXT, &text);
}

void
request_say(struct request *r, int status, const char *words)
{
	send_line(r, status, words);
	request_free(r);
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
	send_text(r, status, MEDIA_JSON, &text);
	request_free(r);
}

void
request_watch(struct request *r, void (*gone)(void *arg), void *arg)
{
	r->gone = gone;
	r->arg = arg;
}

/* ---- streams */

bool
request_stream(struct request *r, void (*gone)(void *arg), void *arg)
{
	static const struct answer stream = { .status = HTTP_OK, .type = "text/event-stream" };
	int size = SEND_BUFFER;

	if (r->peer == NULL || is_head(r)) {
		request_answer(r, &stream);
		return false;
	}
	(void)setsockopt(
	    bufferevent_getfd(r->peer->bev), SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	request_watch(r, gone, arg);
	guard_stage(r->peer, STAGE_STREAMING);
	add_headers(r, &stream);
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

/* Who keeps it and wants to know hears of it; who does not will answer it. */
static void
lose(struct request *r)
{
	if (r->gone == NULL)
		return;
	r->gone(r->arg);
	request_free(r);
}

/* evhttp frees a connection.  The request that waits on it goes with it, or
 * was left to us. */
static void
on_close(struct evhttp_connection *connection, void *peer)
{
	struct request *r = ((struct peer *)peer)->own;

	(void)connection;
	if (r == NULL)
		return;
	if (evhttp_request_get_connection(r->raw) == NULL)
		evhttp_request_free(r->raw);
	part(r);
	lose(r);
}

static void
on_late(void *server, struct peer *p)
{
	struct server *s = server;
	struct request *r = p->own;

	if (r == NULL)
		return;
	send_line(r, HTTP_SERVUNAVAIL, s->options.late);
	lose(r);
}

static struct request *
request_new(struct server *s, struct peer *p, struct evhttp_request *raw)
{
	struct request *r = calloc(1, sizeof(*r));
	const char *query = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(raw));

	if (r == NULL)
		return NULL;
	r->server = s;
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
	struct request *r = p == NULL ? NULL : request_new(s, p, raw);

	if (r == NULL) { /* no memory to watch it */
		if (p != NULL)
			guard_stage(p, STAGE_ANSWERING); /* it is no fault of his */
		evhttp_send_error(raw, HTTP_SERVUNAVAIL, NULL);
		return;
	}
	clock_turn();
	guard_stage(p, STAGE_WAITING);
	evhttp_connection_set_closecb(connection, on_close, p);
	evhttp_request_set_on_complete_cb(raw, on_answered, p);
	s->options.on_request(s->options.arg, r);
}

/* ---- connections */

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
	log_complain(&s->complaint, clock_mono(), "http_refused",
	    "%s: a connection was refused: %d %s", s->options.listen, status, why);
	if (s->options.refused != NULL)
		++*s->options.refused;
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
			log_complain(&s->accept_complaint, clock_mono(), "http",
			    "%s: cannot accept a connection: %s", s->options.listen,
			    strerror(errno));
		}
}

/* ---- opening and closing */

static struct evconnlistener *
listen_at(const char *listen, int backlog)
{
	struct sockaddr_storage address;
	int n = sizeof(address);

	errno = EINVAL;
	if (evutil_parse_sockaddr_port(listen, (struct sockaddr *)&address, &n) != 0)
		return NULL;
	return evconnlistener_new_bind(service_base(), NULL, NULL,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE, backlog,
	    (struct sockaddr *)&address, n);
}

/* NULL, or why nobody can come. */
static const char *
bind_server(struct server *s)
{
	struct evconnlistener *listener = listen_at(s->options.listen, s->options.backlog);

	if (listener == NULL)
		return strerror(errno);
	evconnlistener_set_error_cb(listener, on_accept_error);
	if (evhttp_bind_listener(s->http, listener) == NULL) {
		evconnlistener_free(listener);
		return "out of memory";
	}
	guard_listen(s->guard, listener);
	return NULL;
}

static const char *
start(struct server *s)
{
	const struct server_options *o = &s->options;

	s->guard = guard_open(&(struct guard_options){
	    .body_max = o->body_max, .late = on_late, .sent_away = on_sent_away, .arg = s });
	s->http = evhttp_new(service_base());
	if (s->guard == NULL || s->http == NULL)
		return "out of memory";
	evhttp_set_max_headers_size(s->http, HTTP_HEAD_MAX);
	evhttp_set_max_body_size(s->http, (ev_ssize_t)o->body_max);
	evhttp_set_allowed_methods(s->http, ANY_METHOD);
	evhttp_set_bevcb(s->http, on_accept, s);
	evhttp_set_gencb(s->http, on_request, s);
	return bind_server(s);
}

struct server *
server_open(const struct server_options *o)
{
	struct server *s = calloc(1, sizeof(*s));
	const char *problem = "out of memory";

	if (s != NULL) {
		s->options = *o;
		LIST_INSERT_HEAD(&servers, s, next);
		problem = start(s);
	}
	if (problem == NULL)
		return s;
	log_error("http", "cannot listen at %s: %s", o->listen, problem);
	server_close(s);
	return NULL;
}

void
server_allow(struct server *s, unsigned connections)
{
	guard_allow(s->guard, connections);
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
server_drain(struct server *s, msec_t most)
{
	msec_t end;

	clock_turn();
	end = clock_mono() + most;
	/* the guard's timer ends each wait */
	while (guard_is_busy(s->guard) && clock_mono() < end) {
		if (event_base_loop(service_base(), EVLOOP_ONCE) != 0)
			break;
		clock_turn();
	}
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
	LIST_REMOVE(s, next);
	free(s);
}
