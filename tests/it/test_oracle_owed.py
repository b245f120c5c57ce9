# SPDX-License-Identifier: MIT
"""The oracle's matters, clocks and outcomes against cases small enough to work
out by hand from doc/counting.md.  Times are seconds after a Tuesday's noon."""
import pytest

import oracle_owed
from oracle_site import Site, check, ms

pytestmark = pytest.mark.scripts  # no program of ours runs in it
MINUTE, HOUR, DAY = 60, 3600, 86400
CHAT = {"channel": "chat", "queue": "desk"}
MAIL = {"channel": "email", "queue": "mail"}


def a_site(**config):
    queues = {
        "sales": {"channel": "call", "first_response": 30_000},
        "bare": {"channel": "call"},
        "desk": {"channel": "chat", "first_response": 60_000, "next_response": 120_000,
                 "max_wait": 600_000},
        "desk2": {"channel": "chat", "first_response": 30_000},
        "talk": {"channel": "chat", "resolution": 3_600_000},
        "mail": {"channel": "email", "first_response": 4 * HOUR * 1000,
                 "next_response": HOUR * 1000, "resolution": 16 * HOUR * 1000,
                 "calendar": "office"},
        "brief": {"channel": "email", "max_open": 1_000_000},
    }
    office = {"zone": "UTC", "open": ["mon-fri 08:00-16:00"]}
    return Site(queues=queues, calendars={"office": office}, **config)


@pytest.fixture
def s():
    return a_site()


def says(s, at, who, contact="a", **more):
    s.tell(at, "message", contact, **{"from": who, "agent": "ann", **CHAT, **more})


# ---- first response

def test_a_chat_answered_in_time(s):
    s.tell(0, "queued", "a", **CHAT)
    check(s.queue(40, "desk"), first_response_running_count=1, first_response_due_1h_count=1,
          first_response_oldest_seconds="40.000", backlog_count=1)
    says(s, 60, "agent")
    check(s.queue(61, "desk"), first_response_met_count_15m=1, first_response_ratio_15m="1.0000",
          first_response_avg_seconds_15m="60.000", first_response_running_count=0,
          first_response_oldest_seconds="0.000", backlog_count=1)
    check(s.agent(61), first_response_met_count_15m=1)


def test_a_clock_is_missed_when_it_is_due(s):
    s.tell(0, "queued", "a", **CHAT)
    check(s.queue(60, "desk"), first_response_missed_count_15m=0, first_response_due_1h_count=1)
    check(s.queue(60.001, "desk"), first_response_missed_count_15m=1,
          first_response_overdue_count=1, first_response_running_count=1,
          first_response_due_1h_count=0)
    assert s.oracle.breaches == [("first_response", "desk", "a", "", 60_000)]
    says(s, 90, "agent")
    check(s.queue(90, "desk"), first_response_missed_count_15m=1, first_response_met_count_15m=0,
          first_response_avg_seconds_15m="90.000", first_response_overdue_count=0,
          first_response_ratio_15m="0.0000")


def test_it_is_missed_at_the_second_it_was_due(s):
    s.tell(0, "queued", "a", **CHAT)
    check(s.queue(959, "desk"), first_response_missed_count_15m=1)
    check(s.queue(960, "desk"), first_response_missed_count_15m=0)


def test_a_response_told_late_takes_the_miss_back_but_not_the_breach(s):
    s.tell(0, "queued", "a", **CHAT)
    check(s.queue(61, "desk"), first_response_missed_count_15m=1)
    says(s, 60, "agent", hears=70)
    check(s.queue(70, "desk"), first_response_missed_count_15m=0, first_response_met_count_15m=1)
    assert len(s.oracle.breaches) == 1


@pytest.mark.parametrize("who, more", [
    ("bot", {}), ("auto", {}), ("agent", {"public": False}), ("customer", {})])
def test_what_is_no_response(s, who, more):
    s.tell(0, "queued", "a", **CHAT)
    says(s, 10, who, **more)
    check(s.queue(11, "desk"), first_response_running_count=1, first_response_met_count_15m=0,
          next_response_running_count=0)


def test_a_call_is_responded_to_by_its_answer(s):
    s.tell(0, "queued", "a")
    s.tell(12, "answered", "a", agent="ann")
    check(s.queue(13), first_response_met_count_15m=1, response_avg_seconds_15m="12.000",
          backlog_count=1)
    s.tell(20, "ended", "a")
    check(s.queue(21), backlog_count=0)


def test_a_chat_is_not_responded_to_by_its_answer(s):
    s.tell(0, "queued", "a", **CHAT)
    s.tell(12, "answered", "a", agent="ann", **CHAT)
    check(s.queue(13, "desk"), first_response_met_count_15m=0, first_response_running_count=1)


def test_an_answer_that_begins_a_visit_began_the_clock(s):
    s.tell(50, "answered", "a", agent="ann", wait_ms=20_000)
    check(s.queue(51), first_response_met_count_15m=1, first_response_avg_seconds_15m="20.000")


def test_a_call_of_a_queue_that_promises_nothing_is_owed_nothing(s):
    s.tell(0, "queued", "a", queue="bare")
    check(s.queue(1, "bare"), backlog_count=0)


def test_who_leaves_is_owed_nothing(s):
    s.tell(0, "queued", "a", **CHAT)
    s.tell(61, "abandoned", "a", **CHAT)
    check(s.queue(62, "desk"), backlog_count=0, first_response_running_count=0,
          first_response_missed_count_15m=1, first_response_avg_seconds_15m="NaN")


def test_a_promise_goes_along_to_another_queue(s):
    s.tell(0, "queued", "a", **CHAT)
    s.tell(10, "answered", "a", agent="ann", **CHAT)
    s.tell(20, "transferred", "a", agent="ann", to_queue="desk2", **CHAT)
    s.tell(21, "queued", "a", channel="chat", queue="desk2")
    check(s.queue(60, "desk2"), first_response_running_count=1, backlog_count=1,
          first_response_missed_count_15m=0)
    check(s.queue(60, "desk"), first_response_running_count=0, backlog_count=0)
    check(s.queue(61, "desk2"), first_response_missed_count_15m=1)
    check(s.queue(61, "desk"), first_response_missed_count_15m=0)


def test_a_transfer_nobody_follows_is_the_end(s):
    s.tell(0, "queued", "a", **CHAT)
    s.tell(10, "answered", "a", agent="ann", **CHAT)
    s.tell(20, "transferred", "a", agent="ann", to_queue="elsewhere", **CHAT)
    check(s.queue(620, "desk"), backlog_count=1, first_response_running_count=1)
    check(s.queue(620.001, "desk"), backlog_count=0, first_response_running_count=0)


def test_out_of_the_house_is_the_end(s):
    s.tell(0, "queued", "a", **CHAT)
    s.tell(10, "answered", "a", agent="ann", **CHAT)
    s.tell(20, "transferred", "a", agent="ann", to_external="+47", **CHAT)
    check(s.queue(21, "desk"), backlog_count=0, first_response_met_count_15m=0)


def test_a_source_that_restarts_has_lost_its_chats(s):
    s.tell(0, "queued", "a", **CHAT)
    s.tell(0, "queued", "m", **MAIL)
    s.tell(5, "restarted")
    check(s.queue(6, "desk"), backlog_count=0, first_response_running_count=0)
    check(s.queue(6, "mail"), backlog_count=1, first_response_running_count=1)


# ---- next response

def test_the_oldest_unanswered_message_counts(s):
    s.tell(0, "queued", "a", **CHAT)
    says(s, 10, "agent")
    says(s, 20, "customer")
    says(s, 30, "customer")
    check(s.queue(50, "desk"), next_response_running_count=1, next_response_oldest_seconds="30.000")
    says(s, 100, "agent")
    check(s.queue(100, "desk"), next_response_met_count_15m=1,
          next_response_avg_seconds_15m="80.000", response_avg_seconds_15m="45.000")


def test_an_answer_in_the_very_millisecond_is_none(s):
    s.tell(0, "queued", "a", **CHAT)
    says(s, 10, "agent")
    says(s, 20, "customer")
    says(s, 20, "agent")
    check(s.queue(21, "desk"), next_response_running_count=1)


def test_responses_have_a_p90(s):
    s.tell(0, "queued", "a", **CHAT)
    says(s, 1, "agent")
    for i in range(1, 11):
        says(s, 100 * i, "customer")
        says(s, 100 * i + i, "agent")
    f = s.queue(1020, "desk")
    assert f["next_response_p90_seconds_60m"] == 9000
    check(f, next_response_avg_seconds_60m="5.500")


def test_a_message_of_nobody_known(s):
    says(s, 0, "customer", "x")
    says(s, 1, "agent", "x")
    check(s.feed(2), inconsistent_unknown_visit_total=2)
    check(s.queue(2, "desk"), backlog_count=0)


# ---- mail, opening hours, pending

def test_a_mail_on_a_tuesday_and_what_is_due_when(s):
    s.tell(0, "queued", "m", **MAIL)                # 12:00: four hours to 16:00
    check(s.queue(3 * HOUR, "mail"), first_response_due_1h_count=1,
          resolution_due_1h_count=0)
    check(s.queue(4 * HOUR + 1, "mail"), first_response_missed_count_today=1,
          first_response_oldest_seconds=f"{4 * HOUR}.000")
    # closed till Wednesday 08:00, 20 h later: 5 minutes more by 08:05
    says(s, 20 * HOUR + 300, "agent", "m", **MAIL)
    check(s.queue(20 * HOUR + 300, "mail"), first_response_avg_seconds_15m=f"{4 * HOUR + 300}.000")


def test_a_mail_stays_open_after_its_end(s):
    s.tell(0, "queued", "m", **MAIL)
    s.tell(10, "answered", "m", agent="ann", **MAIL)
    s.tell(20, "ended", "m", **MAIL)
    check(s.queue(21, "mail"), backlog_count=1, first_response_running_count=1)
    s.tell(30, "resolved", "m", agent="ann", **MAIL)
    check(s.queue(31, "mail"), backlog_count=0, first_response_running_count=0,
          resolution_met_count_15m=1, resolution_avg_seconds_15m="30.000",
          resolved_count_15m=1, first_response_met_count_15m=0)
    check(s.agent(31), resolution_met_count_15m=1, resolved_count_15m=1)


def test_pending_stands_still(s):
    s.tell(0, "queued", "m", **MAIL)
    s.tell(HOUR, "status", "m", status="pending", **MAIL)
    check(s.queue(5 * HOUR, "mail"), backlog_pending_count=1, first_response_running_count=1,
          first_response_due_1h_count=0, first_response_missed_count_today=0)
    s.tell(21 * HOUR, "status", "m", status="open", **MAIL)     # Wednesday 09:00, 3 h left
    check(s.queue(24 * HOUR, "mail"), first_response_missed_count_today=0,
          backlog_pending_count=0)
    check(s.queue(24 * HOUR + 0.001, "mail"), first_response_missed_count_15m=1)


def test_a_customer_who_writes_ends_the_waiting_for_her(s):
    s.tell(0, "queued", "m", **MAIL)
    says(s, 100, "agent", "m", **MAIL)
    s.tell(100, "status", "m", status="pending", **MAIL)
    says(s, 600, "customer", "m", **MAIL)
    check(s.queue(700, "mail"), backlog_pending_count=0, next_response_running_count=1,
          next_response_oldest_seconds="100.000", resolution_oldest_seconds="200.000")


def test_a_pause_told_late_takes_the_miss_back(s):
    s.tell(0, "queued", "a", **CHAT)
    check(s.queue(61, "desk"), first_response_missed_count_15m=1)
    s.tell(50, "status", "a", status="pending", hears=70, **CHAT)
    check(s.queue(70, "desk"), first_response_missed_count_15m=0, first_response_overdue_count=0)
    s.tell(80, "status", "a", status="on_hold", **CHAT)         # 10 s left
    check(s.queue(90, "desk"), first_response_missed_count_15m=0)
    check(s.queue(91, "desk"), first_response_missed_count_15m=1,
          first_response_oldest_seconds="61.000")


def test_backlog_by_age(s):
    s.tell(0, "queued", "m", **MAIL)
    s.tell(2 * DAY + 1, "queued", "n", **MAIL)
    check(s.queue(3 * DAY, "mail"), backlog_count=2, backlog_over_1d_count=1,
          backlog_over_3d_count=0, backlog_oldest_seconds=f"{3 * DAY}.000")
    check(s.queue(3 * DAY + 2, "mail"), backlog_over_1d_count=2, backlog_over_3d_count=1,
          backlog_over_7d_count=0)
    check(s.site(3 * DAY + 2), backlog_count=2, backlog_over_3d_count=1)


def test_a_matter_open_too_long_is_given_up(s):
    s.tell(0, "queued", "m", channel="email", queue="brief")
    check(s.queue(1000, "brief"), backlog_count=1, backlog_expired_count_15m=0)
    check(s.queue(1001, "brief"), backlog_count=0, backlog_expired_count_15m=1)


def test_reopened_begins_anew(s):
    s.tell(0, "queued", "m", **MAIL)
    says(s, 60, "agent", "m", **MAIL)
    s.tell(90, "resolved", "m", agent="ann", **MAIL)
    s.tell(3 * DAY, "reopened", "m", **MAIL)
    check(s.queue(3 * DAY + 5, "mail"), first_response_running_count=1,
          first_response_oldest_seconds="5.000", resolution_running_count=1,
          backlog_oldest_seconds="5.000", reopened_count_15m=1)
    check(s.agent(3 * DAY + 5), reopened_count_15m=1)
    s.tell(3 * DAY + 6, "reopened", "m", **MAIL)
    check(s.feed(3 * DAY + 6), inconsistent_queued_again_total=1)


def test_resolved_again_is_dropped(s):
    s.tell(0, "resolved", "x", agent="ann", **MAIL)
    s.tell(5, "resolved", "x", agent="ann", **MAIL)
    check(s.queue(6, "mail"), resolved_count_15m=1)
    check(s.feed(6), inconsistent_after_end_total=1)
    check(s.agent(6), state="offline", resolved_count_15m=1)


# ---- promises and callbacks

def test_a_promise_kept_by_a_message(s):
    s.tell(0, "promised", "a", due=ms(100), **CHAT)
    check(s.queue(1, "desk"), promise_running_count=1, promise_due_1h_count=1, backlog_count=1)
    says(s, 100, "agent")
    check(s.queue(100, "desk"), promise_met_count_15m=1, promise_ratio_15m="1.0000",
          promise_avg_seconds_15m="100.000", backlog_count=0)


def test_a_promise_broken(s):
    s.tell(0, "promised", "a", due=ms(100), **CHAT)
    check(s.queue(101, "desk"), promise_missed_count_15m=1, promise_overdue_count=1)
    s.tell(150, "promise_kept", "a", agent="ann", **CHAT)
    check(s.queue(151, "desk"), promise_ratio_15m="0.0000", promise_avg_seconds_15m="150.000",
          promise_running_count=0)
    s.tell(160, "promise_kept", "a", agent="ann", **CHAT)
    check(s.feed(160), inconsistent_unknown_visit_total=1)


def test_another_time_is_an_update(s):
    s.tell(0, "promised", "a", due=ms(100), **CHAT)
    s.tell(90, "promised", "a", due=ms(200), **CHAT)
    check(s.queue(150, "desk"), promise_met_count_15m=1, promise_running_count=1,
          promise_oldest_seconds="60.000", promise_missed_count_15m=0)


def test_promised_for_a_time_that_is_over(s):
    s.tell(50, "promised", "a", due=ms(10), **CHAT)
    check(s.queue(50, "desk"), promise_missed_count_15m=1, promise_oldest_seconds="0.000")
    check(s.queue(50 + 899, "desk"), promise_missed_count_15m=1)
    check(s.queue(50 + 900, "desk"), promise_missed_count_15m=0)


def test_called_back(s):
    s.tell(0, "queued", "a")
    s.tell(10, "callback", "a", due=ms(500))
    check(s.queue(11), first_response_running_count=0, callback_running_count=1,
          callback_due_1h_count=1, backlog_count=1, callback_count_15m=1)
    s.tell(400, "callback_done", "a", agent="ann", reached=True)
    check(s.queue(401), callback_met_count_15m=1, callback_avg_seconds_15m="390.000",
          callback_reached_ratio_15m="1.0000", backlog_count=0)
    s.tell(402, "callback_done", "a", agent="ann", reached=True)
    check(s.feed(403), inconsistent_unknown_visit_total=1)
    check(s.queue(403), callback_met_count_15m=1)


def test_a_callback_without_a_time_is_never_late(s):
    s.tell(0, "queued", "a")
    s.tell(10, "callback", "a")
    check(s.queue(6 * HOUR), callback_running_count=1, callback_overdue_count=0)
    s.tell(7 * HOUR, "callback_done", "a", agent="ann", reached=False)
    check(s.queue(7 * HOUR), callback_met_count_15m=1, callback_missed_count_15m=0,
          callback_reached_ratio_15m="0.0000")


def test_a_chat_with_a_solution_to_come_stays_open(s):
    s.tell(0, "queued", "a", channel="chat", queue="talk")
    s.tell(10, "answered", "a", agent="ann", channel="chat", queue="talk")
    s.tell(20, "ended", "a", channel="chat", queue="talk")
    check(s.queue(21, "talk"), backlog_count=1, resolution_running_count=1)
    s.tell(30, "resolved", "a", channel="chat", queue="talk")
    check(s.queue(31, "talk"), backlog_count=0, resolution_met_count_15m=1)


# ---- who is to be served next

def test_the_waiting(s):
    s.tell(0, "queued", "a", **CHAT)                        # no threshold; 60 s
    s.tell(1, "queued", "b", **CHAT)
    s.tell(5, "answered", "b", agent="ann", **CHAT)
    s.tell(6, "promised", "c", due=ms(30), **CHAT)
    s.queue(10, "desk")
    desk = s.oracle.queues["desk"]
    assert sorted(oracle_owed.waiting(s.oracle, desk)) == [
        ("a", ms(60)), ("b", ms(61)), ("c", ms(30))]
    s.tell(11, "status", "b", status="pending", **CHAT)
    assert sorted(oracle_owed.waiting(s.oracle, desk)) == [("a", ms(60)), ("c", ms(30))]


# ---- first-contact resolution

def test_who_does_not_come_back_was_helped_at_once(s):
    s.tell(0, "resolved", "a", **MAIL)
    s.tell(0, "resolved", "b", **MAIL)
    check(s.queue(60, "mail"), fcr_ratio_15m="1.0000", fcr_provisional_15m=1,
          fcr_final_n_15m=0, fcr_final_ratio_15m="NaN")
    s.tell(600, "reopened", "b", **MAIL)
    check(s.queue(600, "mail"), fcr_ratio_15m="0.5000", reopened_ratio_15m="0.5000")
    check(s.queue(7 * DAY, "mail"), fcr_final_n_15m=0, fcr_ratio_15m="NaN",
          fcr_provisional_15m=0)
    check(s.queue(7 * DAY + 1, "mail"), fcr_final_n_15m=2, fcr_final_ratio_15m="0.5000")


def test_a_customer_comes_back_by_another_channel(s):
    s.tell(0, "resolved", "a", customer="k", **MAIL)
    s.tell(60, "queued", "z", customer="k")
    check(s.queue(61, "mail"), fcr_ratio_15m="0.0000")
    s.tell(70, "resolved", "z")                     # its customer was named before
    check(s.queue(71), fcr_ratio_15m="1.0000")
    s.tell(80, "queued", "y", customer="k")
    check(s.queue(81), fcr_ratio_15m="0.0000")


def test_too_late_to_have_come_back():
    s = a_site(fcr_days=1)
    s.tell(0, "resolved", "a", **MAIL)
    s.tell(0, "resolved", "b", **MAIL)
    s.tell(DAY, "reopened", "a", **MAIL)
    s.tell(DAY + 0.001, "reopened", "b", **MAIL)
    check(s.queue(DAY + 1, "mail"), fcr_final_n_15m=2, fcr_final_ratio_15m="0.5000")


def test_outcomes_that_nobody_wants_to_wait_for():
    s = a_site(fcr_days=0)
    s.tell(0, "resolved", "a", **MAIL)
    s.tell(1, "resolved", "a", **MAIL)
    check(s.queue(2, "mail"), resolved_count_15m=2, fcr_ratio_15m="NaN",
          fcr_provisional_15m="NaN", fcr_final_n_15m="NaN", fcr_final_ratio_15m="NaN")


# ---- what was said

def test_surveys(s):
    for kind, scores in (("csat", (5, 4, 3)), ("nps", (10, 9, 8, 6, 0, 0)), ("ces", (7, 4))):
        for score in scores:
            s.tell(0, "survey", "a", kind=kind, score=score, agent="ann")
        for _ in range(4):
            s.tell(0, "survey", "a", kind=kind, sent=True)
    expected = dict(csat_n_15m=3, csat_ratio_15m="0.6667", nps_n_15m=6, ces_n_15m=2,
                    csat_response_ratio_15m="0.7500", nps_response_ratio_15m="1.0000",
                    ces_response_ratio_15m="0.5000")
    check(s.queue(1), **expected)
    f = s.queue(1)
    assert float(f["nps_score_15m"]) == pytest.approx(-16.667, abs=0.0005)
    assert float(f["ces_score_15m"]) == 5.5
    check(s.agent(1), csat_n_15m=3, csat_ratio_15m="0.6667")


def test_feedback_and_reviews(s):
    for kind in ("complaint", "complaint", "compliment", "comment"):
        s.tell(0, "feedback", "a", kind=kind)
    s.tell(0, "reviewed", "a", agent="ann", score=80)
    s.tell(0, "reviewed", "a", agent="ann", score=95)
    check(s.queue(1), complaint_count_15m=2, compliment_count_15m=1, comment_count_15m=1,
          review_n_15m=2)
    assert float(s.queue(1)["review_avg_15m"]) == 87.5
    assert float(s.agent(1)["review_avg_15m"]) == 87.5


# ---- several at once

def test_two_chats_at_once(s):
    for contact, begin, end in (("a", 0, 60), ("b", 20, 80)):
        s.tell(begin, "queued", contact, **CHAT)
        s.tell(begin, "answered", contact, agent="ann", **CHAT)
    s.tell(60, "ended", "a", **CHAT)
    s.tell(80, "ended", "b", **CHAT)
    # 60 + 60 seconds in 80; handle time 60 / 1.5; 2 handled in 100 seconds
    check(s.agent(100), concurrency_ratio_15m="1.5000", effective_aht_seconds_15m="40.000",
          handled_per_login_hour_15m="72.000")
    check(s.queue(100, "desk"), concurrency_ratio_15m="1.5000", aht_seconds_15m="60.000",
          effective_aht_seconds_15m="40.000", handled_per_login_hour_15m="72.000")


def test_nobody_at_once(s):
    s.tell(0, "login", agent="ann", queues=["desk"])
    check(s.agent(10), concurrency_ratio_15m="NaN", effective_aht_seconds_15m="NaN")
