/* SPDX-License-Identifier: MIT */
/*
 * siblings.h: the files beside a log that it was before: queue_log.1,
 * queue_log-20260101, queue_log.2.gz.
 */
#ifndef COLLECTORS_SIBLINGS_H
#define COLLECTORS_SIBLINGS_H

#include "ccmon/base.h"

#include <sys/stat.h>

struct sibling {
	char		*path;
	struct stat	st;		/* of what it leads to */
	bool		is_rotated;	/* its name is of the kind that rotation makes */
	bool		is_packed;	/* compressed, going by its name */
};

struct siblings {
	struct sibling	*s;		/* the oldest first, by when they were written last */
	size_t		n;
};

/* Those of the log at path; it is none itself.  -1: errno, EAGAIN while they
 * are being moved about. */
int	siblings_list(struct siblings *, const char *path) CCMON_CHECK;
void	siblings_free(struct siblings *);
/* When a file was written last, in ns. */
int64_t	siblings_time(const struct stat *);

#endif
