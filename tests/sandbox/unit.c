/* SPDX-License-Identifier: MIT */
/*
 * unit.c: the lines of a unit that the kernel can be asked for.
 *
 * As systemd reads them: a list that is given again is added to, an empty
 * value begins anew, and "~" takes away from what was allowed before.  A value
 * this reader does not understand ends the test: it must not pass by leaving
 * out what it was to try.
 */
#include "sandbox.h"

#include <sys/socket.h>

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
read_bool(const char *value)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		die("\"%s\" is neither yes nor no", value);
	return strcmp(value, "yes") == 0;
}

static const struct {
	const char *name;
	size_t at;
} switches[] = {
	{ "NoNewPrivileges", offsetof(struct unit, no_new_privileges) },
	{ "MemoryDenyWriteExecute", offsetof(struct unit, deny_write_execute) },
	{ "RestrictNamespaces", offsetof(struct unit, restrict_namespaces) },
	{ "RestrictRealtime", offsetof(struct unit, restrict_realtime) },
	{ "RestrictSUIDSGID", offsetof(struct unit, restrict_suid) },
	{ "LockPersonality", offsetof(struct unit, lock_personality) },
};

struct change {
	struct unit *unit;
	bool allow;
};

static void
change_call(void *arg, int number)
{
	struct change *c = arg;

	if (number < SYSCALLS)
		c->unit->allowed[number] = c->allow;
}

static void
take_calls(struct unit *u, char *value)
{
	struct change c = { u, value[0] != '~' };
	char *save;

	if (!u->filters && !c.allow)
		die("SystemCallFilter= begins with what it denies: only lists that allow are "
		    "known");
	u->filters = true;
	for (char *w = strtok_r(value + !c.allow, " ", &save); w != NULL;
	     w = strtok_r(NULL, " ", &save))
		syscall_each(w, change_call, &c);
}

/* What systemd allows with every list: to begin, to end, to wait. */
static void
take_default(struct unit *u)
{
	struct change c = { u, true };

	syscall_each("@default", change_call, &c);
}

static const struct {
	const char *name;
	int family;
} families[] = {
	{ "AF_UNIX", AF_UNIX },
	{ "AF_INET", AF_INET },
	{ "AF_INET6", AF_INET6 },
	{ "AF_NETLINK", AF_NETLINK },
};

static int
find_family(const char *name)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (strcmp(families[i].name, name) == 0)
			return families[i].family;
	die("there is no address family %s", name);
}

static void
take_families(struct unit *u, char *value)
{
	char *save;

	if (value[0] == '\0')
		u->nfamilies = 0;
	for (char *w = strtok_r(value, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save)) {
		if (u->nfamilies == sizeof(u->family) / sizeof(u->family[0]))
			die("too many address families");
		u->family[u->nfamilies++] = find_family(w);
	}
}

static void
take_capabilities(struct unit *u, char *value)
{
	if (value[0] != '\0')
		die("CapabilityBoundingSet=%s: only an empty one is known", value);
	u->drop_capabilities = true;
}

static void
take_umask(struct unit *u, char *value)
{
	u->umask = (int)strtol(value, NULL, 8);
}

static void
take_errno(struct unit *u, char *value)
{
	(void)u;
	if (strcmp(value, "EPERM") != 0)
		die("SystemCallErrorNumber=%s: only EPERM is known", value);
}

static void
take_arch(struct unit *u, char *value)
{
	(void)u;
	if (strcmp(value, "native") != 0)
		die("SystemCallArchitectures=%s: only native is known", value);
}

static const struct {
	const char *name;
	void (*take)(struct unit *, char *value);
} lines[] = {
	{ "SystemCallFilter", take_calls },
	{ "SystemCallErrorNumber", take_errno },
	{ "SystemCallArchitectures", take_arch },
	{ "RestrictAddressFamilies", take_families },
	{ "CapabilityBoundingSet", take_capabilities },
	{ "UMask", take_umask },
};

static void
take_line(struct unit *u, char *line)
{
	char *value = strchr(line, '=');

	if (line[0] == '#' || value == NULL)
		return;
	*value++ = '\0';
	value[strcspn(value, "\n")] = '\0';
	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
		if (strcmp(line, switches[i].name) == 0)
			*(bool *)((char *)u + switches[i].at) = read_bool(value);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (strcmp(line, lines[i].name) == 0)
			lines[i].take(u, value);
}

void
unit_read(struct unit *u, const char *path)
{
	FILE *f = fopen(path, "re");
	char line[1024];

	if (f == NULL)
		die("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f) != NULL)
		take_line(u, line);
	fclose(f);
	if (u->filters)
		take_default(u);
}
