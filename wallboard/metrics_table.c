/* SPDX-License-Identifier: MIT */
/*
 * metrics_table.c: every family there is, in the order of the text.
 *
 * Names and types follow Prometheus' conventions: base units, ratios of 0 to
 * 1, the time of a subject and not its age, both parts of a ratio as counters,
 * and no label that grows with callers or agents.  Where Redis has the same
 * figure its words are those of metrics.def, and not said again here.
 *
 * feed's lost_total is no counter: numbers that come after all are taken back.
 * Its highest is one, and how many are missing now is a gauge beside it.
 */
#include "metrics_int.h"

/* ---- parts ---- */

static const struct part about_us[] = { { "version", "version" }, { NULL, NULL } };
static const struct part about_site[] = { { "site", "site" }, { NULL, NULL } };
static const struct part about_daemon[] = { { "version", "program" }, { "host", "host" },
	{ NULL, NULL } };

static const struct part daemon_states[] = { { "starting", NULL }, { "running", NULL },
	{ "stopping", NULL }, { NULL, NULL } };
static const struct part queue_states[] = { { "ok", NULL }, { "warn", NULL }, { "crit", NULL },
	{ "closed", NULL }, { "unknown", NULL }, { NULL, NULL } };
static const struct part collector_states[] = { { "live", NULL }, { "catching_up", NULL },
	{ "silent", NULL }, { NULL, NULL } };
static const struct part journal_states[] = { { "ok", NULL }, { "full", NULL }, { "failed", NULL },
	{ NULL, NULL } };

static const struct part agents[] = {
	{ "offline", "agents_offline_count" },
	{ "available", "agents_available_count" },
	{ "ringing", "agents_ringing_count" },
	{ "on_contact", "agents_on_contact_count" },
	{ "on_hold", "agents_on_hold_count" },
	{ "acw", "agents_acw_count" },
	{ "paused", "agents_paused_count" },
	{ NULL, NULL },
};
static const struct part running[] = {
	{ "first_response", "first_response_running_count" },
	{ "next_response", "next_response_running_count" },
	{ "resolution", "resolution_running_count" },
	{ "promise", "promise_running_count" },
	{ "callback", "callback_running_count" },
	{ NULL, NULL },
};
static const struct part overdue[] = {
	{ "first_response", "first_response_overdue_count" },
	{ "next_response", "next_response_overdue_count" },
	{ "resolution", "resolution_overdue_count" },
	{ "promise", "promise_overdue_count" },
	{ "callback", "callback_overdue_count" },
	{ NULL, NULL },
};
static const struct part dropped[] = {
	{ "duplicate", "duplicate_total" },
	{ "rejected", "rejected_total" },
	{ NULL, NULL },
};
static const struct part wait_sum[] = { { "sum", "wait_seconds_total" }, { NULL, NULL } };
static const struct part handle_sum[] = { { "sum", "handle_seconds_total" }, { NULL, NULL } };
static const struct part publish_count[] = { { "count", "publish_total" }, { NULL, NULL } };
static const struct part spool[] = { { "waiting", "waiting" }, { "running", "running" },
	{ NULL, NULL } };
static const struct part failures[] = { { "runs", "attempts_total" },
	{ "delivered", "delivered_total" }, { NULL, NULL } };

/* ---- families ---- */

/* clang-format off */
#define OF(k) .kind = METRICS_##k
#define TOTAL .type = COUNTER, .one = emit_figure
#define STEADY TOTAL, .steady = true

const struct family metrics_families[] = {
	/* the wall-board itself */
	{ "ccmon_build", INFO, KIND_SELF, .one = emit_info, .part = about_us,
	    .help = "the wall-board that answers" },
	{ "ccmon_site", INFO, KIND_SELF, .one = emit_info, .part = about_site,
	    .help = "whose figures these are" },
	{ "ccmon_start_time_seconds", GAUGE, KIND_SELF, .one = emit_time, .field = "started_epoch_ms",
	    .help = "when the wall-board started" },
	{ "ccmon_up_redis", GAUGE, KIND_SELF, .one = emit_figure, .field = "redis_up",
	    .help = "1 when Redis answers; without it there are no other figures" },

	/* the daemon */
	{ "ccmon_daemon", INFO, OF(META), .one = emit_info, .part = about_daemon,
	    .help = "who writes the figures, or did" },
	{ "ccmon_daemon_state", GAUGE, OF(META), .one = emit_words, .field = "state",
	    .label = "state", .part = daemon_states,
	    .help = "1 for what the daemon said last of itself" },
	{ "ccmon_daemon_start_time_seconds", GAUGE, OF(META), .one = emit_time, .field = "started",
	    .help = "when the daemon started" },
	{ "ccmon_figures_timestamp_seconds", GAUGE, OF(META), .one = emit_time, .field = "updated_epoch_ms",
	    .help = "the time the figures are of" },
	{ "ccmon_state_began_timestamp_seconds", GAUGE, OF(META), .one = emit_time,
	    .field = "state_began_epoch_ms", .help = "since when the counters of queues and feeds count" },
	{ "ccmon_publish_duration_seconds", SUMMARY, OF(META), .one = emit_summary,
	    .field = "publish_seconds_total", .part = publish_count,
	    .help = "how long it took until Redis had all figures of a moment, since the daemon started" },
	{ "ccmon_publish_failures", OF(META), TOTAL, .field = "publish_failures_total",
	    .help = "times Redis did not take them, since the daemon started" },

	/* queues: what came and went */
	{ "ccmon_contacts_offered", OF(QUEUE), STEADY, .field = "offered_total" },
	{ "ccmon_contacts_answered", OF(QUEUE), STEADY, .field = "answered_total" },
	{ "ccmon_contacts_handled", OF(QUEUE), STEADY, .field = "handled_total" },
	{ "ccmon_contacts_abandoned", OF(QUEUE), STEADY, .field = "abandoned_total" },
	{ "ccmon_contacts_short_abandoned", OF(QUEUE), STEADY, .field = "short_abandoned_total" },
	{ "ccmon_contacts_flowed_out", OF(QUEUE), STEADY, .field = "flowed_out_total" },
	{ "ccmon_contacts_callback", OF(QUEUE), STEADY, .field = "callback_total" },
	{ "ccmon_contacts_stuck", OF(QUEUE), STEADY, .field = "stuck_total" },
	{ "ccmon_contacts_in_target", OF(QUEUE), STEADY, .field = "in_target_total" },
	{ "ccmon_contacts_decided", OF(QUEUE), STEADY, .field = "decided_total" },
	{ "ccmon_offers_missed", OF(QUEUE), STEADY, .field = "missed_total" },
	{ "ccmon_wait_seconds", HISTOGRAM, OF(QUEUE), .one = emit_histogram, .field = "wait_buckets",
	    .part = wait_sum },
	{ "ccmon_handle_seconds", HISTOGRAM, OF(QUEUE), .one = emit_histogram, .field = "handle_buckets",
	    .part = handle_sum },

	/* queues: now */
	{ "ccmon_queue_open", GAUGE, OF(QUEUE), .one = emit_figure, .field = "open" },
	{ "ccmon_queue_status", GAUGE, OF(QUEUE), .one = emit_words, .field = "status",
	    .label = "status", .part = queue_states },
	{ "ccmon_queue_degraded", GAUGE, OF(QUEUE), .one = emit_figure, .field = "degraded" },
	{ "ccmon_contacts_waiting", GAUGE, OF(QUEUE), .one = emit_figure, .field = "waiting_count" },
	{ "ccmon_contacts_waiting_over_target", GAUGE, OF(QUEUE), .one = emit_figure,
	    .field = "waiting_over_target_count" },
	{ "ccmon_contacts_at_risk", GAUGE, OF(QUEUE), .one = emit_figure, .field = "at_risk_count" },
	{ "ccmon_contacts_in_progress", GAUGE, OF(QUEUE), .one = emit_figure, .field = "in_progress_count" },
	{ "ccmon_oldest_waiting_timestamp_seconds", GAUGE, OF(QUEUE), .one = emit_oldest,
	    .field = "oldest_wait_seconds", .help = "since when the one waits who has waited longest; 0: nobody does" },
	{ "ccmon_contacts_backlog", GAUGE, OF(QUEUE), .one = emit_figure, .field = "backlog_count" },
	{ "ccmon_contacts_owed", GAUGE, OF(QUEUE), .one = emit_parts, .label = "clock", .part = running,
	    .help = "matters to which something is owed now" },
	{ "ccmon_contacts_overdue", GAUGE, OF(QUEUE), .one = emit_parts, .label = "clock", .part = overdue,
	    .help = "of those, whose due has passed" },

	/* queues: service level, and who is there for it */
	{ "ccmon_sla_target_ratio", GAUGE, OF(QUEUE), .one = emit_figure, .field = "sl_target_ratio" },
	{ "ccmon_sla_threshold_seconds", GAUGE, OF(QUEUE), .one = emit_figure, .field = "sl_threshold_seconds" },
	{ "ccmon_sla_window_ratio", GAUGE, OF(QUEUE), .one = emit_windows, .field = "sl_ratio", .label = "window" },
	{ "ccmon_sla_window_contacts", GAUGE, OF(QUEUE), .one = emit_windows, .field = "sl_n", .label = "window",
	    .help = "of how many ccmon_sla_window_ratio is formed" },
	{ "ccmon_sla_nowcast_ratio", GAUGE, OF(QUEUE), .one = emit_figure, .field = "nowcast_sl_ratio" },
	{ "ccmon_agents", GAUGE, OF(QUEUE), .one = emit_parts, .label = "state", .part = agents,
	    .help = "agents of the queue in that state" },
	{ "ccmon_agents_staffed", GAUGE, OF(QUEUE), .one = emit_figure, .field = "agents_staffed_count" },
	{ "ccmon_agents_required", GAUGE, OF(QUEUE), .one = emit_figure, .field = "agents_required_count" },

	/* alerts */
	{ "ccmon_alert_firing", GAUGE, OF(ALERTS), .all = emit_firing,
	    .help = "1 while the alert fires, acknowledged or silenced too; of agents, how many do" },
	{ "ccmon_alerts", GAUGE, OF(ALERTS), .all = emit_alerts, .help = "alerts in that state" },

	/* feeds */
	{ "ccmon_feed_last_event_timestamp_seconds", GAUGE, OF(FEED), .one = emit_time,
	    .field = "last_event_epoch_ms" },
	{ "ccmon_feed_silent", GAUGE, OF(FEED), .one = emit_figure, .field = "silent" },
	{ "ccmon_feed_missing_events", GAUGE, OF(FEED), .one = emit_figure, .field = "gap_count" },
	{ "ccmon_feed_gaps", OF(FEED), STEADY, .field = "lost_total",
	    .help = "sequence numbers that never came, the most there were at a time: those that came after all are not taken back here" },
	{ "ccmon_events", OF(FEED), STEADY, .field = "events_total" },
	{ "ccmon_events_dropped", COUNTER, OF(FEED), true, emit_parts, .label = "reason", .part = dropped,
	    .help = "events that were not counted: they had come before, or could not be read" },
	{ "ccmon_events_inconsistent", OF(FEED), STEADY, .field = "inconsistent_total" },
	{ "ccmon_events_late", OF(FEED), STEADY, .field = "late_total" },
	{ "ccmon_events_skewed", OF(FEED), STEADY, .field = "skewed_total" },

	/* collectors */
	{ "ccmon_collector_state", GAUGE, OF(COLLECTOR), .one = emit_words, .field = "state",
	    .label = "state", .part = collector_states, .help = "1 for the state the collector is in" },
	{ "ccmon_collector_journal_state", GAUGE, OF(COLLECTOR), .one = emit_words, .field = "journal",
	    .label = "state", .part = journal_states, .help = "1 for the state its journal is in" },
	{ "ccmon_collector_journal_bytes", GAUGE, OF(COLLECTOR), .one = emit_figure, .field = "journal_bytes",
	    .help = "size of its journal" },
	{ "ccmon_collector_backlog_events", GAUGE, OF(COLLECTOR), .one = emit_figure, .field = "backlog",
	    .help = "events in its journal that the daemon has not committed" },
	{ "ccmon_collector_received_events", OF(COLLECTOR), TOTAL, .field = "received_total",
	    .help = "events received since the collector started" },
	{ "ccmon_collector_refused_messages", OF(COLLECTOR), TOTAL, .field = "refused_total",
	    .help = "messages refused since the collector started" },
	{ "ccmon_collector_repeated_messages", OF(COLLECTOR), TOTAL, .field = "repeats_total",
	    .help = "messages that had been there before, since the collector started" },
	{ "ccmon_collector_unjournaled_events", OF(COLLECTOR), TOTAL, .field = "unjournaled_total",
	    .help = "events lost because the journal took none, since the collector started" },

	/* hooks */
	{ "ccmon_hook_runs", OF(HOOKS), TOTAL, .field = "attempts_total", .help = "runs that ended" },
	{ "ccmon_hook_failures", COUNTER, OF(HOOKS), .one = emit_difference, .part = failures,
	    .help = "of those, that did not deliver their page" },
	{ "ccmon_hook_given_up", OF(HOOKS), TOTAL, .field = "given_up_total",
	    .help = "pages that were never delivered" },
	{ "ccmon_hook_spool_size", GAUGE, OF(HOOKS), .one = emit_sum, .part = spool,
	    .help = "pages that wait, or are being told" },
	{ "ccmon_hook_oldest_timestamp_seconds", GAUGE, OF(HOOKS), .one = emit_time, .field = "oldest_epoch_ms",
	    .help = "when the oldest page was written that waits; NaN: none does" },
	{ "ccmon_hook_last_run_timestamp_seconds", GAUGE, OF(HOOKS), .one = emit_time, .field = "last_epoch_ms",
	    .help = "when the last run ended" },
};
/* clang-format on */

const size_t metrics_nfamilies = COUNTOF(metrics_families);

/* ---- words ---- */

static const struct {
	const char *field, *text;
} figures[] = {
#define METRIC(fn, name, unit, scopes, when, use, text) { name, text },
#define TEXT(fn, name, scopes, use, text) { name, text },
#include <ccmon/metrics.def>
};

const char *
family_help(const struct family *f)
{
	if (f->help != NULL)
		return f->help;
	for (size_t i = 0; i < COUNTOF(figures); i++)
		if (strcmp(figures[i].field, f->field) == 0)
			return figures[i].text;
	return NULL;
}
