/* SPDX-License-Identifier: MIT */
/*
 * keygen.c: a pair of CURVE keys (keys.h) in two new files.  It overwrites
 * nothing: a key that somebody out there trusts is gone for ever once it is.
 */
#include "ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ccmon/keys.h>

#define FILE_NAME_MAX (NAME_MAX_BYTES + sizeof(".key_secret"))

struct key_file {
	mode_t mode;
	char name[FILE_NAME_MAX];
};

static int
fail(const char *dir, const char *name, const char *why)
{
	fprintf(stderr, "ccmonctl: ");
	print_escaped(stderr, str_of(dir));
	fprintf(stderr, "/%s: %s\n", name, why);
	return -1;
}

/* fchmod, because the umask is somebody else's. */
static int
write_line(int fd, mode_t mode, const char key[KEY_TEXT_MAX])
{
	char line[KEY_TEXT_MAX + 1];
	ssize_t n = snprintf(line, sizeof(line), "%s\n", key);
	int rc;

	errno = 0; /* a short write sets none */
	rc = fchmod(fd, mode);
	if (rc == 0 && write(fd, line, (size_t)n) != n)
		rc = -1;
	explicit_bzero(line, sizeof(line));
	return rc == 0 ? fsync(fd) : -1;
}

static int
write_key(int at, const char *dir, const struct key_file *f, const char key[KEY_TEXT_MAX])
{
	int fd = openat(at, f->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool good;

	if (fd == -1 && errno == EEXIST)
		return fail(dir, f->name, "is there already, and a key is never overwritten");
	if (fd == -1)
		return fail(dir, f->name, strerror(errno));
	good = write_line(fd, f->mode, key) == 0;
	if (!good)
		fail(dir, f->name, errno != 0 ? strerror(errno) : "written in part only");
	if (close(fd) == 0 && good)
		return 0;
	unlinkat(at, f->name, 0);
	return -1;
}

/* Both, or none. */
static int
write_pair(const char *dir, const struct key_file *secret, const struct key_file *public,
    const struct key_pair *pair)
{
	int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (at == -1)
		return fail(dir, "", strerror(errno));
	rc = write_key(at, dir, secret, pair->secret);
	if (rc == 0 && (rc = write_key(at, dir, public, pair->public)) != 0)
		unlinkat(at, secret->name, 0);
	close(at);
	return rc;
}

/* ---- what was done */

static void
tell(const char *dir, const char *name)
{
	printf(
	    "%s/%s.key_secret is the secret key: it stays on this machine, is nobody's\n"
	    "    to read but its program's, and is what key_file names.  Programs run as ccmon:\n"
	    "    chown ccmon the file, or hand it to the service by LoadCredential=.\n"
	    "%s/%s.key is the public key, and nothing to hide: copy it\n"
	    "    into the peers_dir of those to whom %s connects, under this very name;\n"
	    "    for those who connect to %s, as daemon_key_file or server_key_file.\n"
	    "A program takes note of its peers_dir when it starts, and at SIGHUP.\n",
	    dir, name, dir, name, name, name);
}

static void
tell_json(const char *dir, const char *name, const char *key)
{
	struct out o;
	char path[4096];

	out_init(&o);
	json_open(&o, '{');
	snprintf(path, sizeof(path), "%s/%s.key_secret", dir, name);
	json_key(&o, "secret_file");
	json_text(&o, str_of(path));
	snprintf(path, sizeof(path), "%s/%s.key", dir, name);
	json_key(&o, "public_file");
	json_text(&o, str_of(path));
	json_key(&o, "public_key");
	json_text(&o, str_of(key));
	json_close(&o, '}');
	print_json(&o);
}

/* A name as events have them, that is a file's, too. */
static bool
is_name(const char *name)
{
	return name_check(str_of(name), 1, NAME_MAX_BYTES) == REFUSAL_NONE &&
	       strchr(name, '/') == NULL && name[0] != '.' && name[0] != '-';
}

int
verb_keygen(struct ctl *c, char **args)
{
	const char *dir = c->dir != NULL ? c->dir : ".", *name = args[0];
	struct key_file secret = { .mode = 0600 }, public = { .mode = 0644 };
	struct key_pair pair;
	int rc;

	if (!is_name(name)) {
		fprintf(stderr,
		    "ccmonctl: a name has 1 to %d bytes, no /, and no . or - in front\n",
		    NAME_MAX_BYTES);
		return EXIT_USAGE;
	}
	if (key_pair_make(&pair) != 0) {
		fprintf(
		    stderr, "ccmonctl: this libzmq can make no keys: it was built without CURVE\n");
		return EXIT_NOT_FINE;
	}
	snprintf(secret.name, sizeof(secret.name), "%s.key_secret", name);
	snprintf(public.name, sizeof(public.name), "%s.key", name);
	rc = write_pair(dir, &secret, &public, &pair);
	explicit_bzero(pair.secret, sizeof(pair.secret));
	if (rc != 0)
		return EXIT_NOT_FINE;
	if (c->json)
		tell_json(dir, name, pair.public);
	else
		tell(dir, name);
	return EXIT_FINE;
}
