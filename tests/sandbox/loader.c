/* SPDX-License-Identifier: MIT */
/*
 * loader.c: runs a program as systemd would run it, as far as system calls go:
 *
 *	loader UNIT [DROPIN...] -- PROGRAM [ARGUMENT...]
 *
 * "systemd-analyze security" gives marks for what a unit forbids, and knows
 * nothing of what the program needs: with the best of marks libzmq aborts at
 * its first thread.  So the tests run the programs under the units' own lines.
 * Not done here: what takes a namespace (ProtectSystem=, Private...=).
 */
#include "sandbox.h"

#include <sys/prctl.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CAPABILITIES 64 /* as many as the kernel's sets have room for */

void
die(const char *fmt, ...)
{
	va_list ap;

	fputs("loader: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(125);
}

/* Root without capabilities is what a root in PrivateUsers= is, nearly; for
 * others there are none to drop. */
static void
drop_capabilities(void)
{
	if (geteuid() != 0)
		return;
	for (int i = 0; i < CAPABILITIES; i++)
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) != 0 && errno != EINVAL)
			die("cannot drop capability %d: %s", i, strerror(errno));
}

static void
enter(const struct unit *u)
{
	if (u->umask != -1)
		umask((mode_t)u->umask);
	if (u->drop_capabilities)
		drop_capabilities();
	if (u->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		die("no_new_privs: %s", strerror(errno));
	filters_load(u);
}

int
main(int argc, char **argv)
{
	struct unit u = { .umask = -1 };
	int i = 1;

	for (; i < argc && strcmp(argv[i], "--") != 0; i++)
		unit_read(&u, argv[i]);
	if (i == 1 || i + 1 >= argc)
		die("usage: loader UNIT [DROPIN...] -- PROGRAM [ARGUMENT...]");
	enter(&u);
	execvp(argv[i + 1], argv + i + 1);
	die("cannot run %s: %s", argv[i + 1], strerror(errno));
}
