/* SPDX-License-Identifier: MIT */
/*
 * wire.h: what a collector keeps on disk and sends to the daemon.
 *
 * A record is one event, or one refused input, in a compact form that needs
 * no decoder worth the name.  A block is a run of records with consecutive
 * sequence numbers; it is what one journal commit writes and what one
 * message on the link carries, byte for byte.
 *
 *	block   magic u32 | crc32c u32 | first u64 | count u32 | size u32 | records
 *	record  size u32 (of what follows) | type u8 | received i64 (epoch ms) | body
 *	event   kind u8 | has u64 | each given member in the table's order:
 *	        INT i64; BOOL, WORD u8; texts u16 length and bytes
 *	reject  time i64 | why u8 | source, detail, sample as texts
 *
 * All little-endian, unaligned.  The CRC covers the block from `first` on.
 *
 * The link (collector DEALER, daemon ROUTER), one frame a message:
 *
 *	HELLO   to the daemon: version u16, name, journal id (16 bytes), first
 *	        and last sequence number in the journal (first > last: empty),
 *	        host as text, pid i64
 *	WELCOME to the collector: next sequence number wanted, credit in bytes
 *	BATCH   to the daemon: one block
 *	CREDIT  to the collector: highest sequence number applied
 *	ACK     to the collector: highest sequence number committed
 *	REWIND  to the collector: send again from this sequence number
 *	STATUS  to the daemon, every second: counters and the journal's state
 */
#ifndef CCMON_WIRE_H
#define CCMON_WIRE_H

#include "base.h"
#include "event.h"

#define WIRE_VERSION		1
#define WIRE_BLOCK_HEADER	24		/* bytes */
#define WIRE_BLOCK_MAX		(1 << 20)	/* bytes; a block never grows past it */
#define WIRE_RECORD_MAX		(80 * 1024)	/* bytes; an event of EVENT_BODY_MAX fits */
#define WIRE_CREDIT		(4 << 20)	/* bytes sent and not yet applied */

enum record_type { RECORD_EVENT = 1, RECORD_REJECT = 2 };

struct record {
	uint64_t	seq;		/* the collector's own, 1, 2, 3 ... */
	msec_t		received;	/* wall clock of the collector */
	uint8_t		type;		/* enum record_type */
	union {
		struct event	ev;
		struct reject	reject;
	};
};

/* A block being filled, or being read.  Owns nothing. */
struct block {
	uint8_t		*buf;
	size_t		 len, cap;
	uint64_t	 first;
	uint32_t	 count;
};

/* Start a block in the caller's memory; the first record gets number first. */
void	block_begin(struct block *, void *buf, size_t cap, uint64_t first);
/* Append a record; -1 when it does not fit (the block is as before). */
int	block_add_event(struct block *, msec_t received, const struct event *) CCMON_CHECK;
int	block_add_reject(struct block *, msec_t received, const struct reject *) CCMON_CHECK;
/* Fill in header and CRC; returns the block's size in bytes. */
size_t	block_seal(struct block *);

/* Take a received block: checks magic, sizes and CRC.  -1: damaged. */
int	block_open(struct block *, const void *buf, size_t len) CCMON_CHECK;

struct block_reader {
	const uint8_t	*p, *end;
	uint64_t	 seq;
};
void	block_read(const struct block *, struct block_reader *);
/* 1 and the next record (its texts borrow the block), 0 at the end, -1 when
 * the record is damaged. */
int	block_next(struct block_reader *, struct record *);

uint32_t crc32c(uint32_t crc, const void *, size_t);	/* start with 0 */

/* Link messages.  A packer returns the size written, 0 when cap is too
 * small; the opener returns the type, or -1 for a message that is none. */
enum link_type { LINK_HELLO = 1, LINK_WELCOME, LINK_BATCH, LINK_CREDIT,
		 LINK_ACK, LINK_REWIND, LINK_STATUS, LINK_NTYPES };

/* The journal's health, as operators see it. */
enum journal_state { JOURNAL_OK, JOURNAL_FULL, JOURNAL_FAILED, JOURNAL_NSTATES };

struct link_msg {
	uint8_t		type;
	uint16_t	version;	/* HELLO */
	struct str	name, host;	/* HELLO */
	int64_t		pid;		/* HELLO */
	uint8_t		journal_id[16];	/* HELLO */
	uint64_t	first, last;	/* HELLO */
	uint64_t	seq;		/* WELCOME next, CREDIT, ACK, REWIND */
	uint64_t	credit;		/* WELCOME */
	struct str	block;		/* BATCH */
	/* STATUS, all since the collector started unless said */
	uint64_t	received, refused, skipped;	/* messages */
	uint64_t	journal_bytes;	/* on disk now */
	uint64_t	backlog;	/* records not yet acknowledged, now */
	uint64_t	unjournaled;	/* could not be written: lost here */
	uint64_t	clock;		/* what time it is there, epoch ms; not since */
	uint8_t		journal;	/* enum journal_state */
	struct str	problem;	/* one line for a human, or none */
	uint64_t	repeats;	/* messages seen before, and dropped */
};

size_t	link_pack(const struct link_msg *, void *buf, size_t cap);
int	link_open(struct link_msg *, const void *buf, size_t len);

#endif
