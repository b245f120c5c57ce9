/* SPDX-License-Identifier: MIT */
/* eyes.h: to look at files as another user would, as far as we may. */
#ifndef CTL_EYES_H
#define CTL_EYES_H

#include <sys/types.h>

#include <ccmon/base.h>

struct eyes {
	uid_t	user;		/* whose they are */
	bool	lent;		/* ours are put away */
	gid_t	group, *groups;	/* of ours */
	int	ngroups;
};

/* Until eyes_back all is seen as this user sees it: if we are root, or he.
 * False: it is seen by us instead. */
bool	eyes_lend(struct eyes *, uid_t user);
void	eyes_back(struct eyes *);

/* The user's name, or its number in words; a group's likewise. */
#define EYES_NAME_MAX	64	/* bytes with NUL */
const char *eyes_user_name(uid_t, char buf[EYES_NAME_MAX]);
const char *eyes_group_name(gid_t, char buf[EYES_NAME_MAX]);

#endif
