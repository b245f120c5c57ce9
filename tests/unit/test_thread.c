/* SPDX-License-Identifier: MIT */
/* test_thread.c: which mails belong together, and by which name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "mail_kit.h"

static struct memos memos;
static struct threads all;

static int
setup(void **state)
{
	(void)state;
	kit_threads(&all, &memos);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	memos_fini(&memos);
	return 0;
}

/* A mail that names up to two others.  Whether threads were joined. */
static bool
come(const char *id, msec_t time, const char *parent, const char *other, struct thread *t)
{
	struct thread gone;
	bool joined = false;

	thread_find(&all, kit_str(id), time, t);
	if (parent != NULL)
		joined |= thread_join(&all, t, kit_str(parent), &gone);
	if (other != NULL)
		joined |= thread_join(&all, t, kit_str(other), &gone);
	thread_keep(&all, t, kit_str(id));
	return joined;
}

static bool
together(const char *a, const char *b)
{
	struct thread x, y;

	thread_find(&all, kit_str(a), 0, &x);
	thread_find(&all, kit_str(b), 0, &y);
	return memcmp(x.root, y.root, MEMO_KEY) == 0;
}

/* ---- ids */

static void
reads_ids(void **state)
{
	static const char *const rows[][3] = {
		/* text, ids in a list, as a Message-ID */
		{ "<a@x>", "a@x ", "a@x" },
		{ " <a@x>\t<b@x>", "a@x b@x ", "a@x" },
		{ "<a@x><b@x>", "a@x b@x ", "a@x" },
		{ "a@x", "", "a@x" },
		{ "a@x b@x", "", "a@xb@x" },
		{ "Your message of Monday <a@x> (by Bob <c@x>)", "a@x ", "a@x" },
		{ "(<c@x>) <a@x>", "a@x ", "a@x" },
		{ "<a @\tx>", "a@x ", "a@x" },
		{ "<(c) a@x>", "a@x ", "a@x" },
		{ "<a@x", "a@x ", "a@x" },
		{ "<a@x <b@x>", "a@x<b@x ", "a@x<b@x" },
		{ "<> <a@x>", "a@x ", "a@x" },
		{ "<>", "", NULL },
		{ "<", "", NULL },
		{ "", "", NULL },
	};
	struct mail_id id;

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct str rest = kit_str(rows[i][0]);
		char got[100] = "";
		size_t n = 0;

		while (id_next(&rest, &id))
			n += (size_t)snprintf(
			    got + n, sizeof(got) - n, "%.*s ", STR_ARG(id_str(&id)));
		assert_string_equal(got, rows[i][1]);
		assert_int_equal(id_own(kit_str(rows[i][0]), &id), rows[i][2] != NULL);
		if (rows[i][2] != NULL)
			assert_true(str_eq(id_str(&id), kit_str(rows[i][2])));
	}
}

static void
too_long_an_id(void **state)
{
	char text[MAIL_ID_MAX + 10];
	struct str rest = { text, sizeof(text) };
	struct mail_id id;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[0] = '<';
	memcpy(text + sizeof(text) - 5, "><b>x", 5);
	assert_true(id_next(&rest, &id));
	assert_int_equal(id.n, 1);
}

/* ---- threads */

static void
by_a_parent_to_come(void **state)
{
	struct thread t, u;

	(void)state;
	assert_false(come("b", 10, "a", NULL, &t));
	assert_true(thread_has(&all, kit_str("b")));
	assert_false(thread_has(&all, kit_str("a")));
	assert_false(come("a", 20, NULL, NULL, &u));
	assert_memory_equal(t.root, u.root, MEMO_KEY);
	assert_int_equal(u.since, 10);
	assert_true(thread_has(&all, kit_str("a")));
}

static void
by_a_ghost(void **state)
{
	struct thread t, u, v;

	(void)state;
	come("b", 10, "ghost", NULL, &t);
	come("c", 20, "ghost", NULL, &u);
	come("d", 30, "other", NULL, &v);
	assert_true(together("b", "c"));
	assert_false(together("b", "d"));
}

static void
two_become_one(void **state)
{
	struct thread a, b, both, gone;

	(void)state;
	come("a", 20, NULL, NULL, &a);
	come("b", 10, NULL, NULL, &b);
	thread_find(&all, kit_str("c"), 30, &both);
	assert_false(thread_join(&all, &both, kit_str("c"), &gone));
	assert_true(thread_join(&all, &both, kit_str("a"), &gone)); /* c went into a */
	assert_memory_equal(both.root, a.root, MEMO_KEY);
	assert_true(thread_join(&all, &both, kit_str("b"), &gone));
	assert_memory_equal(gone.root, a.root, MEMO_KEY); /* the younger one */
	assert_memory_equal(both.root, b.root, MEMO_KEY);
	assert_false(thread_join(&all, &both, kit_str("a"), &gone));
	thread_keep(&all, &both, kit_str("c"));
	assert_true(together("a", "b") && together("b", "c"));
	assert_true(thread_has(&all, kit_str("a")) && thread_has(&all, kit_str("b")) &&
	            thread_has(&all, kit_str("c")));
}

/* A contact that was told of keeps its name, whoever is older. */
static void
the_known_name_stays(void **state)
{
	struct thread old, young, both;

	(void)state;
	come("old", 10, NULL, NULL, &old);
	come("young", 20, NULL, NULL, &young);
	young.state = THREAD_OUT;
	thread_keep(&all, &young, kit_str("young"));
	assert_true(come("c", 30, "old", "young", &both));
	assert_memory_equal(both.root, young.root, MEMO_KEY);
	assert_int_equal(both.state, THREAD_OUT);
	assert_int_equal(both.since, 10);
}

static void
matters_outlive_what_was_sent(void **state)
{
	struct thread out, in, both;

	(void)state;
	come("out", 10, NULL, NULL, &out);
	out.state = THREAD_OUT;
	thread_keep(&all, &out, kit_str("out"));
	come("in", 20, NULL, NULL, &in);
	in.state = THREAD_IN;
	in.nqueue = 4;
	memcpy(in.queue, "post", 4);
	thread_keep(&all, &in, kit_str("in"));
	assert_true(come("c", 30, "out", "in", &both));
	assert_memory_equal(both.root, in.root, MEMO_KEY);
	thread_find(&all, kit_str("out"), 0, &both);
	assert_int_equal(both.state, THREAD_IN);
	assert_true(str_is((struct str){ both.queue, both.nqueue }, "post"));
}

static void
references_in_a_circle(void **state)
{
	struct thread t;

	(void)state;
	come("a", 10, "b", "a", &t);
	come("b", 20, "c", "a", &t);
	come("c", 30, "a", "c", &t);
	assert_true(together("a", "b") && together("b", "c"));
}

/* A long chain in the worst order: each mail joins an older thread. */
static void
a_long_chain(void **state)
{
	char id[16], parent[16];
	struct thread t;

	(void)state;
	for (int i = 500; i > 0; i--) {
		(void)snprintf(id, sizeof(id), "%d", i);
		(void)snprintf(parent, sizeof(parent), "%d", i + 1);
		come(id, i, parent, NULL, &t);
	}
	for (int i = 1; i <= 501; i++) {
		(void)snprintf(id, sizeof(id), "%d", i);
		assert_true(together(id, "1"));
	}
}

static void
mailboxes_know_nothing_of_each_other(void **state)
{
	struct threads other = all;
	struct thread t;

	(void)state;
	threads_open(&other, kit_key, kit_str("tsop"));
	come("a", 10, NULL, NULL, &t);
	assert_true(thread_has(&all, kit_str("a")));
	assert_false(thread_has(&other, kit_str("a")));
}

static void
a_damaged_memo_is_none(void **state)
{
	struct memo memo = { .value = STR_LIT("?") };
	struct thread t;

	(void)state;
	thread_key(&all, STR_LIT("id"), STR_LIT("a"), memo.key);
	kit_remember(&memos, &memo);
	assert_false(thread_has(&all, kit_str("a")));
	come("a", 10, NULL, NULL, &t);
	assert_true(thread_has(&all, kit_str("a")));
}

static void
names_are_hexadecimal(void **state)
{
	struct thread t = { .root = { 0x01, 0xab, [15] = 0xf0 } };
	char name[THREAD_NAME];

	(void)state;
	thread_name(&t, name);
	assert_memory_equal(name, "01ab00000000000000000000000000f0", THREAD_NAME);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_ids),
		cmocka_unit_test(too_long_an_id),
		WITH(by_a_parent_to_come),
		WITH(by_a_ghost),
		WITH(two_become_one),
		WITH(the_known_name_stays),
		WITH(matters_outlive_what_was_sent),
		WITH(references_in_a_circle),
		WITH(a_long_chain),
		WITH(mailboxes_know_nothing_of_each_other),
		WITH(a_damaged_memo_is_none),
		cmocka_unit_test(names_are_hexadecimal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
