/* SPDX-License-Identifier: MIT */
/*
 * top.h: what the files of the live terminal share.
 *
 *	reader	asks Redis			keys	bytes into keys
 *	board	a snapshot into rows		model	what of it is shown, in which order
 *	press	what a key does to the model	screen	cells, and text put into them
 *	view	the model on a screen		paint	what of a screen changed, as bytes
 *	term	the terminal itself		top	the loop; watch: the other verb
 *
 * Only reader, term, top and watch touch the world; all others are pure, so
 * that any key at any size can be tried without a terminal.
 */
#ifndef CTL_TOP_TOP_H
#define CTL_TOP_TOP_H

#include <ccmon/base.h>
#include <ccmon/event.h>
#include <ccmon/json.h>
#include <ccmon/out.h>
#include <ccmon/rules.h>
#include <ccmon/zone.h>

/* ---- board.c: what stands in a snapshot ---- */

/* From fine to bad. */
enum health { HEALTH_OK, HEALTH_CLOSED, HEALTH_WARN, HEALTH_UNKNOWN, HEALTH_CRIT, HEALTH_COUNT };

#define FIGURE_MAX	24	/* bytes with NUL, of a figure as shown */
#define NAME_ROOM	256	/* bytes with NUL, of a name or an alert's id */
#define WHY_ROOM	256

/* What a queue's service is measured by, and the fields that say it. */
struct measure {
	const char	*word;			/* "" of the service level */
	const char	*ratio, *n, *target;	/* target: "" where none is set */
};
enum { MEASURE_LEVEL, MEASURE_FIRST_RESPONSE, MEASURE_PROMISE, MEASURE_COUNT };
extern const struct measure measures[MEASURE_COUNT];

/* A queue, or the site.  NAN: no sample, or no such figure. */
struct row {
	struct str	name;			/* borrowed from the snapshot */
	const struct json_node *figures;	/* all of them; NULL: there are none */
	uint8_t		status;			/* enum health */
	double		waiting, oldest;	/* oldest: seconds, as of the snapshot */
	uint8_t		measure;		/* of service, target and n */
	double		service, target, n;	/* ratios; n: how many service is of */
	double		per_hour, aht, ready, staffed;
	double		offered, abandoned, asa;
};

/* An alert that fires, or would but for somebody who has taken it. */
struct alarm {
	struct str	id, state, scope, summary, by;	/* borrowed */
	uint8_t		severity;		/* enum severity */
	bool		firing;			/* nobody has taken it */
	msec_t		since;			/* epoch ms; of the episode */
};

/* Empty is all zero.  Two trees: a snapshot that cannot be read leaves the one
 * before. */
struct board {
	struct json_tree *tree[2];		/* made as large as the snapshot wants */
	size_t		 room[2];		/* bytes */
	unsigned	 spare;			/* of the two, the one not shown */
	const struct json_node *root;		/* NULL: none was ever read */
	msec_t		 time;			/* epoch ms; of the snapshot */
	struct str	 site;
	bool		 demo;
	struct row	 totals;
	struct row	*rows;			/* as in the snapshot */
	size_t		 nrows, rows_cap;
	struct alarm	*alarms;		/* the worst and newest first */
	size_t		 nalarms, alarms_cap, nfiring;
	size_t		 count[HEALTH_COUNT];	/* queues */
	size_t		 longest;		/* row with the oldest wait */
	char		 window[16];		/* "15m" */
};

void		 board_fini(struct board *);
/* False: no snapshot, the board is as it was; or no memory for its rows, there
 * are none. */
bool		 board_read(struct board *, struct str json, const char *window) CCMON_CHECK;
/* The same snapshot, another window. */
void		 board_window(struct board *, const char *window);
const struct row *board_row(const struct board *, struct str name);	/* or NULL */
/* The first alert about that queue from the i-th on: its index, or nalarms. */
size_t		 board_alarm_of(const struct board *, struct str queue, size_t i);
const char	*health_word(enum health);
/* A figure of an object of the snapshot by name, "" or a window behind it. */
double		 figure_of(const struct json_node *, const char *name, const char *window);

/* ---- figures.c: figures as people read them; what is not known is "-" ---- */

void	figure_count(char buf[FIGURE_MAX], double);
void	figure_rate(char buf[FIGURE_MAX], double);
void	figure_length(char buf[FIGURE_MAX], double seconds);	/* "1:05", "1:01:05" */
void	figure_share(char buf[FIGURE_MAX], double ratio);	/* "82%" */
void	figure_service(char buf[FIGURE_MAX], const struct row *); /* "82/80%" */
void	figure_pair(char buf[FIGURE_MAX], double, double);	/* "3/12" */
void	figure_clock(char buf[FIGURE_MAX], const struct zone *, msec_t wall); /* "15:04:05" */

/* ---- signs.c: how old is all that? ---- */

enum life { LIFE_LIVE, LIFE_STARTING, LIFE_STOPPED, LIFE_STALE, LIFE_NEVER, LIFE_NO_REDIS };

/* What was found out, and when. */
struct signs {
	bool		 redis;			/* it answered */
	bool		 asked;			/* at all, so far */
	char		 state[16];		/* the daemon's; "": none ever wrote here */
	msec_t		 age, read;		/* of the figures when read; then, mono */
	msec_t		 gone;			/* Redis did not answer since then, mono */
	msec_t		 stale_after;
	char		 why[WHY_ROOM];		/* Redis did not answer */
};

enum life	 life_of(const struct signs *, msec_t mono);
/* Are the figures too old to be shown as true? */
bool		 life_is_stale(const struct signs *, msec_t mono);
/* Seconds to add to a wait in the snapshot; 0 once it is stale. */
double		 life_tick(const struct signs *, msec_t mono);
/* One line that says it: "LIVE", "NO NEW DATA for 0:16". */
void		 life_text(char *buf, size_t len, const struct signs *, msec_t mono);

/* ---- keys.c: what comes from a terminal ---- */

enum key_code { KEY_NONE, KEY_CHAR, KEY_UP, KEY_DOWN, KEY_LEFT, KEY_RIGHT, KEY_PAGE_UP,
	KEY_PAGE_DOWN, KEY_HOME, KEY_END, KEY_ENTER, KEY_ESCAPE, KEY_TAB, KEY_BACK_TAB,
	KEY_BACKSPACE, KEY_INTERRUPT, KEY_SUSPEND, KEY_REDRAW, KEY_UNKNOWN };

struct key {
	uint8_t		code;			/* enum key_code */
	uint8_t		n;			/* KEY_CHAR: bytes of UTF-8 */
	char		text[4];
};

/* The first key in these bytes; how many it took.  0: more must come, unless
 * `last`: nothing came for a while. */
size_t	key_next(struct key *, const char *bytes, size_t n, bool last);

/* ---- model.c: what is shown, in which order ---- */

enum order { ORDER_NAME, ORDER_WAITING, ORDER_LONGEST, ORDER_SERVICE, ORDER_STATUS, ORDER_COUNT };
enum mode { MODE_BOARD, MODE_QUEUE, MODE_HELP };
enum prompt { PROMPT_NONE, PROMPT_FILTER, PROMPT_ACK };
enum pane { PANE_QUEUES, PANE_ALERTS };

#define FILTER_MAX	64	/* bytes with NUL */
#define WINDOWS_MAX	8
#define LONGEST_MAX	10	/* who wait longest, of one queue */

struct model {
	struct board	 board;
	struct signs	 signs;
	msec_t		 wall, mono;		/* now */
	const struct zone *zone;
	char		 windows[WINDOWS_MAX][16];
	size_t		 nwindows, window;

	uint8_t		 mode, prompt, pane;	/* enums above */
	uint8_t		 order;
	bool		 reversed;
	char		 filter[FILTER_MAX], filter_before[FILTER_MAX];
	size_t		*shown;			/* rows, filtered, in order */
	size_t		 nshown, shown_cap;
	/* What is selected is kept by name: rows come, go and change places. */
	char		 queue[NAME_ROOM], alert[NAME_ROOM];
	size_t		 queue_at, alert_at;	/* where they are, or were */
	size_t		 queue_top, alert_top, scroll;	/* first one on the screen */
	size_t		 page, alert_page;	/* rows there is room for */
	char		 asked[NAME_ROOM];	/* alert: acknowledge it? */
	char		 said[WHY_ROOM];	/* a line for the person; "": none */
	bool		 said_bad;
	/* Of the queue in MODE_QUEUE: epoch ms each is due, the first due first. */
	double		 due[LONGEST_MAX];
	size_t		 ndue;
};

void	model_init(struct model *, const struct zone *);
void	model_fini(struct model *);
bool	model_add_window(struct model *, const char *name);
/* Another snapshot, filter or order: the rows anew, with the same selected. */
void	model_arrange(struct model *);
/* Selects the row that far away, as far as there are any. */
void	model_move(struct model *, long by);
const char *model_window(const struct model *);
const struct row *model_queue(const struct model *);		/* or NULL */
const struct alarm *model_alarm(const struct model *);		/* or NULL */
void	model_say(struct model *, bool bad, const char *fmt, ...) CCMON_PRINTF(3, 4);
const char *order_name(enum order);

/* ---- press.c: what a key does ---- */

/* What is left to be done by who has the terminal and the way to Redis. */
enum deed { DEED_NONE, DEED_QUIT, DEED_SUSPEND, DEED_REPAINT, DEED_READ, DEED_ACK };

enum deed press(struct model *, const struct key *);
/* The keys and what they do, for the help; NULL past the last. */
const char *press_help(size_t i, const char **text);

/* ---- screen.c: cells ---- */

enum style { STYLE_PLAIN, STYLE_DIM, STYLE_BOLD, STYLE_HEAD, STYLE_WATCH, STYLE_LATE,
	STYLE_UNKNOWN, STYLE_COUNT };
#define STYLE_CHOSEN	0x80	/* beside one of those */

#define CELL_BYTES	14	/* a character and what is combined with it */
#define SCREEN_MAX	1000	/* columns, and lines */

struct square {
	uint8_t		 n;		/* bytes; 0: the second half of a wide one */
	uint8_t		 style;
	char		 text[CELL_BYTES];
};

struct screen {
	int		 w, h;
	bool		 utf8;		/* the terminal knows it; else all is ASCII */
	uint8_t		 all;		/* a style instead of any other, or 0 */
	struct square	*squares;	/* w * h */
};

/* Blank, of that size.  False: no memory. */
bool	screen_init(struct screen *, int w, int h, bool utf8) CCMON_CHECK;
void	screen_fini(struct screen *);
struct square *screen_at(const struct screen *, int x, int y);
/* Puts text at x in at most `room` columns, made harmless; the column after
 * it.  What does not fit ends in an ellipsis. */
int	screen_put(struct screen *, int x, int y, int room, uint8_t style, struct str);
int	screen_say(struct screen *, int x, int y, uint8_t style, const char *fmt, ...)
	    CCMON_PRINTF(5, 6);
/* The same, to end at column x + room. */
void	screen_put_right(struct screen *, int x, int y, int room, uint8_t style, const char *text);
/* The line's style, where nothing has one yet. */
void	screen_bar(struct screen *, int y, uint8_t style);
/* Columns text takes there. */
int	screen_width(const struct screen *, struct str);

/* ---- view.c, view_queue.c, view_help.c ---- */

void	view_draw(struct model *, struct screen *);
void	view_one(struct model *, struct screen *, int top, int bottom);
void	view_help(struct model *, struct screen *, int top, int bottom);
/* One line about an alert. */
void	view_alarm(const struct model *, struct screen *, int y, const struct alarm *, bool chosen);
uint8_t	view_health_style(enum health);
void	view_health(struct screen *, int x, int y, uint8_t style, enum health);

/* ---- paint.c ---- */

/* The bytes that make what a terminal shows from `before` (NULL: anything)
 * into `now`. */
void	paint(struct out *, const struct screen *now, const struct screen *before, bool colour);

#endif
