/* SPDX-License-Identifier: MIT */
/*
 * hooks_kit.h: a runner of its own for each test, hooks that are little shell
 * scripts, and everything the runner said, kept.
 *
 * The test program is the runner too: see its main().
 */
#ifndef TESTS_HOOKS_KIT_H
#define TESTS_HOOKS_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/hooks/hooks.h"
#include "loop.h"

#define KIT_HOOKS 32
#define KIT_TEXTS 4096

/* A copy of a hook_result. */
struct kit_result {
	char page[PAGE_ID_MAX], hook[64], alert[128], why[512], output[8192];
	size_t noutput;
	uint8_t kind, outcome;
	unsigned attempt;
	int code;
	msec_t took, next, at;	/* at: monotonic, when we heard of it */
};

static struct {
	char dir[64], state[96];
	struct hook_def hook[KIT_HOOKS];
	struct rules rules;
	struct hooks *hooks;
	struct kit_result *result;
	size_t nresults;
	char stored[KIT_TEXTS][PAGE_ID_MAX], told[KIT_TEXTS][PAGE_ID_MAX], finished[KIT_TEXTS][PAGE_ID_MAX];
	bool delivered[KIT_TEXTS], told_finished[KIT_TEXTS];
	size_t nstored, ntold, nfinished, nready;
} kit;

static inline struct str
kit_str(const char *s)
{
	return str_of(s);
}

static inline void
kit_copy(char *to, size_t size, struct str s)
{
	assert_true(s.n < size);
	memcpy(to, s.p, s.n);
	to[s.n] = '\0';
}

/* ---- what the runner says ---- */

static inline void
kit_on_told(void *arg, const struct told_page *t)
{
	(void)arg;
	assert_true(kit.ntold < KIT_TEXTS);
	kit.told_finished[kit.ntold] = t->finished;
	kit_copy(kit.told[kit.ntold++], PAGE_ID_MAX, t->id);
}

static inline void
kit_on_ready(void *arg)
{
	(void)arg;
	kit.nready++;
}

static inline void
kit_on_stored(void *arg, struct str page)
{
	(void)arg;
	assert_true(kit.nstored < KIT_TEXTS);
	kit_copy(kit.stored[kit.nstored++], PAGE_ID_MAX, page);
}

static inline void
kit_on_finished(void *arg, struct str page, bool delivered)
{
	(void)arg;
	assert_true(kit.nfinished < KIT_TEXTS);
	kit.delivered[kit.nfinished] = delivered;
	kit_copy(kit.finished[kit.nfinished++], PAGE_ID_MAX, page);
}

static inline void
kit_on_result(void *arg, const struct hook_result *h)
{
	struct kit_result *r;

	(void)arg;
	assert_true(kit.nresults < KIT_TEXTS);
	r = &kit.result[kit.nresults++];
	*r = (struct kit_result){ .kind = h->kind, .outcome = h->outcome, .attempt = h->attempt,
		.code = h->code, .took = h->took, .next = h->next, .at = clock_mono(),
		.noutput = h->output.n };
	kit_copy(r->page, sizeof(r->page), h->page);
	kit_copy(r->hook, sizeof(r->hook), h->hook);
	kit_copy(r->alert, sizeof(r->alert), h->alert);
	kit_copy(r->why, sizeof(r->why), h->why);
	kit_copy(r->output, sizeof(r->output), h->output);
}

/* ---- hooks and pages ---- */

/* A file in the test's directory; borrowed until four calls later. */
static inline const char *
kit_path(const char *name)
{
	static char path[4][160];
	static unsigned turn;
	char *p = path[turn++ % 4];

	(void)snprintf(p, sizeof(path[0]), "%s/%s", kit.dir, name);
	return p;
}

static inline const char *
kit_script(const char *name, const char *text, mode_t mode)
{
	const char *path = kit_path(name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fprintf(f, "#!/bin/sh\ncd %s\n%s\n", kit.dir, text) > 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

/* One more hook; its fields may be changed until the start. */
static inline struct hook_def *
kit_hook_at(const char *name, const char *path)
{
	struct hook_def *h = &kit.hook[kit.rules.nhooks++];

	assert_true(kit.rules.nhooks <= KIT_HOOKS);
	*h = (struct hook_def){ .name = strdup(name), .command = calloc(2, sizeof(char *)),
		.timeout = 20000, .concurrency = 4, .give_up = 3600000 };
	h->command[0] = strdup(path);
	return h;
}

static inline struct hook_def *
kit_hook(const char *name, const char *text)
{
	return kit_hook_at(name, kit_script(name, text, 0755));
}

/* hooks, episodes: words with blanks between. */
static inline void
kit_page_with(const char *id, enum page_kind kind, const char *hooks, const char *episodes,
    const struct str *env, size_t nenv, struct str body)
{
	char names[512], words[8192], *save, *w;
	struct str hook[64];
	struct page_ref ref[256];
	struct page p = { .id = kit_str(id), .kind = kind, .time = clock_wall(), .hooks = hook,
		.refs = ref, .env = env, .nenv = nenv, .body = body };

	(void)snprintf(names, sizeof(names), "%s", hooks);
	(void)snprintf(words, sizeof(words), "%s", episodes);
	for (w = strtok_r(names, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save))
		hook[p.nhooks++] = kit_str(w);
	for (w = strtok_r(words, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save))
		ref[p.nrefs++] = (struct page_ref){ STR_LIT("rule/site"), kit_str(w), 1, 0, 0 };
	hooks_page(kit.hooks, &p);
}

static inline void
kit_page(const char *id, enum page_kind kind, const char *hooks, const char *episodes)
{
	char var[PAGE_ID_MAX + 16];
	struct str env[1];

	(void)snprintf(var, sizeof(var), "CCMON_PAGE_ID=%s", id);
	env[0] = kit_str(var);
	kit_page_with(id, kind, hooks, episodes, env, 1, STR_LIT("{}"));
}

/* ---- its life ---- */

static inline bool
kit_is_ready(void *arg)
{
	return kit.nready > *(size_t *)arg;
}

/* A runner that was not told to go. */
static inline void
kit_start_held(void)
{
	struct hooks_options o = { kit.state, &kit.rules, "test", kit_on_told, kit_on_ready,
		kit_on_stored, kit_on_finished, kit_on_result, NULL };
	size_t before = kit.nready;

	kit.rules.hook = kit.hook;
	kit.hooks = hooks_start(&o);
	assert_non_null(kit.hooks);
	loop_until(kit_is_ready, &before);
}

static inline void
kit_start(void)
{
	kit_start_held();
	hooks_go(kit.hooks, true);
}

static inline void
kit_stop(void)
{
	hooks_stop(kit.hooks);
	kit.hooks = NULL;
}

static inline int
kit_setup(void **state)
{
	(void)state;
	memset(&kit, 0, sizeof(kit));
	strcpy(kit.dir, "/tmp/ccmon-hooks-XXXXXX");
	kit.result = calloc(KIT_TEXTS, sizeof(*kit.result));
	if (mkdtemp(kit.dir) == NULL || kit.result == NULL)
		return -1;
	(void)snprintf(kit.state, sizeof(kit.state), "%s/state", kit.dir);
	return 0;
}

/* Our child that is the runner: there is only one; 0: none. */
static inline pid_t
kit_runner(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *e;
	pid_t found = 0;

	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL) {
		char path[300], text[512], state;
		int parent, pid = atoi(e->d_name);
		FILE *f;

		(void)snprintf(path, sizeof(path), "/proc/%s/stat", e->d_name);
		if (pid <= 0 || (f = fopen(path, "r")) == NULL)
			continue;
		if (fgets(text, sizeof(text), f) != NULL && strrchr(text, ')') != NULL &&
		    sscanf(strrchr(text, ')') + 1, " %c %d", &state, &parent) == 2 &&
		    parent == getpid() && state != 'Z')
			found = pid;
		fclose(f);
	}
	closedir(dir);
	return found;
}

static inline int
kit_unlink(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

/* The runner is killed, so that hooks that would not end need not be waited for. */
static inline int
kit_teardown(void **state)
{
	pid_t pid = kit_runner();

	(void)state;
	if (kit.hooks != NULL && pid > 0)
		kill(pid, SIGKILL);
	hooks_stop(kit.hooks);
	for (size_t i = 0; i < kit.rules.nhooks; i++) {
		free(kit.hook[i].name);
		free(kit.hook[i].command[0]);
		free(kit.hook[i].command);
	}
	free(kit.result);
	return nftw(kit.dir, kit_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- what to wait for ---- */

static inline bool
kit_has(char list[][PAGE_ID_MAX], size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], id) == 0)
			return true;
	return false;
}

static inline bool
kit_is_finished(void *id)
{
	return kit_has(kit.finished, kit.nfinished, id);
}

static inline bool
kit_is_stored(void *id)
{
	return kit_has(kit.stored, kit.nstored, id);
}

static inline bool
kit_file_is_there(void *name)
{
	struct stat st;

	return stat(kit_path(name), &st) == 0 && st.st_size > 0;
}

static inline void
kit_until(bool (*is_so)(void *), const char *name)
{
	loop_until(is_so, (void *)(uintptr_t)name);
}

static inline void
kit_until_finished(const char *id)
{
	kit_until(kit_is_finished, id);
}

/* The last result of the page at the hook; NULL: none. */
static inline const struct kit_result *
kit_result(const char *page, const char *hook)
{
	for (size_t i = kit.nresults; i-- > 0;)
		if (strcmp(kit.result[i].page, page) == 0 && strcmp(kit.result[i].hook, hook) == 0)
			return &kit.result[i];
	return NULL;
}

static inline bool
kit_was_delivered(const char *id)
{
	for (size_t i = 0; i < kit.nfinished; i++)
		if (strcmp(kit.finished[i], id) == 0)
			return kit.delivered[i];
	fail_msg("%s is not finished", id);
	return false;
}

/* The whole file, ended by a NUL; to be freed. */
static inline char *
kit_read(const char *name, size_t *size)
{
	FILE *f = fopen(kit_path(name), "r");
	char *text = calloc(1, (size_t)4 << 20);
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, ((size_t)4 << 20) - 1, f);
	fclose(f);
	if (size != NULL)
		*size = n;
	return text;
}

static inline pid_t
kit_read_pid(const char *name)
{
	char *text = kit_read(name, NULL);
	pid_t pid = (pid_t)atoi(text);

	free(text);
	assert_true(pid > 1);
	return pid;
}

static inline bool
kit_is_dead(void *pid)
{
	return kill(*(pid_t *)pid, 0) != 0 && errno == ESRCH;
}

#endif
