/* SPDX-License-Identifier: MIT */
/*
 * http.h: between http.c, which knows requests, and http_auth.c, who may post.
 */
#ifndef COLLECTORS_HTTP_H
#define COLLECTORS_HTTP_H

#include "ccmon/base.h"
#include "ccmon/dialect.h"

#define HTTP_BODY_MAX	(1 << 20)	/* bytes; a whole chat, when it is closed */

/* ---- http_auth.c */

/* What a request says to be believed; what it does not say is STR_NONE. */
struct http_claim {
	struct str	token, signature, timestamp;	/* the dialect's headers */
	struct str	bearer;		/* the header Authorization */
	struct str	query;		/* secret= in the URL */
	struct str	body;
	msec_t		now;		/* wall clock */
};

#define HTTP_WHY	160	/* bytes */

/* 0: it may post.  Else the status it is refused with, and why. */
int	http_auth(const struct dialect_http *, struct str secret,
	    const struct http_claim *, char why[HTTP_WHY]);

#endif
