/* SPDX-License-Identifier: MIT */
/*
 * redact.h: what may be kept of a message that was refused.
 */
#ifndef CCMON_REDACT_H
#define CCMON_REDACT_H

#include "base.h"

/* Writes at most `size` bytes of printable ASCII, no NUL; how many. */
size_t	redact(struct str message, char *out, size_t size);

#endif
