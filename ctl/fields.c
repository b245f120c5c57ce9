/* SPDX-License-Identifier: MIT */
/*
 * fields.c: the rows of metrics.def as texts.  The same table makes the
 * engine's figures and the manual, so what is explained is what is computed.
 */
#include "ctl.h"

#define NAME_OF_COUNT "count"
#define NAME_OF_SECONDS "seconds"
#define NAME_OF_RATIO "ratio, 0 to 1"
#define NAME_OF_RATE "per hour"
#define NAME_OF_EPOCH_MS "milliseconds since 1970, UTC"
#define NAME_OF_FLAG "0 or 1"
#define NAME_OF_NUMBER "number"

enum { WHEN_NOW, WHEN_WINDOW, WHEN_TOTAL };
enum { USE_B, USE_H, USE_HB, USE_HO, USE_O, USE_HIST };

const struct field fields[] = {
#define METRIC(fn, name, unit, scopes, when, use, text)                                            \
	{ name, NAME_OF_##unit, #scopes, WHEN_##when == WHEN_WINDOW, WHEN_##when == WHEN_TOTAL,    \
		USE_##use == USE_HIST, text },
#define TEXT(fn, name, scopes, use, text) { name, "text", #scopes, false, false, false, text },
#include <ccmon/metrics.def>
};
const size_t nfields = COUNTOF(fields);

const struct field *
field_find(struct str name)
{
	for (size_t i = 0; i < nfields; i++)
		if (strlen(fields[i].name) == name.n && memcmp(fields[i].name, name.p, name.n) == 0)
			return &fields[i];
	return NULL;
}
