/* SPDX-License-Identifier: MIT */
/*
 * filters.c: what a unit forbids, as programs for the kernel's seccomp.
 *
 * One filter a line of the unit, as systemd does it (seccomp-util.c of 252);
 * of several filters the strictest counts.
 */
#include "sandbox.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#error "which machine is this?  See linux/audit.h"
#endif

#define PROGRAM_MAX 4096 /* instructions; the kernel's BPF_MAXINSNS */

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define JUMP(op, k, yes, no) BPF_JUMP(BPF_JMP | (op) | BPF_K, (k), (yes), (no))
#define GIVE(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define REFUSE(error) GIVE(SECCOMP_RET_ERRNO | (error))
#define ALLOW GIVE(SECCOMP_RET_ALLOW)

struct program {
	struct sock_filter code[PROGRAM_MAX];
	unsigned short n;
};

static void
add(struct program *p, struct sock_filter instruction)
{
	if (p->n == PROGRAM_MAX)
		die("a filter has more than %d instructions", PROGRAM_MAX);
	p->code[p->n++] = instruction;
}

/* SystemCallArchitectures=native, and the number is loaded. */
static void
begin(struct program *p)
{
	p->n = 0;
	add(p, (struct sock_filter)LOAD(arch));
	add(p, (struct sock_filter)JUMP(BPF_JEQ, ARCH, 1, 0));
	add(p, (struct sock_filter)GIVE(SECCOMP_RET_KILL_PROCESS));
	add(p, (struct sock_filter)LOAD(nr));
}

static void
load(struct program *p)
{
	struct sock_fprog prog = { p->n, p->code };

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) != 0)
		die("the kernel refuses a filter: %s", strerror(errno));
}

/* ---- SystemCallFilter= */

static int
end_of_range(const struct unit *u, int from)
{
	while (from + 1 < SYSCALLS && u->allowed[from + 1])
		from++;
	return from;
}

static void
allow_calls(struct program *p, const struct unit *u)
{
	begin(p);
	for (int from = 0, to; from < SYSCALLS; from = to + 1) {
		to = from;
		if (!u->allowed[from])
			continue;
		to = end_of_range(u, from);
		add(p, (struct sock_filter)JUMP(BPF_JGE, (uint32_t)from, 0, 2));
		add(p, (struct sock_filter)JUMP(BPF_JGT, (uint32_t)to, 1, 0));
		add(p, (struct sock_filter)ALLOW);
	}
	add(p, (struct sock_filter)REFUSE(EPERM));
	load(p);
}

/* ---- RestrictAddressFamilies= */

static void
allow_families(struct program *p, const struct unit *u)
{
	begin(p);
	add(p, (struct sock_filter)JUMP(BPF_JEQ, SYS_socket, 1, 0));
	add(p, (struct sock_filter)ALLOW);
	add(p, (struct sock_filter)LOAD(args[0]));
	for (size_t i = 0; i < u->nfamilies; i++) {
		add(p, (struct sock_filter)JUMP(BPF_JEQ, (uint32_t)u->family[i], 0, 1));
		add(p, (struct sock_filter)ALLOW);
	}
	add(p, (struct sock_filter)REFUSE(EAFNOSUPPORT));
	load(p);
}

/* ---- the switches */

/* Refused when the argument, masked, is this; or, ANY, when anything is left. */
#define ANY UINT32_MAX
#define WX (PROT_WRITE | PROT_EXEC)
#define NAMESPACES                                                                                 \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |             \
	    CLONE_NEWPID | CLONE_NEWNET)
#define SUID (S_ISUID | S_ISGID)

static const struct rule {
	size_t of; /* the switch */
	uint32_t call;
	unsigned arg;
	uint32_t mask, is;
	int error;
} rules[] = {
#define OF(field) offsetof(struct unit, field)
	{ OF(deny_write_execute), SYS_mmap, 2, WX, WX, EPERM },
	{ OF(deny_write_execute), SYS_mprotect, 2, PROT_EXEC, ANY, EPERM },
	{ OF(deny_write_execute), SYS_pkey_mprotect, 2, PROT_EXEC, ANY, EPERM },
	{ OF(deny_write_execute), SYS_shmat, 2, SHM_EXEC, ANY, EPERM },
	{ OF(restrict_namespaces), SYS_unshare, 0, NAMESPACES, ANY, EPERM },
	{ OF(restrict_namespaces), SYS_clone, 0, NAMESPACES, ANY, EPERM },
	{ OF(restrict_namespaces), SYS_clone3, 0, 0, 0, ENOSYS }, /* flags out of sight */
	{ OF(restrict_namespaces), SYS_setns, 0, 0, 0, EPERM },
	{ OF(restrict_realtime), SYS_sched_setscheduler, 1, ~0u, SCHED_FIFO, EPERM },
	{ OF(restrict_realtime), SYS_sched_setscheduler, 1, ~0u, SCHED_RR, EPERM },
	{ OF(restrict_realtime), SYS_sched_setscheduler, 1, ~7u, ANY, EPERM },
	{ OF(restrict_suid), SYS_fchmod, 1, SUID, ANY, EPERM },
	{ OF(restrict_suid), SYS_fchmodat, 2, SUID, ANY, EPERM },
	{ OF(restrict_suid), SYS_mkdirat, 2, SUID, ANY, EPERM },
	{ OF(restrict_suid), SYS_mknodat, 2, SUID, ANY, EPERM },
	{ OF(restrict_suid), SYS_openat2, 0, 0, 0, ENOSYS }, /* mode out of sight */
#ifdef SYS_chmod
	{ OF(restrict_suid), SYS_chmod, 1, SUID, ANY, EPERM },
	{ OF(restrict_suid), SYS_mkdir, 1, SUID, ANY, EPERM },
	{ OF(restrict_suid), SYS_mknod, 1, SUID, ANY, EPERM },
	{ OF(restrict_suid), SYS_creat, 1, SUID, ANY, EPERM },
#endif
	{ OF(lock_personality), SYS_personality, 0, 0x00ffffffu, ANY, EPERM },
};

static void
add_rule(struct program *p, const struct rule *r)
{
	uint32_t arg = offsetof(struct seccomp_data, args) + 8 * r->arg;

	add(p, (struct sock_filter)LOAD(nr));
	add(p, (struct sock_filter)JUMP(BPF_JEQ, r->call, 0, 4));
	add(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, arg)); /* its low half */
	add(p, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, r->mask));
	if (r->is == ANY)
		add(p, (struct sock_filter)JUMP(BPF_JEQ, 0, 1, 0));
	else
		add(p, (struct sock_filter)JUMP(BPF_JEQ, r->is, 0, 1));
	add(p, (struct sock_filter)REFUSE((uint32_t)r->error));
}

static void
obey_switches(struct program *p, const struct unit *u)
{
	begin(p);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (*(const bool *)((const char *)u + rules[i].of))
			add_rule(p, &rules[i]);
	add(p, (struct sock_filter)ALLOW);
	load(p);
}

/* The list of calls comes last: prctl need not be on it. */
void
filters_load(const struct unit *u)
{
	static struct program p;

	obey_switches(&p, u);
	if (u->nfamilies > 0)
		allow_families(&p, u);
	if (u->filters)
		allow_calls(&p, u);
}
