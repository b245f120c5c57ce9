/* SPDX-License-Identifier: MIT */
/*
 * registry.c: who the hooks are, and how they do.
 *
 * A hook is known by its name.  One that is taken out of the configuration
 * stays here with its totals: its pages may still be in the outbox, and it
 * may come back.  What became of its pages is counted here since the outbox
 * began, and said in the log with what the hook printed.
 */
#include "registry.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <ccmon/clock.h>
#include <ccmon/log.h>

_Noreturn void
out_of_memory(void)
{
	log_error("hooks", "out of memory: the hook runner begins anew");
	exit(1);
}

void *
need(void *p)
{
	if (p == NULL)
		out_of_memory();
	return p;
}

/* ---- the hooks there are */

struct hook *
registry_find(struct registry *r, struct str name)
{
	struct hook *h;

	for (h = r->first; h != NULL; h = h->next)
		if (strlen(h->name) == name.n && memcmp(h->name, name.p, name.n) == 0)
			return h;
	h = need(calloc(1, sizeof(*h) + name.n + 1));
	memcpy(h->name, name.p, name.n);
	h->lane.owner = h;
	h->lane.limit = r->rules.type == 0; /* nobody has said yet that it is gone */
	h->total.last_time = -1;
	(void)outbox_hook(r->outbox, h->name, &h->total);
	if (lanes_join(r->lanes, &h->lane) != 0)
		out_of_memory();
	h->next = r->first;
	r->first = h;
	return h;
}

void
registry_check(struct registry *r)
{
	for (struct hook *h = r->first; h != NULL; h = h->next) {
		h->unsafe[0] = '\0';
		if (h->def != NULL)
			(void)hook_check(h->def->command[0], h->unsafe, sizeof(h->unsafe));
	}
}

/* Runs in progress do not mind. */
void
registry_set(struct registry *r, const struct frame *f)
{
	struct frame old = r->rules;
	char *old_bytes = r->bytes;
	struct hook *h;

	r->bytes = memcpy(need(malloc(f->fields.n + 1)), f->fields.p, f->fields.n);
	if (frame_open(&r->rules, FRAME_RULES, (struct str){ r->bytes, f->fields.n }) != 0)
		out_of_memory(); /* it was read once already */
	for (h = r->first; h != NULL; h = h->next)
		h->def = NULL;
	for (size_t i = 0; i < r->rules.rules.nhooks; i++) {
		const struct hook_def *def = &r->rules.rules.hook[i];

		registry_find(r, str_of(def->name))->def = def;
	}
	for (h = r->first; h != NULL; h = h->next)
		lanes_set(r->lanes, &h->lane, h->def != NULL ? (size_t)h->def->concurrency : 0,
		    h->def != NULL ? h->def->give_up : 0);
	registry_check(r);
	frame_close(&old);
	free(old_bytes);
}

void
registry_fini(struct registry *r)
{
	struct hook *h;

	while ((h = r->first) != NULL) {
		r->first = h->next;
		free(h);
	}
	frame_close(&r->rules);
	free(r->bytes);
	out_fini(&r->status);
	out_fini(&r->last_status);
}

void
registry_write(struct registry *r)
{
	for (struct hook *h = r->first; h != NULL; h = h->next)
		if (h->dirty)
			outbox_put_hook(r->outbox, h->name, &h->total);
}

void
registry_clean(struct registry *r)
{
	for (struct hook *h = r->first; h != NULL; h = h->next)
		h->dirty = false;
}

/* ---- what they did */

void
registry_count(struct hook *h, const struct delivery *d, const char *why)
{
	h->total.delivered += d->outcome == HOOK_DELIVERED;
	h->total.given_up += d->outcome == HOOK_GIVEN_UP;
	h->total.last_time = clock_wall();
	h->total.last_outcome = d->outcome;
	(void)snprintf(h->total.last_why, sizeof(h->total.last_why), "%.159s", why);
	h->dirty = true;
}

static void
log_end(const struct hook *h, const struct delivery *d, const struct run_end *end, const char *why)
{
	static const struct {
		void (*say)(const char *, const char *, ...) CCMON_PRINTF(2, 3);
		const char *text;
	} lines[HOOK_OUTCOME_COUNT] = {
		[HOOK_DELIVERED] = { log_info, "delivered" },
		[HOOK_RETRY] = { log_warn, "not delivered, will be tried again" },
		[HOOK_GIVEN_UP] = { log_error, "not delivered, given up" },
		[HOOK_CANCELLED] = { log_info, "cancelled" },
		[HOOK_SUPERSEDED] = { log_info, "superseded" },
	};

	lines[d->outcome].say("hook",
	    "%s: hook=%s page=%s attempt=%u took_seconds=%" PRId64 ".%03d%s%s",
	    lines[d->outcome].text, log_quote(str_of(h->name)), log_quote(d->page->id), d->attempt,
	    end->took / 1000, (int)(end->took % 1000), why[0] != '\0' ? " why=" : "",
	    why[0] != '\0' ? log_quote(str_of(why)) : "");
}

/* What it printed, line by line. */
static void
log_output(const struct hook *h, struct str s)
{
	while (s.n > 0) {
		const char *end = memchr(s.p, '\n', s.n);
		uint32_t n = end != NULL ? (uint32_t)(end - s.p) : s.n;
		struct out line;

		out_init(&line);
		out_escaped(&line, (struct str){ s.p, n });
		out_bytes(&line, "", 1);
		if (n > 0 && !line.failed)
			log_info("hook_output", "%s: %s", h->name, line.buf);
		out_fini(&line);
		n += end != NULL;
		s.p += n;
		s.n -= n;
	}
}

void
registry_log(
    const struct hook *h, const struct delivery *d, const struct run_end *end, const char *why)
{
	log_end(h, d, end, why);
	log_output(h, end->output);
}

/* ---- status */

static void
fill_status(const struct hook *h, struct hook_status *s)
{
	*s = (struct hook_status){ .name = str_of(h->name),
		.waiting = h->lane.waiting,
		.running = h->lane.running,
		.oldest = h->lane.first != NULL ? h->lane.first->came : -1,
		.delivered = h->total.delivered,
		.given_up = h->total.given_up,
		.attempts = h->total.attempts,
		.last_time = h->total.last_time,
		.last_outcome = h->total.last_outcome,
		.last_why = str_of(h->total.last_why),
		.unsafe = str_of(h->unsafe) };
}

void
registry_report(struct registry *r, struct out *to)
{
	size_t n = r->rules.rules.nhooks;
	struct hook_status *s = need(calloc(n + 1, sizeof(*s)));
	struct out last = r->last_status;

	for (size_t i = 0; i < n; i++)
		fill_status(registry_find(r, str_of(r->rules.rules.hook[i].name)), &s[i]);
	out_reset(&r->status);
	frame_status(&r->status, s, n);
	free(s);
	if (r->status.len == last.len && memcmp(r->status.buf, last.buf, last.len) == 0)
		return;
	out_bytes(to, r->status.buf, r->status.len);
	r->last_status = r->status;
	r->status = last;
}
