/* SPDX-License-Identifier: MIT */
/*
 * reload.h: another configuration for a daemon that runs.
 */
#ifndef CCMON_RELOAD_H
#define CCMON_RELOAD_H

#include <ccmon/settings.h>

#include "engine/engine.h"

/* The file of the running settings, read anew: NULL when it cannot be used,
 * or changes what only a restart can change; each reason was logged. */
struct settings	*reload_settings(const struct settings *running);

/* An engine for that site with all the other one knows; NULL, and the other
 * is as it was: no memory, or its state does not fit. */
struct engine	*reload_engine(struct engine *, const struct site *);

#endif
