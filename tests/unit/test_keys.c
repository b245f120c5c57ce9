/* SPDX-License-Identifier: MIT */
/*
 * test_keys.c: the key of the tables cannot be seen.  One walk under several
 * keys gives the same figures, edges and state, byte for byte, also when the
 * engine is loaded on the way, under another key.
 */
#include "tests/unit/engine_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define KEYS 3
#define STEPS 1500

/* Key 0 is that of all other tests. */
static void
site_of(struct site *site, unsigned key)
{
	walk_site(site);
	memset(site->key, (int)(key * 0x5b), sizeof(site->key));
}

/* All that can be seen of it. */
struct seen {
	struct out said; /* edges, then every figure */
	struct kit_kept kept;
};

static struct engine *
reload(struct engine *e, struct seen *s, unsigned key)
{
	struct site site;

	kit_edges(e, &s->said);
	kit_commit(e, &s->kept);
	engine_free(e);
	site_of(&site, key);
	return kit_load(&s->kept, &site);
}

static void
live(struct seen *s, uint64_t seed, unsigned key)
{
	struct engine *e;
	struct site site;
	struct step step;
	struct walk w;

	*s = (struct seen){ 0 };
	site_of(&site, key);
	e = engine_new(&site);
	walk_begin(&w, seed);
	for (unsigned i = 0; i < STEPS; i++) {
		walk_step(&w, &step);
		engine_apply(e, &step.ev, step.now);
		kit_edges(e, &s->said);
		if (i % 50 == 0)
			kit_commit(e, &s->kept);
		if (i == STEPS / 2)
			e = reload(e, s, (key + 1) % KEYS);
	}
	kit_dump(e, &s->said, true);
	engine_state_all(e);
	kit_commit(e, &s->kept);
	engine_check(e);
	engine_free(e);
}

static void
compare(struct seen *a, struct seen *b)
{
	assert_int_equal(a->said.len, b->said.len);
	assert_memory_equal(a->said.buf, b->said.buf, a->said.len);
	assert_int_equal(a->kept.n, b->kept.n);
	kit_sort(&a->kept);
	kit_sort(&b->kept);
	for (size_t i = 0; i < a->kept.n; i++) {
		struct kit_field *x = &a->kept.f[i], *y = &b->kept.f[i];

		assert_int_equal(kit_by_key(x, y), 0);
		assert_int_equal(x->nvalue, y->nvalue);
		assert_memory_equal(x->value, y->value, x->nvalue);
	}
}

static void
end(struct seen *s)
{
	out_fini(&s->said);
	kit_forget(&s->kept);
}

static void
test_any_key(void **state)
{
	struct seen first, other;

	(void)state;
	for (uint64_t seed = 1; seed <= 12; seed++) {
		live(&first, seed, 0);
		assert_true(first.said.len > 10000 && first.kept.n > 10);
		for (unsigned key = 1; key < KEYS; key++) {
			live(&other, seed, key);
			compare(&first, &other);
			end(&other);
		}
		end(&first);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_key),
	};

	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
