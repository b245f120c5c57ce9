/* SPDX-License-Identifier: MIT */
/*
 * header.h: the header block of a mail file, as far as somebody here wants to
 * know it.  Pure.
 */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include "ccmon/base.h"

#define HEADERS_MAX (256 * 1024) /* bytes of a block; beyond it nothing is read */

#define MAIL_HEADERS(H) \
	H(MESSAGE_ID, "Message-ID") \
	H(IN_REPLY_TO, "In-Reply-To") \
	H(REFERENCES, "References") \
	H(FROM, "From") \
	H(TO, "To") \
	H(CC, "Cc") \
	H(DELIVERED_TO, "Delivered-To") \
	H(ORIGINAL_TO, "X-Original-To") \
	H(RECEIVED, "Received") \
	H(RETURN_PATH, "Return-Path") \
	H(AUTO_SUBMITTED, "Auto-Submitted") \
	H(PRECEDENCE, "Precedence") \
	H(SUBJECT, "Subject") \
	H(CONTENT_TYPE, "Content-Type") \
	H(SUPPRESS, "X-Auto-Response-Suppress") \
	H(APPLE_ACTION, "X-Apple-Action")

enum header_name {
#define H(sym, name) HEADER_##sym,
	MAIL_HEADERS(H)
#undef H
	HEADER_COUNT
};

struct headers {
	struct str	value[HEADER_COUNT];	/* on one line; borrowed from the block;
						   p is NULL where there is none */
	unsigned	n;			/* headers of any name; 0: this is no mail */
};

/* The length of the block at the start of buf, with its empty line; 0: its end
 * is not there yet. */
size_t	headers_end(const char *buf, size_t n);

/* Reads a block in place: folded lines become one.  Of a header that is there
 * twice the first counts. */
void	headers_read(struct headers *, char *block, size_t n);

/* A comment or white space at the start of s is passed over. */
struct str header_skip(struct str s);

/* s begins with the word, whatever the case of its letters. */
bool	header_begins(struct str s, struct str word);

#endif
