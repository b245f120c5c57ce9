/* SPDX-License-Identifier: MIT */
/*
 * keys.c: who may come over tcp, and who says so?  Key files are read
 * as the programs do; a secret one that this user may not read is left to
 * them, but who else may is told all the same.
 */
#include "doctor.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ccmon/keys.h>

/* A credential (secret.h) is its service's alone. */
static bool
may_read(const char *path)
{
	return strchr(path, '/') != NULL && (access(path, R_OK) == 0 || errno != EACCES);
}

static void
check_secret(struct doctor *d, const char *whose, const char *path)
{
	struct key_pair pair;
	struct stat st;
	const char *why;

	if (path == NULL)
		return;
	if (stat(path, &st) == 0 && (st.st_mode & S_IRWXO) != 0)
		doctor_say(d, FINDING_FAIL, "key",
		    "%s: %s has mode %04o: chmod 0600 it, and make "
		    "another: this one may be known",
		    whose, path, st.st_mode & 07777);
	else if (!may_read(path))
		doctor_say(d, FINDING_HINT, "key", "%s: %s is not for us to read", whose, path);
	else if (key_pair_read(&pair, path, &why) == 0)
		doctor_say(d, FINDING_OK, "key", "%s: its public key is %s", whose, pair.public);
	else
		doctor_say(d, FINDING_FAIL, "key", "%s: %s: %s", whose, path, why);
	explicit_bzero(&pair, sizeof(pair));
}

static void
check_public(struct doctor *d, const char *whose, const char *path)
{
	char key[KEY_TEXT_MAX];
	const char *why;

	if (path == NULL)
		return;
	if (key_public_read(key, path, &why) == 0)
		doctor_say(d, FINDING_OK, "key", "%s: talks to %s", whose, key);
	else
		doctor_say(d, FINDING_FAIL, "key", "%s: %s: %s", whose, path, why);
}

static void
complain(void *arg, const char *file, const char *why)
{
	doctor_say(arg, FINDING_FAIL, "peer", "%s: %s", file, why);
}

static void
check_peers(struct doctor *d, const char *whose, const char *path)
{
	struct key_ring ring;
	const char *why;

	if (path == NULL)
		return;
	if (key_ring_read(&ring, path, complain, d, &why) != 0) {
		doctor_say(d, FINDING_FAIL, "peer", "%s: %s: %s", whose, path, why);
		return;
	}
	if (ring.n == 0)
		doctor_say(d, FINDING_WARN, "peer", "%s: %s has no NAME.key: nobody may come",
		    whose, path);
	for (size_t i = 0; i < ring.n; i++)
		doctor_say(d, FINDING_OK, "peer", "%s: %s may come, by %s/%s.key", whose,
		    ring.peer[i].name, path, ring.peer[i].name);
	key_ring_fini(&ring);
}

static void
check_input(struct doctor *d, const char *whose, const struct input_settings *in)
{
	check_peers(d, whose, in->peers_dir);
	check_public(d, whose, in->server_key_file);
	for (char **p = in->connect; in->plaintext && p != NULL && *p != NULL; p++)
		doctor_say(d, FINDING_WARN, "plaintext",
		    "%s: anybody on the way may read and change what comes from %s", whose, *p);
}

void
doctor_keys(struct doctor *d)
{
	const struct settings *s = d->c->settings;

	check_secret(d, "daemon", s->daemon.key_file);
	check_peers(d, "daemon", s->daemon.peers_dir);
	for (size_t i = 0; i < s->ncollectors; i++) {
		const struct collector_settings *c = &s->collectors[i];

		check_secret(d, c->name, c->key_file);
		check_public(d, c->name, c->daemon_key_file);
		for (size_t j = 0; j < c->ninputs; j++)
			check_input(d, c->name, &c->inputs[j]);
	}
}
