/* SPDX-License-Identifier: MIT */
/*
 * web.h: what the dialects of web systems have in common.  Each of them is a
 * function that reads one post (a JSON object) and begins events; around it
 * web_decode() keeps the rules of dialect.h: a post is whole or refused, its
 * events are handed out a few at a time.
 *
 * What is wrong is remembered, the first of it, and refuses the post at the
 * end, so that nobody has to look at each step.  A member that is null is as
 * if it were not there.  Pure.
 */
#ifndef CCMON_DIALECTS_WEB_H
#define CCMON_DIALECTS_WEB_H

#include <ccmon/dialect.h>
#include <ccmon/json.h>

#define WEB_BODY_MAX	1048576	/* bytes of a post; http.c takes no more */
#define WEB_EVENTS_MAX	8192	/* of one post: a message of a chat has 128 bytes or more */
#define WEB_ID_MAX	255	/* bytes of what names an event */
#define WEB_MADE_MAX	2048	/* bytes of texts made of numbers, in one post */

struct web_event {
	struct event	ev;
	uint32_t	id_len;		/* 0: it has no name */
	char		id[WEB_ID_MAX];
};

/* State of an input.  Too large for the stack; the events are touched when used. */
struct web {
	char		source[NAME_MAX_BYTES];
	uint32_t	source_len;
	struct json_tree *tree;
	const struct json_node *root;	/* the post */
	struct event	common;		/* what each of its events begins with */
	enum refusal	why;
	struct str	detail;		/* the member at fault, or the verb skipped */
	unsigned	n, given;	/* events there are, and handed out */
	char		made[WEB_MADE_MAX];
	size_t		nmade;
	struct web_event events[WEB_EVENTS_MAX];
};

/* The open, close and decode of a dialect; source is needed. */
void	*web_open(const char *source);
void	 web_close(void *);
void	 web_decode(struct web *, const char *msg, size_t len, struct dialect_result *,
	    void (*read)(struct web *));

/* ---- reading: `path` as of json_path(), and what a refusal names */

const struct json_node *web_at(const struct json_node *, const char *path);
struct str web_text(struct web *, const struct json_node *, const char *path);
/* Of what may be a number or a text: the text. */
struct str web_name(struct web *, const struct json_node *, const char *path);
bool	 web_flag(struct web *, const struct json_node *, const char *path);
/* ISO 8601, or seconds since 1970; -1: not there (0 is not there, too). */
msec_t	 web_time(struct web *, const struct json_node *, const char *path);
/* A text made for as long as the post. */
struct str web_make(struct web *, const char *format, ...) CCMON_PRINTF(2, 3);

/* ---- events */

/* A member of all events to come; none where the text is none. */
void	 web_common(struct web *, enum event_member, struct str);
/* The next event; time -1 refuses the post: it is missing. */
void	 web_begin(struct web *, enum event_kind, msec_t time);
/* What its source calls it, so that a repeat is known. */
void	 web_id(struct web *, const char *format, ...) CCMON_PRINTF(2, 3);
void	 web_give(struct web *, enum event_member, struct str);
void	 web_give_int(struct web *, enum event_member, int64_t);
void	 web_give_word(struct web *, enum event_member, const char *word);

void	 web_refuse(struct web *, enum refusal, const char *detail);
/* There is nothing to count in it; the verb is told. */
void	 web_skip(struct web *, struct str verb);

#endif
