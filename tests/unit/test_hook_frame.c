/* SPDX-License-Identifier: MIT */
/*
 * test_hook_frame.c: each kind of frame as it is written and taken again; cut
 * short at every byte, or with a word no table has, it is none.
 */
#include <daemon/hooks/frame.h>

#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static char name_bell[] = "bell", path_bell[] = "/bin/bell", loud[] = "-loud", home[] = "HOME=/";
static char *command[] = { path_bell, loud, NULL }, *env[] = { home, NULL };
static struct hook_def hooks[] = {
	{ .name = name_bell,
	    .command = command,
	    .env = env,
	    .timeout = 30000,
	    .concurrency = 4,
	    .give_up = 9 },
	{ .name = name_bell, .command = command, .timeout = 1, .concurrency = 1 },
};
static const struct rules rules = { .hook = hooks, .nhooks = COUNTOF(hooks) };
static const struct str words[] = { STR_LIT("bell"), STR_LIT(""), STR_LIT("A=b c") };
static const struct page_ref refs[] = {
	{ STR_LIT("down/site"), STR_LIT("0123456789abcdef"), 1767614400000, 2, 65535 },
	{ STR_LIT(""), STR_LIT(""), -1, 0, 0 },
};
static const struct page page = { .id = STR_LIT("0123456789abcdef.0.1"),
	.kind = PAGE_ESCALATE,
	.time = 1767614400123,
	.hooks = words,
	.nhooks = 1,
	.refs = refs,
	.nrefs = COUNTOF(refs),
	.env = words,
	.nenv = COUNTOF(words),
	.body = STR_LIT("{\"a\":\"\0\"}") };
static const struct told_page told = { .id = STR_LIT("x"),
	.kind = PAGE_RESOLVE,
	.time = 5,
	.finished = true,
	.delivered = false,
	.refs = refs,
	.nrefs = 1 };
static const struct hook_result result = { .page = STR_LIT("p"),
	.hook = STR_LIT("h"),
	.alert = STR_LIT("a"),
	.kind = PAGE_FIRE,
	.outcome = HOOK_RETRY,
	.attempt = 3,
	.code = -9,
	.took = 250,
	.next = -1,
	.output = STR_LIT("out\0put"),
	.why = STR_LIT("killed") };
static const struct hook_status statuses[] = {
	{ .name = STR_LIT("bell"),
	    .waiting = 1,
	    .running = 2,
	    .oldest = -1,
	    .delivered = 3,
	    .given_up = 4,
	    .attempts = UINT64_MAX,
	    .last_time = 6,
	    .last_outcome = HOOK_GIVEN_UP,
	    .last_why = STR_LIT("why"),
	    .unsafe = STR_LIT("unsafe") },
	{ .name = STR_LIT("boss"), .last_time = -1 },
};

/* ---- one of each ---- */

static void
write_rules(struct out *o)
{
	frame_rules(o, &rules);
}
static void
write_page(struct out *o)
{
	frame_page(o, &page);
}
static void
write_cancel(struct out *o)
{
	frame_cancel(o, STR_LIT("episode"));
}
static void
write_told(struct out *o)
{
	frame_told(o, &told);
}
static void
write_ready(struct out *o)
{
	frame_ready(o);
}
static void
write_stored(struct out *o)
{
	frame_stored(o, STR_LIT("page"));
}
static void
write_finished(struct out *o)
{
	frame_finished(o, STR_LIT("page"), true);
}
static void
write_result(struct out *o)
{
	frame_result(o, &result);
}
static void
write_cancelled(struct out *o)
{
	frame_cancelled(o, STR_LIT("episode"));
}
static void
write_status(struct out *o)
{
	frame_status(o, statuses, COUNTOF(statuses));
}
static void
write_tell(struct out *o)
{
	frame_tell(o);
}
static void
write_go(struct out *o)
{
	frame_go(o, true);
}
static void
write_hold(struct out *o)
{
	frame_go(o, false);
}

static void (*const writers[FRAME_NTYPES])(struct out *) = {
	[FRAME_RULES] = write_rules,
	[FRAME_PAGE] = write_page,
	[FRAME_CANCEL] = write_cancel,
	[FRAME_TOLD] = write_told,
	[FRAME_READY] = write_ready,
	[FRAME_STORED] = write_stored,
	[FRAME_FINISHED] = write_finished,
	[FRAME_RESULT] = write_result,
	[FRAME_CANCELLED] = write_cancelled,
	[FRAME_STATUS] = write_status,
	[FRAME_TELL] = write_tell,
	[FRAME_GO] = write_go,
	[FRAME_HOLD] = write_hold,
};

static struct out line;

static struct str
write_one(uint8_t type)
{
	out_reset(&line);
	writers[type](&line);
	assert_false(line.failed);
	return (struct str){ line.buf, (uint32_t)line.len };
}

/* The fields in a block of exactly their size, so that a sanitizer sees one
 * byte too far. */
static int
open_copy(uint8_t type, struct str fields)
{
	char *copy = malloc(fields.n + 1);
	struct frame f;
	int rc;

	memcpy(copy + 1, fields.p, fields.n);
	rc = frame_open(&f, type, (struct str){ copy + 1, fields.n });
	if (rc == 0)
		frame_close(&f);
	free(copy);
	return rc;
}

static void
take(uint8_t type, struct frame *f)
{
	struct str bytes = write_one(type), fields;
	uint8_t found;

	assert_int_equal(frame_first(bytes, &found, &fields), bytes.n);
	assert_int_equal(found, type);
	assert_int_equal(frame_open(f, type, fields), 0);
}

static void
assert_text(struct str a, struct str b)
{
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.p, b.p, a.n);
	assert_int_equal(a.p[a.n], '\0');
}

/* ---- taken as they were written ---- */

static void
test_rules(void **state)
{
	struct frame f;

	(void)state;
	take(FRAME_RULES, &f);
	assert_int_equal(f.rules.nhooks, 2);
	assert_string_equal(f.rules.hook[0].name, "bell");
	assert_string_equal(f.rules.hook[0].command[0], "/bin/bell");
	assert_string_equal(f.rules.hook[0].command[1], "-loud");
	assert_null(f.rules.hook[0].command[2]);
	assert_string_equal(f.rules.hook[0].env[0], "HOME=/");
	assert_null(f.rules.hook[0].env[1]);
	assert_int_equal(f.rules.hook[0].timeout, 30000);
	assert_int_equal(f.rules.hook[0].concurrency, 4);
	assert_int_equal(f.rules.hook[0].give_up, 9);
	assert_null(f.rules.hook[1].env[0]);
	assert_string_equal(f.rules.hook[1].command[1], "-loud");
	frame_close(&f);
}

static void
assert_refs(const struct page_ref *ref, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert_text(ref[i].alert, refs[i].alert);
		assert_text(ref[i].episode, refs[i].episode);
		assert_int_equal(ref[i].began, refs[i].began);
		assert_int_equal(ref[i].round, refs[i].round);
		assert_int_equal(ref[i].step, refs[i].step);
	}
}

static void
test_pages(void **state)
{
	struct frame f;

	(void)state;
	take(FRAME_PAGE, &f);
	assert_text(f.page.id, page.id);
	assert_int_equal(f.page.kind, PAGE_ESCALATE);
	assert_int_equal(f.page.time, page.time);
	assert_int_equal(f.page.nhooks, 1);
	assert_text(f.page.hooks[0], words[0]);
	assert_int_equal(f.page.nenv, 3);
	for (size_t i = 0; i < 3; i++)
		assert_text(f.page.env[i], words[i]);
	assert_text(f.page.body, page.body);
	assert_int_equal(f.page.nrefs, 2);
	assert_refs(f.page.refs, 2);
	frame_close(&f);
	take(FRAME_TOLD, &f);
	assert_text(f.told.id, told.id);
	assert_int_equal(f.told.kind, PAGE_RESOLVE);
	assert_int_equal(f.told.time, 5);
	assert_true(f.told.finished);
	assert_false(f.told.delivered);
	assert_int_equal(f.told.nrefs, 1);
	assert_refs(f.told.refs, 1);
	frame_close(&f);
}

static void
test_what_a_run_came_to(void **state)
{
	struct frame f;

	(void)state;
	take(FRAME_RESULT, &f);
	assert_text(f.result.page, result.page);
	assert_text(f.result.hook, result.hook);
	assert_text(f.result.alert, result.alert);
	assert_int_equal(f.result.kind, PAGE_FIRE);
	assert_int_equal(f.result.outcome, HOOK_RETRY);
	assert_int_equal(f.result.attempt, 3);
	assert_int_equal(f.result.code, -9);
	assert_int_equal(f.result.took, 250);
	assert_int_equal(f.result.next, -1);
	assert_text(f.result.output, result.output);
	assert_text(f.result.why, result.why);
	frame_close(&f);
	take(FRAME_FINISHED, &f);
	assert_text(f.id, STR_LIT("page"));
	assert_true(f.delivered);
	frame_close(&f);
}

static void
test_status(void **state)
{
	struct frame f;

	(void)state;
	take(FRAME_STATUS, &f);
	assert_int_equal(f.nstatus, 2);
	assert_text(f.status[0].name, statuses[0].name);
	assert_int_equal(f.status[0].waiting, 1);
	assert_int_equal(f.status[0].running, 2);
	assert_int_equal(f.status[0].oldest, -1);
	assert_int_equal(f.status[0].delivered, 3);
	assert_int_equal(f.status[0].given_up, 4);
	assert_true(f.status[0].attempts == UINT64_MAX);
	assert_int_equal(f.status[0].last_time, 6);
	assert_int_equal(f.status[0].last_outcome, HOOK_GIVEN_UP);
	assert_text(f.status[0].last_why, statuses[0].last_why);
	assert_text(f.status[0].unsafe, statuses[0].unsafe);
	assert_text(f.status[1].name, statuses[1].name);
	frame_close(&f);
}

/* ---- and when they are not whole ---- */

static void
test_every_kind_cut_short(void **state)
{
	(void)state;
	for (uint8_t type = 1; type < FRAME_NTYPES; type++) {
		struct str bytes = write_one(type), fields;
		uint8_t found;

		for (uint32_t n = 0; n < bytes.n; n++)
			assert_int_equal(
			    frame_first((struct str){ bytes.p, n }, &found, &fields), 0);
		assert_int_equal(frame_first(bytes, &found, &fields), bytes.n);
		assert_int_equal(open_copy(type, fields), 0);
		for (uint32_t n = 0; n < fields.n; n++)
			assert_int_equal(open_copy(type, (struct str){ fields.p, n }), -1);
	}
}

/* Each byte in turn as large as it gets: whatever it is, nothing is read out
 * of place, and no list longer than its bytes is believed. */
static void
test_every_byte_bent(void **state)
{
	size_t refused = 0;

	(void)state;
	for (uint8_t type = 1; type < FRAME_NTYPES; type++) {
		struct str bytes = write_one(type),
		           fields = { bytes.p + FRAME_HEADER, bytes.n - FRAME_HEADER };

		for (uint32_t i = FRAME_HEADER; i < bytes.n; i++) {
			char was = line.buf[i];

			line.buf[i] = (char)0xff;
			refused += open_copy(type, fields) != 0;
			line.buf[i] = was;
		}
	}
	assert_true(refused > 100);
}

/* The byte at `at` from the fields' begin, or their end, as something else. */
static void
expect_refused(uint8_t type, int at, char value)
{
	struct str bytes = write_one(type),
	           fields = { bytes.p + FRAME_HEADER, bytes.n - FRAME_HEADER };
	size_t i = at >= 0 ? FRAME_HEADER + (size_t)at : bytes.n - (size_t)-at;

	assert_int_not_equal(line.buf[i], value);
	line.buf[i] = value;
	assert_int_equal(open_copy(type, fields), -1);
}

static void
test_words_no_table_has(void **state)
{
	(void)state;
	expect_refused(FRAME_FINISHED, -1, 2); /* neither yes nor no */
	expect_refused(FRAME_FINISHED, -2, 'x'); /* a text's end */
	expect_refused(FRAME_PAGE, 4 + 20 + 1, PAGE_KIND_COUNT);
	expect_refused(FRAME_TOLD, 4 + 1 + 1, PAGE_KIND_COUNT);
	expect_refused(FRAME_TOLD, 4 + 1 + 1 + 1 + 8, 2);
	expect_refused(FRAME_TOLD, 4 + 1 + 1 + 1 + 8 + 1, 2);
	expect_refused(FRAME_RESULT, 18, PAGE_KIND_COUNT);
	expect_refused(FRAME_RESULT, 19, HOOK_OUTCOME_COUNT);
	expect_refused(FRAME_STORED, 4 + 1, '\0'); /* used as a C string */
	expect_refused(FRAME_CANCEL, 0, 8); /* longer than it is */
}

static void
test_hooks_that_could_not_be_run(void **state)
{
	static struct hook_def *const h = &hooks[1];
	struct hook_def was = *h;
	char *nothing[] = { NULL };
	struct str fields;

	(void)state;
	for (int i = 0; i < 5; i++) {
		struct str bytes;

		h->concurrency = i == 0 ? 0 : 1;
		h->timeout = i == 1 ? 0 : 1;
		h->give_up = i == 2 ? -1 : 0;
		h->command = i == 3 ? nothing : command;
		bytes = write_one(FRAME_RULES);
		fields = (struct str){ bytes.p + FRAME_HEADER, bytes.n - FRAME_HEADER };
		assert_int_equal(open_copy(FRAME_RULES, fields), i < 4 ? -1 : 0);
	}
	*h = was;
	expect_refused(FRAME_RULES, 4, 7); /* more words than there are */
	expect_refused(FRAME_RULES, 4, 4); /* fewer */
	expect_refused(FRAME_RULES, 4, 127);
	expect_refused(FRAME_RULES, 3, 1); /* many hooks */
}

static void
test_page_ids_have_a_size(void **state)
{
	char text[PAGE_ID_MAX + 1];
	struct page p = page;
	struct str fields;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (uint32_t n = 0; n <= PAGE_ID_MAX; n++) {
		p.id = (struct str){ text, n };
		out_reset(&line);
		frame_page(&line, &p);
		fields = (struct str){ line.buf + FRAME_HEADER, (uint32_t)line.len - FRAME_HEADER };
		assert_int_equal(open_copy(FRAME_PAGE, fields), n > 0 && n < PAGE_ID_MAX ? 0 : -1);
	}
}

static void
test_what_is_no_frame(void **state)
{
	static const struct {
		unsigned char b[5];
		int rc;
	} heads[] = { { { 0, 0, 0, 0, FRAME_TELL }, -1 }, { { 1, 0, 0, 0, 0 }, -1 },
		{ { 1, 0, 0, 0, FRAME_NTYPES }, -1 }, { { 1, 0, 0, 4, FRAME_TELL }, -1 },
		{ { 0, 0, 0, 4, FRAME_TELL }, 0 }, { { 1, 0, 0, 0, FRAME_TELL }, 5 } };
	struct str fields;
	struct frame f;
	uint8_t type;

	(void)state;
	for (size_t i = 0; i < COUNTOF(heads); i++)
		assert_int_equal(
		    frame_first((struct str){ (const char *)heads[i].b, 5 }, &type, &fields),
		    heads[i].rc);
	assert_int_equal(frame_open(&f, 0, STR_LIT("")), -1);
	assert_int_equal(frame_open(&f, FRAME_NTYPES, STR_LIT("")), -1);
	assert_int_equal(frame_open(&f, FRAME_TELL, STR_LIT("x")), -1);
}

static int
setup(void **state)
{
	(void)state;
	out_init(&line);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	out_fini(&line);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_what_a_run_came_to),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_every_kind_cut_short),
		cmocka_unit_test(test_every_byte_bent),
		cmocka_unit_test(test_words_no_table_has),
		cmocka_unit_test(test_hooks_that_could_not_be_run),
		cmocka_unit_test(test_page_ids_have_a_size),
		cmocka_unit_test(test_what_is_no_frame),
	};

	return cmocka_run_group_tests_name("hook_frame", tests, setup, teardown);
}
