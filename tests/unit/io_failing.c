/* SPDX-License-Identifier: MIT */
/*
 * io_failing.c: the journal, the outbox and the settings, with each write and
 * each piece of memory refused in turn.
 *
 * What was said to be kept is there when the file is opened again; what was
 * said not to be may be kept all the same, once, when it is given again.
 */
#include "journal_kit.h"

#include "failing_files.h"

#include "daemon/hooks/outbox.h"

/* ---- the journal */

#define BLOCK 10 /* records a block */

static const uint8_t memo_name[MEMO_KEY] = { 7 };

/* The block from this number on, with a memo of the number: as journal_append. */
static int
keep(struct journal *j, uint64_t first)
{
	struct sealed b = make_block(first, BLOCK, clock_wall(), 20);
	struct memo memo = { .value = { (const char *)&first, sizeof(first) }, .until = INT64_MAX };
	int rc;

	memcpy(memo.key, memo_name, MEMO_KEY);
	b.memo = &memo;
	b.nmemos = 1;
	rc = journal_append(j, &b);
	assert_true(rc == 0 || failing.happened);
	return rc;
}

/* Given until it is kept, as the spool does; where that cannot be the process
 * begins anew, and a block it finds is not given again. */
static struct journal *
keep_at_last(struct journal *j, uint64_t first)
{
	int rc = keep(j, first);

	failing.n = rc == 0 ? failing.n : 0;
	if (rc == -2) {
		journal_close(j);
		j = open_journal();
		rc = facts(j).last >= first ? 0 : -1;
	}
	if (rc != 0)
		assert_int_equal(keep(j, first), 0);
	return j;
}

/* Each record once, up to that one, and the memo that went with the last. */
static void
assert_kept(uint64_t last)
{
	struct journal *j;
	char value[MEMO_VALUE_MAX];
	uint64_t first = 0;

	failing_end();
	j = open_journal();
	assert_int_equal(count_files("damaged"), 0);
	assert_int_equal(facts(j).last, last);
	assert_int_equal(read_all(j, facts(j).first), last + 1 - facts(j).first);
	if (last > 0) {
		assert_int_equal(journal_recall(j, memo_name, value), sizeof(first));
		memcpy(&first, value, sizeof(first));
		assert_int_equal(first, last + 1 - BLOCK);
	}
	journal_close(j);
}

static void
journal_goes_on(void)
{
	struct journal *j;
	uint64_t last = 0;

	empty_directory();
	if (try_open(&j, 24 * HOUR, SMALL) != 0) {
		assert_true(failing.happened);
		return;
	}
	for (; last < 3 * BLOCK; last += BLOCK) {
		j = keep_at_last(j, last + 1);
		journal_ack(j, last);
		(void)journal_turn(j);
	}
	journal_close(j);
	assert_kept(last);
}

/* As when the process dies after the first refusal. */
static void
journal_begins_anew(void)
{
	struct journal *j;
	uint64_t last = 0;
	bool kept = true;

	empty_directory();
	if (try_open(&j, 24 * HOUR, SMALL) != 0)
		return;
	while (kept && last < 3 * BLOCK)
		if ((kept = keep(j, last + 1) == 0))
			last += BLOCK;
	journal_close(j);
	failing_end();
	j = open_journal();
	if (!kept && facts(j).last == last + BLOCK)
		last += BLOCK; /* it is there all the same, and whole */
	journal_close(j);
	assert_kept(last);
}

static void
journal_in_need_of_memory(void **state)
{
	(void)state;
	assert_true(failing_each(FAIL_MEMORY, journal_goes_on) > 5);
	assert_true(failing_each(FAIL_MEMORY, journal_begins_anew) > 5);
}

static void
journal_on_a_bad_disk(void **state)
{
	(void)state;
	for (enum failing_kind kind = FAIL_EIO; kind <= FAIL_SHORT; kind++) {
		assert_true(failing_each(kind, journal_goes_on) > 5);
		assert_true(failing_each(kind, journal_begins_anew) > 5);
	}
}

/* ---- the outbox */

#define PAGES 3

static const struct str page_ids[PAGES] = { STR_LIT("a.0.0"), STR_LIT("b.0.0"), STR_LIT("c.0.0") };
/* As in a PAGE frame, and no more of it. */
static const struct str page_fields[PAGES] = { STR_LIT("\5\0\0\0a.0.0\0"),
	STR_LIT("\5\0\0\0b.0.0\0"), STR_LIT("\5\0\0\0c.0.0\0") };

/* What the daemon was told, and what came of each page. */
static struct {
	bool stored, finished;
} page_said[PAGES], page_found[PAGES];

static void
put_page(struct outbox *o, unsigned i, bool finished)
{
	struct outbox_page p = { .seq = i + 1,
		.arrived = 1,
		.ended = finished ? 2 : -1,
		.delivered = finished,
		.fields = page_fields[i] };
	struct outbox_delivery d = { .attempt = 1 };

	if (finished) {
		outbox_put_finished(o, &p, page_ids[i], 1);
		return;
	}
	outbox_put_page(o, &p, page_ids[i]);
	outbox_put_delivery(o, p.seq, 0, &d);
}

/* A page comes, and the one before it is delivered; in one turn. */
static bool
turn(struct outbox *o, unsigned i)
{
	outbox_begin(o);
	put_page(o, i, false);
	if (i > 0)
		put_page(o, i - 1, true);
	if (outbox_commit(o) != 0) {
		assert_true(failing.happened);
		return false;
	}
	page_said[i].stored = true;
	if (i > 0)
		page_said[i - 1].finished = true;
	return true;
}

static void
find_page(void *arg, const struct outbox_page *p)
{
	(void)arg;
	assert_true(p->seq >= 1 && p->seq <= PAGES);
	assert_false(page_found[p->seq - 1].stored);
	page_found[p->seq - 1].stored = true;
	page_found[p->seq - 1].finished = p->ended >= 0;
}

/* Nothing said to be stored is missing, nothing said to be over comes back,
 * and nothing is over before its turn was tried: `tried` is the last of them. */
static void
assert_pages(unsigned tried)
{
	struct outbox *o;

	failing_end();
	memset(page_found, 0, sizeof(page_found));
	o = outbox_open(dir);
	assert_non_null(o);
	assert_int_equal(count_files("damaged"), 0);
	assert_int_equal(outbox_walk(o, find_page, NULL), 0);
	for (unsigned i = 0; i < PAGES; i++) {
		assert_true(page_found[i].stored >= page_said[i].stored);
		assert_true(page_found[i].finished >= page_said[i].finished);
		assert_true(page_found[i].stored == outbox_has(o, page_ids[i]));
		assert_false(page_found[i].stored && i > tried);
		assert_false(page_found[i].finished && i >= tried);
	}
	outbox_close(o);
}

static struct outbox *
begin_outbox(void)
{
	empty_directory();
	memset(page_said, 0, sizeof(page_said));
	clock_turn();
	return outbox_open(dir);
}

static void
outbox_goes_on(void)
{
	struct outbox *o = begin_outbox();

	if (o == NULL) {
		assert_true(failing.happened);
		return;
	}
	for (unsigned i = 0; i < PAGES; i++)
		if (!turn(o, i)) {
			failing_end();
			assert_true(turn(o, i));
		}
	(void)outbox_prune(o, 3, OUTBOX_KEEP);
	outbox_close(o);
	assert_pages(PAGES - 1);
	for (unsigned i = 0; i < PAGES; i++)
		assert_true(page_found[i].stored && page_found[i].finished == (i < PAGES - 1));
}

static void
outbox_begins_anew(void)
{
	struct outbox *o = begin_outbox();
	unsigned i = 0;

	if (o == NULL)
		return;
	while (i < PAGES - 1 && turn(o, i))
		i++;
	outbox_close(o);
	assert_pages(i);
}

static void
outbox_in_need_of_memory(void **state)
{
	(void)state;
	assert_true(failing_each(FAIL_MEMORY, outbox_goes_on) > 5);
	assert_true(failing_each(FAIL_MEMORY, outbox_begins_anew) > 5);
}

static void
outbox_on_a_bad_disk(void **state)
{
	(void)state;
	for (enum failing_kind kind = FAIL_EIO; kind <= FAIL_SHORT; kind++) {
		assert_true(failing_each(kind, outbox_goes_on) > 5);
		assert_true(failing_each(kind, outbox_begins_anew) > 5);
	}
}

/* ---- the settings */

static unsigned ncomplaints;

static void
complain(void *arg, const char *line)
{
	(void)arg, (void)line;
	ncomplaints++;
}

static void
settings_are_read(void)
{
	struct settings *s;

	ncomplaints = 0;
	s = settings_load("etc/ccmon.cfg", complain, NULL);
	assert_true(s != NULL || (ncomplaints > 0 && failing.happened));
	if (s != NULL)
		settings_free(s);
}

static void
settings_in_need_of_memory(void **state)
{
	(void)state;
	assert_true(failing_each(FAIL_MEMORY, settings_are_read) > 50);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIRECTORY(journal_in_need_of_memory),
		IN_DIRECTORY(journal_on_a_bad_disk),
		IN_DIRECTORY(outbox_in_need_of_memory),
		IN_DIRECTORY(outbox_on_a_bad_disk),
		cmocka_unit_test(settings_in_need_of_memory),
	};

	let_children_die();
	log_set_level(LOG_ERROR + 1); /* what is refused is complained of */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
