/* SPDX-License-Identifier: MIT */
/*
 * io_outbox.c: an outbox whose file LMDB still reads, and whose values are
 * not what was written.  A page that only the daemon still has is taken from
 * it once more; one that is whole is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/wait.h>

#include "daemon/hooks/outbox.h"
#include "daemon/hooks/post.h"
#include "tests/fuzz/raw_lmdb.h"

enum { PAGES, IDS, NTABLES };
static const char *const tables[NTABLES] = { "pages", "ids" }; /* outbox.c */

#define ID STR_LIT("a.0.0")
static struct str hook_name = STR_LIT("sms");
static struct page_ref ref = { STR_LIT("rule/site"), STR_LIT("a"), 1, 0, 0 };
static const struct page page = { .id = ID,
	.kind = PAGE_FIRE,
	.hooks = &hook_name,
	.nhooks = 1,
	.refs = &ref,
	.nrefs = 1,
	.body = STR_LIT("{}") };

/* ---- a runner that was told of no hook, so that a page stays open */

static struct out said;

static struct post *
begin(void)
{
	struct post *p;

	out_init(&said);
	p = post_open(scratch, &said);
	assert_non_null(p);
	return p;
}

static void
end(struct post *p)
{
	post_close(p);
	out_fini(&said);
}

static void
offer(struct post *p)
{
	struct frame f;
	struct out o;

	out_init(&o);
	frame_page(&o, &page);
	assert_int_equal(frame_open(&f, FRAME_PAGE,
	                     (struct str){ o.buf + FRAME_HEADER, (uint32_t)o.len - FRAME_HEADER }),
	    0);
	post_take(p, &f);
	frame_close(&f);
	out_fini(&o);
	clock_turn();
	(void)post_turn(p, false);
}

/* How many frames of a type were said. */
static unsigned
heard(enum frame_type wanted)
{
	struct str rest = { said.buf, (uint32_t)said.len }, fields;
	unsigned count = 0;
	uint8_t type;
	int n;

	while ((n = frame_first(rest, &type, &fields)) > 0) {
		count += type == wanted;
		rest.p += n;
		rest.n -= (uint32_t)n;
	}
	return count;
}

static void
store_once(void)
{
	struct post *p;

	scratch_begin();
	p = begin();
	offer(p);
	assert_int_equal(heard(FRAME_STORED), 1);
	end(p);
}

/* ---- damage */

static void
flip(unsigned table, struct str name, size_t at)
{
	MDB_val key = { name.n, (void *)(uintptr_t)name.p }, value;
	char bytes[1024];
	struct raw r;

	raw_open(&r, "outbox.mdb", tables, NTABLES);
	raw_check(mdb_get(r.txn, r.table[table], &key, &value));
	if (at >= value.mv_size || value.mv_size > sizeof(bytes))
		abort();
	memcpy(bytes, value.mv_data, value.mv_size);
	bytes[at] ^= 2;
	raw_put(&r, table, name, (struct str){ bytes, (uint32_t)value.mv_size });
	raw_close(&r);
}

/* In its head, so that the fields can still be read. */
static void
damage_page(void)
{
	flip(PAGES, (struct str){ "\0\0\0\0\0\0\0\1", 8 }, 8);
}

static void
damage_number(void)
{
	flip(IDS, ID, 7);
}

static void
assert_has(bool has)
{
	struct outbox *o = outbox_open(scratch);

	assert_non_null(o);
	assert_int_equal(outbox_has(o, ID), has);
	outbox_close(o);
}

/* ---- the tests */

static void
test_whole(void **state)
{
	struct post *p;

	(void)state;
	store_once();
	assert_has(true);
	p = begin();
	assert_int_equal(heard(FRAME_TOLD), 1);
	offer(p);
	assert_int_equal(heard(FRAME_STORED), 1);
	end(p);
}

static void
test_page_damaged(void **state)
{
	struct post *p;

	(void)state;
	store_once();
	damage_page();
	assert_has(false);
	p = begin();
	assert_int_equal(heard(FRAME_TOLD), 0);
	offer(p);
	assert_int_equal(heard(FRAME_STORED), 1);
	end(p);
	assert_has(true);
	p = begin();
	assert_int_equal(heard(FRAME_TOLD), 1);
	end(p);
}

/* What is removed is the damaged one, not what was taken in its place. */
static void
test_damaged_page_goes(void **state)
{
	struct outbox *o;
	struct post *p;

	(void)state;
	store_once();
	damage_page();
	p = begin();
	offer(p);
	end(p);
	o = outbox_open(scratch);
	assert_non_null(o);
	assert_false(outbox_prune(o, 0, 1));
	assert_true(outbox_has(o, ID));
	outbox_close(o);
}

/* Nothing of it can be read, nor is there a page too many. */
static void
test_short_page_goes(void **state)
{
	struct str second = { "\0\0\0\0\0\0\0\2", 8 };
	MDB_val key = { second.n, (void *)(uintptr_t)second.p }, value;
	struct outbox *o;
	struct raw r;

	(void)state;
	store_once();
	raw_open(&r, "outbox.mdb", tables, NTABLES);
	raw_put(&r, PAGES, second, STR_LIT("cut"));
	raw_close(&r);
	o = outbox_open(scratch);
	assert_non_null(o);
	assert_false(outbox_prune(o, 0, 10));
	assert_true(outbox_has(o, ID));
	outbox_close(o);
	raw_open(&r, "outbox.mdb", tables, NTABLES);
	assert_int_equal(mdb_get(r.txn, r.table[PAGES], &key, &value), MDB_NOTFOUND);
	raw_close(&r);
}

static void
test_number_damaged(void **state)
{
	(void)state;
	store_once();
	damage_number();
	assert_has(false);
}

/* By another process, as LMDB wants it. */
static void
test_damaged_meanwhile(void **state)
{
	struct post *p;
	int status;
	pid_t pid;

	(void)state;
	scratch_begin();
	p = begin();
	offer(p);
	if ((pid = fork()) == 0) {
		damage_page();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	offer(p);
	assert_int_equal(heard(FRAME_STORED), 2);
	end(p);
	assert_has(true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_page_damaged),
		cmocka_unit_test(test_damaged_page_goes),
		cmocka_unit_test(test_short_page_goes),
		cmocka_unit_test(test_number_damaged),
		cmocka_unit_test(test_damaged_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
