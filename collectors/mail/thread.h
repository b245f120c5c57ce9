/* SPDX-License-Identifier: MIT */
/*
 * thread.h: which mails belong together, by Message-ID, In-Reply-To and
 * References.  Pure: what it must not forget it hands to its owner.
 */
#ifndef MAIL_THREAD_H
#define MAIL_THREAD_H

#include "collectors/collector.h"

/* ---- ids */

#define MAIL_ID_MAX 998 /* bytes; RFC 5322's longest line */

struct mail_id {
	char		text[MAIL_ID_MAX];
	uint32_t	n;
};

/* The next <id> of the list, which is then after it.  false: no more. */
bool	id_next(struct str *list, struct mail_id *);
/* That of a Message-ID, with its brackets or without.  false: it is none. */
bool	id_own(struct str header, struct mail_id *);
struct str id_str(const struct mail_id *);

/* ---- threads */

struct threads {
	uint8_t		key[2][SIPHASH_KEY];	/* of this mailbox alone */
	msec_t		until;			/* what is written now is kept so long */
	void		(*remember)(void *arg, const struct memo *);
	int		(*recall)(void *arg, const uint8_t key[MEMO_KEY], char value[MEMO_VALUE_MAX]);
	void		*arg;
};

/* Makes its key of that of the place and of the mailbox's source. */
void	threads_open(struct threads *, const uint8_t key[SIPHASH_KEY], struct str source);

enum thread_state {
	THREAD_QUIET,		/* no customer was heard, nobody wrote to one */
	THREAD_BEFORE,		/* a customer was heard before we listened */
	THREAD_OUT,		/* we wrote first */
	THREAD_IN		/* a customer's matter */
};

/* One thread, by the mail at its root. */
struct thread {
	uint8_t		root[MEMO_KEY];	/* whence its contact's name */
	bool		has_root;	/* that mail was here; else only its id */
	uint8_t		state;		/* enum thread_state */
	bool		answered;	/* state THREAD_IN */
	msec_t		since;		/* its first mail */
	msec_t		opened;		/* its matter */
	uint8_t		nqueue;
	char		queue[NAME_MAX_BYTES];
};

/* Was a mail of this id here? */
bool	thread_has(const struct threads *, struct str id);
/* The thread of a mail that came at that time; a new one, if nobody spoke of
 * that mail yet. */
void	thread_find(const struct threads *, struct str id, msec_t time, struct thread *);
/* The mail of that id belongs to the thread, too.  true: so far it was in
 * another one; *t is now what both are, and *gone what went into it. */
bool	thread_join(const struct threads *, struct thread *t, struct str id, struct thread *gone);
/* The mail itself is here, and this is what its thread has come to. */
void	thread_keep(const struct threads *, struct thread *, struct str id);

#define THREAD_NAME (2 * MEMO_KEY)
/* The name of the thread's contact; no NUL. */
void	thread_name(const struct thread *, char out[THREAD_NAME]);

/* A memo key of this mailbox for anything else; word tells kinds apart. */
void	thread_key(const struct threads *, struct str word, struct str name, uint8_t out[MEMO_KEY]);

#endif
