/* SPDX-License-Identifier: MIT */
/*
 * chatwoot.c: the dialect of Chatwoot's webhooks, one post a message.
 *
 * A conversation is a contact, named by its inbox and its number (numbers are
 * per account, inboxes are not); its inbox is the queue, by number too, since
 * only posts about messages say what it is called.  A team is no queue: the
 * conversation stays where it is.  Agents go by the name that every post has.
 *
 * Posts about conversations carry what changed and from what, so nothing is
 * remembered here: what a change of status means is a table.  While a bot has
 * a conversation (`pending`) it waits for nobody, and enters the queue when it
 * is opened, or given to an agent.  Posts come in any order and more than
 * once; each event is named by what it is about, so that a repeat is known.
 *
 * Nothing that anybody wrote is read, and of customers only their number.
 */
#include "chatwoot.h"
#include "collectors/dialects/table.h"

/* An assignment so soon after the beginning is the one that conversation_created
 * tells too: Chatwoot assigns at once, and writes its posts afterwards. */
#define AT_ONCE INT64_C(60000) /* ms */

/* Chatwoot takes other answers to a survey for 14 days, and the first counts. */
#define KNOWN_FOR INT64_C(1382400000) /* ms; 16 days */

/* ---- a conversation */

/* The word, or its number in Chatwoot's database. */
static enum chat_status
status_of(const struct json_node *node)
{
	static const char *const words[NSTATUSES] = { "open", "resolved", "pending", "snoozed" };

	if (node == NULL)
		return UNKNOWN;
	for (int s = 0; s < NSTATUSES; s++)
		if (node->type == JSON_INT
		        ? node->integer == s
		        : node->type == JSON_TEXT && str_is(node->text, words[s]))
			return (enum chat_status)s;
	return UNKNOWN;
}

/* Older posts do not say what kind an assignee is: then it is a user. */
static struct str
agent_of(struct web *w, const struct json_node *conversation)
{
	const struct json_node *assignee = web_at(conversation, "meta.assignee");
	struct str kind = web_text(w, conversation, "meta.assignee_type");
	struct str type = web_text(w, assignee, "type");

	if ((kind.n > 0 && !str_is(kind, "User")) || (type.n > 0 && !str_is(type, "user")))
		return STR_NONE;
	return web_text(w, assignee, "name");
}

/* Posts of older versions say only when something was last said in it. */
static msec_t
changed_at(struct web *w, const struct json_node *conversation)
{
	msec_t at = web_time(w, conversation, "updated_at");

	return at >= 0 ? at : web_time(w, conversation, "timestamp");
}

struct conversation
chatwoot_read(struct web *w, const struct json_node *node)
{
	struct conversation c = { .w = w, .node = node };
	struct str inbox = web_name(w, node, "inbox_id"), number = web_name(w, node, "id");
	struct str channel = web_text(w, node, "channel");

	if (inbox.n == 0)
		inbox = web_name(w, w->root, "inbox.id");
	if (inbox.n > 0)
		c.queue = web_make(w, "inbox-%.*s", STR_ARG(inbox));
	if (inbox.n > 0 && number.n > 0)
		c.contact = web_make(w, "%.*s/%.*s", STR_ARG(inbox), STR_ARG(number));
	c.agent = agent_of(w, node);
	c.status = status_of(web_at(node, "status"));
	c.created = web_time(w, node, "created_at");
	c.changed = changed_at(w, node);
	web_common(w, M_CHANNEL, str_of(str_is(channel, "Channel::Email") ? "email" : "chat"));
	web_common(w, M_QUEUE, c.queue);
	web_common(w, M_CONTACT, c.contact);
	web_common(w, M_CUSTOMER, web_name(w, node, "meta.sender.id"));
	return c;
}

/* An event that happens to a conversation once at that time. */
static void
begin(const struct conversation *c, enum event_kind kind, msec_t at)
{
	web_begin(c->w, kind, at);
	web_id(c->w, "%.*s %s %lld", STR_ARG(c->contact), event_kinds[kind].name, (long long)at);
}

/* ---- what becomes of it */

static void
answer(const struct conversation *c, msec_t at)
{
	begin(c, EV_ANSWERED, at);
	web_give(c->w, M_AGENT, c->agent);
}

static void
answer_first(const struct conversation *c, msec_t at)
{
	answer(c, at);
	if (c->created >= 0 && at - c->created <= AT_ONCE)
		web_id(
		    c->w, "%.*s answered by %.*s at once", STR_ARG(c->contact), STR_ARG(c->agent));
}

static void
enter(const struct conversation *c, msec_t at)
{
	begin(c, EV_QUEUED, at);
	if (c->agent.n > 0)
		answer(c, at);
}

static void
enter_if_held(const struct conversation *c, msec_t at)
{
	if (c->agent.n > 0)
		enter(c, at);
}

/* Held by somebody, it entered when it was given to her. */
static void
enter_if_free(const struct conversation *c, msec_t at)
{
	if (c->agent.n == 0)
		enter(c, at);
}

/* Nobody has it, and nobody ever wrote: it was closed unanswered. */
static void
leave(const struct conversation *c, msec_t at)
{
	if (c->agent.n == 0 && web_at(c->node, "first_reply_created_at") == NULL) {
		begin(c, EV_FLOWED_OUT, at);
		web_give_word(c->w, M_REASON, "withdrawn");
		return;
	}
	begin(c, EV_ENDED, at);
	web_give_word(c->w, M_BY, "system");
	web_give(c->w, M_AGENT, c->agent);
}

static void
leave_if_held(const struct conversation *c, msec_t at)
{
	if (c->agent.n > 0)
		leave(c, at);
}

static void
resolve(const struct conversation *c, msec_t at)
{
	begin(c, EV_RESOLVED, at);
	web_give(c->w, M_AGENT, c->agent);
}

static void
reopen(const struct conversation *c, msec_t at)
{
	begin(c, EV_REOPENED, at);
}

static void
pend(const struct conversation *c, msec_t at)
{
	begin(c, EV_STATUS, at);
	web_give_word(c->w, M_STATUS, "pending");
}

static void
go_on(const struct conversation *c, msec_t at)
{
	begin(c, EV_STATUS, at);
	web_give_word(c->w, M_STATUS, "open");
}

/* ---- conversation_status_changed */

#define STEPS_MAX 3
typedef void step_fn(const struct conversation *, msec_t);

/* From a status to another.  Where the post does not say from which, one that
 * is open now is not taken for reopened. */
static step_fn *const steps[NSTATUSES + 1][NSTATUSES][STEPS_MAX] = {
	[OPEN] = {
		[RESOLVED] = { leave, resolve },
		[PENDING] = { pend },
		[SNOOZED] = { pend },
	},
	[RESOLVED] = {
		[OPEN] = { reopen, enter },
		[PENDING] = { reopen, enter_if_held, pend },
		[SNOOZED] = { reopen, enter, pend },
	},
	[PENDING] = {
		[OPEN] = { enter_if_free, go_on },
		[RESOLVED] = { leave_if_held, resolve },
		[SNOOZED] = { pend },
	},
	[SNOOZED] = {
		[OPEN] = { go_on },
		[RESOLVED] = { leave, resolve },
		[PENDING] = { pend },
	},
	[UNKNOWN] = {
		[OPEN] = { go_on },
		[RESOLVED] = { leave, resolve },
		[PENDING] = { pend },
		[SNOOZED] = { pend },
	},
};

/* changed_attributes is a list of objects of one member each. */
static const struct json_node *
change_of(const struct json_node *post, const char *name)
{
	const struct json_node *changes = web_at(post, "changed_attributes"), *found, *one;

	if (changes == NULL || changes->type != JSON_ARRAY)
		return web_at(changes, name);
	for (one = changes->child; one != NULL; one = one->next)
		if ((found = web_at(one, name)) != NULL)
			return found;
	return NULL;
}

static void
status_changed(struct web *w)
{
	struct conversation c = chatwoot_read(w, w->root);
	const struct json_node *change = change_of(w->root, "status");
	enum chat_status from = status_of(web_at(change, "previous_value"));
	enum chat_status to = status_of(web_at(change, "current_value"));

	if (to == UNKNOWN)
		to = c.status;
	if (to == UNKNOWN) {
		web_refuse(w, REFUSAL_BAD_VALUE, "status");
		return;
	}
	for (int i = 0; i < STEPS_MAX && steps[from][to][i] != NULL; i++)
		steps[from][to][i](&c, c.changed);
}

/* ---- conversation_created, conversation_updated */

/* One of a blocked customer is resolved from the start. */
static void
created(struct web *w)
{
	struct conversation c = chatwoot_read(w, w->root);
	bool is_held = c.agent.n > 0;

	if (c.status == RESOLVED || (c.status == PENDING && !is_held))
		return;
	begin(&c, EV_QUEUED, c.created);
	if (is_held)
		answer_first(&c, c.created);
	if (c.status == PENDING || c.status == SNOOZED)
		pend(&c, c.created);
}

/* An agent had it, and nobody has it now: it waits again, unless for a bot. */
static void
give_back(const struct conversation *c, msec_t at)
{
	if (c->status == PENDING) {
		begin(c, EV_ENDED, at);
		web_give_word(c->w, M_BY, "system");
		return;
	}
	begin(c, EV_TRANSFERRED, at);
	web_give(c->w, M_TO_QUEUE, c->queue);
	begin(c, EV_QUEUED, at);
}

static void
hand_over(const struct conversation *c, msec_t at)
{
	begin(c, EV_TRANSFERRED, at);
	web_give(c->w, M_TO_AGENT, c->agent);
	answer(c, at);
}

/*
 * The post names the agent of now; if that is nobody although one was given,
 * the next post tells.  What changes other than the agent says nothing new:
 * statuses have a post of their own.
 */
static void
updated(struct web *w)
{
	struct conversation c = chatwoot_read(w, w->root);
	const struct json_node *change = change_of(w->root, "assignee_id");
	const struct json_node *before = web_at(change, "previous_value");
	const struct json_node *now = web_at(change, "current_value");
	const struct json_node *time = change_of(w->root, "updated_at");
	msec_t at = web_time(w, time, "current_value");

	if (at < 0)
		at = c.changed;
	if (change == NULL || c.status == RESOLVED || (now != NULL && c.agent.n == 0))
		return;
	if (before != NULL && now != NULL)
		hand_over(&c, at);
	else if (before != NULL)
		give_back(&c, at);
	else if (now != NULL) {
		if (c.status == PENDING)
			begin(&c, EV_QUEUED, at);
		answer_first(&c, at);
	}
}

/* ---- the posts there are */

static const struct {
	const char *event;
	void (*read)(struct web *); /* NULL: says nothing to count */
} posts[] = {
	{ "conversation_created", created },
	{ "conversation_status_changed", status_changed },
	{ "conversation_updated", updated },
	{ "message_created", chatwoot_message_created },
	{ "message_updated", chatwoot_message_updated },
	{ "conversation_typing_on", NULL },
	{ "conversation_typing_off", NULL },
	{ "contact_created", NULL },
	{ "contact_updated", NULL },
	{ "inbox_created", NULL },
	{ "inbox_updated", NULL },
	{ "webwidget_triggered", NULL },
};

static void
read_post(struct web *w)
{
	struct str event = web_text(w, w->root, "event");
	size_t i = 0;

	if (event.n == 0)
		web_refuse(w, REFUSAL_MISSING, "event");
	while (i < COUNTOF(posts) && !str_is(event, posts[i].event))
		i++;
	if (i == COUNTOF(posts))
		web_skip(w, event);
	else if (posts[i].read != NULL)
		posts[i].read(w);
}

static void
decode(void *state, const char *msg, size_t len, msec_t received, struct dialect_result *res)
{
	(void)received;
	web_decode(state, msg, len, res, read_post);
}

/* Older versions do not sign their posts. */
static const struct dialect_http http = {
	.signature_header = "X-Chatwoot-Signature",
	.signature = SIGNATURE_SHA256,
	.timestamp_header = "X-Chatwoot-Timestamp",
};

const struct dialect dialect_chatwoot = {
	.name = "chatwoot",
	.text = "Chatwoot's webhooks, one post a message; needs a source of its own",
	.needs_source = true,
	.open = web_open,
	.close = web_close,
	.decode = decode,
	.http = &http,
	.known_for = KNOWN_FOR,
};
