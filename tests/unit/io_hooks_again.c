/* SPDX-License-Identifier: MIT */
/*
 * io_hooks_again.c: what is said to the runner a second time, and what it
 * keeps until it is told to go.
 */
#include "hooks_kit.h"

#include <sys/resource.h>

static bool
is_ready_again(void *wanted)
{
	return kit.nready >= *(size_t *)wanted;
}

static void
tell_again(void)
{
	size_t wanted = kit.nready + 1;

	hooks_tell(kit.hooks);
	loop_until(is_ready_again, &wanted);
}

static bool
nothing_waits(void *arg)
{
	(void)arg;
	return hooks_oldest(kit.hooks) < 0;
}

/* ---- offered twice */

static void
let_files_grow_to(pid_t pid, rlim_t size)
{
	struct rlimit limit = { size, RLIM_INFINITY };

	assert_int_equal(prlimit(pid, RLIMIT_FSIZE, &limit, NULL), 0);
}

/* The disk refuses, the outbox is asked anew, all that is not stored is
 * offered again, and stored once. */
static void
test_offered_twice_waits_once(void **state)
{
	struct stat st;
	pid_t pid;

	(void)state;
	kit_hook_at("true", "/bin/true");
	kit_start();
	pid = kit_runner();
	assert_int_equal(stat(kit_path("state/outbox/outbox.mdb"), &st), 0);
	let_files_grow_to(pid, (rlim_t)st.st_size);
	kit_page("p1", PAGE_FIRE, "true", "e1");
	kit_until_finished("p1");
	assert_int_equal(kit.nstored, 0);
	tell_again();
	kit_page("p1", PAGE_FIRE, "true", "e1");
	let_files_grow_to(pid, RLIM_INFINITY);
	kit_until(kit_is_stored, "p1");
	loop_until(nothing_waits, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_offered_twice_waits_once),
	};

	if (argc > 1 && strcmp(argv[1], HOOKS_ARG) == 0)
		return hooks_runner_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
