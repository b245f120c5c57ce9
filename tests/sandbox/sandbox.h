/* SPDX-License-Identifier: MIT */
/*
 * sandbox.h: what the parts of the loader know of each other.
 */
#ifndef TESTS_SANDBOX_H
#define TESTS_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#define SYSCALLS	1024	/* numbers; the kernel's last is below 500 */

/* What a unit and its drop-ins say, as far as the kernel can be asked for it
 * without a namespace. */
struct unit {
	bool	allowed[SYSCALLS];	/* SystemCallFilter= */
	bool	filters;		/* it is there */
	int	family[16];		/* RestrictAddressFamilies= */
	size_t	nfamilies;
	bool	deny_write_execute, restrict_namespaces, restrict_realtime;
	bool	restrict_suid, lock_personality, no_new_privileges, drop_capabilities;
	int	umask;			/* -1: as it is */
};

/* Reads a unit or a drop-in into u; ends the program when it cannot. */
void	unit_read(struct unit *u, const char *path);

/* The number of a system call; -1: this kernel's headers know none. */
int	syscall_number(const char *name);
/* Calls fn with each system call of a group ("@process") or of this name. */
void	syscall_each(const char *name, void (*fn)(void *arg, int number), void *arg);

/* Asks the kernel for it.  From here on there is no way back. */
void	filters_load(const struct unit *u);

void	die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
