/* SPDX-License-Identifier: MIT */
/*
 * keys.h: CURVE keys (ZeroMQ's RFC 25 and 26) in files, and who may come.
 *
 *	NAME.key_secret	the secret key, for its owner's eyes only
 *	NAME.key	the public key
 *
 * Each holds one line, the key in Z85.  The public key follows from the secret
 * one, so the two files cannot disagree.
 */
#ifndef CCMON_KEYS_H
#define CCMON_KEYS_H

#include "base.h"
#include "event.h"

#define KEY_TEXT_MAX	41	/* bytes with NUL; Z85 of 32 bytes */

struct key_pair {
	char	public[KEY_TEXT_MAX], secret[KEY_TEXT_MAX];
};

struct key_peer {		/* who may come: NAME.key */
	char	name[NAME_MAX_BYTES + 1];
	char	key[KEY_TEXT_MAX];
};

struct key_ring {
	struct key_peer	*peer;	/* by name */
	size_t		 n;
};

/* All of one socket. */
struct keys {
	struct key_pair	 own;
	char		 server[KEY_TEXT_MAX];	/* of whom we connect to, or "" */
	char		*peers_dir;	/* NULL: nobody comes to us */
	struct key_ring	 peers;
};

/* -1, and *why.  The secret key is found as secret_read finds it. */
int	key_pair_read(struct key_pair *, const char *path, const char **why) CCMON_CHECK;
int	key_public_read(char key[KEY_TEXT_MAX], const char *path, const char **why) CCMON_CHECK;

/* All NAME.key of a directory.  One that cannot be used is complained of and
 * left out; -1: the directory cannot be read, or there is no memory: *why. */
typedef void key_complain_fn(void *arg, const char *file, const char *why);
int	key_ring_read(struct key_ring *ring, const char *dir, key_complain_fn *complain,
	    void *arg, const char **why) CCMON_CHECK;
void	key_ring_fini(struct key_ring *);
/* Whose key that is; NULL: nobody's. */
const char *key_ring_whose(const struct key_ring *, const char key[KEY_TEXT_MAX]);

/* Reads what a socket needs; server and peers_dir may be NULL.  -1: the reason
 * was logged, and there is nothing to wipe. */
int	keys_read(struct keys *, const char *own, const char *server, const char *peers_dir)
	    CCMON_CHECK;
/* Reads peers_dir again.  1: somebody who was there is not any more, or has
 * another key; 0: all are still; -1: could not be read, which was logged, and
 * nothing was changed. */
int	keys_renew(struct keys *) CCMON_CHECK;
void	keys_wipe(struct keys *);

/* ---- zap.c: what of it needs libzmq; -1: errno */
int	key_pair_make(struct key_pair *) CCMON_CHECK;
/* The public key from the secret one.  -1 when that is no key. */
int	key_pair_complete(struct key_pair *) CCMON_CHECK;
bool	key_is_sound(const char key[KEY_TEXT_MAX]);

#endif
