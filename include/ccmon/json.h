/* SPDX-License-Identifier: MIT */
/*
 * json.h: reading one JSON object from outside, strictly: valid UTF-8, no
 * duplicate member names, nothing after the object, integers exact.  Over
 * the simdjson library, which is known to lib/json.cc only.
 *
 * json_parse is for flat objects and quick: every event of the house goes
 * through it.  json_tree_parse is for what other systems post, which is
 * nested, and of which a few members matter.
 */
#ifndef CCMON_JSON_H
#define CCMON_JSON_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

enum json_type { JSON_NULL, JSON_BOOL, JSON_INT, JSON_REAL, JSON_TEXT,
		 JSON_ARRAY, JSON_OBJECT };

#define JSON_MEMBERS_MAX 64	/* top-level members; more is refused */
#define JSON_DEPTH_MAX	16

struct json_member {
	struct str	key;
	uint8_t		type;		/* enum json_type */
	bool		boolean;
	int64_t		integer;	/* JSON_INT: exact in int64, else it is JSON_REAL */
	double		real;
	struct str	text;
	int		handle;		/* JSON_ARRAY: for json_array_text */
};

struct json_parser;		/* one per thread; keeps its memory between documents */

struct json_parser *json_parser_new(size_t max_len);
void	json_parser_free(struct json_parser *);

/*
 * Parses one object and lists its top-level members.  Returns their number,
 * or -1 when the text is not one valid JSON object within the limits.  Keys
 * and texts are unescaped and borrowed until the next call on this parser.
 */
int	json_parse(struct json_parser *, const char *, size_t,
	    struct json_member out[JSON_MEMBERS_MAX]);

/* The i-th element of a member that is an array of texts: 1 and *out, 0 past
 * the end, -1 when that element is no text. */
int	json_array_text(struct json_parser *, const struct json_member *,
	    size_t i, struct str *out);

/* ---- nested documents */

#define JSON_TREE_DEPTH_MAX	32	/* objects and arrays; deeper is refused */
#define JSON_TREE_NODES_MAX	65536	/* values; more are refused */
#define JSON_TREE_MEMBERS_MAX	1024	/* of one object; more are refused */

struct json_node {
	struct str	key;		/* in an object, else none */
	uint8_t		type;		/* enum json_type */
	bool		boolean;
	union {
		int64_t	integer;	/* JSON_INT */
		double	real;		/* JSON_REAL */
	};
	struct str	text;		/* JSON_TEXT */
	const struct json_node *child;	/* the first; JSON_OBJECT, JSON_ARRAY */
	const struct json_node *next;	/* its neighbour, or NULL */
};

struct json_tree;		/* one per thread; keeps its memory between documents */

struct json_tree *json_tree_new(size_t max_len);
/* The same with limits of one's own: a board of our own has more values than a
 * stranger's post. */
struct json_tree *json_tree_new_wide(size_t max_len, size_t max_nodes, size_t max_members);
/* Of sources that write a member twice: the first is the one that is found. */
void	json_tree_allow_repeats(struct json_tree *);
void	json_tree_free(struct json_tree *);

/* The object, borrowed with all in it until the next parse; NULL when the text
 * is not one valid JSON object within the limits. */
const struct json_node *json_tree_parse(struct json_tree *, const char *, size_t);

/* What is at the end of member names joined by dots ("meta.assignee.id"), or
 * NULL: one of them is not there, or is in no object.  from may be NULL. */
const struct json_node *json_path(const struct json_node *from, const char *path);

#ifdef __cplusplus
}
#endif

#endif
