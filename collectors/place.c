/* SPDX-License-Identifier: MIT */
/*
 * place.c: the directory a journal lives in.
 *
 * It is made when missing (0700), it must be ours, nobody else may write
 * there, and a lock keeps a second collector out for as long as we run: two
 * writers of one journal would give two events the same number.  It also
 * holds the key of all hashes in that journal, made once and never sent
 * anywhere.  Customers are hashed by it, too, unless the collectors of a site
 * share a key, to know each other's customers again.
 */
#include "collector.h"
#include "ccmon/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* The exit code after saying what cannot be done, and why. */
static int
refuse(int code, const char *what, const char *path)
{
	log_error("journal", "cannot %s %s: %s", what, path, strerror(errno));
	return code;
}

static int
check_directory(const char *path)
{
	struct stat st;

	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return refuse(EXIT_CONFIG, "make", path);
	if (stat(path, &st) != 0)
		return refuse(EXIT_CONFIG, "look at", path);
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return refuse(EXIT_CONFIG, "use", path);
	}
	if (st.st_uid != geteuid()) {
		log_error("journal",
		    "%s belongs to user %u, but the collector runs as user %u; "
		    "run it as the owner, or chown -R the directory",
		    path, (unsigned)st.st_uid, (unsigned)geteuid());
		return EXIT_CONFIG;
	}
	if ((st.st_mode & 022) != 0) {
		log_error("journal", "%s can be written by others (mode %03o); chmod 700 it", path,
		    (unsigned)st.st_mode & 0777);
		return EXIT_CONFIG;
	}
	if (access(path, R_OK | W_OK | X_OK) != 0)
		return refuse(errno == EROFS ? EXIT_TROUBLE : EXIT_CONFIG, "write in", path);
	return 0;
}

static int
take_lock(struct place *p)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/lock", p->path) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return refuse(EXIT_CONFIG, "use", p->path);
	}
	p->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (p->lock < 0)
		return refuse(EXIT_CONFIG, "open", path);
	if (flock(p->lock, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK)
			return refuse(EXIT_TROUBLE, "lock", path);
		log_error("journal", "%s is in use by another collector", p->path);
		return EXIT_TROUBLE;
	}
	return 0;
}

static int
sync_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 ? -1 : fsync(fd);

	if (fd >= 0)
		close(fd);
	return rc;
}

/* A new key, whole or not at all: written aside and then given its name. */
static int
make_key(struct place *p, const char *path)
{
	char fresh[PATH_MAX + 8];
	int fd, rc = -1;

	(void)snprintf(fresh, sizeof(fresh), "%s.new", path);
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	errno = EIO;
	if (getrandom(p->key, sizeof(p->key), 0) == sizeof(p->key) &&
	    write(fd, p->key, sizeof(p->key)) == sizeof(p->key) && fsync(fd) == 0)
		rc = rename(fresh, path);
	close(fd);
	return rc == 0 ? sync_directory(p->path) : -1;
}

static int
load_key(struct place *p)
{
	char path[PATH_MAX];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/customer.key", p->path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT)
		return refuse(EXIT_CONFIG, "open", path);
	if (fd < 0)
		return make_key(p, path) == 0 ? 0 : refuse(EXIT_TROUBLE, "write", path);
	n = read(fd, p->key, sizeof(p->key));
	close(fd);
	if (n == sizeof(p->key))
		return 0;
	log_error("journal",
	    "%s must hold %d bytes; remove it for a new key (customers seen before "
	    "will not be recognized)",
	    path, SIPHASH_KEY);
	return EXIT_CONFIG;
}

static int
hex_digit(char c)
{
	const char *at = c == '\0' ? NULL : strchr("0123456789abcdefABCDEF", c);
	int digit = at == NULL ? -1 : (int)(at - "0123456789abcdefABCDEF");

	return digit > 15 ? digit - 6 : digit;
}

static bool
key_parse(uint8_t key[SIPHASH_KEY], const char *digits)
{
	if (strlen(digits) != 2 * SIPHASH_KEY)
		return false;
	for (size_t i = 0; i < SIPHASH_KEY; i++) {
		int high = hex_digit(digits[2 * i]), low = hex_digit(digits[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		key[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

int
place_customer_key(struct place *p, const char *file)
{
	const char *why;
	char *digits = secret_read(file, &why);
	bool good = digits != NULL && key_parse(p->customer_key, digits);

	if (digits == NULL)
		log_error("start", "cannot use customer_key_file %s: %s", file, why);
	else if (!good)
		log_error("start",
		    "customer_key_file %s must hold %d hexadecimal digits; make one with: "
		    "(umask 077; od -An -tx1 -N%d /dev/urandom | tr -d ' ' >%s)",
		    file, 2 * SIPHASH_KEY, SIPHASH_KEY, file);
	secret_free(digits);
	return good ? 0 : EXIT_CONFIG;
}

int
place_open(struct place *p, const char *path)
{
	int code;

	*p = (struct place){ .path = path, .lock = -1 };
	code = check_directory(path);
	if (code == 0)
		code = take_lock(p);
	if (code == 0)
		code = load_key(p);
	if (code != 0)
		place_close(p);
	memcpy(p->customer_key, p->key, sizeof(p->key));
	return code;
}

void
place_close(struct place *p)
{
	if (p->lock >= 0)
		close(p->lock);
	p->lock = -1;
}
