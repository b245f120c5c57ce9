/* SPDX-License-Identifier: MIT */
/*
 * fuzz_alert_state.c: any bytes as what the alerts saved.  As no fuzzer
 * guesses a CRC, the bytes are fields without theirs, each
 *
 *	key size u8 | key without its A | value size u16 | value without version and CRC
 *
 * up to a key of 255 bytes, and then what happens next, a byte each.  The
 * first byte of all says whether the alerts had lived before the state came.
 *
 * A state that loads must keep every invariant, bear the time going on, and
 * come out of a save and a load as it was; one that does not must only be
 * refused.
 */
#include <ccmon/wire.h>
#include "daemon/alerts/codec.h"
#include "tests/unit/alerts_kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define END_OF_FIELDS 255
#define HAPPENINGS 32 /* at most, so that an input is short work */

static struct desk desk;

struct bytes {
	const uint8_t *p, *end;
};

static bool
take_text(struct bytes *b, size_t size_bytes, struct str *s)
{
	size_t n = 0;

	if ((size_t)(b->end - b->p) < size_bytes)
		return false;
	memcpy(&n, b->p, size_bytes);
	b->p += size_bytes;
	if (size_bytes == 1 && n == END_OF_FIELDS)
		return false;
	if (n > (size_t)(b->end - b->p))
		n = (size_t)(b->end - b->p);
	*s = (struct str){ (const char *)b->p, (uint32_t)n };
	b->p += n;
	return true;
}

/* The field in blocks of exactly its size; it may well be refused. */
static bool
put(struct alerts *a, struct str name, struct str body)
{
	uint32_t size = 1 + body.n + 4, crc;
	char *value = malloc(size), *key = malloc(1 + name.n);
	struct state_field f = { { key, 1 + name.n }, { value, size } };
	int rc;

	assert(value != NULL && key != NULL);
	key[0] = 'A';
	if (name.n > 0)
		memcpy(key + 1, name.p, name.n);
	value[0] = ALERTS_STATE_VERSION;
	if (body.n > 0)
		memcpy(value + 1, body.p, body.n);
	crc = crc32c(0, value, 1 + body.n);
	memcpy(value + 1 + body.n, &crc, sizeof(crc));
	rc = alerts_state_put(a, &f);
	free(value);
	free(key);
	return rc == 0;
}

static bool
put_all(struct bytes *b)
{
	struct str key, body;

	while (take_text(b, 1, &key) && take_text(b, 2, &body))
		if (!put(desk.alerts, key, body))
			return false;
	return true;
}

/* ---- what happens next ---- */

static void
take(void)
{
	struct alert_note n;
	struct str episode;
	struct page p;

	while (alerts_page(desk.alerts, &p))
		assert(p.nhooks > 0 && p.nrefs > 0 && p.id.n > 0);
	while (alerts_note(desk.alerts, &n))
		assert(n.kind != NULL);
	while (alerts_cancelled(desk.alerts, &episode))
		;
}

static void
go_on(msec_t ms)
{
	desk.now += ms;
	engine_tick(desk.engine, desk.now);
	assert(alerts_turn(desk.alerts, desk.now) > desk.now);
	take();
}

/* The runner says so in words of its own. */
static void
store_first(void)
{
	char bytes[PAGE_ID_MAX];
	struct str id;
	struct page p;

	alerts_offer_again(desk.alerts);
	if (!alerts_page(desk.alerts, &p))
		return;
	assert(p.id.n < sizeof(bytes));
	memcpy(bytes, p.id.p, p.id.n);
	id = (struct str){ bytes, p.id.n };
	alerts_finished(desk.alerts, id, false, desk.now);
	alerts_stored(desk.alerts, id);
}

static void
order_first(enum order_verb verb)
{
	struct silence_view s;
	struct alert_view v;
	struct order o = { .verb = (uint8_t)verb, .id = STR_LIT("1-1"), .until = desk.now + 90000 };
	char why[128];
	size_t i = 0;

	if (verb == ORDER_UNSILENCE && alerts_silence(desk.alerts, 0, &s))
		o.what = s.id;
	else if (alerts_each(desk.alerts, &i, &v))
		o.what = v.id;
	if (alerts_order(desk.alerts, &o, desk.now, why, sizeof(why)) != 0)
		assert(why[0] != '\0');
}

/* The outbox knows the first alert's episode, up to some step. */
static void
tell_first(uint8_t kind, uint16_t step)
{
	struct alert_view v;
	struct page_ref ref;
	size_t i = 0;

	if (!alerts_each(desk.alerts, &i, &v) || v.episode.n == 0)
		return;
	ref = (struct page_ref){ v.id, v.episode, v.began, v.round, step };
	alerts_told(desk.alerts, &(struct told_page){ .id = v.episode,
	                             .kind = kind,
	                             .time = desk.now,
	                             .finished = step == 0,
	                             .refs = &ref,
	                             .nrefs = 1 });
}

static void
happen(uint8_t what)
{
	uint8_t how = what >> 3;

	switch (what & 7) {
	case 0:
		go_on(how * INT64_C(500));
		break;
	case 1:
		go_on(how * INT64_C(60000));
		break;
	case 2:
		alerts_monitor(desk.alerts, MONITOR_REDIS_DOWN, how * INT64_C(1000), NULL);
		break;
	case 3:
		order_first((enum order_verb)(how % ORDER_COUNT));
		break;
	case 4:
		store_first();
		break;
	case 5:
		tell_first(how % PAGE_KIND_COUNT, how / PAGE_KIND_COUNT);
		break;
	case 6:
		desk_event(&desk, how % 2 == 0 ? EV_QUEUED : EV_ABANDONED, "c1");
		break;
	default:
		desk.now += (how - 16) * INT64_C(600000);
		alerts_tilt(desk.alerts, (how - 16) * INT64_C(600000), desk.now);
	}
}

/* ---- saved and loaded ---- */

static void
keep_all(struct alerts *a, struct out *out, struct desk_kept *kept)
{
	struct state_field f;

	alerts_state_all(a);
	while (alerts_state(a, &f)) {
		out_bytes(out, f.key.p, f.key.n);
		out_bytes(out, f.value.p, f.value.n);
		kit_keep(&kept->alerts, &f);
	}
	assert(!out->failed);
}

static void
round_trip(void)
{
	const struct alerts_options options = { "hall", &desk.rules, &desk.calendars,
		&desk.engine };
	struct desk_kept kept = { 0 }, again = { 0 };
	struct alerts *other = alerts_new(&options);
	struct out first, second;

	out_init(&first);
	out_init(&second);
	keep_all(desk.alerts, &first, &kept);
	first.len = 0; /* without what is gone */
	keep_all(desk.alerts, &first, &kept);
	for (size_t i = 0; i < kept.alerts.n; i++) {
		const struct kit_field *f = &kept.alerts.f[i];
		int rc = alerts_state_put(
		    other, &(struct state_field){ { f->key, f->nkey }, { f->value, f->nvalue } });

		assert(rc == 0);
	}
	alerts_state_done(other);
	alerts_check(other);
	keep_all(other, &second, &again);
	assert(first.len == second.len && memcmp(first.buf, second.buf, first.len) == 0);
	alerts_free(other);
	kit_forget(&kept.alerts);
	kit_forget(&again.alerts);
	out_fini(&first);
	out_fini(&second);
}

/* ---- the desk ---- */

static void
open_desk(void)
{
	struct rule_def *r;

	desk_init(&desk);
	desk.rules.paging.storm = 3;
	desk.site.nwindows = 1; /* the rules look at none */
	desk.site.limits =
	    (struct site_limits){ .queues = 16, .agents = 16, .contacts = 64, .sources = 8 };
	r = desk_rule(&desk, "down", SCOPE_SITE, "*", "redis_down_seconds > 5");
	desk_step(r, 10000, "boss");
	r->repeat = 60000;
	r = desk_rule(&desk, "wait", SCOPE_QUEUE, "*", "oldest_wait_seconds > 30");
	r->hold = 5000;
	desk_inhibited_by(r, "down");
	desk_open(&desk);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = { data, data + size };
	bool good;

	open_desk();
	if (size > 0 && *b.p++ % 2 == 1) {
		alerts_monitor(desk.alerts, MONITOR_REDIS_DOWN, 9000, NULL);
		go_on(1000);
		alerts_check(desk.alerts);
	}
	good = put_all(&b);
	if (good) {
		alerts_state_done(desk.alerts);
		alerts_check(desk.alerts);
		for (size_t i = 0; i < HAPPENINGS && b.p < b.end; i++) {
			happen(*b.p++);
			alerts_check(desk.alerts);
		}
		go_on(1000);
		round_trip();
		desk_close(&desk);
		return 0;
	}
	alerts_free(desk.alerts);
	engine_free(desk.engine);
	rules_fini(&desk.rules);
	out_fini(&desk.notes);
	out_fini(&desk.bodies);
	return 0;
}
