/* SPDX-License-Identifier: MIT */
/*
 * fuzz_picture.c: what leaves of any text that is said to be a snapshot, with
 * agents not to be named.  What is written has one line; where the text was
 * JSON so is what is written, its members are the known ones and unchanged,
 * and no alert is about anybody.  Names spelt with escapes, or twice, are
 * beyond what our daemon writes.
 */
#include "wallboard/wallboard.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>

#define STRICT (JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES)

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char *const same[] = { "schema_version", "site", "time", "version", "demo", "queues",
	"channels", "totals", "feeds" };
static const char *const more[] = { "alerts", "title", "timezone", "day_start_seconds",
	"stale_after_seconds" };

static bool
is_known(const char *key)
{
	for (size_t i = 0; i < COUNTOF(same); i++)
		if (strcmp(same[i], key) == 0)
			return true;
	for (size_t i = 0; i < COUNTOF(more); i++)
		if (strcmp(more[i], key) == 0)
			return true;
	return false;
}

static void
check_alerts(json_t *alerts)
{
	const char *key, *scope;
	json_t *alert;

	json_object_foreach(alerts, key, alert)
	{
		assert(json_is_object(alert));
		scope = json_string_value(json_object_get(alert, "scope"));
		if (scope != NULL && strncmp(scope, "agent:", 6) == 0)
			assert(scope[6] == '\0' && json_is_null(json_object_get(alert, "summary")));
	}
}

static void
check(const char *text, size_t n, const struct out *o)
{
	json_t *in = json_loadb(text, n, STRICT, NULL), *out;
	const char *key;
	json_t *value;

	if (in == NULL || memchr(text, '\\', n) != NULL) {
		json_decref(in);
		return;
	}
	out = json_loadb(o->buf, o->len, JSON_ALLOW_NUL, NULL);
	assert(out != NULL);
	json_object_foreach(out, key, value) assert(is_known(key));
	for (size_t i = 0; i < COUNTOF(same); i++) {
		json_t *was = json_object_get(in, same[i]), *is = json_object_get(out, same[i]);

		assert((was == NULL) == (is == NULL) && (was == NULL || json_equal(was, is)));
	}
	check_alerts(json_object_get(out, "alerts"));
	json_decref(in);
	json_decref(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct picture_rules rules = {
		.title = "T", .timezone = "UTC", .agents = AGENTS_OFF
	};
	const char *text = (const char *)data;
	int64_t version;
	struct out o;

	out_init(&o);
	if (picture_write(&o, &rules, (struct str){ text, (uint32_t)size }, &version)) {
		assert(version >= 0 && memchr(o.buf, '\n', o.len) == NULL);
		check(text, size, &o);
	}
	out_fini(&o);
	return 0;
}
