/* SPDX-License-Identifier: MIT */
/*
 * slots.h: numbered places of a table that a dialect keeps over many messages.
 *
 * What is in a place is its table's business; here is which of them are taken,
 * which were changed since somebody asked (their notes are due), and by which
 * short words one is found without looking into all.  Places are reused, the
 * lowest first, so that the notes of a quiet switch are few.
 */
#ifndef CCMON_DIALECTS_SLOTS_H
#define CCMON_DIALECTS_SLOTS_H

#include <ccmon/base.h>

#define SLOTS_WORDS	3		/* words a place can be found by */
#define SLOT_NONE	UINT32_MAX

struct slots {
	uint32_t	 max;
	uint32_t	 high;		/* no place from here on is taken */
	uint32_t	 n;		/* are taken */
	uint32_t	 nchanged;
	uint8_t		*flags;
	uint32_t	*changed;	/* places, each once */
	uint32_t	*tag[SLOTS_WORDS]; /* a hash of each word; 0: none */
};

/* False: no memory.  A table of max places that are used costs what is used. */
bool		 slots_init(struct slots *, uint32_t max) CCMON_CHECK;
void		 slots_fini(struct slots *);

/* The lowest free place, or that very one; SLOT_NONE: all, or it, are taken. */
uint32_t	 slots_take(struct slots *);
uint32_t	 slots_take_at(struct slots *, uint32_t i);
void		 slots_free(struct slots *, uint32_t i);
bool		 slots_taken(const struct slots *, uint32_t i);

/* The place is changed; and one that was, which is so no more. */
void		 slots_change(struct slots *, uint32_t i);
bool		 slots_changed(struct slots *, uint32_t *i);

/* A place is found by this word from now on; none: not by any. */
void		 slots_word(struct slots *, uint32_t i, unsigned word, struct str);
/* The next place from i on that may have this word (look whether it has), or
 * SLOT_NONE. */
uint32_t	 slots_find(const struct slots *, uint32_t i, unsigned word, struct str);

#endif
