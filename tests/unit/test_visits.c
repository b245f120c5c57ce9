/* SPDX-License-Identifier: MIT */
/*
 * test_visits.c: doc/counting.md as a table of little stories: what happened,
 * and what the figures are then (stories.h).
 */
#include "tests/unit/stories.h"

static const struct story beginnings[] = {
	{ "0 queued", "sales.offered_count_all=1 sales.waiting_count=1 pbx.inconsistent_total=0" },
	{ "0 queued queue=vente", "sales.offered_count_all=1" },
	{ "0 queued; 1000 abandoned; 2000 queued",
	    "sales.offered_count_all=2 sales.waiting_count=1 pbx.inconsistent_total=0" },
	{ "0 queued; 1000 queued", "sales.offered_count_all=1 "
	                           "pbx.inconsistent_queued_again_total=1 sales.waiting_count=1" },
	{ "0 queued visit=a; 1000 queued visit=a",
	    "sales.offered_count_all=1 pbx.inconsistent_queued_again_total=1" },
	{ "0 queued visit=a; 1000 queued visit=a queue=help channel=chat",
	    "help.offered_count_all=0 pbx.inconsistent_queued_again_total=1" },
	{ "0 queued visit=a; 1000 queued visit=b",
	    "sales.offered_count_all=2 sales.stuck_count_all=1 sales.waiting_count=1 "
	    "sales.sl_late_count_all=1 "
	    "pbx.inconsistent_queued_again_total=1 breach=late,stuck" },
	{ "0 queued; 1000 queued visit=b", "sales.offered_count_all=2 sales.stuck_count_all=1 "
	                                   "pbx.inconsistent_queued_again_total=1" },
	{ "0 queued visit=a; 1000 answered visit=a; 2000 queued visit=b",
	    "sales.offered_count_all=2 sales.stuck_handling_count_all=1 sales.in_progress_count=0 "
	    "sales.handled_count_all=0 sales.waiting_count=1 ann.state=available "
	    "ann.contacts_now_count=0" },
	{ "0 queued visit=a; 1000 answered visit=a; 2000 transferred visit=a to_agent=bob; 3000 "
	  "queued visit=b",
	    "sales.offered_count_all=2 sales.stuck_count_all=0 sales.stuck_handling_count_all=0 "
	    "sales.handled_count_all=1 sales.waiting_count=1 "
	    "pbx.inconsistent_queued_again_total=1" },
	{ "0 queued visit=a; 1000 abandoned visit=a; 2000 queued visit=a",
	    "sales.offered_count_all=1 pbx.inconsistent_after_end_total=1" },
	{ "0 queued; 0 queued contact=c2; 1000 answered contact=c2",
	    "sales.offered_count_all=2 sales.waiting_count=1 sales.in_progress_count=1" },
};

static const struct story answers[] = {
	{ "0 queued; 7000 answered",
	    "sales.answered_count_all=1 sales.sl_good_count_all=1 sales.asa_seconds_all=7.000 "
	    "sales.in_progress_count=1 sales.waiting_count=0 ann.state=on_contact "
	    "ann.answered_count_all=1 "
	    "ann.asa_seconds_all=7.000 call.answered_count_all=1 site.answered_count_all=1 "
	    "ann.queues=sales breach=" },
	{ "0 queued; 7000 answered wait_ms=9000",
	    "sales.asa_seconds_all=9.000 sales.wait_max_seconds_all=9.000" },
	{ "5000 queued; 4000@5000 answered",
	    "sales.asa_seconds_all=0.000 sales.sl_good_count_all=1" },
	{ "0 queued; 7000 answered; 8000 answered agent=bob",
	    "sales.answered_count_all=1 pbx.inconsistent_answered_again_total=1 "
	    "bob.answered_count_all=0" },
	{ "0 queued; 1000 answered; 2000 transferred to_agent=bob; 3000 answered agent=bob",
	    "sales.answered_count_all=1 bob.answered_count_all=0 sales.in_progress_count=1 "
	    "sales.sl_n_all=1 "
	    "bob.state=on_contact ann.state=available pbx.inconsistent_total=0" },
	{ "0 queued; 1000 abandoned; 2000 answered",
	    "sales.answered_count_all=0 pbx.inconsistent_after_end_total=1" },
	{ "9000 answered wait_ms=4000",
	    "sales.offered_count_all=1 sales.answered_count_all=1 sales.asa_seconds_all=4.000 "
	    "pbx.inconsistent_unknown_visit_total=1" },
	{ "9000 answered", "sales.asa_seconds_all=0.000 sales.sl_good_count_all=1" },
	{ "0 queued visit=a; 1000 answered", "sales.answered_count_all=1" },
	{ "0 queued queue=post channel=email; 9000 answered queue=post channel=email",
	    "post.answered_count_all=1 post.sl_n_all=0 post.sl_ratio_all=NaN "
	    "post.sl_target_ratio=NaN "
	    "post.sl_threshold_seconds=NaN post.sl_ratio_answered_only_all=NaN" },
};

/* What was counted turns out otherwise. */
static const struct story taken_back[] = {
	{ "0 queued; 20001 tick",
	    "sales.sl_late_count_all=1 breach=late sales.waiting_over_target_count=1" },
	{ "0 queued; 20001 tick; 20000@20001 answered",
	    "sales.sl_late_count_all=0 sales.sl_good_count_all=1 breach=late" },
	{ "0 queued; 21000 answered wait_ms=20000",
	    "sales.sl_late_count_all=0 sales.sl_good_count_all=1 breach=late" },
	{ "0 queued; 20000 answered wait_ms=21000",
	    "sales.sl_late_count_all=1 sales.sl_good_count_all=0 breach=late" },
	{ "0 queued; 24000 abandoned wait_ms=4000",
	    "sales.sl_late_count_all=0 sales.sl_short_count_all=1 "
	    "sales.short_abandoned_count_all=1 "
	    "breach=late,abandoned" },
	{ "0 queued; 61000 tick", "sales.stuck_count_all=1 sales.sl_late_count_all=1 "
	                          "sales.waiting_count=0 breach=late,stuck" },
	{ "0 queued; 60000@61000 answered",
	    "sales.stuck_count_all=0 sales.answered_count_all=1 sales.sl_late_count_all=1 "
	    "sales.in_progress_count=1 pbx.inconsistent_total=0" },
	{ "0 queued; 60001@61000 answered", "sales.stuck_count_all=1 sales.answered_count_all=0 "
	                                    "pbx.inconsistent_after_end_total=1" },
	{ "0 queued; 15000@61000 answered",
	    "sales.stuck_count_all=0 sales.sl_good_count_all=1 sales.sl_late_count_all=0" },
	{ "0 queued; 15000@61000 abandoned",
	    "sales.stuck_count_all=0 sales.sl_abandoned_count_all=1 sales.sl_n_all=1" },
	{ "0 queued; 15000@61000 flowed_out reason=key",
	    "sales.stuck_count_all=0 sales.sl_flowed_count_all=1" },
	{ "0 queued; 15000@61000 callback",
	    "sales.stuck_count_all=0 sales.sl_callback_count_all=1" },
	{ "0 queued; 1000 ended; 1000 answered",
	    "sales.stuck_count_all=1 sales.answered_count_all=0 "
	    "pbx.inconsistent_after_end_total=1" },
	{ "0 queued; 1000 answered; 200000@302000 ended",
	    "sales.stuck_handling_count_all=0 sales.handled_count_all=1 "
	    "sales.talk_avg_seconds_all=199.000 "
	    "ann.contacts_now_count=0 sales.in_progress_count=0 ann.state=available" },
	{ "0 queued; 1000 answered; 200000@302000 ended acw=1",
	    "ann.state=acw ann.contacts_now_count=1" },
	{ "0 queued; 1000 answered; 100000 held; 200000@302000 ended",
	    "sales.hold_avg_seconds_all=100.000 sales.talk_avg_seconds_all=99.000 "
	    "sales.stuck_handling_count_all=0" },
	{ "0 queued; 1000 answered; 301001@302000 ended",
	    "sales.stuck_handling_count_all=1 sales.handled_count_all=0 "
	    "pbx.inconsistent_after_end_total=1" },
	{ "0 queued; 1000 answered; 200000@302000 transferred to_queue=help",
	    "sales.stuck_handling_count_all=0 sales.handled_count_all=1 "
	    "sales.transferred_count_all=1 ann.transferred_count_all=1" },
	{ "0 queued; 1000 answered; 302000 transferred to_queue=help",
	    "sales.stuck_handling_count_all=1 sales.transferred_count_all=1 "
	    "pbx.inconsistent_after_end_total=1" },
	{ "0 queued; 30000 answered; 40000 ended; 1000000 queued; 1010000 answered; 4500000 tick",
	    "sales.sl_late_count_60m=0 sales.sl_good_count_60m=1 sales.sl_late_count_all=1 "
	    "sales.wait_max_seconds_60m=10.000 "
	    "sales.wait_max_seconds_15m=NaN sales.wait_max_seconds_all=30.000 "
	    "sales.wait_p50_seconds_15m=NaN" },
};

static const struct story leavings[] = {
	{ "0 queued; 5000 abandoned",
	    "sales.short_abandoned_count_all=1 sales.sl_short_count_all=1 sales.sl_n_all=0 "
	    "breach=abandoned "
	    "sales.abandon_ratio_all=NaN sales.wait_p90_seconds_all=5.000" },
	{ "0 queued; 5001 abandoned",
	    "sales.short_abandoned_count_all=0 sales.sl_abandoned_count_all=1 sales.sl_n_all=1 "
	    "sales.abandon_ratio_all=1.0000" },
	{ "0 queued; 20000 abandoned", "sales.sl_abandoned_count_all=1 sales.sl_late_count_all=0" },
	{ "0 queued; 20001 abandoned", "sales.abandoned_count_all=1 sales.sl_abandoned_count_all=0 "
	                               "sales.sl_late_count_all=1 breach=late,abandoned" },
	{ "0 queued; 3000 flowed_out reason=timeout",
	    "sales.flowed_out_count_all=1 sales.flowed_out_timeout_count_all=1 "
	    "sales.sl_flowed_count_all=1 breach=" },
	{ "0 queued; 3000 flowed_out reason=withdrawn", "sales.flowed_out_withdrawn_count_all=1" },
	{ "0 queued; 3000 resolved",
	    "sales.flowed_out_withdrawn_count_all=1 sales.sl_flowed_count_all=1 "
	    "sales.waiting_count=0 sales.resolved_count_all=1 pbx.inconsistent_total=0" },
	{ "0 queued; 1000 answered; 3000 resolved; 4000 ended",
	    "sales.flowed_out_count_all=0 sales.handled_count_all=1 pbx.inconsistent_total=0" },
	{ "0 queued; 30000 flowed_out reason=full",
	    "sales.sl_flowed_count_all=0 sales.sl_late_count_all=1" },
	{ "0 queued; 3000 callback; 9000 callback_done; 9500 callback_done",
	    "sales.callback_count_all=1 sales.sl_callback_count_all=1 "
	    "pbx.inconsistent_unknown_visit_total=1" },
	{ "0 queued; 1000 answered; 2000 callback_done", "pbx.inconsistent_unknown_visit_total=1" },
	{ "0 callback_done", "pbx.inconsistent_unknown_visit_total=1" },
	{ "0 queued; 1000 answered; 2000 abandoned",
	    "sales.abandoned_count_all=0 pbx.inconsistent_after_answer_total=1" },
	{ "0 queued; 1000 answered; 2000 transferred to_agent=bob; 3000 flowed_out reason=key",
	    "sales.flowed_out_count_all=0 pbx.inconsistent_after_answer_total=1" },
	{ "0 queued; 1000 abandoned; 2000 callback",
	    "sales.callback_count_all=0 pbx.inconsistent_after_end_total=1" },
	{ "9000 abandoned wait_ms=3000",
	    "sales.offered_count_all=1 sales.short_abandoned_count_all=1 "
	    "pbx.inconsistent_unknown_visit_total=1" },
	{ "9000 flowed_out reason=closed",
	    "sales.offered_count_all=1 sales.flowed_out_closed_count_all=1" },
	{ "9000 callback", "sales.offered_count_all=1 sales.callback_count_all=1" },
};

static const struct story ends[] = {
	{ "0 queued; 1000 answered; 61000 ended",
	    "sales.handled_count_all=1 sales.aht_seconds_all=60.000 "
	    "sales.talk_avg_seconds_all=60.000 "
	    "ann.handled_count_all=1 ann.state=available sales.in_progress_count=0" },
	{ "0 queued; 1000 answered; 11000 held; 16000 resumed; 21000 ended",
	    "sales.talk_avg_seconds_all=15.000 sales.hold_avg_seconds_all=5.000 "
	    "sales.aht_seconds_all=20.000" },
	{ "0 queued; 1000 answered; 11000 held; 21000 ended",
	    "sales.talk_avg_seconds_all=10.000 sales.hold_avg_seconds_all=10.000 "
	    "ann.state=available" },
	{ "0 queued; 1000 answered; 11000 held; 12000 held; 16000 resumed; 17000 resumed; 21000 "
	  "ended",
	    "sales.hold_avg_seconds_all=5.000 pbx.inconsistent_total=0" },
	{ "0 queued; 1000 answered; 11000 held",
	    "ann.state=on_hold ann.contacts_now_count=1 sales.agents_on_hold_count=1" },
	{ "0 queued; 1000 answered; 61000 ended talk_ms=50000 hold_ms=7000",
	    "sales.talk_avg_seconds_all=50.000 sales.hold_avg_seconds_all=7.000" },
	{ "0 queued; 1000 answered; 61000 ended hold_ms=70000",
	    "sales.talk_avg_seconds_all=0.000" },
	{ "0 queued; 1000 answered; 500@61000 ended",
	    "sales.talk_avg_seconds_all=0.000 ann.state=available" },
	{ "0 queued; 1000 answered; 21000 ended acw=1",
	    "ann.state=acw ann.contacts_now_count=1 sales.agents_acw_count=1 "
	    "sales.aht_seconds_all=20.000" },
	{ "0 queued; 1000 answered; 21000 ended acw=1; 31000 wrapped",
	    "ann.state=available sales.acw_avg_seconds_all=10.000 sales.aht_seconds_all=30.000 "
	    "ann.acw_avg_seconds_all=10.000" },
	{ "0 queued; 1000 answered; 21000 ended acw=1; 31000 wrapped acw_ms=4000",
	    "sales.acw_avg_seconds_all=4.000" },
	{ "0 queued; 1000 answered; 21000 ended; 31000 wrapped",
	    "pbx.inconsistent_wrapped_unasked_total=1 sales.acw_avg_seconds_all=0.000" },
	{ "0 queued; 1000 answered; 21000 ended acw=1; 31000 wrapped agent=bob",
	    "pbx.inconsistent_wrapped_unasked_total=1 ann.state=acw" },
	{ "0 wrapped", "pbx.inconsistent_wrapped_unasked_total=1" },
	{ "0 queued; 1000 answered; 2000 transferred to_agent=bob; 2500 ringing agent=bob; 3000 "
	  "ended",
	    "sales.handled_count_all=1 bob.state=available pbx.inconsistent_total=0" },
	{ "0 queued; 1000 ended", "sales.stuck_count_all=1 sales.handled_count_all=1 "
	                          "sales.aht_seconds_all=NaN sales.sl_late_count_all=1 "
	                          "pbx.inconsistent_unanswered_total=1" },
	{ "0 ended", "sales.handled_count_all=1 sales.offered_count_all=0 "
	             "sales.aht_seconds_all=NaN pbx.inconsistent_unknown_visit_total=1" },
	{ "0 ended agent=ann", "ann.handled_count_all=1 ann.state=available" },
	{ "0 queued; 1000 abandoned; 2000 ended",
	    "sales.handled_count_all=0 pbx.inconsistent_after_end_total=1" },
	{ "0 queued; 1000 answered; 2000 ended agent=bob",
	    "ann.handled_count_all=1 bob.handled_count_all=0 ann.state=available" },
};

static const struct story transfers[] = {
	{ "0 queued; 1000 answered; 11000 transferred to_queue=help",
	    "sales.transferred_count_all=1 sales.handled_count_all=1 "
	    "sales.talk_avg_seconds_all=10.000 "
	    "ann.transferred_count_all=1 sales.transfer_ratio_all=1.0000 ann.state=available" },
	{ "0 queued; 1000 answered; 11000 transferred to_queue=help; 12000 ended",
	    "pbx.inconsistent_after_end_total=1" },
	{ "0 queued; 1000 answered; 11000 transferred to_agent=bob; 12000 ringing agent=bob; 13000 "
	  "answered agent=bob; 23000 ended",
	    "sales.handled_count_all=2 sales.answered_count_all=1 sales.offered_count_all=1 "
	    "bob.handled_count_all=1 "
	    "sales.talk_avg_seconds_all=10.000 pbx.inconsistent_total=0" },
	{ "0 queued; 1000 answered; 11000 transferred to_agent=bob; 12000 transferred to_agent=cat",
	    "sales.transferred_count_all=2 pbx.inconsistent_after_end_total=1" },
	{ "0 queued; 1000 transferred to_queue=help",
	    "sales.transferred_count_all=1 sales.stuck_count_all=1 sales.handled_count_all=1 "
	    "pbx.inconsistent_unanswered_total=1" },
	{ "0 transferred to_queue=help", "sales.transferred_count_all=1 sales.handled_count_all=0 "
	                                 "pbx.inconsistent_unknown_visit_total=1" },
	{ "0 queued; 1000 abandoned; 2000 transferred to_queue=help",
	    "sales.transferred_count_all=1 pbx.inconsistent_after_end_total=1" },
};

static const struct story offers[] = {
	{ "0 queued; 1000 ringing", "ann.state=ringing ann.state_since_epoch_ms=1767614401000" },
	{ "0 queued; 1000 ringing; 2000 ringing; 3000 missed",
	    "ann.state=available ann.missed_count_all=1 sales.missed_count_all=1" },
	{ "0 queued; 1000 ringing; 1500 ringing agent=bob; 2000 abandoned",
	    "ann.state=available bob.state=available" },
	{ "0 queued; 1000 ringing; 1500 ringing agent=bob; 2000 missed",
	    "ann.state=available bob.state=ringing" },
	{ "0 queued; 1000 ringing; 1500 ringing agent=bob; 2000 answered agent=bob",
	    "ann.state=available bob.state=on_contact" },
	{ "0 queued; 1000 abandoned; 2000 ringing",
	    "ann.state=available pbx.inconsistent_after_end_total=1" },
	{ "0 ringing", "ann.state=available pbx.inconsistent_unknown_visit_total=1" },
	{ "0 missed", "ann.missed_count_all=1 pbx.inconsistent_unknown_visit_total=1" },
	{ "0 queued; 1000 missed", "ann.missed_count_all=1 pbx.inconsistent_total=0" },
	{ "0 queued; 1000 held", "pbx.inconsistent_not_handling_total=1" },
	{ "0 queued; 1000 answered; 2000 held agent=bob",
	    "pbx.inconsistent_not_handling_total=1 ann.state=on_contact" },
	{ "0 resumed", "pbx.inconsistent_not_handling_total=1" },
	{ "0 queued; 1000 escalated", "sales.escalated_count_all=1 ann.escalated_count_all=1 "
	                              "sales.escalation_ratio_all=NaN" },
	{ "0 escalated", "sales.escalated_count_all=1 pbx.inconsistent_unknown_visit_total=1" },
	{ "0 message from=customer",
	    "pbx.inconsistent_unknown_visit_total=1 pbx.events_total=1 sales.offered_count_all=0" },
};

static const struct story outbound[] = {
	{ "0 queued direction=out; 5000 answered; 65000 ended",
	    "sales.offered_count_all=0 sales.answered_count_all=0 sales.handled_count_all=1 "
	    "sales.sl_n_all=0 "
	    "sales.aht_seconds_all=60.000 ann.handled_count_all=1 ann.answered_count_all=0 "
	    "pbx.inconsistent_total=0" },
	{ "0 queued direction=out", "sales.waiting_count=0 sales.offered_count_all=0" },
	{ "0 queued direction=out; 61000 tick", "sales.stuck_count_all=0 breach=" },
	{ "0 answered direction=out",
	    "sales.in_progress_count=1 pbx.inconsistent_total=0 ann.state=on_contact" },
	{ "0 abandoned direction=out",
	    "sales.abandoned_count_all=0 pbx.inconsistent_total=0 breach=" },
	{ "0 queued direction=out; 1000 abandoned; 2000 flowed_out reason=key",
	    "sales.abandoned_count_all=0 pbx.inconsistent_after_end_total=1" },
	{ "0 queued direction=out; 1000 flowed_out reason=key",
	    "sales.flowed_out_count_all=0 pbx.inconsistent_total=0" },
	{ "0 queued direction=out; 5000 ended",
	    "sales.handled_count_all=0 pbx.inconsistent_total=0" },
	{ "0 queued direction=out; 5000 transferred to_queue=help",
	    "sales.transferred_count_all=1 sales.handled_count_all=0 pbx.inconsistent_total=0" },
	{ "0 queued direction=out; 30000@61000 answered",
	    "sales.in_progress_count=1 pbx.inconsistent_total=0" },
};

static const struct story deadlines[] = {
	{ "0 queued; 20000 tick", "sales.sl_late_count_all=0 sales.at_risk_count=1 "
	                          "sales.waiting_over_target_count=0 breach=" },
	{ "0 queued; 15000 tick", "sales.at_risk_count=0" },
	{ "0 queued; 15001 tick", "sales.at_risk_count=1 sales.oldest_wait_seconds=15.001" },
	{ "0 queued; 20001 tick",
	    "sales.sl_late_count_all=1 sales.at_risk_count=0 sales.waiting_over_target_count=1" },
	{ "0 queued; 60000 tick", "sales.stuck_count_all=0 sales.waiting_count=1" },
	{ "0 queued; 60001 tick", "sales.stuck_count_all=1 sales.waiting_count=0" },
	{ "0 queued; 1000 answered; 301000 tick",
	    "sales.stuck_handling_count_all=0 ann.state=on_contact" },
	{ "0 queued; 1000 answered; 301001 tick",
	    "sales.stuck_handling_count_all=1 ann.state=available sales.in_progress_count=0 "
	    "sales.handled_count_all=0" },
	{ "0 queued; 1000 answered; 2000 transferred to_agent=bob; 62000 answered agent=bob",
	    "pbx.inconsistent_total=0 sales.in_progress_count=1" },
	{ "0 queued; 1000 answered; 2000 transferred to_agent=bob; 62001 answered agent=bob",
	    "pbx.inconsistent_after_end_total=1 sales.in_progress_count=0 "
	    "sales.stuck_count_all=0" },
	{ "0 queued; 1000 answered; 3000 ended acw=1; 303000 tick", "ann.state=acw" },
	{ "0 queued; 1000 answered; 3000 ended acw=1; 303001 tick",
	    "ann.state=available ann.contacts_now_count=0 sales.acw_avg_seconds_all=0.000" },
	{ "0 queued; 1000 abandoned; 301000 abandoned", "pbx.inconsistent_after_end_total=1" },
	{ "0 queued; 1000 abandoned; 301001 abandoned", "pbx.inconsistent_unknown_visit_total=1" },
	{ "5000@0 queued", "sales.offered_count_all=0 sales.waiting_count=1 pbx.skewed_total=0" },
	{ "5000@0 queued; 4999 tick", "sales.offered_count_all=0" },
	{ "5000@0 queued; 5000 tick", "sales.offered_count_all=1 sales.offered_count_15m=1" },
	{ "5001@0 queued", "sales.offered_count_all=1 pbx.skewed_total=1" },
	{ "0 heartbeat; 0@5000 queued", "pbx.late_total=0" },
	{ "0 heartbeat; 0@5001 queued", "pbx.late_total=1 sales.offered_count_all=1" },
};

static const struct story restarts[] = {
	{ "0 restarted", "pbx.events_total=1 pbx.inconsistent_total=0 breach=" },
	{ "0 queued; 0 queued contact=c2; 1000 answered contact=c2; 0 queued contact=c3; 0 queued "
	  "contact=c4 source=chat; 5000 restarted",
	    "sales.stuck_count_all=2 sales.stuck_handling_count_all=1 sales.waiting_count=1 "
	    "sales.in_progress_count=0 "
	    "ann.state=available pbx.inconsistent_total=0 breach=late,stuck,late,stuck" },
	{ "0 queued; 1000 answered; 2000 transferred to_agent=bob; 3000 restarted; 4000 answered "
	  "agent=bob",
	    "pbx.inconsistent_after_end_total=1" },
	{ "0 queued; 1000 answered; 2000 ended acw=1; 3000 restarted",
	    "ann.state=available ann.contacts_now_count=0" },
};

/* The source cannot tell what became of it. */
static const struct story lost[] = {
	{ "0 queued; 5000 lost",
	    "sales.offered_count_all=1 sales.stuck_count_all=1 sales.sl_late_count_all=1 "
	    "sales.sl_n_all=1 sales.waiting_count=0 pbx.inconsistent_total=0 breach=late,stuck" },
	{ "0 queued; 1000 ringing; 5000 lost", "ann.state=available" },
	{ "0 queued; 0 queued contact=c2; 5000 lost",
	    "sales.stuck_count_all=1 sales.waiting_count=1" },
	{ "0 queued; 5000 lost queue=help channel=chat",
	    "sales.waiting_count=1 pbx.inconsistent_unknown_visit_total=1" },
	{ "0 queued visit=a; 5000 lost visit=b",
	    "sales.waiting_count=1 pbx.inconsistent_unknown_visit_total=1" },
	{ "0 queued; 1000 answered; 5000 lost",
	    "sales.stuck_handling_count_all=1 sales.handled_count_all=0 sales.in_progress_count=0 "
	    "sales.stuck_count_all=0 ann.state=available ann.contacts_now_count=0 "
	    "ann.state_since_epoch_ms=1767614405000 pbx.inconsistent_total=0" },
	{ "0 queued; 1000 answered; 2000 transferred to_agent=bob; 5000 lost; 6000 answered "
	  "agent=bob",
	    "sales.stuck_handling_count_all=0 pbx.inconsistent_after_end_total=1" },
	{ "0 queued; 1000 abandoned; 5000 lost",
	    "sales.stuck_count_all=0 pbx.inconsistent_after_end_total=1" },
	{ "0 queued; 1000 answered; 2000 ended acw=1; 5000 lost",
	    "ann.state=acw pbx.inconsistent_after_end_total=1" },
	{ "0 lost", "pbx.inconsistent_unknown_visit_total=1 sales.offered_count_all=0" },
	{ "0 queued direction=out; 5000 lost",
	    "sales.stuck_count_all=0 sales.sl_n_all=0 pbx.inconsistent_total=0 breach=" },
	/* what was before that is heard of after all */
	{ "0 queued; 5000 lost; 4000@6000 answered",
	    "sales.stuck_count_all=0 sales.answered_count_all=1 sales.sl_good_count_all=1 "
	    "sales.sl_late_count_all=0 pbx.inconsistent_total=0" },
	{ "0 queued; 5000 lost; 5001 answered",
	    "sales.stuck_count_all=1 pbx.inconsistent_after_end_total=1" },
	{ "0 queued; 1000 answered; 5000 lost; 4000@6000 ended",
	    "sales.stuck_handling_count_all=0 sales.handled_count_all=1 "
	    "sales.talk_avg_seconds_all=3.000 ann.state=available pbx.inconsistent_total=0" },
};

static const struct story agents[] = {
	{ "0 login queues=sales", "ann.state=available ann.queues=sales "
	                          "sales.agents_available_count=1 site.agents_staffed_count=1" },
	{ "0 login queues=sales; 10000 logout; 20000 tick",
	    "ann.state=offline sales.agents_offline_count=1 ann.login_seconds_all=10.000 "
	    "ann.staffed_seconds_all=10.000" },
	{ "0 login; 10000 state state=paused reason=lunch; 20000 tick",
	    "ann.state=paused ann.state_reason=lunch ann.paused_seconds_all=10.000 "
	    "ann.login_seconds_all=20.000 "
	    "ann.staffed_seconds_all=10.000 site.agents_paused_count=1 "
	    "ann.occupancy_ratio_all=0.0000" },
	{ "0 state state=paused reason=lunch; 1000 state state=available",
	    "ann.state=available ann.state_reason=" },
	{ "0 state state=paused; 1000 login", "ann.state=paused" },
	{ "0 joined; 1000 left", "ann.state=offline ann.queues=" },
	{ "0 joined; 0 joined queue=help; 1000 left", "ann.state=available ann.queues=help" },
	{ "0 login queues=sales; 1000 left", "ann.state=available ann.queues=" },
	{ "0 joined; 0 left", "ann.queues=" },
	{ "0 left; 0 joined", "ann.queues=sales" },
	{ "0 joined; 1000 logout; 2000 login", "ann.queues= ann.state=available" },
	{ "0 joined queue=new; 1000 queued queue=new channel=chat",
	    "new.channel=chat new.agents_available_count=1 chat.agents_available_count=1" },
	{ "0 queued; 1000 answered; 0 queued contact=c2; 2000 answered contact=c2; 3000 ended "
	  "contact=c2",
	    "ann.state=on_contact ann.contacts_now_count=1 "
	    "ann.state_since_epoch_ms=1767614401000" },
	{ "0 login; 10000 queued; 10000 answered; 40000 ended; 40000 tick",
	    "ann.on_contact_seconds_all=30.000 ann.available_seconds_all=10.000 "
	    "ann.occupancy_ratio_all=0.7500 "
	    "ann.handled_per_login_hour_all=90.000 ann.handled_per_staffed_hour_all=90.000 "
	    "site.occupancy_ratio_all=0.7500" },
	{ "0 login", "ann.handled_per_login_hour_all=NaN ann.handled_per_hour=0.000" },
};

static const struct story feeds[] = {
	{ "0 heartbeat seq=5 boot=1; 1 heartbeat seq=8 boot=1",
	    "pbx.lost_total=2 pbx.status=gap pbx.seq=8 pbx.events_total=2" },
	{ "0 heartbeat seq=5 boot=1; 1 heartbeat seq=8 boot=1; 2 heartbeat seq=6 boot=1; 3 "
	  "heartbeat seq=7 boot=1",
	    "pbx.lost_total=0 pbx.status=ok pbx.duplicate_total=0" },
	{ "0 heartbeat seq=5 boot=1; 1 heartbeat seq=8 boot=1; 2 heartbeat seq=6 boot=1; 3 "
	  "heartbeat seq=6 boot=1",
	    "pbx.lost_total=1 pbx.duplicate_total=1 pbx.status=gap" },
	{ "0 heartbeat seq=5 boot=1; 1 heartbeat seq=4 boot=1",
	    "pbx.duplicate_total=0 pbx.lost_total=0 pbx.events_total=2" },
	{ "0 heartbeat seq=5 boot=1; 1 heartbeat seq=4 boot=1; 2 heartbeat seq=4 boot=1",
	    "pbx.duplicate_total=1 pbx.lost_total=0" },
	{ "0 heartbeat seq=5 boot=2; 1 heartbeat seq=9 boot=1",
	    "pbx.duplicate_total=0 pbx.boot=2 pbx.seq=5" },
	{ "0 heartbeat seq=5 boot=1; 1 heartbeat seq=3 boot=2",
	    "pbx.lost_total=2 pbx.boot=2 pbx.seq=3" },
	{ "0 heartbeat seq=5 boot=1; 1 heartbeat seq=3 boot=2; 2 heartbeat seq=1 boot=2",
	    "pbx.lost_total=1" },
	{ "0 heartbeat seq=1 boot=1; 1 heartbeat seq=9001 boot=1; 2 heartbeat seq=8999 boot=1; 3 "
	  "heartbeat seq=4000 boot=1",
	    "pbx.lost_total=8997 pbx.duplicate_total=0" },
	{ "0 heartbeat seq=1 boot=1; 1 heartbeat seq=3 boot=1; 3600001 tick", "pbx.status=gap" },
	{ "0 heartbeat seq=1 boot=1; 1 heartbeat seq=3 boot=1; 3600002 tick",
	    "pbx.status=ok pbx.lost_total=1" },
	{ "0 queued seq=1 boot=1; 1 heartbeat seq=3 boot=1",
	    "sales.degraded=1 site.degraded=1 call.degraded=1 chat.degraded=0" },
	{ "0 queued; 100 queued contact=c2; 59999 tick",
	    "sales.offered_per_hour=120.000 sales.window_coverage_ratio=0.0167" },
	{ "0 tick", "sales.offered_per_hour=NaN sales.window_coverage_ratio=0.0000" },
};

STORIES(beginnings)
STORIES(answers)
STORIES(taken_back)
STORIES(leavings)
STORIES(ends)
STORIES(transfers)
STORIES(offers)
STORIES(outbound)
STORIES(deadlines)
STORIES(restarts)
STORIES(lost)
STORIES(agents)
STORIES(feeds)

/* ---- health */

static void
test_health(void **state)
{
	struct site site = usual_site();
	struct feed_def feed = { .name = (char[]){ "old" }, .silent_after = 60000 };
	struct telling t;

	(void)state;
	site.silent_after = 15000;
	site.feeds = &feed;
	site.nfeeds = 1;
	begin_telling(&t, &site);
	tell(&t, "0 queued; 1000 answered; 1000 ended; 2000 queued source=old contact=x");
	expect(&t, "sales.status=ok sales.sl_recover_count=0", "few visits");
	tell(&t,
	    "10000 queued; 31000 answered; 31000 ended; 31000 queued; 52000 answered; 52000 ended");
	tell(&t, "60000 queued; 81000 answered; 81000 ended; 81000 queued; 102000 answered; 102000 "
	         "ended");
	/* 1 of 6 within T (x is late too): (0.8 * 6 - 1) / 0.2 = 19 more */
	expect(&t, "sales.status=unknown sales.sl_recover_count=19 old.status=silent ann.status=ok",
	    "silent");
	tell(&t, "102000 heartbeat source=old");
	expect(&t,
	    "sales.status=crit call.status=crit site.status=crit chat.status=ok old.status=ok",
	    "late");
	tell(&t, "103000 heartbeat");
	expect(&t, "pbx.status=ok", "a source with heartbeats");
	tell(&t, "118000 tick");
	expect(&t, "pbx.status=ok", "not yet");
	tell(&t, "118001 tick");
	expect(&t,
	    "pbx.status=silent sales.status=unknown ann.status=unknown ann.degraded=1 "
	    "sales.degraded=1",
	    "silent");
	end_telling(&t);
}

static void
test_recovery_without_hope(void **state)
{
	struct site site = usual_site();
	struct telling t;

	(void)state;
	site.queues[0].policy.target = RATIO_ONE;
	begin_telling(&t, &site);
	tell(&t, "0 queued; 20001 tick");
	expect(&t, "sales.sl_recover_count=NaN sales.sl_ratio_all=0.0000",
	    "all of them is the promise");
	end_telling(&t);
}

/* ---- a day of 23 hours and one of 25, in Oslo */

static void
a_day_in_oslo(int64_t begin, int64_t hours, int32_t day_start)
{
	struct site site = usual_site();
	struct zone zone;
	struct telling t;
	char story[256];
	int64_t from = begin * MSEC_PER_SEC - KIT_NOON, to = from + hours * 3600000;
	int rc = zone_load(&zone, "Europe/Oslo");

	assert_int_equal(rc, 0);
	site.zones = &zone;
	site.day_start = day_start;
	begin_telling(&t, &site);
	snprintf(story, sizeof(story),
	    "%" PRId64 " queued; %" PRId64 " queued contact=c2; %" PRId64 " tick", from - 1, from,
	    to - 1);
	tell(&t, story);
	expect(&t,
	    "sales.offered_count_today=1 site.offered_count_today=1 sales.offered_count_all=2 "
	    "sales.stuck_count_today=2",
	    story); /* both stuck after the day began */
	snprintf(story, sizeof(story), "%" PRId64 " tick", to);
	tell(&t, story);
	expect(&t, "sales.offered_count_today=0 site.stuck_count_today=0 sales.offered_count_all=2",
	    story);
	end_telling(&t);
	zone_fini(&zone);
}

static void
test_days(void **state)
{
	(void)state;
	a_day_in_oslo(1774738800, 23, 0); /* 2026-03-29 00:00 +01:00 */
	a_day_in_oslo(1792879200, 25, 0); /* 2026-10-25 00:00 +02:00 */
	a_day_in_oslo(1774753200, 24, 5 * 3600); /* 2026-03-29 05:00 +02:00 */
	a_day_in_oslo(1774670400, 23, 5 * 3600); /* 2026-03-28 05:00 +01:00 */
}

/* ---- history */

struct sums {
	int64_t offered[HISTORY_COUNT], intervals[HISTORY_COUNT];
};

static void
sum_history(struct engine *e, enum scope scope, struct sums *s)
{
	const struct column *c;
	size_t n = engine_history_columns(e, &c), offered = 0;
	struct edge edge;

	while (offered < n && strcmp(c[offered].name, "offered_count") != 0)
		offered++;
	while (engine_edge(e, &edge)) {
		if (edge.type != EDGE_HISTORY || edge.object.scope != scope ||
		    edge.object.index != 0)
			continue;
		s->offered[edge.history] += edge.values[offered];
		s->intervals[edge.history]++;
		assert_int_equal(edge.id_ms, edge.start);
	}
}

static void
queue_at(struct engine *e, msec_t at, msec_t now)
{
	static unsigned n;
	char contact[16];
	struct event ev = { .has =
		                HAS(SOURCE) | HAS(TIME) | HAS(CHANNEL) | HAS(QUEUE) | HAS(CONTACT),
		.event = EV_QUEUED,
		.source = STR_LIT("pbx"),
		.time = at,
		.queue = STR_LIT("sales") };

	snprintf(contact, sizeof(contact), "h%u", n++);
	ev.contact = kit_str(contact);
	engine_apply(e, &ev, now);
}

/* An interval closes 15 s after its end, and what comes later is in the next. */
static void
test_history_edges(void **state)
{
	struct site site = usual_site();
	struct engine *e = engine_new(&site);
	struct sums s = { 0 };

	(void)state;
	queue_at(e, KIT_NOON + 59999, KIT_NOON + 59999);
	queue_at(e, KIT_NOON + 60000, KIT_NOON + 60000);
	engine_tick(e, KIT_NOON + 74999);
	sum_history(e, SCOPE_QUEUE, &s);
	/* the minute to noon is over when the first event came */
	assert_int_equal(s.intervals[HISTORY_MINUTE], 0);
	queue_at(e, KIT_NOON + 30000, KIT_NOON + 74999);
	engine_tick(e, KIT_NOON + 75000);
	sum_history(e, SCOPE_QUEUE, &s);
	assert_int_equal(s.intervals[HISTORY_MINUTE], 1);
	assert_int_equal(s.offered[HISTORY_MINUTE], 2);
	queue_at(e, KIT_NOON + 30000, KIT_NOON + 75000); /* too late for its own */
	engine_tick(e, KIT_NOON + 135000);
	sum_history(e, SCOPE_QUEUE, &s);
	assert_int_equal(s.offered[HISTORY_MINUTE], 4);
	assert_int_equal(s.intervals[HISTORY_MINUTE], 2);
	engine_free(e);
}

/* However late and with nights between: what the intervals hold is what was. */
static void
test_history_sums(void **state)
{
	struct site site = usual_site();
	struct engine *e;
	struct sums s;
	msec_t now;
	unsigned i;

	(void)state;
	for (unsigned scope = SCOPE_QUEUE; scope <= SCOPE_SITE; scope += SCOPE_SITE - SCOPE_QUEUE) {
		s = (struct sums){ 0 };
		e = engine_new(&site);
		now = KIT_NOON;
		for (i = 0; i < 500; i++) {
			now += (i * 7919 % 90) * 1000;
			if (i % 100 == 99)
				now += 14 * INT64_C(3600000); /* a night */
			queue_at(e, now - (i % 5 == 0 ? i * 977 % 600000 : 0), now);
			sum_history(e, (enum scope)scope, &s);
		}
		engine_tick(e, now + 3 * INT64_C(86400000));
		sum_history(e, (enum scope)scope, &s);
		for (i = 0; i < HISTORY_COUNT; i++)
			assert_int_equal(s.offered[i], 500);
		assert_int_equal(s.intervals[HISTORY_DAY], 6);
		engine_free(e);
	}
}

/* ---- who handled it is not remembered for ever */

static void
test_handler_forgotten(void **state)
{
	struct site site;
	struct telling t;
	char story[128];

	(void)state;
	kit_site(&site);
	begin_telling(&t, &site);
	tell(&t, "0 queued; 1000 answered; 301001 tick; 302000 logout");
	/* the contact is kept alive for three days, the agent is not */
	for (int64_t at = 400000; at < 3 * INT64_C(86400000); at += 299000) {
		snprintf(story, sizeof(story), "%" PRId64 " message from=customer", at);
		tell(&t, story);
	}
	assert_false(engine_exists(t.e, kit_object(t.e, SCOPE_AGENT, "ann")));
	tell(&t, "200000@259300000 ended");
	tell(&t, "259300001 login agent=new");
	expect(&t, "new.state=available new.contacts_now_count=0", "another agent in her place");
	end_telling(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_beginnings),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_taken_back),
		cmocka_unit_test(test_leavings),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_transfers),
		cmocka_unit_test(test_offers),
		cmocka_unit_test(test_outbound),
		cmocka_unit_test(test_deadlines),
		cmocka_unit_test(test_restarts),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_agents),
		cmocka_unit_test(test_feeds),
		cmocka_unit_test(test_health),
		cmocka_unit_test(test_recovery_without_hope),
		cmocka_unit_test(test_days),
		cmocka_unit_test(test_history_edges),
		cmocka_unit_test(test_history_sums),
		cmocka_unit_test(test_handler_forgotten),
	};

	return cmocka_run_group_tests_name("visits", tests, NULL, NULL);
}
