/* SPDX-License-Identifier: MIT */
/*
 * chatwoot_message.c: Chatwoot's posts about messages and the answers to its
 * survey.  Whether a customer has had a response depends on who wrote: an
 * agent, a bot, or a rule that writes in an agent's name.  What was written
 * is not looked at.
 */
#include "chatwoot.h"

/* The word, or its number in Chatwoot's database. */
static const char *
message_type(const struct json_node *message)
{
	static const char *const words[] = { "incoming", "outgoing", "activity", "template" };
	const struct json_node *type = web_at(message, "message_type");

	for (size_t i = 0; type != NULL && i < COUNTOF(words); i++)
		if (type->type == JSON_INT
		        ? type->integer == (int64_t)i
		        : type->type == JSON_TEXT && str_is(type->text, words[i]))
			return words[i];
	return "";
}

/* Rules and campaigns may write in a user's name; an echo is what a user wrote
 * in another program. */
static const char *
author_of(struct web *w, const struct json_node *message)
{
	const struct json_node *sender = web_at(message, "sender");
	struct str type = web_text(w, sender, "type");

	if (web_at(message, "content_attributes.automation_rule_id") != NULL ||
	    web_at(message, "additional_attributes.campaign_id") != NULL)
		return "auto";
	if (web_at(message, "content_attributes.external_echo") != NULL)
		return "agent";
	if (sender == NULL)
		return "auto";
	return type.n == 0 || str_is(type, "user") ? "agent" : "bot";
}

/* Who answers what nobody has, has answered it. */
static void
answer_by_message(const struct conversation *c, struct str name, struct str id, msec_t at)
{
	if (c->agent.n > 0 || name.n == 0 || (c->status != OPEN && c->status != SNOOZED))
		return;
	web_begin(c->w, EV_ANSWERED, at);
	web_id(c->w, "message %.*s answered", STR_ARG(id));
	web_give(c->w, M_AGENT, name);
}

static void
say(const struct conversation *c, const char *from, struct str id, msec_t at)
{
	struct web *w = c->w;
	bool is_agent = strcmp(from, "agent") == 0, private = web_flag(w, w->root, "private");
	struct str name = is_agent ? web_text(w, w->root, "sender.name") : STR_NONE;

	if (!private)
		answer_by_message(c, name, id, at);
	web_begin(w, EV_MESSAGE, at);
	web_id(w, "message %.*s", STR_ARG(id));
	web_give_word(w, M_FROM, from);
	web_give(w, M_AGENT, name);
	if (private)
		web_give_int(w, M_PUBLIC, 0);
}

static void
survey(const struct conversation *c, const char *which, struct str id, msec_t at)
{
	web_begin(c->w, EV_SURVEY, at);
	web_id(c->w, "%s %.*s", which, STR_ARG(id));
	web_give_word(c->w, M_KIND, "csat");
	web_give(c->w, M_AGENT, c->agent);
}

static bool
is_survey(struct web *w)
{
	return str_is(web_text(w, w->root, "content_type"), "input_csat");
}

void
chatwoot_message_created(struct web *w)
{
	struct conversation c = chatwoot_read(w, web_at(w->root, "conversation"));
	struct str id = web_name(w, w->root, "id");
	msec_t at = web_time(w, w->root, "created_at");
	const char *type = message_type(w->root);

	if (id.n == 0)
		web_refuse(w, REFUSAL_MISSING, "id");
	if (is_survey(w)) {
		survey(&c, "survey", id, at);
		web_give_int(w, M_SENT, 1);
	} else if (strcmp(type, "incoming") == 0)
		say(&c, "customer", id, at);
	else if (strcmp(type, "outgoing") == 0)
		say(&c, author_of(w, w->root), id, at);
	else if (strcmp(type, "template") == 0)
		say(&c, "auto", id, at);
	else if (strcmp(type, "activity") != 0)
		web_refuse(w, REFUSAL_BAD_VALUE, "message_type");
}

/* An answer can be changed; the first one counts. */
void
chatwoot_message_updated(struct web *w)
{
	static const char path[] =
	    "content_attributes.submitted_values.csat_survey_response.rating";
	const struct json_node *rating = web_at(w->root, path);
	struct conversation c;

	if (!is_survey(w) || rating == NULL)
		return;
	c = chatwoot_read(w, web_at(w->root, "conversation"));
	survey(&c, "answer", web_name(w, w->root, "id"), c.changed);
	if (rating->type == JSON_INT)
		web_give_int(w, M_SCORE, rating->integer);
	else
		web_refuse(w, REFUSAL_ILL_TYPED, path);
}
