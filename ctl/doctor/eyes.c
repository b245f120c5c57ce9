/* SPDX-License-Identifier: MIT */
/*
 * eyes.c: what root can read says nothing about what a service can.  So the
 * effective user, group and groups are changed for as long as it takes to
 * look, and given back.  That they cannot be given back is the end: nothing
 * that is said afterwards would be true.
 */
#include "eyes.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Our groups, to be put back; false: no memory, or they cannot be read. */
static bool
keep_groups(struct eyes *e)
{
	e->ngroups = getgroups(0, NULL);
	e->groups = e->ngroups >= 0 ? calloc((size_t)e->ngroups + 1, sizeof(gid_t)) : NULL;
	return e->groups != NULL && getgroups(e->ngroups, e->groups) == e->ngroups;
}

static bool
become(uid_t user)
{
	const struct passwd *pw = getpwuid(user);

	if (pw != NULL && (initgroups(pw->pw_name, pw->pw_gid) == -1 || setegid(pw->pw_gid) == -1))
		return false;
	if (pw == NULL && setgroups(0, NULL) == -1)
		return false;
	return seteuid(user) == 0;
}

static void
be_ourselves(struct eyes *e)
{
	if (seteuid(0) == 0 && setegid(e->group) == 0 &&
	    setgroups((size_t)e->ngroups, e->groups) == 0)
		return;
	fprintf(stderr, "ccmonctl: cannot be root again\n");
	abort();
}

bool
eyes_lend(struct eyes *e, uid_t user)
{
	*e = (struct eyes){ .user = user, .group = getegid() };
	if (geteuid() == user)
		return true;
	if (geteuid() != 0 || !keep_groups(e)) {
		free(e->groups);
		e->groups = NULL;
		return false;
	}
	e->lent = true;
	if (become(user))
		return true;
	eyes_back(e);
	return false;
}

void
eyes_back(struct eyes *e)
{
	if (e->lent)
		be_ourselves(e);
	free(e->groups);
	*e = (struct eyes){ .user = e->user };
}

const char *
eyes_user_name(uid_t user, char buf[EYES_NAME_MAX])
{
	const struct passwd *pw = getpwuid(user);

	if (pw != NULL)
		(void)snprintf(buf, EYES_NAME_MAX, "%.60s", pw->pw_name);
	else
		(void)snprintf(buf, EYES_NAME_MAX, "%u", (unsigned)user);
	return buf;
}

const char *
eyes_group_name(gid_t group, char buf[EYES_NAME_MAX])
{
	const struct group *gr = getgrgid(group);

	if (gr != NULL)
		(void)snprintf(buf, EYES_NAME_MAX, "%.60s", gr->gr_name);
	else
		(void)snprintf(buf, EYES_NAME_MAX, "%u", (unsigned)group);
	return buf;
}
