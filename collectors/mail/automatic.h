/* SPDX-License-Identifier: MIT */
/* automatic.h: was a mail written by a program?  Pure. */
#ifndef MAIL_AUTOMATIC_H
#define MAIL_AUTOMATIC_H

#include "header.h"

/* The name of the sign it was known by; NULL: a human wrote it. */
const char *automatic_sign(const struct headers *);

#endif
