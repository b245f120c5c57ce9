/* SPDX-License-Identifier: MIT */
/*
 * lease.c: what a daemon may conclude from the lease, by its own clock.
 *
 * A write counts from the moment it was sent, Redis counts from when it was
 * done: so we give the site up before another may take it.  A process that
 * was stopped finds its connection broken or silent when it goes on, as if
 * Redis were away, while another may have the site; so it gets the time to
 * find out.
 *
 * Pure: told the time, knows no clock.
 */
#include "lease.h"

#define BYTES_PER_MS 8192 /* of a slow link to a slow Redis */
#define BYTES_SMALL (1 << 20) /* what costs no time worth a word */

void
lease_init(struct lease *l, msec_t mono)
{
	*l = (struct lease){ .trouble_since = mono, .looked = mono };
}

void
lease_extend(struct lease *l, msec_t sent)
{
	l->standby = false;
	l->patient_until = 0;
	l->extended = sent;
	l->until = sent + LEASE_MS - LEASE_STEP_MS;
}

void
lease_trouble(struct lease *l, msec_t mono)
{
	if (l->trouble_since == MSEC_NEVER)
		l->trouble_since = mono;
}

void
lease_waits(struct lease *l, msec_t sent, msec_t mono)
{
	if (mono - sent > UNANSWERED_MS)
		lease_trouble(l, sent + UNANSWERED_MS);
}

void
lease_fine(struct lease *l)
{
	l->trouble_since = MSEC_NEVER;
}

bool
lease_is_due(const struct lease *l, msec_t mono)
{
	return mono - l->extended >= LEASE_RENEW_MS;
}

enum pages_allowed
lease_pages(struct lease *l, msec_t mono, bool running)
{
	if (mono - l->looked > HANG_MS)
		l->dazed_until = mono + HUNG_MS;
	l->looked = mono;
	if (l->standby)
		return PAGES_NONE;
	if (l->trouble_since != MSEC_NEVER && mono - l->trouble_since >= AWAY_MS &&
	    mono >= l->dazed_until)
		return PAGES_ALL;
	return running && mono < l->until ? PAGES_COMMITTED : PAGES_NONE;
}

/* ---- standing by ---- */

void
lease_is_others(struct lease *l, msec_t left, bool anybody, msec_t mono)
{
	l->standby = true;
	if (left > 0)
		l->patient_until = 0;
	else if (!anybody && l->patient_until == 0)
		l->patient_until = mono + PATIENCE_MS;
}

void
lease_unseen(struct lease *l, msec_t mono)
{
	if (l->standby)
		l->patient_until = mono + PATIENCE_MS;
}

enum lease_claim
lease_claim(const struct lease *l, msec_t mono)
{
	if (!l->standby)
		return CLAIM_ANY;
	if (l->patient_until == 0)
		return CLAIM_EXPIRED;
	return mono < l->patient_until ? CLAIM_NOTHING : CLAIM_ANY;
}

msec_t
lease_for(size_t bytes)
{
	return bytes <= BYTES_SMALL ? LEASE_MS : LEASE_MS + (msec_t)(bytes / BYTES_PER_MS);
}
