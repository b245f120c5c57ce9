/* SPDX-License-Identifier: MIT */
/*
 * memory.h: everything the engine and the alerts hold.  No memory ends the
 * process, which resumes from its last commit as after any other death.
 */
#ifndef CCMON_MEMORY_H
#define CCMON_MEMORY_H

#include <ccmon/base.h>

#define MEMORY_STEP	32	/* bytes; pieces are kept by multiples of it */
#define MEMORY_CLASSES	16
struct memory {
	size_t	used;
	struct memory_piece { struct memory_piece *next; } *kept[MEMORY_CLASSES];
};
void	 memory_fini(struct memory *);	/* what was kept */
void	*memory_new(struct memory *, size_t);		/* zeroed */
void	*memory_resize(struct memory *, void *, size_t from, size_t to); /* new part zeroed */
void	 memory_free(struct memory *, void *, size_t);
/* Room for one more element: doubles *cap when n has reached it. */
void	*memory_grow(struct memory *, void *, size_t n, size_t *cap, size_t size);

#endif
