/* SPDX-License-Identifier: MIT */
/* members.h: the life of a member, for its events and for listings. */
#ifndef CCMON_DIALECTS_FREESWITCH_MEMBERS_H
#define CCMON_DIALECTS_FREESWITCH_MEMBERS_H

#include "freeswitch.h"

struct fs_slot *fs_member_find(struct freeswitch *, struct str uuid);
/* Not told yet; NULL: there is no room. */
struct fs_slot *fs_member_new(struct freeswitch *, const struct fs_said *, msec_t joined);
void	 fs_member_queued(struct freeswitch *, struct fs_slot *);
/* Told now, or when what it was in this queue before is over. */
void	 fs_member_begin(struct freeswitch *, struct fs_slot *);
/* All was told of it. */
void	 fs_member_over(struct freeswitch *, struct fs_slot *);
/* A sign of life. */
void	 fs_member_heard(struct freeswitch *, struct fs_slot *);
/* Once, and only where an agent took the call. */
void	 fs_member_answered(struct freeswitch *, struct fs_slot *);
/* What is not said twice: on hold already, or not. */
void	 fs_member_held(struct freeswitch *, struct fs_slot *, bool holds);
/* Ended, as far as can be seen; more may be told of it for a while. */
void	 fs_member_gone(struct freeswitch *, struct fs_slot *, enum fs_by);
/* A listing did not name it. */
void	 fs_member_missing(struct freeswitch *, struct fs_slot *);
/* Nobody can tell what became of it. */
void	 fs_member_lost(struct freeswitch *, struct fs_slot *, msec_t at);
/* Looked at again a grace later. */
void	 fs_member_await(struct freeswitch *, msec_t since);

/* ---- telling of one */

void	 fs_member_tell(struct freeswitch *, const struct fs_member *, enum event_kind, msec_t at);
void	 fs_member_tell_by(struct freeswitch *, enum fs_by);
/* What ends the agent's part. */
void	 fs_member_tell_end(struct freeswitch *, const struct fs_member *, enum event_kind,
	    msec_t at);
/* Unanswered; reason: CC-Cancel-Reason. */
void	 fs_member_tell_way_out(struct freeswitch *, const struct fs_member *, msec_t at,
	    struct str reason);
/* How long it was on hold. */
msec_t	 fs_member_hold(const struct fs_member *, msec_t at);

#endif
