# SPDX-License-Identifier: MIT
"""The oracle against scenarios small enough to work out by hand from the
contract's section 3 and doc/counting.md.  Times are seconds after T0."""
import math
from datetime import datetime, timezone

import pytest

from oracle_days import day_begin
from oracle_site import Site, check, ms

MINUTE, HOUR = 60, 3600


@pytest.fixture
def s():
    return Site()


# ---- a visit from its beginning to its end

def test_one_call(s):
    s.call(0, 8, 60, "a")
    check(s.queue(100), waiting_count=0, in_progress_count=0, offered_count_15m=1,
          answered_count_15m=1, handled_count_15m=1, asa_seconds_15m="8.000",
          aht_seconds_15m="60.000", talk_avg_seconds_15m="60.000",
          wait_max_seconds_15m="8.000", sl_ratio_15m="1.0000", sl_n_15m=1)


def test_nothing_yet_is_undefined(s):
    s.tell(0, "queued", "a")
    check(s.queue(1), asa_seconds_15m="NaN", aht_seconds_15m="NaN", sl_ratio_15m="NaN",
          abandon_ratio_15m="NaN", wait_p50_seconds_15m="NaN", transfer_ratio_15m="NaN",
          sl_n_15m=0, sl_recover_count=0)


def test_who_waits(s):
    s.tell(0, "queued", "a")
    s.tell(4, "queued", "b")
    s.tell(20, "queued", "c")
    check(s.queue(20), waiting_count=3, oldest_wait_seconds="20.000",
          waiting_over_target_count=0, at_risk_count=2)     # 20 and 16 of 20, past 15
    check(s.queue(20.001), oldest_wait_seconds="20.001", waiting_over_target_count=1,
          at_risk_count=1, sl_late_count_15m=1)


def test_at_risk_begins_after_three_quarters(s):
    s.tell(0, "queued", "a")
    check(s.queue(15), at_risk_count=0)
    check(s.queue(15.001), at_risk_count=1)


def test_an_answer_on_the_threshold_is_good(s):
    s.call(0, 20, 5, "a")
    s.call(0, 20.001, 5, "b")
    check(s.queue(60), sl_good_count_15m=1, sl_late_count_15m=1, sl_ratio_15m="0.5000")


def test_the_sources_own_wait_wins_over_the_late_counted(s):
    s.tell(0, "queued", "a")
    assert s.queue(21)["sl_late_count_15m"] == "1"
    s.tell(22, "answered", "a", agent="ann", wait_ms=19_000)
    check(s.queue(23), sl_late_count_15m=0, sl_good_count_15m=1, asa_seconds_15m="19.000")


def test_late_counts_when_the_threshold_passed(s):
    s.call(0, 50, 5, "a")
    # counted at second 20: the 15 minutes that begin at 21 hold the answer only
    check(s.queue(19 + 900), sl_late_count_15m=1)
    check(s.queue(20 + 900), sl_late_count_15m=0, answered_count_15m=1)


# ---- windows

def test_a_rolling_window_covers_its_seconds_and_no_more(s):
    s.tell(0.999, "queued", "a")
    check(s.queue(899.999), offered_count_15m=1)
    check(s.queue(900), offered_count_15m=0, offered_count_60m=1)
    check(s.queue(3600), offered_count_60m=0, offered_count_today=1)


def test_today_ends_at_midnight(s):
    s.tell(0, "queued", "a")
    check(s.queue(12 * HOUR - 1), offered_count_today=1)
    check(s.queue(12 * HOUR), offered_count_today=0)


def test_an_event_just_ahead_waits_for_its_second(s):
    s.tell(3, "queued", "a", hears=0)
    check(s.queue(2.9), offered_count_15m=0)
    check(s.queue(3), offered_count_15m=1)
    check(s.feed(3), skewed_total=0)


def test_an_event_far_ahead_counts_now_and_is_skewed(s):
    s.tell(5.001, "queued", "a", hears=0)
    check(s.queue(0), offered_count_15m=1)
    check(s.feed(0), skewed_total=1)


def test_a_late_event_counts_where_it_belongs(s):
    s.tell(0, "heartbeat")
    s.tell(100, "queued", "a", hears=1001)
    check(s.queue(1001), offered_count_15m=0, offered_count_60m=1)
    check(s.feed(1001), late_total=1)


@pytest.mark.parametrize("zone, at, begins", [
    ("UTC", "2026-06-30 12:00", "2026-06-30 00:00"),
    ("Europe/Oslo", "2026-03-29 12:00", "2026-03-28 23:00"),    # 23 hours long
    ("Europe/Oslo", "2026-03-29 22:00", "2026-03-29 22:00"),
    ("Europe/Oslo", "2026-10-25 22:59", "2026-10-24 22:00"),    # 25 hours long
    ("Asia/Kathmandu", "2026-01-01 00:00", "2025-12-31 18:15"),
    ("America/Sao_Paulo", "2018-11-04 12:00", "2018-11-04 03:00"),  # midnight skipped
])
def test_days_begin(zone, at, begins):
    def epoch(text):
        return int(datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp())
    assert day_begin(zone, epoch(at), 0) == epoch(begins)


def test_a_day_that_starts_in_the_skipped_hour():
    # 02:30 does not exist in Oslo on 2026-03-29: the day begins at 03:00, 01:00 UTC
    noon = int(datetime(2026, 3, 29, 12, tzinfo=timezone.utc).timestamp())
    assert day_begin("Europe/Oslo", noon, 9000) == noon - 11 * HOUR


# ---- outcomes and the formulas

def seven_ways(s):
    """Good 3, short 1, abandoned 1, late 2 (answered 1, abandoned 1), flowed 1,
    callback 1."""
    fates = [(1, "answered"), (5, "abandoned"), (6, "abandoned"), (7, "flowed_out"),
             (8, "callback"), (10, "answered"), (20, "answered"), (30, "answered"),
             (40, "abandoned")]
    more = {"answered": {"agent": "ann"}, "flowed_out": {"reason": "timeout"}}
    for i in range(len(fates)):
        s.tell(0, "queued", f"c{i}")
    for i, (wait, kind) in enumerate(fates):
        s.tell(wait, kind, f"c{i}", **more.get(kind, {}))
    return s.queue(50)


def test_counts_of_seven_ways(s):
    check(seven_ways(s), offered_count_15m=9, answered_count_15m=4, abandoned_count_15m=3,
          short_abandoned_count_15m=1, flowed_out_count_15m=1, callback_count_15m=1,
          flowed_out_timeout_count_15m=1, flowed_out_key_count_15m=0,
          sl_good_count_15m=3, sl_short_count_15m=1, sl_abandoned_count_15m=1,
          sl_late_count_15m=2, sl_flowed_count_15m=1, sl_callback_count_15m=1,
          abandon_ratio_15m="0.3333")                   # 2 / (4 + 2)


@pytest.mark.parametrize("formula, value, n", [
    ("short_removed", "0.5000", 6),     # 3 / (3+1+2)
    ("negative", "0.4286", 7),          # 3 / (3+1+1+2)
    ("ignore", "0.6000", 5),            # 3 / (3+2)
    ("positive", "0.7143", 7),          # (3+1+1) / 7
    ("short_credit", "0.5714", 7),      # (3+1) / 7
    ("flowouts", "0.4286", 7),          # 3 / (6+1)
    ("connect", "0.6667", 9),           # (3+1+1+1) / (3+1+1+1+1+2)
    ("answered_only", "0.7500", 4),     # 3 of 4
])
def test_formulas(formula, value, n):
    f = seven_ways(Site(call={"sl_formula": formula}))
    check(f, sl_ratio_15m=value, sl_n_15m=n, **{f"sl_ratio_{formula}_15m": value})


def test_recover_and_status(s):
    f = seven_ways(s)
    # p 0.8, g 3, n 6: (4.8 - 3) / 0.2 = 9; the ratio 0.5 is far below 0.8
    check(f, sl_recover_count=9, status="crit")


def test_recover_of_a_target_of_one():
    f = seven_ways(Site(call={"target": "1"}))
    check(f, sl_recover_count="NaN", sl_target_ratio="1.0000")


def test_percentiles_are_nearest_rank(s):
    for i in range(1, 11):
        s.call(0, i, 1, f"c{i}")
    f = s.queue(60)
    assert f["wait_p50_seconds_15m"] == 5000
    assert f["wait_p90_seconds_15m"] == 9000
    assert f["wait_p95_seconds_15m"] == 10000


def test_means_round_half_up(s):
    s.call(0, 1, 1, "a")
    s.call(10, 1.001, 1, "b")
    check(s.queue(60), asa_seconds_15m="1.001")         # 1000.5 ms


# ---- handle time

def test_hold_and_wrap_up(s):
    s.tell(0, "queued", "a")
    s.tell(5, "answered", "a", agent="ann")
    s.tell(15, "held", "a", agent="ann")
    s.tell(18, "held", "a", agent="ann")                # again: nothing
    s.tell(25, "resumed", "a", agent="ann")
    s.tell(45, "ended", "a", agent="ann", acw=True)
    s.tell(60, "wrapped", "a", agent="ann")
    check(s.queue(100), talk_avg_seconds_15m="30.000", hold_avg_seconds_15m="10.000",
          acw_avg_seconds_15m="15.000", aht_seconds_15m="55.000")
    check(s.feed(100), inconsistent_total=0)
    check(s.agent(100), on_contact_seconds_15m="30.000", on_hold_seconds_15m="10.000",
          acw_seconds_15m="15.000", state="available", login_seconds_15m="95.000")


def test_the_sources_own_durations_win(s):
    s.tell(0, "queued", "a")
    s.tell(1, "answered", "a", agent="ann")
    s.tell(50, "ended", "a", talk_ms=7000, hold_ms=2000)
    check(s.queue(60), aht_seconds_15m="9.000")


def test_end_without_answer_is_handled_with_unknown_times(s):
    s.tell(0, "ended", "x", agent="ann")
    check(s.queue(1), handled_count_15m=1, aht_seconds_15m="NaN", offered_count_15m=0)
    check(s.feed(1), inconsistent_unknown_visit_total=1)


def test_end_of_one_who_waits(s):
    s.tell(0, "queued", "a")
    s.tell(3, "ended", "a", agent="ann")
    check(s.queue(4), handled_count_15m=1, stuck_count_15m=1, sl_late_count_15m=1,
          waiting_count=0, answered_count_15m=0)
    check(s.feed(4), inconsistent_unanswered_total=1)


def test_transfer_to_an_agent_goes_on(s):
    s.tell(0, "queued", "a")
    s.tell(2, "answered", "a", agent="ann")
    s.tell(12, "transferred", "a", agent="ann", to_agent="bob")
    check(s.queue(13), in_progress_count=0, handled_count_15m=1)
    s.tell(14, "answered", "a", agent="bob")
    s.tell(44, "ended", "a")
    check(s.queue(50), offered_count_15m=1, answered_count_15m=1, handled_count_15m=2,
          transferred_count_15m=1, transfer_ratio_15m="0.5000", aht_seconds_15m="20.000",
          sl_n_15m=1)


def test_outbound_counts_in_handle_time_only(s):
    s.tell(0, "queued", "a", direction="out")
    check(s.queue(1), waiting_count=0, offered_count_15m=0)
    s.tell(2, "answered", "a", agent="ann")
    check(s.queue(3), in_progress_count=1)
    s.tell(12, "ended", "a")
    check(s.queue(20), answered_count_15m=0, handled_count_15m=1, aht_seconds_15m="10.000",
          sl_n_15m=0)


# ---- contradictions

def test_queued_again_is_dropped(s):
    s.tell(0, "queued", "a")
    s.tell(5, "queued", "a")
    check(s.queue(6), offered_count_15m=1, oldest_wait_seconds="6.000")
    check(s.feed(6), inconsistent_queued_again_total=1)


def test_another_visit_closes_the_open_one(s):
    s.tell(0, "queued", "a", visit="1")
    s.tell(5, "queued", "a", visit="2")
    check(s.queue(6), offered_count_15m=2, stuck_count_15m=1, waiting_count=1,
          oldest_wait_seconds="1.000", sl_late_count_15m=1)


def test_answered_unknown_began_its_wait_ago(s):
    s.tell(30, "answered", "a", agent="ann", wait_ms=12_000)
    check(s.queue(31), offered_count_15m=1, answered_count_15m=1, asa_seconds_15m="12.000",
          sl_good_count_15m=1)
    check(s.feed(31), inconsistent_unknown_visit_total=1)


def test_second_outcomes_are_dropped(s):
    s.call(0, 2, 5, "a")
    s.tell(8, "abandoned", "a")
    s.tell(9, "answered", "a", agent="bob")
    s.tell(9, "ended", "a")
    check(s.queue(10), answered_count_15m=1, abandoned_count_15m=0, handled_count_15m=1)
    check(s.feed(10), inconsistent_after_end_total=3)


def test_after_answer_and_not_handling(s):
    s.tell(0, "queued", "a")
    s.tell(1, "answered", "a", agent="ann")
    s.tell(2, "answered", "a", agent="bob")
    s.tell(3, "abandoned", "a")
    s.tell(4, "held", "a", agent="bob")
    s.tell(5, "wrapped", "a", agent="ann")
    check(s.feed(6), inconsistent_answered_again_total=1, inconsistent_after_answer_total=1,
          inconsistent_not_handling_total=1, inconsistent_wrapped_unasked_total=1,
          inconsistent_total=4)


def test_missed_and_escalated_count_whatever_the_visit(s):
    s.tell(0, "missed", "x", agent="ann")
    s.tell(0, "escalated", "x", agent="ann")
    check(s.queue(1), missed_count_15m=1, escalated_count_15m=1, offered_count_15m=0)
    check(s.feed(1), inconsistent_unknown_visit_total=2)


# ---- deadlines

def test_waiting_too_long_is_stuck_and_can_be_taken_back():
    s = Site(call={"max_wait": 60_000})
    s.tell(0, "queued", "a")
    check(s.queue(60), stuck_count_15m=0, waiting_count=1)
    check(s.queue(60.001), stuck_count_15m=1, waiting_count=0, sl_late_count_15m=1)
    s.tell(15, "answered", "a", agent="ann", hears=70)
    check(s.queue(70), stuck_count_15m=0, answered_count_15m=1, sl_good_count_15m=1,
          sl_late_count_15m=0, in_progress_count=1)


def test_handled_too_long_is_stuck_and_can_be_taken_back():
    s = Site(call={"max_handle": 60_000})
    s.tell(0, "queued", "a")
    s.tell(10, "answered", "a", agent="ann")
    check(s.queue(71), stuck_handling_count_15m=1, in_progress_count=0, handled_count_15m=0)
    check(s.agent(80), on_contact_seconds_15m="60.000", available_seconds_15m="10.000")
    s.tell(40, "ended", "a", hears=90)
    check(s.queue(90), stuck_handling_count_15m=0, handled_count_15m=1,
          talk_avg_seconds_15m="30.000")
    check(s.agent(90), on_contact_seconds_15m="30.000", available_seconds_15m="50.000")


def test_after_contact_work_that_never_ends():
    s = Site(call={"max_handle": 60_000})
    s.tell(0, "queued", "a")
    s.tell(1, "answered", "a", agent="ann")
    s.tell(2, "ended", "a", acw=True)
    check(s.agent(62), state="acw", contacts_now_count=1)
    check(s.agent(63), state="available", contacts_now_count=0, acw_seconds_15m="60.000")
    check(s.queue(63), acw_avg_seconds_15m="0.000", aht_seconds_15m="1.000")


def test_a_contact_is_forgotten_after_five_minutes(s):
    s.call(0, 1, 2, "a")
    s.tell(3 + 300, "abandoned", "a")
    check(s.feed(304), inconsistent_after_end_total=1)      # and was heard of again
    s.tell(303 + 300.001, "abandoned", "a", wait_ms=3000)
    check(s.feed(700), inconsistent_unknown_visit_total=1)
    check(s.queue(700), offered_count_15m=2, short_abandoned_count_15m=1)


def test_restarted_loses_the_open_visits(s):
    s.tell(0, "queued", "a")
    s.tell(0, "queued", "b")
    s.tell(1, "answered", "b", agent="ann")
    s.tell(5, "restarted")
    check(s.queue(6), stuck_count_15m=1, stuck_handling_count_15m=1, waiting_count=0,
          in_progress_count=0)
    check(s.feed(6), inconsistent_total=0)


# ---- the forecast

def three_calls(s):
    """In 600 seconds, of 100 s each: a load of a half."""
    for start in (0, 200, 499):
        s.call(start, 0, 100, f"c{start}")


def test_forecast_of_the_patient(s):
    three_calls(s)
    f = s.queue(599)
    check(f, nowcast_model="erlang_c", agents_required_count=2, agents_gap_count=-1,
          patience_seconds="NaN")
    assert f["nowcast_sl_ratio"].value == pytest.approx(1 - math.exp(-0.1) / 2)
    assert f["offered_load_erlangs"].value == pytest.approx(0.5)


def test_forecast_with_people_giving_up(s):
    """As many leave waiting as talking: Poisson with mean 1."""
    three_calls(s)
    for contact in "abc":
        s.tell(300, "queued", contact)
    s.tell(310, "abandoned", "a")
    s.tell(390, "callback", "b")
    s.tell(300, "answered", "c", agent="ann")
    s.tell(400, "ended", "c", agent="ann")
    f, y = s.queue(599), 1 - math.exp(-0.2)
    check(f, nowcast_model="erlang_a", agents_required_count=3, agents_gap_count=-2)
    assert f["patience_seconds"].value == 100       # 10 + 90 s, one gave up
    assert f["nowcast_sl_ratio"].value == pytest.approx((math.exp(y) * (2 - y) - 1) / math.e)
    assert f["est_wait_seconds"].value == 0


def test_no_forecast_of_too_little(s):
    three_calls(s)
    check(s.queue(499 + 1800 - 1), nowcast_model="erlang_c")
    check(s.queue(499 + 1800), nowcast_model="none", nowcast_sl_ratio="NaN")


# ---- agents

def test_a_day_of_an_agent(s):
    s.tell(0, "login", agent="ann", queues=["sales"])
    s.tell(10, "state", agent="ann", state="paused", reason="lunch")
    s.tell(30, "state", agent="ann", state="available")
    s.tell(40, "logout", agent="ann")
    s.tell(40, "queued", "a")
    f = s.agent(100)
    check(f, state="offline", available_seconds_15m="20.000", paused_seconds_15m="20.000",
          login_seconds_15m="40.000", staffed_seconds_15m="20.000",
          occupancy_ratio_15m="0.0000", state_since_epoch_ms=ms(40))
    check(s.queue(100), agents_offline_count=1, agents_staffed_count=0)


def test_a_late_pause_is_put_in_its_place(s):
    s.tell(0, "login", agent="ann", queues=[])
    s.tell(30, "state", agent="ann", state="available")
    s.tell(10, "state", agent="ann", state="paused", hears=50)
    check(s.agent(50), paused_seconds_15m="20.000", available_seconds_15m="30.000",
          state="available")


def test_the_busiest_state_wins(s):
    s.tell(0, "queued", "a")
    s.tell(0, "queued", "b")
    s.tell(0, "answered", "a", agent="ann")
    s.tell(0, "answered", "b", agent="ann")
    s.tell(10, "held", "a", agent="ann")
    check(s.agent(15), state="on_contact", contacts_now_count=2)
    s.tell(20, "held", "b", agent="ann")
    check(s.agent(21), state="on_hold")


def test_membership_follows_joined_and_left(s):
    s.tell(0, "queued", "a")
    s.tell(0, "joined", agent="ann", queue="sales")
    check(s.queue(1), agents_available_count=1)
    s.tell(2, "left", agent="ann", queue="sales")
    check(s.queue(3), agents_available_count=0, agents_offline_count=0)
    check(s.agent(3), state="offline", queues="")          # she never said login


def test_an_end_before_its_begin_counts_at_the_begin(s):
    s.tell(0, "queued", "a")
    s.tell(10, "answered", "a", agent="ann")
    s.tell(9, "ended", "a", hears=11)
    check(s.agent(20), state="available", on_contact_seconds_15m="0.000")
    check(s.queue(20), talk_avg_seconds_15m="0.000")


def test_handled_per_login_hour(s):
    s.call(0, 10, 80, "a")
    check(s.agent(100), login_seconds_15m="90.000", handled_per_login_hour_15m="40.000",
          occupancy_ratio_15m="0.8889")


# ---- feeds and health

def test_duplicates_holes_and_fillings(s):
    for seq in (5, 6, 9, 9, 7, 7):
        s.tell(seq, "heartbeat", seq=seq, hears=10)
    check(s.feed(10), seq=9, events_total=4, duplicate_total=2, lost_total=1, status="gap")
    s.tell(8, "heartbeat", seq=8, hears=11)
    check(s.feed(11), lost_total=0, status="ok")


def test_a_new_boot_starts_from_one(s):
    s.tell(0, "heartbeat", boot=1, seq=50)
    s.tell(1, "heartbeat", boot=2, seq=3)
    s.tell(2, "heartbeat", boot=1, seq=51)
    check(s.feed(3), lost_total=2, duplicate_total=0, seq=3)


def test_a_number_counts_once_however_late(s):
    s.tell(0, "heartbeat", boot=1, seq=1)
    s.tell(1, "heartbeat", boot=1, seq=9000)
    s.tell(2, "heartbeat", boot=2, seq=1)
    for again in (3, 4):
        for seq in range(2, 9000):
            s.tell(again, "heartbeat", boot=1, seq=seq)
    check(s.feed(5), lost_total=0, duplicate_total=8998, events_total=9001, boot=2, seq=1)


def test_what_was_before_our_time_is_taken_and_not_missed(s):
    s.tell(0, "heartbeat", boot=2, seq=5)
    s.tell(1, "heartbeat", boot=2, seq=3)
    s.tell(2, "heartbeat", boot=1, seq=7)
    check(s.feed(3), lost_total=0, duplicate_total=0, events_total=3, boot=2, seq=5)


def test_a_fifth_numbering_pushes_out_the_oldest(s):
    for boot in (1, 2, 3, 4, 5):
        s.tell(boot, "heartbeat", boot=boot, seq=3)
    check(s.feed(6), lost_total=8, given_up_total=0, events_total=5)
    s.tell(7, "heartbeat", boot=1, seq=2)
    s.tell(8, "heartbeat", boot=6, seq=1)
    check(s.feed(9), lost_total=8, given_up_total=2, duplicate_total=1)


def test_a_source_with_a_heartbeat_falls_silent(s):
    s.tell(0, "heartbeat")
    s.tell(0, "queued", "a")
    check(s.feed(15), status="ok")
    check(s.feed(15.001), status="silent")
    check(s.queue(15.001), status="unknown", degraded=1)


def test_per_hour_of_what_was_observed(s):
    s.call(0, 1, 2, "a")
    # observed 30 seconds count as 60
    check(s.queue(29), offered_per_hour="60.000", window_coverage_ratio="0.0083")
    # 600 seconds: 1 * 3600 / 600
    check(s.queue(599), handled_per_hour="6.000", window_coverage_ratio="0.1667")
    check(s.queue(7200), offered_per_hour="0.000", window_coverage_ratio="1.0000")


def test_channel_and_site_redivide(s):
    s.call(0, 10, 5, "a")
    s.tell(0, "queued", "m", channel="email", queue="mail")
    s.tell(30, "answered", "m", channel="email", queue="mail", agent="bob")
    check(s.site(60), asa_seconds_15m="20.000", answered_count_15m=2, sl_n_15m=1)


def test_a_calls_time_in_another_name_of_its_queue():
    s = Site(queues={"sales": {"channel": "call", "match": ["1001"]}})
    s.tell(0, "queued", "a", queue="1001")
    s.tell(1, "answered", "a", agent="ann")
    check(s.queue(2), answered_count_15m=1)


def test_clock_of_events():
    s = Site(clock="events")
    s.tell(0, "queued", "a", hears=99999)
    s.tell(30, "heartbeat", hears=0)
    check(s.queue(30), sl_late_count_15m=1, waiting_over_target_count=1)
