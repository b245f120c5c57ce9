/* SPDX-License-Identifier: MIT */
/* word.h: RFC 2047's encoded words, made readable.  Pure. */
#ifndef MAIL_WORD_H
#define MAIL_WORD_H

#include "ccmon/base.h"

/* The beginning of a header's text in UTF-8, as far as it fits. */
struct str words_decode(struct str, char *out, size_t room);

#endif
