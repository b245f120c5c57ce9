/* SPDX-License-Identifier: MIT */
/*
 * ami_message.h: one message of Asterisk's manager, as its fields.
 *
 * On the wire it is a block of lines "Key: value"; res_zmq_manager makes a flat
 * JSON object of it.  A key that comes more than once counts the first time
 * (in JSON its value may be an array); the channel variables, which may come
 * by the hundred, are passed over.
 */
#ifndef CCMON_DIALECTS_AMI_MESSAGE_H
#define CCMON_DIALECTS_AMI_MESSAGE_H

#include <ccmon/event.h>
#include <ccmon/json.h>

#define AMI_FIELDS_MAX	256	/* AttendedTransfer has some 110; what comes after is not read */

struct ami_field {
	struct str	key, value;
};

struct ami_message {
	struct json_tree *tree;
	unsigned	n;
	struct ami_field field[AMI_FIELDS_MAX];
};

bool		 ami_message_init(struct ami_message *) CCMON_CHECK;
void		 ami_message_fini(struct ami_message *);
/* Fields are borrowed from the text, or until the next. */
enum refusal	 ami_message_read(struct ami_message *, struct str text);
/* None: it is not there, or empty. */
struct str	 ami_value(const struct ami_message *, const char *key);

#endif
