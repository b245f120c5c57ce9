/* SPDX-License-Identifier: MIT */
/*
 * frame.h: what daemon and hook runner say to each other, as bytes.
 *
 *	frame   size u32 (of what follows) | type u8 | fields
 *	text    size u32 | bytes | NUL
 *	list    count u32 | its elements
 *
 * All little-endian.  A text has its NUL on the line, so what is taken from a
 * frame can be used where it lies.  The same bytes are a page in the outbox.
 *
 *	to the runner
 *	RULES     the hooks, all of them; the first frame
 *	PAGE      a page to deliver
 *	CANCEL    an episode nobody wants to hear of any more
 *	TELL      say again what the outbox has, up to READY
 *	GO        hooks may run; before the first one none does
 *	HOLD      no more of them begins
 *	to the daemon
 *	TOLD      a page the outbox has, oldest first; then
 *	READY     pages may come
 *	STORED    a page's id: it is on disk
 *	FINISHED  a page's id, and whether any hook has it
 *	RESULT    one run of a hook, or its end with a page
 *	CANCELLED an episode: it was struck off
 *	STATUS    how every hook stands, in the order of RULES
 */
#ifndef CCMON_HOOKS_FRAME_H
#define CCMON_HOOKS_FRAME_H

#include <ccmon/out.h>

#include "hooks.h"

#define FRAME_HEADER	5		/* bytes: size, type */
#define FRAME_MAX	(64 << 20)	/* bytes; a longer one is none */

enum frame_type { FRAME_RULES = 1, FRAME_PAGE, FRAME_CANCEL, FRAME_TOLD,
		  FRAME_READY, FRAME_STORED, FRAME_FINISHED, FRAME_RESULT,
		  FRAME_CANCELLED, FRAME_STATUS, FRAME_TELL, FRAME_GO, FRAME_HOLD,
		  FRAME_NTYPES };

/* Appends a frame; what is out of memory shows in out.failed. */
void	frame_rules(struct out *, const struct rules *);
void	frame_page(struct out *, const struct page *);
void	frame_cancel(struct out *, struct str episode);
void	frame_told(struct out *, const struct told_page *);
void	frame_tell(struct out *);
void	frame_go(struct out *, bool go);	/* or HOLD */
void	frame_ready(struct out *);
void	frame_stored(struct out *, struct str page);
void	frame_finished(struct out *, struct str page, bool delivered);
void	frame_result(struct out *, const struct hook_result *);
void	frame_cancelled(struct out *, struct str episode);
void	frame_status(struct out *, const struct hook_status *, size_t n);

/* The first whole frame in the bytes: its size, and its type and fields.  0:
 * not all of it is there; -1: this is no frame. */
int	frame_first(struct str bytes, uint8_t *type, struct str *fields);

/*
 * A frame as it was taken.  Texts borrow the fields it was opened from; the
 * arrays are its own, until frame_close.
 */
struct frame {
	uint8_t		type;
	struct str	fields;
	struct rules	rules;		/* RULES: only its hooks */
	struct page	page;		/* PAGE */
	struct told_page told;		/* TOLD */
	struct hook_result result;	/* RESULT */
	struct str	id;		/* CANCEL, STORED, FINISHED, CANCELLED */
	bool		delivered;	/* FINISHED */
	struct hook_status *status;	/* STATUS */
	size_t		nstatus;
	void		*array[4];	/* what is to be freed */
	size_t		narrays;
};

/* -1: damaged, or no memory; then there is nothing to close. */
int	frame_open(struct frame *, uint8_t type, struct str fields) CCMON_CHECK;
void	frame_close(struct frame *);

/* The id alone of a PAGE's fields, which needs no memory; empty: it has none. */
struct str frame_page_id(struct str fields);

#endif
