/* SPDX-License-Identifier: MIT */
/*
 * syscalls.c: system calls and their groups, by name.
 *
 * The numbers are this machine's headers', written into syscalls.inc when this
 * is built; the groups are those of the systemd that is here, asked at run
 * time.  A name in a group that the headers do not know is of another machine
 * or a newer kernel; systemd passes over it, too.
 */
#include "sandbox.h"

#include <stdio.h>
#include <string.h>

#include <sys/syscall.h>

#define ENTRIES 2048
#define NAME 64

static const struct {
	const char *name;
	int number;
} numbers[] = {
#include "syscalls.inc"
};

/* The output of systemd-analyze syscall-filter, a row for each line of a group. */
static struct {
	char group[NAME], name[NAME];
} entry[ENTRIES];
static size_t nentries;

int
syscall_number(const char *name)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strcmp(numbers[i].name, name) == 0)
			return numbers[i].number;
	return -1;
}

static void
add_line(const char *line, char group[NAME])
{
	char name[NAME];

	if (sscanf(line, " %63s", name) != 1 || name[0] == '#')
		return;
	if (line[0] == '@') {
		memcpy(group, name, NAME);
		return;
	}
	if (nentries == ENTRIES)
		die("systemd-analyze says more than %d lines", ENTRIES);
	memcpy(entry[nentries].group, group, NAME);
	memcpy(entry[nentries++].name, name, NAME);
}

static void
read_groups(void)
{
	FILE *f = popen("systemd-analyze --no-pager syscall-filter", "re");
	char line[512], group[NAME] = "";

	if (f == NULL)
		die("cannot run systemd-analyze");
	while (fgets(line, sizeof(line), f) != NULL)
		add_line(line, group);
	if (pclose(f) != 0 || nentries == 0)
		die("systemd-analyze syscall-filter failed");
}

static void
each(const char *name, void (*fn)(void *, int), void *arg)
{
	bool found = false;
	int number;

	if (name[0] != '@') {
		if ((number = syscall_number(name)) != -1)
			fn(arg, number);
		return;
	}
	for (size_t i = 0; i < nentries; i++)
		if (strcmp(entry[i].group, name) == 0) {
			each(entry[i].name, fn, arg);
			found = true;
		}
	if (!found)
		die("systemd knows no group %s", name);
}

void
syscall_each(const char *name, void (*fn)(void *, int), void *arg)
{
	if (nentries == 0)
		read_groups();
	if (name[0] != '@' && syscall_number(name) == -1)
		die("there is no system call %s", name);
	each(name, fn, arg);
}
