/* SPDX-License-Identifier: MIT */
/*
 * notice.c: pages that no alert gave, made to look like those that one gave:
 * the same environment, the same body, so that a hook needs to know nothing.
 */
#include "notice.h"

#include <inttypes.h>
#include <stdio.h>

void
notice_init(struct notice *n)
{
	*n = (struct notice){ 0 };
	out_init(&n->envs);
	out_init(&n->body);
}

void
notice_fini(struct notice *n)
{
	out_fini(&n->envs);
	out_fini(&n->body);
}

/* What is said. */
struct saying {
	const char *site, *rule, *summary;
	enum page_kind kind;
	const char *episode;
	msec_t began, now;
};

static void
put_text(struct out *o, const char *key, const char *text)
{
	json_key(o, key);
	json_text(o, str_of(text));
}

/* ---- the environment ---- */

static void
put_env(struct notice *n, const struct saying *s)
{
	const struct {
		const char *name, *value;
	} texts[] = { { "PAGE_ID", n->id }, { "KIND", page_kind_name(s->kind) },
		{ "RULE", s->rule }, { "SCOPE", "site" }, { "SEVERITY", "info" }, { "METRIC", "" },
		{ "VALUE", "" }, { "THRESHOLD", "" }, { "STEP", "0" }, { "SITE", s->site },
		{ "SUMMARY", s->summary }, { "EPISODE", s->episode }, { "COUNT", "1" } };
	const char *p;

	out_reset(&n->envs);
	for (size_t i = 0; i < COUNTOF(texts); i++)
		out_printf(&n->envs, "CCMON_%s=%s%c", texts[i].name, texts[i].value, '\0');
	out_printf(&n->envs, "CCMON_ALERT=%s/site%c", s->rule, '\0');
	out_printf(&n->envs, "CCMON_SINCE_EPOCH_MS=%" PRId64 "%c", s->began, '\0');
	out_str(&n->envs, "CCMON_UNTIL_EPOCH_MS=");
	if (s->kind == PAGE_RESOLVE)
		out_printf(&n->envs, "%" PRId64, s->now);
	out_bytes(&n->envs, "", 1);
	n->page.nenv = 0;
	for (p = n->envs.buf; !n->envs.failed && p < n->envs.buf + n->envs.len; p += strlen(p) + 1)
		n->env[n->page.nenv++] = str_of(p);
	n->page.env = n->env;
}

/* ---- the body ---- */

static void
put_labels(struct out *o, const char *key, const struct saying *s)
{
	json_key(o, key);
	json_open(o, '{');
	put_text(o, "alertname", s->rule);
	put_text(o, "scope", "site");
	put_text(o, "severity", "info");
	put_text(o, "site", s->site);
	json_close(o, '}');
}

static const char *
status(const struct saying *s)
{
	return s->kind == PAGE_RESOLVE ? "resolved" : "firing";
}

static void
put_alert(struct out *o, const struct saying *s)
{
	json_open(o, '{');
	put_text(o, "status", status(s));
	put_labels(o, "labels", s);
	json_key(o, "annotations");
	json_open(o, '{');
	put_text(o, "summary", s->summary);
	json_close(o, '}');
	json_key(o, "startsAt");
	json_time(o, s->began);
	json_key(o, "endsAt");
	if (s->kind == PAGE_RESOLVE)
		json_time(o, s->now);
	else
		json_text(o, STR_LIT("0001-01-01T00:00:00Z"));
	put_text(o, "generatorURL", "");
	put_text(o, "fingerprint", s->episode);
	json_close(o, '}');
}

static void
put_ours(struct out *o, const struct notice *n, const struct saying *s)
{
	json_open(o, '{');
	json_key(o, "schema_version");
	json_int(o, 1);
	put_text(o, "page_id", n->id);
	put_text(o, "kind", page_kind_name(s->kind));
	put_text(o, "site", s->site);
	json_key(o, "time_epoch_ms");
	json_int(o, s->now);
	json_key(o, "alerts");
	json_open(o, '[');
	json_close(o, ']');
	json_close(o, '}');
}

static void
put_body(struct notice *n, const struct saying *s)
{
	struct out *o = &n->body;

	out_reset(o);
	json_open(o, '{');
	put_text(o, "version", "4");
	put_text(o, "groupKey", s->episode);
	json_key(o, "truncatedAlerts");
	json_int(o, 0);
	put_text(o, "status", status(s));
	put_text(o, "receiver", "ccmon");
	put_labels(o, "groupLabels", s);
	put_labels(o, "commonLabels", s);
	json_key(o, "commonAnnotations");
	json_open(o, '{');
	put_text(o, "summary", s->summary);
	json_close(o, '}');
	put_text(o, "externalURL", "");
	json_key(o, "alerts");
	json_open(o, '[');
	put_alert(o, s);
	json_close(o, ']');
	json_key(o, "ccmon");
	put_ours(o, n, s);
	json_close(o, '}');
}

/* ---- the two ---- */

static void
make(struct notice *n, const struct saying *s, const char *hook)
{
	snprintf(n->hook_name, sizeof(n->hook_name), "%s", hook);
	n->hook = str_of(n->hook_name);
	put_env(n, s);
	put_body(n, s);
	n->page.id = str_of(n->id);
	n->page.kind = (uint8_t)s->kind;
	n->page.time = s->now;
	n->page.hooks = &n->hook;
	n->page.nhooks = 1;
	n->page.body = (struct str){ n->body.buf, (uint32_t)n->body.len };
}

void
notice_watchdog(struct notice *n, const char *site, const char *hook, msec_t now)
{
	snprintf(n->id, sizeof(n->id), NOTICE_WATCHDOG "%" PRId64, now / MSEC_PER_SEC);
	make(n,
	    &(struct saying){ .site = site,
	        .rule = "watchdog",
	        .summary = "ccmon lives; when this stops to come, it does not",
	        .kind = PAGE_FIRE,
	        .episode = n->id,
	        .began = now,
	        .now = now },
	    hook);
}

void
notice_test(struct notice *n, const char *site, const char *hook, struct str order, msec_t now)
{
	snprintf(n->id, sizeof(n->id), NOTICE_TEST "%.*s", STR_ARG(order));
	make(n,
	    &(struct saying){ .site = site,
	        .rule = "hook_test",
	        .summary = "A test: nothing is wrong",
	        .kind = PAGE_FIRE,
	        .episode = n->id,
	        .began = now,
	        .now = now },
	    hook);
}

void
notice_test_end(struct notice *n, const char *site, const char *hook, struct str order,
    msec_t began, msec_t now)
{
	char episode[PAGE_ID_MAX];

	snprintf(episode, sizeof(episode), NOTICE_TEST "%.*s", STR_ARG(order));
	snprintf(n->id, sizeof(n->id), "%.*s.end", PAGE_ID_MAX - 5, episode);
	make(n,
	    &(struct saying){ .site = site,
	        .rule = "hook_test",
	        .summary = "The end of the test",
	        .kind = PAGE_RESOLVE,
	        .episode = episode,
	        .began = began,
	        .now = now },
	    hook);
}
