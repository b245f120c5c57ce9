/* SPDX-License-Identifier: MIT */
/*
 * codec.h: things to bytes and back.  Each thing names its fields once, in a
 * function that either packs or unpacks them: the two cannot disagree.
 */
#ifndef CCMON_ALERTS_CODEC_H
#define CCMON_ALERTS_CODEC_H

#include "../engine/pack.h"
#include "alerts_int.h"

#define ALERTS_STATE_VERSION	1

struct codec {
	struct memory	*memory;
	struct packer	*to;		/* packing; or NULL */
	struct unpacker	 from;
};
void	code_header(struct codec *, struct alerts *);
void	code_alert(struct codec *, struct alert *);
void	code_silence(struct codec *, struct silence *);
void	code_owed(struct codec *, struct alerts *, struct owed *);

#endif
