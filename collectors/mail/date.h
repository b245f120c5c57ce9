/* SPDX-License-Identifier: MIT */
/* date.h: a date as mails carry it.  Pure. */
#ifndef MAIL_DATE_H
#define MAIL_DATE_H

#include "ccmon/base.h"

/* "Fri, 21 Nov 1997 09:55:06 -0600" and its obsolete forms; -1: it is none,
 * and *at is as it was. */
int	date_parse(struct str, msec_t *at) CCMON_CHECK;

#endif
