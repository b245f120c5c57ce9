/* SPDX-License-Identifier: MIT */
/*
 * board.h: what the files of the publication share: board.c (what goes out,
 * and when), shelf.c (the objects' figures), board_alerts.c (the alerts, the
 * silences, the hooks) and snapshot.c (all of them as JSON).
 */
#ifndef CCMON_BOARD_H
#define CCMON_BOARD_H

#include <ccmon/log.h>

#include "daemon.h"

/* One object as it was last read, and written. */
struct cell {
	bool		 known;		/* Redis has it as it is here */
	bool		 listed;	/* its name is in its set */
	bool		 doubted;	/* to be written whole, whatever is known */
	char		 name[NAME_MAX_BYTES];
	uint32_t	 name_len;
	uint32_t	 waiting;	/* a queue's, as last written */
	int64_t		*values;	/* owns; a text's place holds its digest */
};

struct shelf {			/* all objects of a scope */
	const struct column *column;
	size_t		 ncolumns;
	struct cell	*cell;		/* owns; by the object's index */
	size_t		 n;
	int64_t		*fresh;		/* owns; ncolumns values just read */
};

struct board {
	struct board_options o;
	struct shelf	 shelf[SCOPE_COUNT];
	enum board_state state;
	char		 host[256];
	int64_t		 version;
	bool		 nothing_known;	/* of what Redis holds */
	msec_t		 next_whole;	/* monotonic */
	unsigned	 turn;		/* whose turn it is to be doubted */
	msec_t		 retry_at;	/* monotonic; not before it was refused */

	struct writes	 writes;	/* being filled */
	unsigned	 objects;	/* in it */
	struct writes	 last;		/* of the last chunk */
	struct out	 json;
	char		 owner[64];	/* bytes with NUL */
	struct out	*chunk;		/* owns; the publication's commands */
	size_t		 nchunks, cap, sent;
	bool		 busy;
	struct log_complaint trouble;
	msec_t		 began;		/* monotonic; the publication that is under way */
	msec_t		 publish_ms;	/* what those that were written took */
	int64_t		 published, failures;
};

/* The engine's clock as a figure: undefined until it is told the time. */
int64_t	shelf_time(const struct engine *);
int	shelf_open(struct shelf *, const struct engine *, enum scope) CCMON_CHECK;
void	shelf_close(struct shelf *);
/* Nobody knows what Redis holds of it. */
void	shelf_forget(struct shelf *);
/* One object's changed fields: 1 written, 0 nothing changed, -1 no memory. */
int	shelf_put(struct shelf *, struct writes *, struct engine *, struct object,
	    int64_t version, bool even_unchanged) CCMON_CHECK;
/* Takes away those the engine has forgotten. */
/* Of every `turns` objects one, which is written whole the next time. */
void	shelf_doubt(struct shelf *, unsigned turn, unsigned turns);
void	shelf_put_gone(struct shelf *, struct writes *, const struct engine *, enum scope);
/* The names that are not in their set yet; anew: in an empty one. */
void	shelf_put_names(struct shelf *, struct writes *, enum scope, bool anew);
/* Who waits in a queue, whole, and how many that are; and that this lives on. */
uint32_t waiting_put(struct writes *, const struct engine *, uint32_t queue);
void	waiting_put_expiry(struct writes *, const struct engine *, uint32_t queue);

/* The alerts and silences if they changed; whole: the hooks too, and that all
 * of them live on. */
void	board_put_alerts(struct board *, struct writes *, bool changed, bool whole);
/* The alerts as one JSON object, by their ids. */
void	board_snapshot_alerts(struct board *, struct out *);

/* The board as one line of JSON, from the cells as they are. */
void	snapshot_write(struct board *, struct out *);

#endif
