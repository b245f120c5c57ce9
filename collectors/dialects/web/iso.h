/* SPDX-License-Identifier: MIT */
/* iso.h: instants as web systems write them.  Pure. */
#ifndef CCMON_DIALECTS_ISO_H
#define CCMON_DIALECTS_ISO_H

#include <ccmon/base.h>

/*
 * "2021-07-23T18:02:48.000Z", "2021-07-23 18:02:48 UTC", "...+02:00": the
 * epoch ms, or -1: not of that form, no such date, or before 1970.  A time
 * that does not say its zone is not of that form.
 */
msec_t	iso_time(struct str text);

#endif
