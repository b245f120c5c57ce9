/* SPDX-License-Identifier: MIT */
/*
 * secret.c: the secret of an input, read with the eyes of its
 * collector.  A credential (secret.h) is root's until systemd hands it over,
 * so that one is looked for where the unit takes it from.  The secret itself
 * goes to the switch and nowhere else.
 */
#include "doctor.h"

#include <stdlib.h>
#include <unistd.h>

#include <ccmon/secret.h>

#include "eyes.h"

#define CREDENTIALS CCMON_SYSCONFDIR "/ccmon/credentials/"
#define PATH_BYTES 4352 /* the setting's 4096, and the directory */

static char *
read_as(const struct doctor_input *i, const char *path, uid_t user, const char **why)
{
	struct eyes eyes;
	bool is_his = eyes_lend(&eyes, user);
	char *secret = secret_read(path, why);

	eyes_back(&eyes);
	if (secret == NULL && !is_his && geteuid() != i->user)
		*why = "not for us to read: run this as root";
	return secret;
}

char *
doctor_secret(struct doctor *d, const char *check, const struct doctor_input *i)
{
	const char *name = i->in->secret_file, *why;
	bool is_credential = strchr(name, '/') == NULL;
	char path[PATH_BYTES], user[EYES_NAME_MAX], *secret;

	(void)snprintf(path, sizeof(path), "%s%s", is_credential ? CREDENTIALS : "", name);
	secret = read_as(i, path, is_credential ? geteuid() : i->user, &why);
	if (secret == NULL)
		doctor_say(d, geteuid() == 0 || geteuid() == i->user ? FINDING_FAIL : FINDING_HINT,
		    check, "%s: the secret in %s (read as %s): %s", i->in->source, path,
		    eyes_user_name(is_credential ? geteuid() : i->user, user), why);
	return secret;
}
