/* SPDX-License-Identifier: MIT */
/*
 * settings_kit.h: a configuration from a text, and all it was told about it.
 */
#ifndef TESTS_SETTINGS_KIT_H
#define TESTS_SETTINGS_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include <ccmon/settings.h>

static char dir[] = "/tmp/ccmon-settings.XXXXXX";
static char path[sizeof(dir) + sizeof("/ccmon.cfg")];

/* All complaints of one load, a line each, without the path before ":line". */
static char said[16384];
static unsigned nsaid;

static void
complain(void *arg, const char *line)
{
	size_t n = strlen(said), skip = strlen(path);

	(void)arg;
	if (strncmp(line, path, skip) != 0)
		skip = 0;
	snprintf(said + n, sizeof(said) - n, "%s\n", line + skip);
	nsaid++;
}

static void
put(const char *name, const char *text)
{
	FILE *f;

	unlink(name);
	f = fopen(name, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
}

static struct settings *
load(const char *text)
{
	put(path, text);
	said[0] = '\0';
	nsaid = 0;
	return settings_load(path, complain, NULL);
}

static struct settings *
load_good(const char *text)
{
	struct settings *s = load(text);

	assert_string_equal(said, "");
	assert_non_null(s);
	return s;
}

static int
make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/ccmon.cfg", dir);
	return 0;
}

static int
drop_dir(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

#endif
