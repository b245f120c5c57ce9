/* SPDX-License-Identifier: MIT */
/*
 * zone.cc: a zone's table of offsets, out of the system's time zone data.
 *
 * The one place that knows the cctz library.  cctz would also take absolute
 * paths, "file:", "libc:" and fixed offsets as names; here only names of the
 * IANA database are, since the name comes from a configuration.
 */
#include <ccmon/zone.h>

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>

#include <cstdlib>
#include <vector>

using instant = cctz::time_point<cctz::seconds>;

static constexpr int64_t first_second = 0;		/* 1970-01-01 */
static constexpr int64_t last_second = 4133980800;	/* 2101-01-01 */

/* Letters, digits, + - _ and single slashes inside: "America/Port-au-Prince". */
static bool
is_name(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789+-_/";
	size_t n = strlen(name);

	return n > 0 && n < ZONE_NAME_MAX && strspn(name, letters) == n && name[0] != '/' &&
	    name[n - 1] != '/' && strstr(name, "//") == nullptr;
}

struct step {
	int64_t at;
	int32_t offset;
};

static instant
at_second(int64_t t)
{
	return instant(cctz::seconds(t));
}

static std::vector<step>
steps_of(const cctz::time_zone &tz)
{
	std::vector<step> steps = { { INT64_MIN, tz.lookup(at_second(first_second)).offset } };
	cctz::time_zone::civil_transition change;
	instant t = at_second(first_second);

	while (tz.next_transition(t, &change)) {
		t = tz.lookup(change.to).trans;
		if (t >= at_second(last_second))
			break;
		int32_t offset = tz.lookup(t).offset;
		if (offset != steps.back().offset)
			steps.push_back({ t.time_since_epoch().count(), offset });
	}
	return steps;
}

int
zone_load(struct zone *z, const char *name)
{
	cctz::time_zone tz;

	if (!is_name(name) || !cctz::load_time_zone(name, &tz))
		return -1;
	const std::vector<step> steps = steps_of(tz);
	auto *at = static_cast<int64_t *>(malloc(steps.size() * sizeof(int64_t)));
	auto *offset = static_cast<int32_t *>(malloc(steps.size() * sizeof(int32_t)));
	if (at == nullptr || offset == nullptr) {
		free(at);
		free(offset);
		return -1;
	}
	for (size_t i = 0; i < steps.size(); i++) {
		at[i] = steps[i].at;
		offset[i] = steps[i].offset;
	}
	*z = {};
	memcpy(z->name, name, strlen(name));
	z->n = steps.size();
	z->at = at;
	z->offset = offset;
	return 0;
}

void
zone_fini(struct zone *z)
{
	free(z->at);
	free(z->offset);
	*z = {};
}
