/* SPDX-License-Identifier: MIT */
/*
 * top_kit.h: snapshots for the tests of the live terminal.
 */
#ifndef TESTS_UNIT_TOP_KIT_H
#define TESTS_UNIT_TOP_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ctl/top/top.h"

#define NOW INT64_C(1767225600000) /* 2026-01-01 00:00 UTC */

/* A queue: nan in service is "no sample". */
struct queue_row {
	const char *name, *status;
	int waiting;
	double oldest, service;
};
struct alert_row {
	const char *id, *scope, *state, *severity;
	int age; /* seconds */
};

static inline void
put_real(struct out *o, const char *key, double v)
{
	char text[32];

	json_key(o, key);
	snprintf(text, sizeof(text), "%.4f", v);
	if (isnan(v))
		json_none(o);
	else
		json_raw(o, str_of(text));
}

static inline void
put_word(struct out *o, const char *key, const char *text)
{
	json_key(o, key);
	json_text(o, str_of(text));
}

static inline void
put_queue(struct out *o, const struct queue_row *q)
{
	json_open(o, '{');
	put_word(o, "status", q->status);
	put_word(o, "status_reason", "for a reason");
	put_real(o, "waiting_count", q->waiting);
	put_real(o, "oldest_wait_seconds", q->oldest);
	put_real(o, "sl_threshold_seconds", 20);
	put_real(o, "sl_target_ratio", 0.8);
	put_real(o, "offered_per_hour", 120);
	put_real(o, "agents_available_count", 3);
	put_real(o, "agents_staffed_count", 12);
	put_real(o, "sl_ratio_15m", q->service);
	put_real(o, "sl_n_15m", 24);
	put_real(o, "aht_seconds_15m", 245);
	put_real(o, "sl_ratio_60m", 0.5);
	put_real(o, "sl_n_60m", 99);
	json_close(o, '}');
}

static inline void
put_alert(struct out *o, const struct alert_row *a)
{
	json_open(o, '{');
	put_word(o, "scope", a->scope);
	put_word(o, "state", a->state);
	put_word(o, "severity", a->severity);
	put_word(o, "summary", a->id);
	json_key(o, "began_epoch_ms");
	json_int(o, NOW - a->age * MSEC_PER_SEC);
	json_key(o, "by");
	json_none(o);
	json_close(o, '}');
}

/* A snapshot of these, as the daemon writes it.  Free with out_fini. */
static inline struct out
snapshot_of(const struct queue_row *q, size_t nq, const struct alert_row *a, size_t na)
{
	struct out o;

	out_init(&o);
	json_open(&o, '{');
	put_word(&o, "site", "main");
	json_key(&o, "time");
	json_int(&o, NOW);
	json_key(&o, "demo");
	json_bool(&o, true);
	json_key(&o, "queues");
	json_open(&o, '{');
	for (size_t i = 0; i < nq; i++) {
		json_key(&o, q[i].name);
		put_queue(&o, &q[i]);
	}
	json_close(&o, '}');
	json_key(&o, "totals");
	put_queue(&o, &(struct queue_row){ "main", "warn", 9, 61, 0.75 });
	json_key(&o, "alerts");
	json_open(&o, '{');
	for (size_t i = 0; i < na; i++) {
		json_key(&o, a[i].id);
		put_alert(&o, &a[i]);
	}
	json_close(&o, '}');
	json_close(&o, '}');
	assert_false(o.failed);
	return o;
}

static inline void
show(struct model *m, const struct queue_row *q, size_t nq, const struct alert_row *a, size_t na)
{
	struct out o = snapshot_of(q, nq, a, na);

	assert_true(board_read(&m->board, (struct str){ o.buf, (uint32_t)o.len },
	    model_window(m)));
	model_arrange(m);
	out_fini(&o);
}

static int64_t zone_at[] = { INT64_MIN };
static int32_t zone_offsets[] = { 3600 };
static const struct zone zone = { .name = "X", .n = 1, .at = zone_at, .offset = zone_offsets };

static inline void
begin(struct model *m)
{
	model_init(m, &zone);
	assert_true(model_add_window(m, "15m"));
	assert_true(model_add_window(m, "60m"));
	m->signs = (struct signs){ .redis = true, .asked = true, .state = "running",
		.stale_after = 15000 };
	m->wall = NOW;
}

/* Types it: a letter, or \033[A and the like. */
static inline enum deed
type(struct model *m, const char *bytes)
{
	size_t n = strlen(bytes), used;
	enum deed deed = DEED_NONE;
	struct key k;

	while ((used = key_next(&k, bytes, n, true)) > 0) {
		deed = press(m, &k);
		bytes += used;
		n -= used;
	}
	return deed;
}

#endif
