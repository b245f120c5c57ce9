/* SPDX-License-Identifier: MIT */
/*
 * state.h: what the files that save and load share.
 *
 * One private field a thing; its key says what it is:
 *
 *	e            the clock and what else is one a site
 *	r            the words of pauses
 *	s:NAME       a source          q:NAME   a queue
 *	c:NUMBER     a channel         S        the site
 *	a:NAME       an agent          m:NAME   a collector's mark
 *	k:SOURCE\nID a contact with its visits
 *	o:NUMBER     a resolution, by the number of its event
 *	l:NUMBER     samples and deeds of one flush, never changed
 *
 * A value is a version byte, the thing, and a CRC-32C of both.  Numbers of
 * queues, agents and sources inside are those of the engine that saved; its
 * own record says each thing's number, and loading translates them.
 */
#ifndef CCMON_STATE_H
#define CCMON_STATE_H

#include "engine_int.h"
#include "pack.h"

#define STATE_VERSION	5

struct log_part_bytes {		/* a part that is being filled, or to be given */
	struct log_part	 part;
	struct packer	 bytes;
	int64_t		 second;	/* of the last group */
	size_t		 count_at;	/* where its count stands; 0: no group is open */
	uint32_t	 count;
};

struct saving {
	bool		 tracking;	/* somebody takes the state */
	struct packer	 key, value;
	unsigned	 stage;
	size_t		 at;
	/* the log */
	struct log_part_bytes *ready;	/* parts to give; the last is being filled */
	size_t		 nready, ready_cap;
	struct log_part	*parts;		/* given, oldest first */
	size_t		 first_part, nparts, parts_cap;
	uint64_t	 next_part;
	/* contacts, by slot; and keys of things that are gone */
	uint32_t	*slots;
	size_t		 nslots, slots_cap;
	uint32_t	*resolutions;	/* likewise */
	size_t		 nresolutions, resolutions_cap;
	struct packer	*gone;
	size_t		 ngone, gone_cap;
	size_t		 nreasons;	/* given */
	/* loading */
	bool		 differs;	/* what was put is of another site: all is given
					   anew, and what was put is gone */
	struct loaded	*loaded;
	size_t		 nloaded, loaded_cap;
	uint32_t	*queue_map, *agent_map, *source_map;	/* saved number -> ours */
	size_t		 nqueue_map, queue_map_cap, nagent_map, agent_map_cap,
			 nsource_map, source_map_cap;
};

struct loaded {			/* a field as it was put */
	struct packer	 key, value;
	int64_t		 number;	/* the thing's, to load them in that order */
};

#define TIME_FAR	(TIME_HIGH * 2)	/* ms or s; nothing that is told is further away */

/* In a packer of `k`, an engine `e`. */
#define INT(v)		pack_int(k, &e->memory, (int64_t)(v))

/* state_things.c: a time or a length of one; and the numbers of other things:
 * a saved one is translated, NONE stays */
msec_t		unpack_time(struct unpacker *);
void		pack_number(struct engine *, struct packer *, uint32_t);
uint32_t	unpack_queue_number(struct engine *, struct unpacker *);
uint32_t	unpack_agent_number(struct engine *, struct unpacker *);
uint32_t	unpack_source_number(struct engine *, struct unpacker *);

/* state_things.c, state_objects.c, state_contacts.c: one packer and one
 * unpacker a kind */
void	pack_engine(struct engine *, struct packer *);
void	pack_reasons(struct engine *, struct packer *);
void	pack_source(struct engine *, struct packer *, uint32_t);
void	pack_queue(struct engine *, struct packer *, uint32_t);
void	pack_object(struct engine *, struct packer *, const struct object_data *);
void	pack_ever(struct engine *, struct packer *, const struct ever *, int64_t threshold);
void	pack_agent(struct engine *, struct packer *, uint32_t);
void	pack_mark(struct engine *, struct packer *, const struct mark *);
void	pack_contact(struct engine *, struct packer *, const struct contact *);
void	pack_resolution(struct engine *, struct packer *, const struct resolution *);

void	unpack_engine(struct engine *, struct unpacker *);
void	unpack_reasons(struct engine *, struct unpacker *);
void	unpack_source(struct engine *, struct unpacker *, struct str name);
void	unpack_queue(struct engine *, struct unpacker *, struct str name);
void	unpack_object(struct engine *, struct unpacker *, struct object_data *);
void	unpack_ever(struct unpacker *, struct ever *, int64_t threshold);
void	unpack_agent(struct engine *, struct unpacker *, struct str name);
void	unpack_mark(struct engine *, struct unpacker *, struct str name);
struct contact *unpack_contact(struct engine *, struct unpacker *);
void	unpack_resolution(struct engine *, struct unpacker *, uint64_t number);

/* state.c: where to put the key of a thing that is gone */
struct packer	*state_gone(struct engine *);

/* state_load.c */
void	state_forget_loaded(struct engine *);

/* state_log.c */
bool	state_part_is_over(const struct engine *, const struct log_part *);
void	unpack_log(struct engine *, struct unpacker *, uint64_t no);

#endif
