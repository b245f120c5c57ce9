/* SPDX-License-Identifier: MIT */
/*
 * http_server.h: a web server for those who have no wish to know one: the
 * collectors' input, which is posted to, and the wall-board, which is read.
 *
 * A request is handed to on_request, and answered once, at once or later.
 * What a connection may cost is bounded below (http.h): whoever keeps a
 * request longer than ten seconds finds that it was answered without him.
 */
#ifndef CCMON_HTTP_SERVER_H
#define CCMON_HTTP_SERVER_H

#include "base.h"
#include "out.h"

#define MEDIA_TEXT	"text/plain; charset=utf-8"
#define MEDIA_JSON	"application/json"

/* ---- http_body.c: bytes that many are sent, and that stay until the last has them */

struct body {
	size_t		 refs;
	struct out	 bytes;
};
/* Takes the memory of o, which is empty then.  NULL: there was none. */
struct body *body_new(struct out *) CCMON_CHECK;
struct body *body_hold(struct body *);
void	body_release(struct body *);		/* NULL: nothing */

/* ---- http_server.c: the one file that knows evhttp */

struct server;
struct request;		/* somebody waits for one answer, or listens to a stream */

/* Goes with the answers of that status, or with each: 0. */
struct http_header {
	int		 status;
	const char	*name, *value;
};

/* What it points at stays as long as the server. */
struct server_options {
	const char	*listen;	/* "127.0.0.1:8787" */
	int		 backlog;	/* connections that wait to be accepted */
	size_t		 body_max;	/* bytes of a request's body */
	const struct http_header *headers; /* ends with a name of NULL */
	const char	*late;		/* told to who has waited too long */
	void		(*on_request)(void *arg, struct request *);
	void		*arg;
	uint64_t	*refused;	/* counts connections that were; or NULL */
};

/* NULL: it was said why.  Nobody comes in before server_allow. */
struct server *server_open(const struct server_options *) CCMON_CHECK;
void	server_allow(struct server *, unsigned connections);	/* so many more */
void	server_stop(struct server *);			/* nobody new */
bool	server_is_busy(const struct server *);		/* somebody still waits */
/* The last answers get out, in at most so many ms; for who has no loop left. */
void	server_drain(struct server *, msec_t most);
void	server_close(struct server *);

/* What it says; a str is as sent or none, and good until the answer. */
bool	request_is_read(const struct request *);	/* GET or HEAD */
bool	request_is_post(const struct request *);
/* Is it us whom it calls by name, or by one of hosts? */
bool	request_is_meant(const struct request *, char *const *hosts);
struct str request_path(const struct request *);	/* escapes and all */
struct str request_query(const struct request *, const char *name);	/* unescaped */
struct str request_header(const struct request *, const char *name); /* of NULL: none */
struct str request_body(struct request *);
const char *request_from(const struct request *);	/* an address */

/* Each request gets one of these, and is gone with it. */
struct answer {
	int		 status;
	const char	*type;
	const char	*etag;		/* or NULL: not to be kept by anybody */
	struct body	*body;		/* borrowed; or NULL */
};
void	request_answer(struct request *, const struct answer *);
void	request_say(struct request *, int status, const char *words);	/* one line */
void	request_error(struct request *, int status, const char *words);	/* {"error":words} */

/* Until then: `gone` says that nobody waits any more, and takes the request
 * with it.  Without it the answer, when it comes, goes nowhere. */
void	request_watch(struct request *, void (*gone)(void *arg), void *arg);

/* Or it becomes a stream of events, until request_drop, or until `gone` says
 * that it has ended.  False: it was answered. */
bool	request_stream(struct request *, void (*gone)(void *arg), void *arg) CCMON_CHECK;
void	request_push(struct request *, struct body *);
size_t	request_unsent(const struct request *);	/* bytes that wait to leave */
void	request_drop(struct request *);		/* `gone` is called */

#endif
