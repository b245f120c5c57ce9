/* SPDX-License-Identifier: MIT */
/*
 * address.h: the addresses in a header, one after the other.  Pure.
 */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include "ccmon/base.h"

#define ADDRESS_MAX 255 /* bytes; RFC 5321 has room for 254 in a path */

struct address {
	char		text[ADDRESS_MAX];	/* in lower case, without comments */
	uint32_t	n;
	uint32_t	at;			/* where its @ is; n: there is none */
};

/* The next address of the list, which is then after it.  false: no more. */
bool	address_next(struct str *list, struct address *);
struct str address_str(const struct address *);

#endif
