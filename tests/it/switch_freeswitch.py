# SPDX-License-Identifier: MIT
"""What FreeSWITCH says of a Switch (switch.py): the events of mod_callcenter
and of the channels, as event json gives them, and the answers to the lists of
callcenter_config.  Every value is a text; the CC- times are whole seconds, the
event's own is microseconds; BREAK_OUT is how an abandoned call is called."""
import json
import uuid
from datetime import datetime, timezone

from switch import SECOND

DISCARD = 60 * SECOND           # discard-abandoned-after
REASONS = {"abandoned": "BREAK_OUT", "timeout": "TIMEOUT", "key": "EXIT_WITH_KEY",
           "empty": "NO_AGENT_TIMEOUT"}
AGENT_COLUMNS = ("name", "instance_id", "uuid", "type", "contact", "status", "state",
                 "max_no_answer", "wrap_up_time", "reject_delay_time", "busy_delay_time",
                 "no_answer_delay_time", "last_bridge_start", "last_bridge_end",
                 "last_offered_call", "last_status_change", "no_answer_count",
                 "calls_answered", "talk_time", "ready_time", "external_calls_count")
MEMBER_COLUMNS = ("queue", "instance_id", "uuid", "session_uuid", "cid_number", "cid_name",
                  "system_epoch", "joined_epoch", "rejoined_epoch", "bridge_epoch",
                  "abandoned_epoch", "base_score", "skill_score", "serving_agent",
                  "serving_system", "state", "score")


def name(kind, number):
    """The same thing has the same UUID, whoever tells of it."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{kind} {number}"))


def session(caller):
    return name("session", caller.number)


def member(visit):
    return name("member", visit.number)


def transfer_of(visit):
    """The caller's channel remembers being sent elsewhere."""
    at = f"{(visit.over or 0) // SECOND}:{name('transfer', visit.number)}"
    if visit.end == "blind":
        return {"variable_transfer_history": f"{at}:bl_xfer:900/internal/XML"}
    if visit.end == "attended":
        return {"variable_transfer_history": f"{at}:att_xfer:5550199@pbx/901@pbx"}
    return {}


def bye(is_heard):
    return {"variable_sip_hangup_disposition": "recv_bye" if is_heard else "send_bye"}


def listing(columns, rows):
    """Where there is no row there is no head either."""
    lines = ["|".join(str(row.get(c, "(null)")) for c in columns) for row in rows]
    lines = ["|".join(columns), *lines] if lines else []
    return "".join(line + "\n" for line in lines) + "+OK\n"


class FreeSwitch:
    def __init__(self, switch):
        self.switch, self.sequence = switch, 0
        self.gone = set()           # callers whose hang-up was told already

    def core(self):
        return name("core", self.switch.started)

    def event(self, kind, at, *pairs, subclass=None):
        """One event, its own headers first."""
        self.sequence += 1
        when = datetime.fromtimestamp(at // SECOND, timezone.utc)
        out = {"Event-Name": kind, "Core-UUID": self.core(), "FreeSWITCH-Hostname": "pbx",
               "FreeSWITCH-Switchname": "pbx", "FreeSWITCH-IPv4": "192.0.2.7",
               "Event-Date-Local": when.strftime("%Y-%m-%d %H:%M:%S"),
               "Event-Date-GMT": when.strftime("%a, %d %b %Y %H:%M:%S GMT"),
               "Event-Date-Timestamp": at * 1000, "Event-Calling-File": "mod_callcenter.c",
               "Event-Calling-Function": "cc", "Event-Calling-Line-Number": 1,
               "Event-Sequence": self.sequence}
        if subclass:
            out["Event-Subclass"] = subclass
        for pair in pairs:
            out.update(pair)
        return json.dumps({k: str(v) for k, v in out.items()}, separators=(",", ":"))

    def callcenter(self, action, at, *pairs):
        return self.event("CUSTOM", at, {"CC-Action": action}, *pairs,
                          subclass="callcenter::info")

    # ---- who is meant

    def channel(self, unique, began, caller=True):
        return {"Channel-State": "CS_EXECUTE", "Channel-Call-State": "ACTIVE",
                "Unique-ID": unique, "Call-Direction": "inbound" if caller else "outbound",
                "Answer-State": "answered", "Caller-Caller-ID-Number": "5550199",
                "Caller-Channel-Created-Time": began * 1000, "Caller-Unique-ID": unique}

    def of_caller(self, visit):
        return {**self.channel(session(visit.caller), visit.caller.began),
                **transfer_of(visit)}

    def leg(self, h):
        return self.channel(name("leg", h.leg), h.visit.joined, False)

    def of_member(self, visit):
        return {"CC-Queue": visit.queue.name, "CC-Member-UUID": member(visit),
                "CC-Member-Session-UUID": session(visit.caller),
                "CC-Member-CID-Name": "Doe, \"John\"", "CC-Member-CID-Number": "5550199"}

    def of_agent(self, h):
        return {"CC-Queue": h.visit.queue.name, "CC-Agent": h.agent.name,
                "CC-Agent-System": "single_box"}

    def times(self, h):
        return {"CC-Agent-UUID": name("leg", h.leg), "CC-Agent-Called-Time": h.visit.rang // SECOND,
                "CC-Agent-Answered-Time": h.visit.answered // SECOND,
                "CC-Member-Joined-Time": h.visit.joined // SECOND}

    def count(self, h):
        return self.callcenter("members-count", h.at, {
            "CC-Queue": h.visit.queue.name, "CC-Count": len(h.visit.queue.waiting),
            "CC-Selection": "Single-Queue"})

    def state(self, h, word):
        return self.callcenter("agent-state-change", h.at, {
            "CC-Agent": h.agent.name, "CC-Agent-State": word})

    def status(self, h, word):
        return self.callcenter("agent-status-change", h.at, {
            "CC-Agent": h.agent.name, "CC-Agent-Status": word})

    # ---- the events

    def esl(self, h):
        """Its events, none or more, as JSON texts."""
        tell = getattr(self, "esl_" + h.what, None)
        return tell(h) if tell else []

    def esl_join(self, h):
        return [self.callcenter("member-queue-start", h.at, self.of_caller(h.visit),
                                self.of_member(h.visit)), self.count(h)]

    def esl_ring(self, h):
        return [self.state(h, "Receiving"),
                self.callcenter("agent-offering", h.at, self.of_agent(h),
                                {"CC-Agent-Type": "callback", "CC-Member-DNIS": "800"},
                                self.of_member(h.visit))]

    def failed(self, h, cause):
        return [self.callcenter("bridge-agent-fail", h.at, self.of_agent(h), {
            "CC-Hangup-Cause": cause, "CC-Agent-Called-Time": (h.at - h.rang) // SECOND,
            "CC-Agent-Aborted-Time": h.at // SECOND,
            "CC-Member-Joined-Time": h.visit.joined // SECOND}, self.of_member(h.visit)),
            self.state(h, "Waiting")]

    def esl_missed(self, h):
        return self.failed(h, "NO_ANSWER")

    def esl_canceled(self, h):
        return self.failed(h, "ORIGINATOR_CANCEL")

    def esl_answer(self, h):
        return [self.callcenter("bridge-agent-start", h.at, self.leg(h), self.of_agent(h),
                                self.times(h), {"CC-Member-DNIS": "800"},
                                self.of_member(h.visit)),
                self.count(h), self.bridged("CHANNEL_BRIDGE", h),
                self.state(h, "In a queue call")]

    def bridged(self, kind, h):
        return self.event(kind, h.at, self.of_caller(h.visit), {
            "Bridge-A-Unique-ID": session(h.visit.caller),
            "Bridge-B-Unique-ID": name("leg", h.leg)})

    def esl_leave(self, h):
        return [self.callcenter("member-queue-end", h.at, self.of_caller(h.visit), {
            "CC-Member-Leaving-Time": h.at // SECOND,
            "CC-Member-Joined-Time": h.visit.joined // SECOND, "CC-Cause": "Cancel",
            "CC-Cancel-Reason": REASONS[h.how]}, self.of_member(h.visit)), self.count(h)]

    def esl_hold(self, h):
        """By the phone and by the program: two paths, each may tell."""
        return 2 * [self.event("CHANNEL_HOLD", h.at, self.leg(h))]

    def esl_unhold(self, h):
        return 2 * [self.event("CHANNEL_UNHOLD", h.at, self.leg(h))]

    def esl_end(self, h):
        gone = [self.bridged("CHANNEL_UNBRIDGE", h),
                self.event("CHANNEL_HANGUP_COMPLETE", h.at, self.leg(h),
                           {"Hangup-Cause": "NORMAL_CLEARING"}, bye(h.how == "agent"))]
        if h.how in ("agent", "caller"):
            gone.append(self.hung_up(h.at, h.visit.caller, h.how == "caller"))
            self.gone.add(h.visit.caller)
        gone.reverse()              # they do not come in the order of their sequence
        ended = {"CC-Hangup-Cause": "SUCCESS", "CC-Agent-Bridged": "true",
                 "CC-Bridge-Terminated-Time": h.at // SECOND, "Hangup-Cause": "NORMAL_CLEARING"}
        return gone + [
            self.callcenter("bridge-agent-end", h.at, self.leg(h), self.of_agent(h),
                            self.times(h), ended, self.of_member(h.visit)),
            self.state(h, "Waiting"),
            self.callcenter("member-queue-end", h.at, self.of_caller(h.visit), self.of_agent(h),
                            {"CC-Hangup-Cause": "SUCCESS", "CC-Cause": "Terminated",
                             "CC-Member-Leaving-Time": h.at // SECOND}, self.times(h),
                            self.of_member(h.visit))]

    def esl_hangup(self, h):
        return [] if h.caller in self.gone else [self.hung_up(h.at, h.caller, True)]

    def hung_up(self, at, caller, is_heard):
        return self.event("CHANNEL_HANGUP_COMPLETE", at,
                          self.channel(session(caller), caller.began),
                          {"Hangup-Cause": "NORMAL_CLEARING"}, bye(is_heard))

    def esl_login(self, h):
        return [self.status(h, "Available"), self.state(h, "Waiting")]

    def esl_logout(self, h):
        return [self.status(h, "Logged Out")]

    def esl_pause(self, h):
        return [self.status(h, "On Break")]

    def esl_unpause(self, h):
        return [self.status(h, "Available")]

    def heartbeat(self):
        return self.event("HEARTBEAT", self.switch.now, {
            "Event-Info": "System Ready", "Up-Time": "0 years", "Heartbeat-Interval": 20,
            "Session-Count": len(self.switch.talking)})

    # ---- what it answers

    def agents(self):
        return listing(AGENT_COLUMNS, [{
            "name": a.name, "instance_id": "single_box", "type": "callback",
            "contact": f"user/{a.name}", "status": status_of(a), "state": state_of(a),
            "max_no_answer": 0, "wrap_up_time": 0, "reject_delay_time": 0, "busy_delay_time": 0,
            "no_answer_delay_time": 0, "last_bridge_start": 0,
            "last_bridge_end": a.last_call // SECOND, "last_offered_call": 0,
            "last_status_change": a.since // SECOND, "no_answer_count": 0,
            "calls_answered": a.taken, "talk_time": 0, "ready_time": 0,
            "external_calls_count": 0} for a in self.switch.agents])

    def queues(self):
        return listing(("name", "strategy", "moh_sound"), [
            {"name": q.name, "strategy": "longest-idle-agent", "moh_sound": "silence"}
            for q in self.switch.queues])

    def tiers(self):
        return listing(("queue", "agent", "state", "level", "position"), [
            {"queue": q.name, "agent": a.name, "state": "Ready", "level": 1, "position": 1}
            for a in self.switch.agents for q in a.queues])

    def members(self, queue):
        found = [v for q in self.switch.queues if q.name == queue for v in q.waiting]
        found += [v for v in self.switch.talking if v.queue.name == queue]
        left = [v for v in self.switch.visits[-50:] if v.queue.name == queue
                and v.how in ("abandoned", "timeout") and v.left > self.switch.now - DISCARD]
        return listing(MEMBER_COLUMNS, [self.row(v) for v in found]
                       + [self.abandoned(v) for v in left])

    def abandoned(self, v):
        """It stays in the list until discard-abandoned-after."""
        return {**self.row(v), "session_uuid": "", "serving_agent": "",
                "abandoned_epoch": v.left // SECOND, "state": "Abandoned"}

    def row(self, v):
        agent = v.agent or v.rings
        return {"queue": v.queue.name, "instance_id": "single_box", "uuid": member(v),
                "session_uuid": session(v.caller), "cid_number": "5550199",
                "cid_name": "Doe", "system_epoch": 0, "joined_epoch": v.joined // SECOND,
                "rejoined_epoch": 0, "bridge_epoch": (v.answered or 0) // SECOND,
                "abandoned_epoch": 0, "base_score": 0, "skill_score": 0,
                "serving_agent": agent.name if agent else "", "serving_system": "single_box",
                "state": "Answered" if v.agent else "Trying" if agent else "Waiting",
                "score": 0}

    def channels(self):
        """show channels as json: callers that are up, and the agents' legs."""
        rows = [{"uuid": session(c), "direction": "inbound", "callstate": "ACTIVE",
                 "created_epoch": c.began // SECOND, "call_uuid": session(c)}
                for c in self.switch.callers if c.is_up]
        talks = [v for v in self.switch.talking]
        rows += [{"uuid": name("leg", v.leg), "direction": "outbound",
                  "callstate": "HELD" if v.held else "ACTIVE",
                  "created_epoch": v.rang // SECOND, "call_uuid": session(v.caller)}
                 for v in talks]
        rows = [{k: str(v) for k, v in row.items()} for row in rows]
        return json.dumps({"row_count": len(rows), **({"rows": rows} if rows else {})})


def status_of(agent):
    if not agent.is_on_duty:
        return "Logged Out"
    return "Available" if agent.paused is None else "On Break"


def state_of(agent):
    if agent.visit is None:
        return "Waiting"
    return "In a queue call" if agent.visit.agent is agent else "Receiving"
