/* SPDX-License-Identifier: MIT */
/*
 * secret.c: secrets stand in files, never in ccmon.cfg, which everybody may
 * read.  A secret that others than its owner can read is none, so such a file
 * is refused rather than used with a warning.
 *
 * A name without a slash is a credential that systemd hands to the service
 * (LoadCredential=, systemd.exec(5)): the file it was made from may stay
 * root's alone.
 */
#include "ccmon/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_MAX 512 /* bytes */
#define PATH_BYTES 4096

/* Who else may read it, in words; NULL: nobody.  The group may when the file
 * is root's, who then chose the group: root:ccmon 0640 is how an operator's
 * password is shared, and how systemd gives a credential by an ACL. */
static const char *
read_by_others(const struct stat *st)
{
	if (st->st_mode & S_IRWXO)
		return "others can read it: chmod o= the file";
	if (st->st_mode & (S_IWGRP | S_IXGRP))
		return "its group can write it: chmod 0640 or 0600 the file";
	if ((st->st_mode & S_IRGRP) && st->st_uid != 0)
		return "its group can read it: chmod 0600 the file, or chown it to root";
	return NULL;
}

/* The first line of an open file into buf; why not, or NULL. */
static const char *
read_line(int fd, char buf[SECRET_MAX])
{
	const char *others;
	struct stat st;
	ssize_t n;

	if (fd == -1 || fstat(fd, &st) == -1)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	if ((others = read_by_others(&st)) != NULL)
		return others;
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return "it belongs to somebody else: chown it to root";
	if ((n = read(fd, buf, SECRET_MAX)) == -1)
		return strerror(errno);
	if (n == SECRET_MAX)
		return "too long for a secret";
	buf[n] = '\0';
	buf[strcspn(buf, "\r\n")] = '\0';
	return buf[0] == '\0' ? "empty" : NULL;
}

const char *
secret_path(const char *name, char *buf, size_t len)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	int n;

	if (strchr(name, '/') != NULL)
		return name;
	if (dir == NULL || dir[0] != '/')
		return NULL;
	n = snprintf(buf, len, "%s/%s", dir, name);
	return n > 0 && (size_t)n < len ? buf : NULL;
}

char *
secret_read(const char *name, const char **why)
{
	char buf[SECRET_MAX], place[PATH_BYTES], *secret;
	const char *path = secret_path(name, place, sizeof(place));
	int fd;

	if (path == NULL) {
		*why = "a name without a slash is a credential of a systemd unit "
		       "(LoadCredential=), and there are none: write the file's path";
		return NULL;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	*why = read_line(fd, buf);
	if (fd != -1)
		close(fd);
	secret = *why == NULL ? strdup(buf) : NULL;
	if (*why == NULL && secret == NULL)
		*why = "out of memory";
	explicit_bzero(buf, sizeof(buf));
	return secret;
}

void
secret_free(char *secret)
{
	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

bool
secret_is(struct str secret, struct str said)
{
	unsigned char differ = 0;

	if (secret.n != said.n)
		return false;
	for (uint32_t i = 0; i < secret.n; i++)
		differ |= (unsigned char)(secret.p[i] ^ said.p[i]);
	return differ == 0;
}
