/* SPDX-License-Identifier: MIT */
/* table.h: the dialects, for the table of them alone. */
#ifndef CCMON_DIALECTS_TABLE_H
#define CCMON_DIALECTS_TABLE_H

#include <ccmon/dialect.h>

extern const struct dialect	dialect_native;
extern const struct dialect	dialect_queue_log;
extern const struct dialect	dialect_ami;
extern const struct dialect	dialect_chatwoot;
extern const struct dialect	dialect_rocketchat;
extern const struct dialect	dialect_zammad;
extern const struct dialect	dialect_freeswitch;

#endif
