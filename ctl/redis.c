/* SPDX-License-Identifier: MIT */
/*
 * redis.c: the way to the board, one question at a time.  Nothing here
 * writes but what orders.c asks for: without orders ccmonctl can be given a
 * Redis user that may only read.
 */
#include "ctl.h"

#include <inttypes.h>
#include <stdlib.h>

bool
ctl_settings(struct ctl *c)
{
	if (c->settings == NULL)
		c->settings = settings_load(c->path, settings_complain_stderr, NULL);
	if (c->settings == NULL)
		snprintf(c->why, sizeof(c->why), "%.200s cannot be used", c->path);
	return c->settings != NULL;
}

static void
list(const char *what, char *const *texts, char *buf, size_t n)
{
	size_t at = (size_t)snprintf(buf, n, "%s", what);

	for (size_t i = 0; texts[i] != NULL && at < n; i++)
		at += (size_t)snprintf(buf + at, n - at, "%s%s", i > 0 ? ", " : "", texts[i]);
}

const char *
ctl_redis_where(const struct ctl *c)
{
	static char where[256];
	const struct redis_settings *r = &c->settings->redis;

	if (r->unix_path != NULL)
		return r->unix_path;
	if (r->nodes != NULL)
		list("nodes ", r->nodes, where, sizeof(where));
	else if (r->sentinels != NULL)
		list("sentinels ", r->sentinels, where, sizeof(where));
	else
		snprintf(where, sizeof(where), "%s port %d", r->host, r->port);
	return where;
}

bool
ctl_redis(struct ctl *c)
{
	struct redis_settings r;
	char *password = NULL;
	const char *why;
	struct rlink_options o;

	if (c->redis != NULL)
		return true;
	if (!ctl_settings(c))
		return false;
	r = settings_redis_as(c->settings->redis, c->settings->redis.operator_username,
	    c->settings->redis.operator_password_file);
	if (r.password_file != NULL && (password = settings_redis_password(&r, &why)) == NULL) {
		snprintf(c->why, sizeof(c->why), "%.120s: %.100s", r.password_file, why);
		return false;
	}
	o = settings_redis(&r);
	o.client_name = "ccmonctl";
	o.timeout = c->patience;
	o.password = password;
	c->redis = rclient_open(&o, c->why, sizeof(c->why));
	if (password != NULL)
		explicit_bzero(password, strlen(password));
	free(password);
	return c->redis != NULL;
}

int
ctl_unreachable(const struct ctl *c)
{
	struct str why = { c->why, (uint32_t)strlen(c->why) };

	fprintf(stderr, "ccmonctl: Redis at %s: ", ctl_redis_where(c));
	print_line(stderr, why);
	return EXIT_UNREACHABLE;
}

struct reply *
ctl_command(struct ctl *c, const struct str *words, size_t n)
{
	struct reply *r;
	struct out command;

	out_init(&command);
	resp_begin(&command, n);
	for (size_t i = 0; i < n; i++)
		resp_word(&command, words[i].p, words[i].n);
	r = rclient_ask(c->redis, &command);
	out_fini(&command);
	if (r == NULL)
		snprintf(c->why, sizeof(c->why), "no answer to %.*s", STR_ARG(words[0]));
	else if (r->type == REPLY_ERROR) {
		snprintf(c->why, sizeof(c->why), "%.*s: %.*s", STR_ARG(words[0]),
		    (int)(r->text.n < 200 ? r->text.n : 200), r->text.p);
		reply_free(r);
		r = NULL;
	}
	return r;
}

struct reply *
ctl_ask(struct ctl *c, const char *word)
{
	return ctl_command(c, &(struct str){ word, (uint32_t)strlen(word) }, 1);
}

bool
ctl_key_name(struct ctl *c, char key[KEY_MAX], const char *kind, struct str name)
{
	int n = snprintf(key, KEY_MAX, "ccmon:v1:{%s}:%s%s%.*s", c->settings->site.name, kind,
	    name.n > 0 ? ":" : "", STR_ARG(name));

	if (n >= 0 && n < KEY_MAX)
		return true;
	snprintf(c->why, sizeof(c->why), "a name in %s is too long", kind);
	return false;
}

struct reply *
ctl_key(struct ctl *c, const char *verb, const char *kind, struct str name)
{
	char key[KEY_MAX];
	struct str words[2] = { { verb, (uint32_t)strlen(verb) }, { key, 0 } };

	if (!ctl_key_name(c, key, kind, name))
		return NULL;
	words[1].n = (uint32_t)strlen(key);
	return ctl_command(c, words, 2);
}

struct reply *
ctl_hash(struct ctl *c, const char *kind, struct str name)
{
	return ctl_key(c, "HGETALL", kind, name);
}

static int
by_text(const void *a, const void *b)
{
	struct str x = ((const struct reply *)a)->text, y = ((const struct reply *)b)->text;
	uint32_t n = x.n < y.n ? x.n : y.n;
	int order = n > 0 ? memcmp(x.p, y.p, n) : 0;

	return order != 0 ? order : (x.n > y.n) - (x.n < y.n);
}

struct reply *
ctl_sorted_hash(struct ctl *c, const char *name)
{
	struct reply *r = ctl_hash(c, name, STR_NONE);

	if (r != NULL && r->n > 1)
		qsort(r->item, r->n / 2, 2 * sizeof(r->item[0]), by_text);
	return r;
}

struct reply *
ctl_set(struct ctl *c, const char *name)
{
	struct reply *r = ctl_key(c, "SMEMBERS", name, STR_NONE);

	if (r != NULL && r->n > 0)
		qsort(r->item, r->n, sizeof(r->item[0]), by_text);
	return r;
}

struct reply *
ctl_last(struct ctl *c, const char *stream, const char *n)
{
	char key[KEY_MAX];
	struct str words[] = { STR_LIT("XREVRANGE"), { key, 0 }, STR_LIT("+"), STR_LIT("-"),
		STR_LIT("COUNT"), { n, (uint32_t)strlen(n) } };

	if (!ctl_key_name(c, key, stream, str_of("")))
		return NULL;
	words[1].n = (uint32_t)strlen(key);
	return ctl_command(c, words, COUNTOF(words));
}

bool
each_object(struct ctl *c, const char *set, const char *kind, board_object_fn *fn, void *arg)
{
	struct reply *names = ctl_set(c, set), *hash;
	struct board_object o;
	bool good = names != NULL;

	for (size_t i = 0; good && i < names->n; i++) {
		o.name = names->item[i].text;
		if ((hash = ctl_hash(c, kind, o.name)) == NULL)
			good = false;
		else if (hash->n > 0) { /* else it was forgotten meanwhile */
			o.hash = hash;
			fn(arg, &o);
		}
		reply_free(hash);
	}
	reply_free(names);
	return good;
}

struct str
hash_field(const struct reply *hash, const char *field)
{
	struct str want = { field, (uint32_t)strlen(field) };

	for (size_t i = 0; i + 1 < hash->n; i += 2)
		if (str_eq(hash->item[i].text, want))
			return hash->item[i + 1].text;
	return STR_NONE;
}

int64_t
hash_int(const struct reply *hash, const char *field, int64_t otherwise)
{
	struct str value = hash_field(hash, field);
	char buf[32], *end;
	int64_t n;

	if (value.n == 0 || value.n >= sizeof(buf))
		return otherwise;
	memcpy(buf, value.p, value.n);
	buf[value.n] = '\0';
	n = strtoll(buf, &end, 10);
	return *end == '\0' ? n : otherwise;
}

/* Is it a number as JSON writes them, and we do? */
static bool
is_number(struct str s)
{
	uint32_t i = s.n > 0 && s.p[0] == '-', digits = 0;

	for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
		digits++;
	if (digits == 0 || (digits > 1 && s.p[i - digits] == '0'))
		return false;
	if (i == s.n)
		return true;
	if (s.p[i++] != '.' || i == s.n)
		return false;
	for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
		;
	return i == s.n;
}

void
value_json(struct out *o, struct str name, struct str value)
{
	const struct field *f = field_find(name);

	if (f != NULL && strcmp(f->unit, "text") == 0)
		json_text(o, value);
	else if (str_is(value, "NaN"))
		json_none(o);
	else if (is_number(value))
		json_raw(o, value);
	else
		json_text(o, value);
}

void
json_name(struct out *o, struct str name)
{
	char key[KEY_MAX];

	snprintf(key, sizeof(key), "%.*s", STR_ARG(name));
	json_key(o, key);
}

void
hash_json(struct out *o, const struct reply *hash)
{
	json_open(o, '{');
	for (size_t i = 0; i + 1 < hash->n; i += 2) {
		json_name(o, hash->item[i].text);
		value_json(o, hash->item[i].text, hash->item[i + 1].text);
	}
	json_close(o, '}');
}
