/* SPDX-License-Identifier: MIT */
/*
 * web_kit.h: the posts in tests/data/DIALECT/, each NAME.json with the events
 * it must become in NAME.events: one native line an event, with its id as the
 * last member.  All that customers wrote or are called is SECRET in them, and
 * may be in no event.
 */
#ifndef CCMON_TESTS_WEB_KIT_H
#define CCMON_TESTS_WEB_KIT_H

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <ccmon/dialect.h>
#include <ccmon/out.h>

#include "ctl/feed/encode.h"

#define SOURCE	"web1"

static const struct dialect	*dialect;
static struct dialect_result	 res;
static void			*decoder;

static inline int
open_dialect_named(const char *name)
{
	dialect = dialect_find(name);
	decoder = dialect == NULL ? NULL : dialect->open(SOURCE);
	return decoder == NULL ? -1 : 0;
}

static int
close_dialect(void **state)
{
	(void)state;
	dialect->close(decoder);
	return 0;
}

/* The whole file, with a NUL behind it; free it. */
static inline char *
read_whole(const char *path)
{
	FILE	*f = fopen(path, "r");
	char	*text = calloc(1, 1 << 18);
	size_t	 n;

	if (f == NULL)
		fail_msg("there is no %s", path);
	n = fread(text, 1, (1 << 18) - 1, f);
	assert_true(n < (1 << 18) - 1);
	fclose(f);
	return text;
}

static inline void
one_line(struct out *out, const struct event *ev, struct str id)
{
	encode_event(out, ev);
	out->len--;	/* its brace, to put the id before it */
	out_str(out, ",\"id\":\"");
	out_bytes(out, id.p, id.n);
	out_str(out, "\"}\n");
}

/* All events of a post, a line each; free it. */
static inline char *
lines_of(const char *post, size_t len)
{
	struct out	out;

	out_init(&out);
	dialect->decode(decoder, post, len, 0, &res);
	for (;;) {
		assert_true(res.n <= DIALECT_EVENTS_MAX);
		for (unsigned i = 0; i < res.n; i++)
			one_line(&out, &res.ev[i], res.id[i]);
		if (!res.more)
			break;
		assert_int_equal(res.n, DIALECT_EVENTS_MAX);
		dialect->decode(decoder, NULL, 0, 0, &res);
	}
	out_bytes(&out, "", 1);
	assert_false(out.failed);
	return out.buf;
}

static inline void
check_post(const char *path)
{
	char	 wanted_path[512];
	char	*post = read_whole(path), *wanted, *lines = lines_of(post, strlen(post));

	snprintf(wanted_path, sizeof(wanted_path), "%.*sevents", (int)strlen(path) - 4, path);
	wanted = read_whole(wanted_path);
	if (res.why != REFUSAL_NONE)
		fail_msg("%s: %s %.*s", path, refusal_name(res.why), STR_ARG(res.detail));
	if (strcmp(lines, wanted) != 0)
		fail_msg("%s became\n%s", path, lines);
	assert_null(strstr(lines, "SECRET"));
	free(lines);
	free(wanted);
	free(post);
}

/* Every post there is; at least so many. */
static inline void
check_posts(const char *pattern, size_t least)
{
	glob_t	found;

	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	assert_true(found.gl_pathc >= least);
	for (size_t i = 0; i < found.gl_pathc; i++)
		check_post(found.gl_pathv[i]);
	globfree(&found);
}

/* A post made from another: the first `what` in it is `by` from here on. */
static inline char *
changed_post(const char *path, const char *what, const char *by)
{
	char	*post = read_whole(path), *at = strstr(post, what), *changed;

	assert_non_null(at);
	changed = calloc(1, strlen(post) + strlen(by) + 1);
	sprintf(changed, "%.*s%s%s", (int)(at - post), post, by, at + strlen(what));
	free(post);
	return changed;
}

/* What is refused of a post after one change, and which member. */
struct refused_post {
	const char	*path, *what, *by;
	enum refusal	 why;
	const char	*detail;
};

static inline void
check_refused(const struct refused_post *r)
{
	char	*post = changed_post(r->path, r->what, r->by);

	dialect->decode(decoder, post, strlen(post), 0, &res);
	if (res.why != r->why || res.detail.n != strlen(r->detail) ||
	    (res.detail.n > 0 && memcmp(res.detail.p, r->detail, res.detail.n) != 0))
		fail_msg("%s, %s: %s %.*s", r->path, r->by, refusal_name(res.why),
		    STR_ARG(res.detail));
	assert_int_equal(res.n, 0);
	assert_false(res.more);
	if (r->why != REFUSAL_NONE)
		assert_true(str_is(res.source, SOURCE));
	free(post);
}

/* A body of that many bytes, most of them one text in front of the post. */
static inline enum refusal
decode_padded(const char *path, size_t size)
{
	char	*post = read_whole(path), *body = malloc(size);
	size_t	 len = strlen(post), head = 6;

	assert_true(body != NULL && post[0] == '{');
	memset(body, 'x', size);
	memcpy(body, "{\"0\":\"", head);
	memcpy(body + size - len - 1, "\",", 2);
	memcpy(body + size - len + 1, post + 1, len - 1);
	dialect->decode(decoder, body, size, 0, &res);
	free(body);
	free(post);
	return res.why;
}

#endif
