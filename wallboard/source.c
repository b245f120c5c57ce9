/* SPDX-License-Identifier: MIT */
/*
 * source.c: Redis, as somebody who may only read.  It comes and goes; who asks
 * while it is away is told so at once.
 */
#include "wallboard.h"

#include <ccmon/log.h>
#include <ccmon/secret.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct source {
	struct rlink *redis;
	char *password;
	char *prefix; /* "ccmon:v1:{main}:" */
	struct out command, key;
	char gone[256]; /* why; empty: it is there */
};

static void
on_up(void *arg)
{
	struct source *s = arg;

	log_info("redis", "connected; at=%s", rlink_where(s->redis));
	s->gone[0] = '\0';
}

static void
on_down(void *arg, const char *why)
{
	struct source *s = arg;

	if (strncmp(s->gone, why, sizeof(s->gone) - 1) == 0) /* each reason once, not each try */
		return;
	(void)snprintf(s->gone, sizeof(s->gone), "%s", why);
	log_warn("redis", "%s: %s", rlink_where(s->redis), why);
}

static int
connect_to(struct source *s, const struct redis_settings *r)
{
	struct rlink_options o = settings_redis(r);
	const char *why;

	o.client_name = "ccmon-wallboard";
	o.on_up = on_up;
	o.on_down = on_down;
	o.arg = s;
	if (r->password_file != NULL && (s->password = settings_redis_password(r, &why)) == NULL) {
		log_error("redis", "cannot use %s: %s", r->password_file, why);
		return EXIT_CONFIG;
	}
	o.password = s->password;
	if ((s->redis = rlink_open(&o)) != NULL)
		return 0;
	log_error("redis", "%s", strerror(errno));
	return EXIT_TROUBLE;
}

int
source_open(struct source **out, const struct settings *settings)
{
	const struct redis_settings *given = &settings->redis;
	struct redis_settings r =
	    settings_redis_as(*given, given->board_username, given->board_password_file);
	struct source *s = calloc(1, sizeof(*s));
	int code = EXIT_TROUBLE;

	if (s == NULL)
		return EXIT_TROUBLE;
	out_init(&s->command);
	out_init(&s->key);
	if (asprintf(&s->prefix, "ccmon:v1:{%s}:", settings->site.name) == -1)
		s->prefix = NULL;
	else
		code = connect_to(s, &r);
	if (code != 0)
		source_close(s);
	else
		*out = s;
	return code;
}

void
source_close(struct source *s)
{
	if (s == NULL)
		return;
	rlink_close(s->redis);
	out_fini(&s->command);
	out_fini(&s->key);
	secret_free(s->password);
	free(s->prefix);
	free(s);
}

bool
source_is_up(const struct source *s)
{
	return rlink_is_up(s->redis);
}

void
source_ask(struct source *s, reply_fn *fn, void *arg, const char *verb, struct str key,
    const char *const *words)
{
	size_t n = 0;

	while (words != NULL && words[n] != NULL)
		n++;
	out_reset(&s->key);
	out_str(&s->key, s->prefix);
	out_bytes(&s->key, key.p, key.n);
	resp_begin(&s->command, 2 + n);
	resp_text(&s->command, verb);
	resp_word(&s->command, s->key.buf, s->key.len);
	for (size_t i = 0; i < n; i++)
		resp_text(&s->command, words[i]);
	if (s->key.failed || s->command.failed || rlink_send(s->redis, &s->command, fn, arg) == -1)
		fn(arg, NULL);
}
