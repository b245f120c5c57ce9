/* SPDX-License-Identifier: MIT */
/*
 * pack.h: numbers and texts as bytes, for the private state.  Whole numbers
 * take as many bytes as they need (seven bits each, sign folded in), so that
 * zeros and small counts cost one.
 */
#ifndef CCMON_PACK_H
#define CCMON_PACK_H

#include "memory.h"

struct packer {
	uint8_t		*p;
	size_t		 n, cap;
};
void	pack_reset(struct packer *);
void	pack_fini(struct packer *, struct memory *);
void	pack_bytes(struct packer *, struct memory *, const void *, size_t);
void	pack_int(struct packer *, struct memory *, int64_t);
void	pack_str(struct packer *, struct memory *, struct str);

/* Reading stops being true of `good` at the first thing that does not fit;
 * what is read after that is zero. */
struct unpacker {
	const uint8_t	*p, *end;
	bool		 good;
};
int64_t		unpack_int(struct unpacker *);
/* From low to high, else not good. */
int64_t		unpack_within(struct unpacker *, int64_t low, int64_t high);
struct str	unpack_str(struct unpacker *);
const uint8_t	*unpack_bytes(struct unpacker *, size_t);

#endif
