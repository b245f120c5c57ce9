/* SPDX-License-Identifier: MIT */
/*
 * conf.h: a configuration file as a tree of nodes, each with its place in the
 * file.  Over the libconfig library, which is known to lib/conf.c only.
 *
 * It says what is there.  What may be there is lib/settings.c's matter.
 */
#ifndef CCMON_CONF_H
#define CCMON_CONF_H

#include "base.h"

#define CONF_FILE_MAX	(1 << 20)	/* bytes; libconfig's time is quadratic */
#define CONF_PATH_MAX	256		/* bytes with NUL of "queues.sales.match" */

enum conf_type { CONF_GROUP, CONF_LIST, CONF_INT, CONF_REAL, CONF_BOOL, CONF_TEXT };

struct conf;
struct conf_node;	/* lives as long as its conf */

/* Called with one problem: "file:line: text". */
typedef void conf_complain_fn(void *arg, const char *line);

/* NULL after at least one complaint. */
struct conf	*conf_open(const char *path, conf_complain_fn *, void *arg) CCMON_CHECK;
void		 conf_close(struct conf *);

const struct conf_node *conf_root(const struct conf *);
enum conf_type	 conf_type(const struct conf_node *);
const char	*conf_name(const struct conf_node *);	/* NULL in a list */
const char	*conf_file(const struct conf_node *);
unsigned	 conf_line(const struct conf_node *);
/* "collectors.call.inputs[0].type"; cut when longer. */
void		 conf_path(const struct conf_node *, char buf[CONF_PATH_MAX]);

/* What a group or a list holds. */
size_t		 conf_count(const struct conf_node *);
const struct conf_node *conf_item(const struct conf_node *, size_t);
/* The member of that name of a group, or NULL. */
const struct conf_node *conf_find(const struct conf_node *, const char *name);

/* The value of a node of that type. */
int64_t		 conf_int(const struct conf_node *);
double		 conf_real(const struct conf_node *);	/* of an INT too */
bool		 conf_bool(const struct conf_node *);
const char	*conf_text(const struct conf_node *);

#endif
