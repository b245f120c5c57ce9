/* SPDX-License-Identifier: MIT */
/*
 * site.c: a site before anyone configured it, and the words a configuration
 * is made of: lengths, windows, formulas.
 *
 * The defaults are those of the contract, so that a report over a recorded
 * log needs no configuration at all.  A length without a unit is refused:
 * nobody can know whether 20 meant seconds.
 */
#include <ccmon/site.h>

#include <assert.h>

#define SECONDS(n) (INT64_C(n) * MSEC_PER_SEC)
#define MINUTES(n) SECONDS((n)*60)
#define HOURS(n) MINUTES((n)*60)
#define DAYS(n) HOURS((n)*24)

#define SHARE(percent) ((percent) * (RATIO_ONE / 100))

/* Contract sections 3 and 7. */
static const struct policy policies[CHANNEL_COUNT] = {
	[CHANNEL_CALL] = {
		.threshold = SECONDS(20),
		.target = SHARE(80),
		.short_abandon = SECONDS(5),
		.formula = SL_SHORT_REMOVED,
		.risk = SHARE(75),
		.max_wait = HOURS(2),
		.max_handle = HOURS(8),
		.max_open = DAYS(7),
		.first_response_target = SHARE(90),
		.next_response_target = SHARE(90),
		.resolution_target = SHARE(90),
	},
	[CHANNEL_CHAT] = {
		.threshold = SECONDS(30),
		.target = SHARE(80),
		.short_abandon = SECONDS(5),
		.formula = SL_SHORT_REMOVED,
		.risk = SHARE(75),
		.max_wait = HOURS(2),
		.max_handle = HOURS(12),
		.max_open = DAYS(1),
		.first_response = SECONDS(60),
		.next_response = SECONDS(120),
		.first_response_target = SHARE(90),
		.next_response_target = SHARE(90),
		.resolution_target = SHARE(90),
	},
	[CHANNEL_EMAIL] = {
		.target = SHARE(80),
		.short_abandon = SECONDS(5),
		.formula = SL_SHORT_REMOVED,
		.risk = SHARE(75),
		.max_open = DAYS(90),
		.first_response = HOURS(4),
		.resolution = DAYS(2),
		.first_response_target = SHARE(90),
		.next_response_target = SHARE(90),
		.resolution_target = SHARE(90),
	},
};

static const struct site_limits limits = {
	.queues = 4096,
	.agents = 65536,
	.contacts = 1000000,
	.sources = 1024,
};

/* The zone every site has until it says otherwise; never written to. */
static int64_t utc_at[] = { INT64_MIN };
static int32_t utc_offset[] = { 0 };
static struct zone utc = { "UTC", 1, utc_at, utc_offset };

void
site_defaults(struct site *site)
{
	static const char *const windows[] = { "15m", "60m", "today" };

	*site = (struct site){ 0 };
	site->zones = &utc;
	site->nzones = 1;
	site->clock = CLOCK_WALL;
	memcpy(site->defaults, policies, sizeof(policies));
	site->silent_after = SECONDS(15);
	site->fcr_days = 7;
	site->limits = limits;
	for (size_t i = 0; i < COUNTOF(windows); i++) {
		int rc = site_add_window(site, windows[i]);

		assert(rc == 0);
		(void)rc;
	}
}

/* ---- windows ---- */

static int
window_parse(const char *name, struct window_def *w)
{
	msec_t length;

	*w = (struct window_def){ .kind = WINDOW_ROLLING };
	if (strlen(name) >= sizeof(w->name))
		return -1;
	memcpy(w->name, name, strlen(name));
	if (strcmp(name, "today") == 0)
		w->kind = WINDOW_TODAY;
	else if (strcmp(name, "all") == 0)
		w->kind = WINDOW_ALL;
	else if (duration_parse(name, &length) != 0 || length < MSEC_PER_SEC ||
	         length % MSEC_PER_SEC != 0 || length / MSEC_PER_SEC > WINDOW_SECONDS_MAX)
		return -1;
	else
		w->seconds = (int32_t)(length / MSEC_PER_SEC);
	return 0;
}

bool
site_has_window(const struct site *site, const char *name)
{
	for (size_t i = 0; i < site->nwindows; i++)
		if (strcmp(site->windows[i].name, name) == 0)
			return true;
	return false;
}

int
site_add_window(struct site *site, const char *name)
{
	struct window_def w;

	if (site->nwindows >= WINDOWS_MAX || site_has_window(site, name) ||
	    window_parse(name, &w) != 0)
		return -1;
	site->windows[site->nwindows++] = w;
	return 0;
}

/* ---- service level formulas ---- */

static const struct {
	const char *name, *text;
} formulas[SL_NFORMULAS] = {
#define SL(sym, name, text) [SL_##sym] = { name, text },
	SL_FORMULAS(SL)
#undef SL
};

const char *
sl_formula_name(enum sl_formula f)
{
	assert(f < SL_NFORMULAS);
	return formulas[f].name;
}

const char *
sl_formula_text(enum sl_formula f)
{
	assert(f < SL_NFORMULAS);
	return formulas[f].text;
}

int
sl_formula_find(const char *name)
{
	for (int i = 0; i < SL_NFORMULAS; i++)
		if (strcmp(formulas[i].name, name) == 0)
			return i;
	return -1;
}

/* ---- lengths ---- */

/* In the order they may stand in. */
static const struct {
	const char *name;
	msec_t length;
} units[] = {
	{ "w", DAYS(7) },
	{ "d", DAYS(1) },
	{ "h", HOURS(1) },
	{ "m", MINUTES(1) },
	{ "s", SECONDS(1) },
	{ "ms", 1 },
};

/* The unit that stands at *text, from row `first` on; steps over it.  -1: none. */
static int
unit_parse(const char **text, size_t first)
{
	const char *p = *text;
	size_t n = 0;

	while (p[n] >= 'a' && p[n] <= 'z')
		n++;
	for (size_t i = first; i < COUNTOF(units); i++) {
		if (strlen(units[i].name) == n && memcmp(units[i].name, p, n) == 0) {
			*text += n;
			return (int)i;
		}
	}
	return -1;
}

/* Digits at *text; steps over them.  -1: none, or too many. */
static int
number_parse(const char **text, int64_t *number)
{
	const char *p = *text;
	int64_t n = 0;

	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *p - '0', &n))
			return -1;
	if (p == *text)
		return -1;
	*text = p;
	*number = n;
	return 0;
}

int
duration_parse(const char *text, msec_t *length)
{
	msec_t sum = 0, part;
	size_t first = 0;

	do {
		int unit;

		if (number_parse(&text, &part) != 0 || (unit = unit_parse(&text, first)) < 0 ||
		    __builtin_mul_overflow(part, units[unit].length, &part) ||
		    __builtin_add_overflow(sum, part, &sum))
			return -1;
		first = (size_t)unit + 1;
	} while (*text != '\0');
	*length = sum;
	return 0;
}
