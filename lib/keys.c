/* SPDX-License-Identifier: MIT */
/*
 * keys.c: CURVE keys from files.
 *
 * A key encrypts; that only those get in who are known is the work of the
 * directory of public keys, of which the names are the files'.  So whoever can
 * write there can let himself in: a directory or a file that everybody may
 * write is refused.  A file that cannot be used lets nobody in, and does not
 * keep the others out.
 *
 * It makes no keys: that is ccmonctl's.
 */
#include "ccmon/keys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ccmon/log.h"
#include "ccmon/secret.h"

#define PEERS_MAX 4096 /* files; a house has a handful */
#define SUFFIX ".key"

/* ---- one key */

static int
fail(const char **why, const char *text)
{
	*why = text;
	return -1;
}

int
key_pair_read(struct key_pair *pair, const char *path, const char **why)
{
	char *text = secret_read(path, why);
	bool good;

	if (text == NULL)
		return -1;
	good = strlen(text) == KEY_TEXT_MAX - 1;
	if (good) {
		memcpy(pair->secret, text, KEY_TEXT_MAX);
		good = key_pair_complete(pair) == 0;
	}
	secret_free(text);
	if (good)
		return 0;
	explicit_bzero(pair, sizeof(*pair));
	return fail(why, "holds no secret key: ccmonctl keygen makes one");
}

/* The first line of an open file. */
static int
read_public(int fd, char key[KEY_TEXT_MAX], const char **why)
{
	char buf[KEY_TEXT_MAX + 1]; /* a key, its line's end, NUL */
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) == -1)
		return fail(why, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(why, "not a regular file");
	if (st.st_mode & S_IWOTH)
		return fail(why, "everybody can write it: chmod o-w the file");
	if ((n = read(fd, buf, sizeof(buf) - 1)) == -1)
		return fail(why, strerror(errno));
	buf[n] = '\0';
	buf[strcspn(buf, "\r\n")] = '\0';
	if (strlen(buf) != KEY_TEXT_MAX - 1 || !key_is_sound(buf))
		return fail(why, "holds no public key");
	memcpy(key, buf, KEY_TEXT_MAX);
	return 0;
}

int
key_public_read(char key[KEY_TEXT_MAX], const char *path, const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc;

	if (fd == -1)
		return fail(why, strerror(errno));
	rc = read_public(fd, key, why);
	close(fd);
	return rc;
}

/* ---- all of a directory */

static int
is_public_key(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name), suffix = strlen(SUFFIX);

	return n > suffix && entry->d_name[0] != '.' &&
	       strcmp(entry->d_name + n - suffix, SUFFIX) == 0;
}

static const struct key_peer *
same_key(const struct key_ring *ring, const struct key_peer *p)
{
	for (const struct key_peer *q = ring->peer; q < ring->peer + ring->n; q++)
		if (strcmp(q->key, p->key) == 0)
			return q;
	return NULL;
}

static int
read_peer(
    const struct key_ring *ring, int dir, const char *file, struct key_peer *p, const char **why)
{
	struct str name = { file, (uint32_t)(strlen(file) - strlen(SUFFIX)) };
	int fd, rc;

	if (name_check(name, 1, NAME_MAX_BYTES) != REFUSAL_NONE)
		return fail(why, "not a name anybody can have");
	if ((fd = openat(dir, file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1)
		return fail(why, strerror(errno));
	rc = read_public(fd, p->key, why);
	close(fd);
	if (rc == 0 && same_key(ring, p) != NULL)
		return fail(why, "somebody else there has this very key");
	memcpy(p->name, name.p, name.n);
	p->name[name.n] = '\0';
	return rc;
}

/* Of one open directory, with the names in it. */
static int
read_peers(struct key_ring *ring, int dir, struct dirent **entry, int n, key_complain_fn *complain,
    void *arg)
{
	const char *why;

	ring->peer = calloc((size_t)n + 1, sizeof(*ring->peer));
	if (ring->peer == NULL)
		return -1;
	for (int i = 0; i < n; i++)
		if (read_peer(ring, dir, entry[i]->d_name, &ring->peer[ring->n], &why) == 0)
			ring->n++;
		else
			complain(arg, entry[i]->d_name, why);
	return 0;
}

static int
look_at(int dir, const char **why)
{
	struct stat st;

	if (dir == -1 || fstat(dir, &st) == -1)
		return fail(why, strerror(errno));
	if (st.st_mode & S_IWOTH)
		return fail(why, "everybody can write there: chmod o-w the directory");
	return 0;
}

static int
read_directory(
    struct key_ring *ring, int dir, key_complain_fn *complain, void *arg, const char **why)
{
	struct dirent **entry;
	int n, rc;

	if (look_at(dir, why) == -1)
		return -1;
	if ((n = scandirat(dir, ".", &entry, is_public_key, alphasort)) == -1)
		return fail(why, strerror(errno));
	rc = n > PEERS_MAX                                         ? fail(why, "too many keys")
	     : read_peers(ring, dir, entry, n, complain, arg) == 0 ? 0
	                                                           : fail(why, "out of memory");
	while (n > 0)
		free(entry[--n]);
	free(entry);
	return rc;
}

int
key_ring_read(
    struct key_ring *ring, const char *dir, key_complain_fn *complain, void *arg, const char **why)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	*ring = (struct key_ring){ 0 };
	rc = read_directory(ring, fd, complain, arg, why);
	if (fd != -1)
		close(fd);
	return rc;
}

void
key_ring_fini(struct key_ring *ring)
{
	free(ring->peer);
	*ring = (struct key_ring){ 0 };
}

const char *
key_ring_whose(const struct key_ring *ring, const char key[KEY_TEXT_MAX])
{
	for (size_t i = 0; i < ring->n; i++)
		if (strcmp(ring->peer[i].key, key) == 0)
			return ring->peer[i].name;
	return NULL;
}

/* ---- all of a socket */

static void
complain_log(void *dir, const char *file, const char *why)
{
	log_error(
	    "keys", "%s/%s: %s; who has this name is not let in", (const char *)dir, file, why);
}

static int
read_ring(struct key_ring *ring, const char *dir)
{
	const char *why;

	if (key_ring_read(ring, dir, complain_log, (void *)(uintptr_t)dir, &why) == 0)
		return 0;
	log_error("keys", "peers_dir %s: %s", dir, why);
	return -1;
}

static int
read_keys(struct keys *k, const char *own, const char *server, const char *peers_dir)
{
	const char *why;

	if (key_pair_read(&k->own, own, &why) == -1) {
		log_error("keys", "key_file %s: %s", own, why);
		return -1;
	}
	if (server != NULL && key_public_read(k->server, server, &why) == -1) {
		log_error("keys", "%s: %s", server, why);
		return -1;
	}
	if (peers_dir == NULL)
		return 0;
	if ((k->peers_dir = strdup(peers_dir)) == NULL) {
		log_error("keys", "out of memory");
		return -1;
	}
	return read_ring(&k->peers, peers_dir);
}

int
keys_read(struct keys *k, const char *own, const char *server, const char *peers_dir)
{
	*k = (struct keys){ .peers_dir = NULL };
	if (read_keys(k, own, server, peers_dir) == 0)
		return 0;
	keys_wipe(k);
	return -1;
}

static bool
has_peer(const struct key_ring *ring, const struct key_peer *p)
{
	const char *name = key_ring_whose(ring, p->key);

	return name != NULL && strcmp(name, p->name) == 0;
}

int
keys_renew(struct keys *k)
{
	struct key_ring now, was = k->peers;
	int lost = 0;

	if (read_ring(&now, k->peers_dir) == -1)
		return -1;
	for (const struct key_peer *p = was.peer; p < was.peer + was.n; p++)
		if (!has_peer(&now, p)) {
			log_warn("keys", "%s is not let in any more", log_quote(str_of(p->name)));
			lost = 1;
		}
	k->peers = now;
	key_ring_fini(&was);
	return lost;
}

void
keys_wipe(struct keys *k)
{
	key_ring_fini(&k->peers);
	free(k->peers_dir);
	explicit_bzero(k, sizeof(*k));
}
