/* SPDX-License-Identifier: MIT */
/*
 * test_failing.c: what is pure, with each piece of memory refused in turn.
 *
 * It says that there was none, and what it took until then is given back.
 * The engine is the exception: without memory the process ends, by an
 * assertion and by nothing else, so it is tried in a child.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "failing.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ccmon/dialect.h>
#include <ccmon/rules.h>

#include "collectors/memos.h"
#include "daemon/hooks/frame.h"
#include "daemon/merge.h"
#include "engine_walk.h"
#include "wallboard/metrics.h"

/* ---- dialects: opened, one message, closed */

static void
dialects_open(void)
{
	static struct dialect_result res;

	for (const struct dialect *const *d = dialects; *d != NULL; d++) {
		void *state = (*d)->open("crm");

		assert_true(state != NULL || failing.happened);
		if (state == NULL)
			continue;
		res.more = false;
		(*d)->decode(state, "{}", 2, 0, &res);
		(*d)->close(state);
	}
}

/* ---- memos: one that is not taken leaves those before as they were */

static void
memos_are_put(void)
{
	struct memos m = { 0 };
	size_t n = 0;

	for (uint8_t i = 1; i <= 70; i++) {
		struct memo memo = { .key = { i }, .value = STR_LIT("value"), .until = 1 };

		if (memos_put(&m, &memo) == 0)
			n++;
		else
			assert_true(failing.happened && memos_find(&m, memo.key) == NULL);
	}
	assert_true(m.n == n && (memos_list(&m) != NULL || failing.happened));
	memos_fini(&m);
}

/* ---- frames of the hooks' line: written, read */

static void
page_is_framed(void)
{
	struct str hooks[] = { STR_LIT("sms"), STR_LIT("mail") }, env = STR_LIT("CCMON_KIND=fire");
	struct page_ref ref = { STR_LIT("late/site"), STR_LIT("0123456789abcdef"), 1, 0, 0 };
	struct page page = { .id = STR_LIT("a.0.0"),
		.hooks = hooks,
		.nhooks = 2,
		.refs = &ref,
		.nrefs = 1,
		.env = &env,
		.nenv = 1,
		.body = STR_LIT("{}") };
	struct frame f;
	struct out o;

	out_init(&o);
	frame_page(&o, &page);
	assert_true(!o.failed || failing.happened);
	if (!o.failed &&
	    frame_open(&f, FRAME_PAGE,
	        (struct str){ o.buf + FRAME_HEADER, (uint32_t)o.len - FRAME_HEADER }) == 0) {
		assert_int_equal(f.page.nhooks, 2);
		frame_close(&f);
	} else {
		assert_true(failing.happened);
	}
	out_fini(&o);
}

/* ---- calendars, rules and conditions */

static void
calendar_is_read(void)
{
	struct calendar c = { 0 };
	char why[256];
	int rc;

	rc = calendar_add_open(&c, "mon-fri 08:00-12:10", why, sizeof(why));
	assert_true(rc == 0 || failing.happened);
	rc = calendar_add_exception(&c, "2026-12-25 08:00-09:00", why, sizeof(why));
	assert_true(rc == 0 || failing.happened);
	calendar_fini(&c);
}

/* ---- metrics: two readings; a text that is not whole is not served */

static void
metrics_are_read(struct metrics *m, const char *offered, struct out *o)
{
	static const struct metrics_self self = { STR_LIT("1"), STR_LIT("main"), 1, true };
	struct reply item[] = {
		{ .type = REPLY_TEXT, .text = STR_LIT("offered_total") },
		{ .type = REPLY_TEXT, .text = str_of(offered) },
		{ .type = REPLY_TEXT, .text = STR_LIT("wait_buckets") },
		{ .type = REPLY_TEXT, .text = STR_LIT("1:1 inf:2") },
		{ .type = REPLY_TEXT, .text = STR_LIT("wait_seconds_total") },
		{ .type = REPLY_TEXT, .text = STR_LIT("9.5") },
	};
	struct reply hash = { .type = REPLY_ARRAY, .n = COUNTOF(item), .item = item };

	out_reset(o);
	metrics_begin(m);
	metrics_add(m, METRICS_QUEUE, STR_LIT("a"), &hash);
	metrics_write(m, &self, METRICS_PROMETHEUS, o);
	out_bytes(o, "", 1);
	assert_true(!o->failed || failing.happened);
}

static void
metrics_are_written(void)
{
	struct metrics *m = metrics_new();
	struct out o;
	bool held;

	assert_true(m != NULL || failing.happened);
	if (m == NULL)
		return;
	out_init(&o);
	metrics_are_read(m, "7", &o);
	held = !o.failed;
	metrics_are_read(m, "5", &o);
	if (held && !o.failed)
		assert_non_null(strstr(o.buf, "ccmon_contacts_offered_total{queue=\"a\"} 7\n"));
	out_fini(&o);
	metrics_free(m);
}

static void
pure_in_need_of_memory(void **state)
{
	(void)state;
	assert_true(failing_each(FAIL_MEMORY, dialects_open) >= 5);
	assert_true(failing_each(FAIL_MEMORY, memos_are_put) > 70);
	assert_true(failing_each(FAIL_MEMORY, page_is_framed) > 3);
	assert_true(failing_each(FAIL_MEMORY, calendar_is_read) > 3);
	assert_true(failing_each(FAIL_MEMORY, metrics_are_written) > 10);
}

/* ---- the engine */

#define STEPS 60 /* of a walk; most of what an engine takes it takes at first */

static void
walk_on(void)
{
	uint8_t dice[4096];
	struct walk w = {
		.dice = { .p = dice, .end = dice + sizeof(dice) }, .now = KIT_NOON, .contacts = 8
	};
	struct engine *e;
	struct site site;
	struct step s;

	for (size_t i = 0; i < sizeof(dice); i++)
		dice[i] = (uint8_t)(i * 7 + i / 11);
	walk_site(&site);
	e = engine_new(&site);
	for (unsigned i = 0; i < STEPS; i++) {
		walk_step(&w, &s);
		engine_apply(e, &s.ev, s.now);
	}
	engine_check(e);
	engine_free(e);
}

/* It is to end, and nobody wants to hear of it. */
static void
be_quiet(void)
{
	struct rlimit none = { 0, 0 };
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)dup2(null, STDERR_FILENO);
	(void)signal(SIGABRT, SIG_DFL);
	(void)signal(SIGSEGV, SIG_DFL);
}

static void
engine_in_a_child(void)
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		be_quiet();
		walk_on();
		_exit(failing.happened);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return; /* to its end, without a refusal */
	failing.happened = true;
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void
engine_ends_by_assertion(void **state)
{
	(void)state;
	assert_true(failing_each(FAIL_MEMORY, engine_in_a_child) > 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pure_in_need_of_memory),
		cmocka_unit_test(engine_ends_by_assertion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
