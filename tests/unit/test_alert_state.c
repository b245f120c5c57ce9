/* SPDX-License-Identifier: MIT */
/*
 * test_alert_state.c: what must survive, field by field: one that is damaged,
 * or whole but not sound, is refused; one that is loaded is what was saved.
 */
#include <ccmon/wire.h>

#include "daemon/alerts/codec.h"
#include "tests/unit/alerts_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define ID "down/site"

static struct desk desk;
static struct desk_kept kept;

/* One alert of each sort, a silence, a page that is owed and one that is open. */
static void
open_full(void)
{
	struct rule_def *r;
	char why[128];

	kept = (struct desk_kept){ 0 };
	desk_init(&desk);
	desk.rules.paging.storm = 1;
	desk.keep = true;
	r = desk_rule(&desk, "down", SCOPE_SITE, "*", "redis_down_seconds > 5");
	desk_step(r, 10000, "boss");
	r = desk_rule(&desk, "slow", SCOPE_SITE, "*", "redis_down_seconds > 6");
	r = desk_rule(&desk, "later", SCOPE_SITE, "*", "redis_down_seconds > 7");
	r->hold = 60000;
	desk_open(&desk);
	desk_down(&desk, 10);
	assert_int_equal(desk_order(&desk, ORDER_SILENCE, "x*", desk.now + 1000, why), 0);
	desk_commit(&desk, &kept);
}

static void
close_full(void)
{
	desk_forget(&kept);
	desk_close(&desk);
}

/* The field with a version and a sum that fit; given to alerts that are new. */
static int
put(const char *key, size_t nkey, const void *body, size_t n)
{
	const struct alerts_options options = { "hall", &desk.rules, &desk.calendars,
		&desk.engine };
	struct alerts *a = alerts_new(&options);
	char *value = malloc(n + 5);
	uint32_t crc;
	int rc;

	value[0] = ALERTS_STATE_VERSION;
	if (n > 0)
		memcpy(value + 1, body, n);
	crc = crc32c(0, value, n + 1);
	memcpy(value + 1 + n, &crc, sizeof(crc));
	rc = alerts_state_put(
	    a, &(struct state_field){ { key, (uint32_t)nkey }, { value, (uint32_t)n + 5 } });
	free(value);
	alerts_free(a);
	return rc;
}

static void
test_a_byte_more_or_less_is_refused(void **state)
{
	(void)state;
	open_full();
	assert_true(kept.alerts.n >= 7);
	for (size_t i = 0; i < kept.alerts.n; i++) {
		const struct kit_field *f = &kept.alerts.f[i];
		char *longer = calloc(1, f->nvalue);

		for (uint32_t n = 0; n < f->nvalue - 5; n++)
			assert_int_equal(put(f->key, f->nkey, f->value + 1, n), -1);
		assert_int_equal(put(f->key, f->nkey, f->value + 1, f->nvalue - 5), 0);
		memcpy(longer, f->value + 1, f->nvalue - 5);
		assert_int_equal(put(f->key, f->nkey, longer, f->nvalue - 4), -1);
		free(longer);
	}
	close_full();
}

static void
test_the_sum_and_the_version_are_looked_at(void **state)
{
	(void)state;
	open_full();
	for (size_t i = 0; i < kept.alerts.n; i++) {
		const struct kit_field *f = &kept.alerts.f[i];
		struct state_field field = { { f->key, f->nkey }, { f->value, f->nvalue } };

		for (uint32_t at = 0; at < f->nvalue; at++) {
			f->value[at] ^= 1;
			assert_int_equal(alerts_state_put(desk.alerts, &field), -1);
			f->value[at] ^= 1;
		}
		for (field.value.n = 0; field.value.n < 5; field.value.n++)
			assert_int_equal(alerts_state_put(desk.alerts, &field), -1);
	}
	close_full();
}

/* ---- whole, but not sound ---- */

static const struct kit_field *
field_of(const char *prefix)
{
	for (size_t i = 0; i < kept.alerts.n; i++)
		if (kept.alerts.f[i].nkey >= strlen(prefix) &&
		    memcmp(kept.alerts.f[i].key, prefix, strlen(prefix)) == 0)
			return &kept.alerts.f[i];
	fail_msg("no field %s", prefix);
	return NULL;
}

static void
test_keys(void **state)
{
	static const char *const bad[] = { "A-", "Ax:1", "Aa:", "Aa:down", "Ao:", "Ao:x", "Ao:1x",
		"Ao:-1", "Ao:01", "Ao:1234567890123456789", "B", "" };
	const struct kit_field *alert, *owed;
	struct state_field field;

	(void)state;
	open_full();
	alert = field_of("Aa:" ID);
	owed = field_of("Ao:");
	for (size_t i = 0; i < COUNTOF(bad); i++) {
		const struct kit_field *f = bad[i][0] == 'A' && bad[i][1] == 'o' ? owed : alert;

		if (strcmp(bad[i], "A-") == 0)
			for (size_t j = 0; j < kept.alerts.n; j++)
				f = kept.alerts.f[j].nkey == 1 ? &kept.alerts.f[j] : f;
		assert_int_equal(put(bad[i], strlen(bad[i]), f->value + 1, f->nvalue - 5), -1);
	}
	assert_int_equal(put("Ao:0", 4, owed->value + 1, owed->nvalue - 5), 0);
	assert_int_equal(put("Ao:123456789012345678", 21, owed->value + 1, owed->nvalue - 5), 0);
	desk_restart(&desk, &kept);
	field = (struct state_field){ { owed->key, owed->nkey }, { owed->value, owed->nvalue } };
	assert_int_equal(alerts_state_put(desk.alerts, &field), -1); /* it is there */
	alerts_free(desk.alerts);
	desk.alerts = NULL;
	engine_free(desk.engine);
	desk_open(&desk);
	close_full();
}

typedef void spoil_alert_fn(struct alert *);

static void
no_begin(struct alert *al)
{
	al->began = -1;
}
static void
no_episode(struct alert *al)
{
	al->episode[0] = '\0';
}
static void
short_episode(struct alert *al)
{
	al->episode[15] = '\0';
}
static void
ended(struct alert *al)
{
	al->ended = al->began + 1;
}
static void
not_ended(struct alert *al)
{
	al->life = LIFE_RESOLVED;
}
static void
acked_pending(struct alert *al)
{
	al->life = LIFE_PENDING, al->acked_until = 5;
}
static void
told_half(struct alert *al)
{
	al->told.p[al->told.n - 1] = 'x';
}
static void
life(struct alert *al)
{
	al->life = LIFE_COUNT;
}
static void
shown(struct alert *al)
{
	al->shown = ALERT_STATE_COUNT;
}
static void
far_away(struct alert *al)
{
	al->since = INT64_C(1) << 54;
}

/* What a spoiled alert is packed as is refused; as it was, taken. */
static int
put_spoiled(spoil_alert_fn *spoil)
{
	struct alert *al = roster_find(desk.alerts, kit_str(ID)), copy = *al;
	struct memory m = { 0 };
	struct packer to = { 0 };
	char last = al->told.p[al->told.n - 1];
	int rc;

	if (spoil != NULL)
		spoil(&copy);
	code_alert(&(struct codec){ .memory = &m, .to = &to }, &copy);
	al->told.p[al->told.n - 1] = last;
	rc = put("Aa:" ID, strlen("Aa:" ID), to.p, to.n);
	pack_fini(&to, &m);
	memory_fini(&m);
	return rc;
}

static void
test_alerts_that_are_not_sound(void **state)
{
	static spoil_alert_fn *const spoils[] = { no_begin, no_episode, short_episode, ended,
		not_ended, acked_pending, told_half, life, shown, far_away };

	(void)state;
	open_full();
	assert_int_equal(put_spoiled(NULL), 0);
	for (size_t i = 0; i < COUNTOF(spoils); i++)
		assert_int_equal(put_spoiled(spoils[i]), -1);
	close_full();
}

typedef void spoil_owed_fn(struct owed *);

static void
no_members(struct owed *o)
{
	o->n = 0;
}
static void
no_id(struct owed *o)
{
	o->id[0] = '\0';
}
static void
hooks_half(struct owed *o)
{
	o->hooks.n--;
}
static void
no_hooks(struct owed *o)
{
	o->hooks.n = 0;
}
static void
nameless(struct owed *o)
{
	o->member[0].page[0] = '\0';
}
static void
short_member(struct owed *o)
{
	o->member[0].episode[15] = '\0';
}
static void
kind(struct owed *o)
{
	o->kind = PAGE_KIND_COUNT;
}

static int
put_spoiled_owed(spoil_owed_fn *spoil)
{
	struct owed o = *desk.alerts->owed[0];
	struct member member = o.member[0];
	struct memory m = { 0 };
	struct packer to = { 0 };
	int rc;

	assert_false(o.open);
	o.member = &member;
	if (spoil != NULL)
		spoil(&o);
	code_owed(&(struct codec){ .memory = &m, .to = &to }, desk.alerts, &o);
	rc = put("Ao:1", 4, to.p, to.n);
	pack_fini(&to, &m);
	memory_fini(&m);
	return rc;
}

static void
test_pages_that_are_not_sound(void **state)
{
	static spoil_owed_fn *const spoils[] = { no_members, no_id, hooks_half, no_hooks, nameless,
		short_member, kind };

	(void)state;
	open_full();
	assert_int_equal(put_spoiled_owed(NULL), 0);
	for (size_t i = 0; i < COUNTOF(spoils); i++)
		assert_int_equal(put_spoiled_owed(spoils[i]), -1);
	close_full();
}

/* ---- what is loaded is what was saved ---- */

static void
test_numbers_of_pages_do_not_grow(void **state)
{
	uint64_t next;

	(void)state;
	open_full();
	next = desk.alerts->next_owed;
	for (size_t i = 0; i < 5; i++) {
		desk_restart(&desk, &kept);
		desk_commit(&desk, &kept);
	}
	assert_int_equal(desk.alerts->next_owed, next);
	close_full();
}

static void
test_a_silence_that_is_there_already(void **state)
{
	struct silence_view v;
	struct state_field f;
	const struct kit_field *s;
	char why[128];

	(void)state;
	open_full();
	assert_int_equal(desk_order(&desk, ORDER_SILENCE, "y*", desk.now + 9000, why), 0);
	s = field_of("As:");
	f = (struct state_field){ { s->key, s->nkey }, { s->value, s->nvalue } };
	assert_int_equal(alerts_state_put(desk.alerts, &f), 0);
	assert_true(alerts_silence(desk.alerts, 1, &v));
	assert_string_equal(v.match.p, "y*");
	assert_true(alerts_silence(desk.alerts, 0, &v));
	assert_string_equal(v.match.p, "x*");
	assert_false(alerts_silence(desk.alerts, 2, &v));
	close_full();
}

/* What nobody could load again is not taken. */
static void
test_texts_of_orders_have_an_end(void **state)
{
	char *text = malloc(70000), why[128];
	struct order o = { .id = STR_LIT("1767614400000-7"),
		.verb = ORDER_ACK,
		.what = STR_LIT(ID),
		.by = STR_LIT("ann"),
		.note = { text, 70000 } };
	struct alert_note n;

	(void)state;
	memset(text, 'x', 70000);
	open_full();
	assert_int_equal(alerts_order(desk.alerts, &o, desk.now, why, sizeof(why)), -1);
	assert_string_equal(why, "a text is longer than 1000 bytes");
	assert_string_equal(desk_state(&desk, ID), "firing");
	assert_true(alerts_note(desk.alerts, &n));
	assert_string_equal(n.outcome, "refused");
	assert_int_equal(n.note.n, 0);
	assert_int_equal(n.by.n, 3);
	assert_false(alerts_note(desk.alerts, &n));
	o.note.n = 1000;
	assert_int_equal(alerts_order(desk.alerts, &o, desk.now, why, sizeof(why)), 0);
	o.verb = ORDER_SILENCE;
	o.until = desk.now + 5000;
	o.what = (struct str){ text, 1001 };
	assert_int_equal(alerts_order(desk.alerts, &o, desk.now, why, sizeof(why)), -1);
	o.what.n = 1;
	o.by = (struct str){ text, 1001 };
	assert_int_equal(alerts_order(desk.alerts, &o, desk.now, why, sizeof(why)), -1);
	desk_commit(&desk, &kept);
	desk_restart(&desk, &kept);
	desk_turn(&desk);
	assert_string_equal(desk_state(&desk, ID), "acked");
	assert_int_equal(desk_view(&desk, ID).note.n, 1000);
	free(text);
	close_full();
}

/* ---- a clock that was wrong ---- */

/* It showed another year, was put right, and all that while we were away. */
static void
test_a_state_from_the_future(void **state)
{
	msec_t year = INT64_C(31536000000), now;

	(void)state;
	open_full();
	now = desk.now;
	desk.now += year;
	alerts_tilt(desk.alerts, year, desk.now);
	desk_commit(&desk, &kept);
	engine_free(desk.engine);
	alerts_free(desk.alerts);
	desk.now = now;
	desk_open(&desk);
	for (size_t i = 0; i < kept.alerts.n; i++) {
		const struct kit_field *f = &kept.alerts.f[i];

		if (f->nkey == 1) /* what is one a site */
			assert_int_equal(alerts_state_put(desk.alerts,
			                     &(struct state_field){
			                         { f->key, f->nkey }, { f->value, f->nvalue } }),
			    0);
	}
	alerts_state_done(desk.alerts);
	assert_true(desk.alerts->storm.n > 0);
	desk_down(&desk, 6);
	assert_int_equal(desk.alerts->storm.n, 0);
	desk_run(&desk, TILT_MS - 1);
	assert_string_equal(desk_state(&desk, ID), "none");
	desk_run(&desk, 1);
	assert_string_equal(desk_state(&desk, ID), "firing");
	close_full();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_byte_more_or_less_is_refused),
		cmocka_unit_test(test_the_sum_and_the_version_are_looked_at),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_alerts_that_are_not_sound),
		cmocka_unit_test(test_pages_that_are_not_sound),
		cmocka_unit_test(test_numbers_of_pages_do_not_grow),
		cmocka_unit_test(test_a_silence_that_is_there_already),
		cmocka_unit_test(test_texts_of_orders_have_an_end),
		cmocka_unit_test(test_a_state_from_the_future),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
