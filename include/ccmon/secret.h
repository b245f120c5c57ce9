/* SPDX-License-Identifier: MIT */
/*
 * secret.h: a password or key that stands in a file of its own, and
 * comparing one with what somebody says it is.
 */
#ifndef CCMON_SECRET_H
#define CCMON_SECRET_H

#include "base.h"

/* Where a secret with this name is: a path is itself, a name without a slash
 * is in $CREDENTIALS_DIRECTORY.  NULL: there is none. */
const char *secret_path(const char *name, char *buf, size_t len) CCMON_CHECK;

/* The first line of the file without its end, or NULL and *why.  A file that
 * others can read, or that is neither ours nor root's, is refused.  To be
 * given to secret_free. */
char	*secret_read(const char *name, const char **why) CCMON_CHECK;
void	 secret_free(char *);

/* Are they the same?  How long it takes tells nothing but the length. */
bool	 secret_is(struct str secret, struct str said);

#endif
