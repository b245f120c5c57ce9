/* SPDX-License-Identifier: MIT */
/*
 * scratch.h: a directory for a target that needs files, made with the first
 * input and gone with the process; and a log that is kept quiet, for what is
 * damaged on purpose is complained of at length.
 *
 * It is made in TMPDIR: `make fuzz` names one in memory.
 */
#ifndef CCMON_TESTS_FUZZ_SCRATCH_H
#define CCMON_TESTS_FUZZ_SCRATCH_H

#include <assert.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <ccmon/clock.h>
#include <ccmon/log.h>

static char scratch[PATH_MAX];

static inline void
scratch_path(char path[PATH_MAX], const char *name)
{
	int n = snprintf(path, PATH_MAX, "%s/%s", scratch, name);

	assert(n > 0 && n < PATH_MAX);
}

static inline void
scratch_empty(void)
{
	DIR *d = opendir(scratch);
	char path[PATH_MAX];
	struct dirent *e;

	assert(d != NULL);
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.') {
			scratch_path(path, e->d_name);
			(void)unlink(path);
		}
	closedir(d);
}

static inline void
scratch_drop(void)
{
	scratch_empty();
	(void)rmdir(scratch);
}

/* The directory is there, and empty. */
static inline void
scratch_begin(void)
{
	const char *tmp = getenv("TMPDIR");

	clock_turn();
	if (scratch[0] != '\0') {
		scratch_empty();
		return;
	}
	(void)snprintf(
	    scratch, sizeof(scratch), "%s/ccmon-fuzz-XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(scratch) == NULL)
		abort();
	(void)atexit(scratch_drop);
	log_set_level(LOG_ERROR + 1);
}

#endif
