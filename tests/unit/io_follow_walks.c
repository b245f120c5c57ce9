/* SPDX-License-Identifier: MIT */
/*
 * io_follow_walks.c: whatever happens to a log, in any order, with crashes
 * between.  Each line comes once, in order.
 */
#include "follow_kit.h"

#define SEEDS 300 /* walks; the environment may say another number */
#define STEPS 120 /* of a walk */

static struct {
	uint64_t dice;
	int writer; /* the log's, or -1 */
	bool is_cuttable; /* what it writes is at the path */
	bool by_date;
	unsigned nfiles;
	char *want[MOST];
	unsigned nwant;
	char half[64]; /* behind the last newline of the writer's file */
	struct mark mark; /* as it was when the disk was written last */
	bool has_mark;
	unsigned ngiven;
} walk;

static unsigned
dice(unsigned sides)
{
	walk.dice ^= walk.dice << 13;
	walk.dice ^= walk.dice >> 7;
	walk.dice ^= walk.dice << 17;
	return (unsigned)(walk.dice % sides);
}

static void
want(void)
{
	assert_true(walk.nwant < MOST);
	walk.want[walk.nwant++] = strdup(walk.half);
	walk.half[0] = '\0';
}

static void
write_text(const char *text)
{
	assert_true(write(walk.writer, text, strlen(text)) == (ssize_t)strlen(text));
}

static void
write_half(void)
{
	char text[32];

	if (strlen(walk.half) > 32)
		return;
	(void)snprintf(text, sizeof(text), "%u.", dice(1000000));
	write_text(text);
	(void)strcat(walk.half, text); /* NOLINT: there is room */
}

/* Now and then the same line again; but a file that begins with nothing but
 * the very bytes of the one that was cut is, to anybody, the one that was. */
static void
write_line(void)
{
	if (walk.half[0] == '\0' && lseek(walk.writer, 0, SEEK_END) > 0 && dice(4) == 0) {
		(void)snprintf(walk.half, sizeof(walk.half), "%s", walk.want[walk.nwant - 1]);
		write_text(walk.half);
	} else
		write_half();
	write_text("\n");
	want();
}

static void
open_writer(void)
{
	if (walk.writer != -1)
		(void)close(walk.writer);
	if (walk.half[0] != '\0') /* nobody will end it */
		want();
	walk.writer = open(log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	assert_true(walk.writer != -1);
	walk.is_cuttable = true;
}

/* Where the log goes; the older ones go further. */
static const char *
next_name(void)
{
	char from[16], to[16];

	walk.nfiles++;
	if (walk.by_date) {
		(void)snprintf(to, sizeof(to), "-%u", 20260000 + walk.nfiles);
		return beside(to);
	}
	for (unsigned i = walk.nfiles; i > 1; i--) {
		(void)snprintf(from, sizeof(from), ".%u", i - 1);
		(void)snprintf(to, sizeof(to), ".%u", i);
		move(beside(from), beside(to));
	}
	return beside(".1");
}

static void
rotate_by_rename(void)
{
	if (!walk.is_cuttable)
		return; /* the writer has yet to come */
	move(log_path, next_name());
	walk.is_cuttable = false;
	if (dice(2) == 0)
		append("");
	if (dice(2) == 0)
		open_writer();
}

static void
rotate_by_copy(void)
{
	if (!walk.is_cuttable)
		return;
	copy(log_path, next_name());
	cut();
	if (walk.half[0] != '\0')
		want();
}

/* What was given since the last write to disk is forgotten with its mark. */
static void
crash(void)
{
	while (ngiven > walk.ngiven)
		free(given[--ngiven]);
	mark = walk.mark;
	has_mark = walk.has_mark;
	reopen();
}

static void
sync_to_disk(void)
{
	walk.mark = mark;
	walk.has_mark = has_mark;
	walk.ngiven = ngiven;
}

static void
look_a_little(void)
{
	clock_turn();
	for (unsigned n = dice(8); n > 0 && step(); n--)
		;
}

static void
one_step(void)
{
	static void (*const steps[])(void) = { write_line, write_line, write_line, write_half, look,
		look_a_little, look_a_little, rotate_by_rename, rotate_by_copy, open_writer,
		sync_to_disk, sync_to_disk, crash };
	unsigned which = dice(COUNTOF(steps));

	if (steps[which] == open_writer && walk.is_cuttable)
		return; /* it has it open */
	steps[which]();
}

static void
compare(uint64_t seed)
{
	for (unsigned i = 0; i < walk.nwant || i < ngiven; i++) {
		const char *w = i < walk.nwant ? walk.want[i] : "nothing";
		const char *g = i < ngiven ? given[i] : "nothing";

		if (strcmp(w, g) != 0)
			print_error("seed %u, line %u of %u: wanted %s, got %s\n", (unsigned)seed,
			    i, walk.nwant, w, g);
		assert_string_equal(w, g);
	}
}

static void
take_a_walk(uint64_t seed)
{
	walk.dice = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	walk.writer = -1;
	walk.by_date = dice(2) == 0;
	walk.nfiles = walk.nwant = walk.ngiven = 0;
	walk.half[0] = '\0';
	walk.has_mark = false;
	is_all = true;
	open_writer();
	reopen();
	look();
	sync_to_disk();
	for (int i = 0; i < STEPS; i++)
		one_step();
	if (!walk.is_cuttable)
		open_writer();
	write_line();
	look();
	compare(seed);
	(void)close(walk.writer);
	while (walk.nwant > 0)
		free(walk.want[--walk.nwant]);
}

static void
test_walks(void **state)
{
	const char *seeds = getenv("SEEDS"), *first = getenv("SEED");
	uint64_t n = seeds != NULL ? strtoull(seeds, NULL, 10) : SEEDS;
	uint64_t begin = first != NULL ? strtoull(first, NULL, 10) : 1;

	for (uint64_t seed = begin; seed < begin + n; seed++) {
		assert_int_equal(teardown(state), 0);
		assert_int_equal(setup(state), 0);
		take_a_walk(seed);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_walks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
