/* SPDX-License-Identifier: MIT */
/*
 * birth.h: from fork to exec.
 */
#ifndef CCMON_HOOKS_BIRTH_H
#define CCMON_HOOKS_BIRTH_H

#include <sys/types.h>

#include "run.h"

/* Descriptors that stay here, neither of which blocks; -1 where there is none. */
struct birth_ends {
	int		output;		/* what it prints */
	int		error;		/* why it is none: for birth_failed */
};

/* NULL, or what failed; errno says why.  What of the ends was made is there
 * all the same. */
const char	*birth_give(const struct run_options *, struct birth_ends *, pid_t *);
/* Once it has ended: 0, or the error for which it never became the hook. */
int		 birth_failed(int fd, char *what, size_t what_len);

#endif
