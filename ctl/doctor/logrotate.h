/* SPDX-License-Identifier: MIT */
/* logrotate.h: what logrotate does to one file. */
#ifndef CTL_LOGROTATE_H
#define CTL_LOGROTATE_H

#include <ccmon/base.h>

struct rotation {
	bool	found;		/* a stanza is about the file */
	bool	copytruncate, compress, delaycompress;
	int	create_mode;	/* of the new file; -1: not said */
};

/* Takes in what one file of logrotate's says of the log at this path: the last
 * word wins, and what stands outside of all braces is for all. */
void	rotation_read(struct rotation *, struct str text, const char *path);

#endif
