/* SPDX-License-Identifier: MIT */
/*
 * secret.c: secrets stand in files, never in ccmon.cfg, which everybody may
 * read.  A secret that others than its owner can read is none, so such a file
 * is refused rather than used with a warning.
 */
#include "ccmon/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_MAX 512 /* bytes */

/* The first line of an open file into buf; why not, or NULL. */
static const char *
read_line(int fd, char buf[SECRET_MAX])
{
	struct stat st;
	ssize_t n;

	if (fd == -1 || fstat(fd, &st) == -1)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	if (st.st_mode & S_IRWXO)
		return "others can read it: chmod o= the file";
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

char *
secret_read(const char *path, const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char buf[SECRET_MAX], *secret;

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
