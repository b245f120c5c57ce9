/* SPDX-License-Identifier: MIT */
/*
 * test_numbering.c: a number counts once, in whatever order and through
 * whatever restart; against a model that remembers every number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <ccmon/wire.h>
#include "tests/unit/engine_kit.h"

#define NUMBERS 2500
#define BOOTS 6
#define KEPT 4 /* numberings of a source */
#define HOUR INT64_C(3600000) /* ms */

static const struct str pbx = { "pbx", 3 };

static enum engine_rc
tell(struct engine *e, msec_t now, int64_t boot, int64_t seq)
{
	struct event ev = { .has = HAS(SOURCE) | HAS(TIME) | HAS(BOOT) | HAS(SEQ),
		.source = pbx,
		.time = now,
		.event = EV_HEARTBEAT,
		.boot = boot,
		.seq = seq };

	return engine_apply(e, &ev, now);
}

static void
is(struct engine *e, const char *column, int64_t value)
{
	assert_int_equal(kit_value(e, kit_object(e, SCOPE_FEED, "pbx"), column), value);
}

static void
restart(struct engine **e, struct kit_kept *kept, const struct site *site)
{
	struct out before, after;

	out_init(&before);
	out_init(&after);
	kit_commit(*e, kept);
	kit_dump(*e, &before, true);
	engine_free(*e);
	*e = kit_load(kept, site);
	kit_dump(*e, &after, true);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.buf, after.buf, before.len);
	out_fini(&before);
	out_fini(&after);
}

/* ---- by hand */

static void
test_second_collector(void **state)
{
	struct kit_kept kept = { 0 };
	struct engine *e;
	struct site site;

	(void)state;
	kit_site(&site);
	e = engine_new(&site);
	/* one collector has all but 101..9000, over a boot and a half */
	for (int64_t seq = 1; seq <= 100; seq++)
		assert_int_equal(tell(e, KIT_NOON, 5, seq), ENGINE_OK);
	assert_int_equal(tell(e, KIT_NOON, 5, 9001), ENGINE_OK);
	assert_int_equal(tell(e, KIT_NOON, 6, 1), ENGINE_OK);
	is(e, "lost_total", 8900);
	is(e, "gap_count", 8900);
	is(e, "boot", 6);
	restart(&e, &kept, &site);
	/* the other comes back with everything */
	for (int64_t seq = 1; seq <= 9001; seq++)
		assert_int_equal(tell(e, KIT_NOON + HOUR, 5, seq),
		    seq <= 100 || seq == 9001 ? ENGINE_DUPLICATE : ENGINE_OK);
	assert_int_equal(tell(e, KIT_NOON + HOUR, 6, 1), ENGINE_DUPLICATE);
	is(e, "lost_total", 0);
	is(e, "events_total", 9002);
	is(e, "duplicate_total", 102);
	is(e, "seq", 1);
	engine_free(e);
	kit_forget(&kept);
}

static void
test_before_our_time(void **state)
{
	struct engine *e;
	struct site site;

	(void)state;
	kit_site(&site);
	e = engine_new(&site);
	assert_int_equal(tell(e, KIT_NOON, 5, 50), ENGINE_OK);
	is(e, "lost_total", 0);
	assert_int_equal(tell(e, KIT_NOON, 5, 20), ENGINE_OK);
	assert_int_equal(tell(e, KIT_NOON, 5, 20), ENGINE_DUPLICATE);
	assert_int_equal(tell(e, KIT_NOON, 4, 7), ENGINE_OK); /* an older boot still */
	is(e, "lost_total", 0);
	is(e, "seq", 50);
	assert_int_equal(tell(e, KIT_NOON, 6, 3), ENGINE_OK); /* but 1 and 2 of this */
	is(e, "lost_total", 2);
	engine_free(e);
}

static void
test_too_many_ranges(void **state)
{
	struct engine *e;
	struct site site;

	(void)state;
	kit_site(&site);
	e = engine_new(&site);
	tell(e, KIT_NOON, 5, 1);
	for (int64_t seq = 4; seq <= 4 + 3 * 1024; seq += 3) /* two are lost each time */
		tell(e, KIT_NOON, 5, seq);
	is(e, "lost_total", 2 * 1025);
	is(e, "given_up_total", 2);
	is(e, "gap_count", 2 * 1024);
	assert_int_equal(tell(e, KIT_NOON, 5, 2), ENGINE_DUPLICATE);
	assert_int_equal(tell(e, KIT_NOON, 5, 5), ENGINE_OK);
	is(e, "lost_total", 2 * 1025 - 1);
	engine_free(e);
}

/* Nothing a source says makes a state that will not load. */
static void
test_wild_numbers(void **state)
{
	struct kit_kept kept = { 0 };
	struct engine *e;
	struct site site;

	(void)state;
	kit_site(&site);
	e = engine_new(&site);
	for (int64_t boot = 0; boot < 1200; boot++) {
		assert_int_equal(tell(e, KIT_NOON, boot, COUNT_HIGH), ENGINE_OK);
		assert_int_equal(tell(e, KIT_NOON, boot, COUNT_HIGH / 2), ENGINE_OK);
	}
	is(e, "given_up_total", COUNT_HIGH);
	restart(&e, &kept, &site);
	assert_int_equal(tell(e, KIT_NOON, 1199, COUNT_HIGH / 2), ENGINE_DUPLICATE);
	assert_int_equal(tell(e, KIT_NOON, 1199, 1), ENGINE_OK);
	engine_free(e);
	kit_forget(&kept);
}

/* ---- against a model */

static struct boot {
	bool known, seen[NUMBERS + 1];
	msec_t missed[NUMBERS + 1]; /* 0: it was not */
	int64_t highest;
} boots[BOOTS];
static int64_t given_up, events, duplicates;

static int
lowest_known(void)
{
	for (int b = 0; b < BOOTS; b++)
		if (boots[b].known)
			return b;
	return BOOTS;
}

static int64_t
count_missed(msec_t since)
{
	int64_t n = 0;

	for (int b = 0; b < BOOTS; b++)
		for (int64_t i = 1; boots[b].known && i <= NUMBERS; i++)
			n += boots[b].missed[i] > 0 && boots[b].missed[i] >= since;
	return n;
}

static bool
model_begin(int b, int64_t seq, msec_t now)
{
	int known = 0, low = lowest_known();

	for (int i = 0; i < BOOTS; i++)
		known += boots[i].known;
	if (known == KEPT && b < low)
		return false;
	if (known == KEPT) {
		for (int64_t i = 1; i <= NUMBERS; i++)
			given_up += boots[low].missed[i] > 0;
		boots[low].known = false;
	}
	memset(&boots[b], 0, sizeof(boots[b]));
	boots[b].known = true;
	for (int64_t i = 1; i < seq && b > low; i++)
		boots[b].missed[i] = now;
	boots[b].highest = seq - 1;
	return true;
}

static bool
model_takes(int b, int64_t seq, msec_t now)
{
	struct boot *boot = &boots[b];

	if (!boot->known && !model_begin(b, seq, now))
		return false;
	if (boot->seen[seq])
		return false;
	for (; boot->highest < seq; boot->highest++)
		if (boot->highest + 1 < seq)
			boot->missed[boot->highest + 1] = now;
	boot->seen[seq] = true;
	boot->missed[seq] = 0;
	return true;
}

static void
same(struct engine *e, msec_t now)
{
	is(e, "lost_total", given_up + count_missed(1));
	is(e, "gap_count", count_missed(now - HOUR));
	is(e, "given_up_total", given_up);
	is(e, "events_total", events);
	is(e, "duplicate_total", duplicates);
}

/* Mostly in order, sometimes from far back, sometimes of another boot. */
static void
step(struct engine *e, msec_t *now)
{
	static int current;
	static int64_t next;
	int b = current;
	int64_t seq;
	bool new;

	if (rand() % 700 == 0) {
		current = rand() % BOOTS;
		next = rand() % 20;
	}
	if (rand() % 3 == 0) {
		b = rand() % BOOTS;
		seq = 1 + rand() % NUMBERS;
	} else
		seq = next = 1 + (next + (rand() % 9 == 0 ? rand() % 30 : 0)) % NUMBERS;
	*now += rand() % 5 == 0 ? rand() % 120000 : 0;
	new = model_takes(b, seq, *now);
	events += new;
	duplicates += !new;
	assert_int_equal(tell(e, *now, b, seq), new ? ENGINE_OK : ENGINE_DUPLICATE);
}

static void
walk(unsigned seed)
{
	struct kit_kept kept = { 0 };
	msec_t now = KIT_NOON;
	struct engine *e;
	struct site site;

	kit_site(&site);
	e = engine_new(&site);
	srand(seed);
	memset(boots, 0, sizeof(boots));
	given_up = events = duplicates = 0;
	for (unsigned i = 0; i < 6000; i++) {
		step(e, &now);
		if (i % 97 == 0)
			same(e, now);
		if (i % 997 == 0)
			restart(&e, &kept, &site);
	}
	same(e, now);
	engine_free(e);
	kit_forget(&kept);
}

static void
test_against_model(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 6; seed++)
		walk(seed);
}

/* ---- a state that is damaged, though its checksum fits */

static void
reseal(struct kit_field *f)
{
	uint32_t crc = crc32c(0, f->value, f->nvalue - sizeof(crc));

	memcpy(f->value + f->nvalue - sizeof(crc), &crc, sizeof(crc));
}

/* It is refused, or is a state like any other. */
static bool
survives(const struct kit_kept *kept, const struct site *site)
{
	struct engine *e = engine_new(site);
	bool good = true;

	for (size_t i = 0; i < kept->n && good; i++) {
		struct state_field f = { { kept->f[i].key, kept->f[i].nkey },
			{ kept->f[i].value, kept->f[i].nvalue } };

		good = engine_state_put(e, &f) == 0;
	}
	good = good && engine_state_done(e) == 0;
	for (int64_t seq = 1; good && seq < 40; seq++)
		(void)tell(e, KIT_NOON + HOUR, 5 + seq % 2, seq);
	engine_free(e);
	return good;
}

static void
test_damage(void **state)
{
	struct kit_kept kept = { 0 };
	unsigned refused = 0;
	struct kit_field *f;
	struct engine *e;
	struct site site;

	(void)state;
	kit_site(&site);
	e = engine_new(&site);
	for (int64_t seq = 2; seq < 30; seq += 3)
		for (int64_t boot = 5; boot < 7; boot++)
			tell(e, KIT_NOON, boot, seq);
	kit_commit(e, &kept);
	engine_free(e);
	for (f = kept.f; f->key[0] != 's'; f++)
		;
	for (uint32_t at = 1; at < f->nvalue - 4; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			char was = f->value[at];

			f->value[at] ^= (char)(1U << bit);
			reseal(f);
			refused += !survives(&kept, &site);
			f->value[at] = was;
		}
	assert_in_range(refused, f->nvalue / 2, f->nvalue * 8);
	reseal(f);
	assert_true(survives(&kept, &site));
	kit_forget(&kept);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_second_collector),
		cmocka_unit_test(test_before_our_time),
		cmocka_unit_test(test_too_many_ranges),
		cmocka_unit_test(test_wild_numbers),
		cmocka_unit_test(test_against_model),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
