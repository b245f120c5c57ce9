/* SPDX-License-Identifier: MIT */
/*
 * pager.c: the alerts and those who are told, joined.
 *
 *	figures --> alerts -- pages --> hook runner --> people
 *	              ^  `--- notes --> streams (alerts:log)
 *	orders -------'  <-- stored, finished ---'
 *
 * The alerts are pure and know no processes, the runner knows no alerts;
 * what one says is carried to the other here.  A page is offered until the
 * runner has it on disk, and stays in the state until every hook is done with
 * it: should this machine die, another daemon tells it.  So that it tells it
 * by the same id, a page goes out only once a commit has it, and while the site
 * is ours for certain; with Redis away nobody can take over, and pages go out
 * as they come.  What the outbox kept for us waits for the same.  Before the
 * state is loaded only the monitor itself is watched, by alerts that know
 * nothing yet: Redis may be what is down.
 */
#include "daemon.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <ccmon/clock.h>
#include <ccmon/log.h>
#include <ccmon/service.h>
#include <ccmon/settings.h>

#include "notice.h"

#define READY_MS 10000 /* the runner waits for its forerunner's end so long */

struct pager {
	struct pager_options o;
	struct alerts *alerts;
	struct hooks *hooks;
	enum pages_allowed allowed;
	bool live; /* at the last turn: what is owed is to go out */
	bool told; /* the outbox has told what it knows */
	msec_t told_by; /* monotonic; go on without it then */
	msec_t next_watchdog; /* by the wall; 0: at once */
	struct notice notice; /* a page that no alert gave */
	uint64_t given_up;
	char failing[NAME_MAX_BYTES + 1];
};

/* ---- what the runner says ---- */

/* What was told under a clock that was ahead was told by now.  A runner that
 * began anew tells it all again: its forerunner may have died before it said
 * how a page ended. */
static void
on_told(void *arg, const struct told_page *told)
{
	struct told_page page = *told;
	struct pager *p = arg;

	if (page.time > clock_wall())
		page.time = clock_wall();
	if (!p->told)
		alerts_told(p->alerts, &page);
	else if (page.finished && alerts_owes(p->alerts, page.id))
		alerts_finished(p->alerts, page.id, page.delivered, clock_wall());
}

static void
on_ready(void *arg)
{
	struct pager *p = arg;

	p->told = true;
	alerts_offer_again(p->alerts);
}

static void
on_stored(void *arg, struct str page)
{
	struct pager *p = arg;

	alerts_stored(p->alerts, page);
}

static void
on_finished(void *arg, struct str page, bool delivered)
{
	struct pager *p = arg;

	alerts_finished(p->alerts, page, delivered, clock_wall());
}

/* The alert about failing hooks is not to feed itself. */
static void
count_given_up(struct pager *p, const struct hook_result *r)
{
	if (r->outcome != HOOK_GIVEN_UP || r->alert.n == 0 || str_begins(r->alert, "hook_failed/"))
		return;
	p->given_up++;
	snprintf(p->failing, sizeof(p->failing), "%.*s", STR_ARG(r->hook));
}

static void
end_test(struct pager *p, const struct hook_result *r, struct str order)
{
	char hook[NAME_MAX_BYTES + 1];
	msec_t now = clock_wall();

	snprintf(hook, sizeof(hook), "%.*s", STR_ARG(r->hook));
	notice_test_end(&p->notice, p->o.settings->site.name, hook, order, now - r->took, now);
	hooks_page(p->hooks, &p->notice.page);
}

static void
on_result(void *arg, const struct hook_result *r)
{
	struct pager *p = arg;
	struct str order = STR_NONE;

	if (str_begins(r->page, NOTICE_TEST) && r->kind == PAGE_FIRE)
		order = (struct str){ r->page.p + strlen(NOTICE_TEST),
			r->page.n - (uint32_t)strlen(NOTICE_TEST) };
	count_given_up(p, r);
	streams_hook(p->o.streams, r, order, clock_wall());
	if (order.n > 0 && r->outcome == HOOK_DELIVERED)
		end_test(p, r, order);
}

/* ---- its life ---- */

int
pager_renew(struct pager *p)
{
	const struct settings *s = p->o.settings;

	alerts_free(p->alerts);
	p->alerts = alerts_new(&(struct alerts_options){
	    .site = s->site.name,
	    .rules = &s->rules,
	    .calendars = &s->site.calendars,
	    .engine = p->o.engine,
	});
	return p->alerts != NULL ? 0 : -1;
}

/* What the outbox knows is to be told (again) before anybody looks. */
static void
listen(struct pager *p)
{
	p->told = false;
	p->told_by = clock_mono() + READY_MS;
	hooks_tell(p->hooks);
}

void
pager_loaded(struct pager *p)
{
	listen(p);
}

struct pager *
pager_new(const struct pager_options *o)
{
	struct pager *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->o = *o;
	notice_init(&p->notice);
	p->hooks = hooks_start(&(struct hooks_options){
	    .state_dir = o->settings->daemon.state_dir,
	    .rules = &o->settings->rules,
	    .site = o->settings->site.name,
	    .on_told = on_told,
	    .on_ready = on_ready,
	    .on_stored = on_stored,
	    .on_finished = on_finished,
	    .on_result = on_result,
	    .arg = p,
	});
	if (p->hooks != NULL && pager_renew(p) == 0) {
		listen(p);
		return p;
	}
	pager_free(p);
	return NULL;
}

void
pager_free(struct pager *p)
{
	if (p == NULL)
		return;
	if (p->hooks != NULL)
		hooks_stop(p->hooks);
	alerts_free(p->alerts);
	notice_fini(&p->notice);
	free(p);
}

struct alerts **
pager_alerts(struct pager *p)
{
	return &p->alerts;
}

void
pager_configure(struct pager *p, const struct settings *settings)
{
	p->o.settings = settings;
	alerts_set_rules(p->alerts, &settings->rules, &settings->site.calendars);
	hooks_set_rules(p->hooks, &settings->rules);
}

/* ---- a turn ---- */

static void
take_notes(struct pager *p)
{
	struct alert_note note;

	while (alerts_note(p->alerts, &note))
		streams_note(p->o.streams, &note);
}

static bool
may_tell(const struct pager *p)
{
	return p->allowed != PAGES_NONE && hooks_is_ready(p->hooks);
}

static void
give_pages(struct pager *p)
{
	bool (*next)(struct alerts *, struct page *) =
	    p->allowed == PAGES_ALL ? alerts_page : alerts_page_committed;
	struct page page;

	while (next(p->alerts, &page))
		hooks_page(p->hooks, &page);
}

/* The outbox goes last: by then all that makes its pages pointless was said. */
static void
tell(struct pager *p)
{
	struct str episode;

	if (!may_tell(p))
		return;
	while (alerts_cancelled(p->alerts, &episode))
		hooks_cancel(p->hooks, episode);
	if (p->live)
		give_pages(p);
	hooks_go(p->hooks, true);
}

/* To hold is said at once; to go when the alerts have seen the outbox. */
void
pager_allow(struct pager *p, enum pages_allowed allowed)
{
	p->allowed = allowed;
	if (allowed == PAGES_NONE)
		hooks_go(p->hooks, false);
}

void
pager_commit_begins(struct pager *p)
{
	alerts_commit_begins(p->alerts);
}

void
pager_committed(struct pager *p)
{
	alerts_committed(p->alerts);
	if (p->live && may_tell(p))
		give_pages(p);
}

bool
pager_wants_commit(const struct pager *p)
{
	return p->live && p->allowed == PAGES_COMMITTED && alerts_want_commit(p->alerts);
}

/* An outside dead-man's switch is kept from going off. */
void
pager_watchdog(struct pager *p, msec_t wall)
{
	const struct paging *paging = &p->o.settings->rules.paging;

	if (paging->watchdog_hook == NULL || !hooks_is_ready(p->hooks) || p->allowed == PAGES_NONE)
		return;
	if (wall < p->next_watchdog && p->next_watchdog <= wall + paging->watchdog_every)
		return;
	notice_watchdog(&p->notice, p->o.settings->site.name, paging->watchdog_hook, wall);
	hooks_page(p->hooks, &p->notice.page);
	p->next_watchdog = wall + paging->watchdog_every;
}

bool
pager_is_ready(const struct pager *p, msec_t mono)
{
	return p->told || mono >= p->told_by;
}

msec_t
pager_turn(struct pager *p, msec_t now, bool live, msec_t mono)
{
	msec_t next;

	if (!pager_is_ready(p, mono))
		return now + 100; /* ms; on_ready does not wake the loop */
	p->told = true;
	next = alerts_turn(p->alerts, now);
	take_notes(p);
	p->live = live;
	tell(p);
	return next;
}

void
pager_monitor(struct pager *p, enum monitor what, int64_t value, const char *detail)
{
	alerts_monitor(p->alerts, what, value, detail);
}

void
pager_tilt(struct pager *p, msec_t by, msec_t now)
{
	log_warn("clock", "jumped by %" PRId64 " ms: alerts are held for %d s", by, TILT_MS / 1000);
	alerts_tilt(p->alerts, by, now);
}

/* ---- orders ---- */

static const struct {
	const char *verb, *what; /* what: the field that names it */
	enum order_verb code;
} verbs[] = {
	{ "ack", "alert", ORDER_ACK },
	{ "silence", "match", ORDER_SILENCE },
	{ "unsilence", "silence", ORDER_UNSILENCE },
};

/* A number as it stands there; -1: it is none. */
static int64_t
number(struct str text)
{
	int64_t n = 0;

	for (uint32_t i = 0; i < text.n; i++)
		if (text.p[i] < '0' || text.p[i] > '9' || n > INT64_MAX / 16)
			return -1;
		else
			n = 10 * n + (text.p[i] - '0');
	return text.n > 0 ? n : -1;
}

/* The alerts note what became of it. */
static bool
give_order(struct pager *p, const struct order_entry *e, struct str verb, msec_t now)
{
	char why[200]; /* bytes with NUL; noted, too */

	for (size_t i = 0; i < COUNTOF(verbs); i++) {
		struct order order = {
			.id = e->id,
			.verb = (uint8_t)verbs[i].code,
			.what = order_field(e, verbs[i].what),
			.until = number(order_field(e, "until_epoch_ms")),
			.by = order_field(e, "by"),
			.note = order_field(e, "note"),
		};

		if (!str_is(verb, verbs[i].verb))
			continue;
		if (alerts_order(p->alerts, &order, now, why, sizeof(why)) != 0)
			log_info("order", "refused: id=%s %s", log_quote(e->id), why);
		return true;
	}
	return false;
}

/* Why not, or NULL. */
static const char *
test_hook(struct pager *p, const struct order_entry *e, msec_t now)
{
	struct str hook = order_field(e, "hook");
	char name[NAME_MAX_BYTES + 1];

	snprintf(name, sizeof(name), "%.*s", STR_ARG(hook));
	if (rules_hook(&p->o.settings->rules, name) == NULL)
		return "there is no hook of that name";
	if (!hooks_is_ready(p->hooks))
		return "the hook runner is not ready";
	notice_test(&p->notice, p->o.settings->site.name, name, e->id, now);
	hooks_page(p->hooks, &p->notice.page);
	return NULL;
}

void
pager_order(struct pager *p, const struct order_entry *e, msec_t now)
{
	struct str verb = order_field(e, "verb");
	const char *why = "there is no such order";

	log_info("order", "%s: by=%s id=%s", log_quote(verb), log_quote(order_field(e, "by")),
	    log_quote(e->id));
	alerts_set_orders_read(p->alerts, e->id);
	if (!give_order(p, e, verb, now)) {
		if (str_is(verb, "hook-test"))
			why = test_hook(p, e, now);
		streams_order(
		    p->o.streams, e->id, why == NULL ? "done" : "refused", why, clock_wall());
	}
	take_notes(p);
	service_wake();
}

/* ---- asking ---- */

bool
pager_hook(const struct pager *p, size_t i, struct hook_status *status)
{
	return hooks_status(p->hooks, i, status);
}

msec_t
pager_oldest(const struct pager *p)
{
	return hooks_oldest(p->hooks);
}

uint64_t
pager_given_up(const struct pager *p, const char **who)
{
	*who = p->failing;
	return p->given_up;
}
