# SPDX-License-Identifier: MIT
"""What Asterisk says of a Switch (switch.py): the lines of its queue_log, the
events of its manager, and the answers to QueueStatus, CoreShowChannels and
CoreStatus.  Names, order and units are those of app_queue.c and manager.c
(Asterisk 22), and of a real one's wire: QueueCallerLeave comes before
AgentConnect, QueueCallerAbandon for timeouts as well, Hangup before or after
AgentComplete; a ring that nobody took is in ms, all else in seconds; who leaves
by a key is told as a Leave and nothing else; Wrapuptime is the member's own."""
from datetime import datetime, timezone

from switch import SECOND, Happening, seconds_between

FREE, TALKS, GONE, RINGS = 1, 2, 5, 6      # a device's state
RESULTS = {"timeout": "TIMEOUT", "empty": "LEAVEEMPTY"}


def uniqueid(at, number):
    return f"{at // SECOND}.{number}"


def contact(caller):
    return uniqueid(caller.began, 2 * caller.number)


def block(event, at, *pairs, privilege="agent,all"):
    lines = [f"Event: {event}", f"Privilege: {privilege}",
             f"Timestamp: {at // 1000}.{at % 1000:03}{at % 997:03}"]
    return text_of(lines, pairs)


def text_of(lines, pairs):
    for pair in pairs:
        lines.extend(f"{k}: {v}" for k, v in pair.items())
    return "".join(line + "\r\n" for line in lines) + "\r\n"


class Asterisk:
    def __init__(self, switch):
        self.switch = switch
        self.gone = set()           # callers whose Hangup was told already

    # ---- channels

    def snapshot(self, prefix, name, unique, state=6, linked=None):
        return {f"{prefix}{k}": v for k, v in {
            "Channel": name, "ChannelState": state,
            "ChannelStateDesc": {5: "Ringing", 6: "Up"}[state], "CallerIDNum": "5550199",
            "CallerIDName": "Doe: John", "ConnectedLineNum": "<unknown>",
            "ConnectedLineName": "<unknown>", "Language": "en", "AccountCode": "",
            "Context": "queues", "Exten": "800", "Priority": 3, "Uniqueid": unique,
            "Linkedid": linked or unique}.items()}

    def caller(self, caller, prefix=""):
        return self.snapshot(prefix, f"PJSIP/trunk-{caller.number:08x}", contact(caller))

    def leg(self, h, prefix="Dest", state=6):
        return self.snapshot(prefix, *self.leg_of(h.visit, h.agent, h.leg), state=state,
                             linked=contact(h.visit.caller))

    def leg_of(self, visit, agent, leg):
        return f"PJSIP/{agent.name}-{leg:08x}", uniqueid(visit.joined, 2 * leg + 1)

    def of_member(self, h, **more):
        return {"Queue": h.visit.queue.name, "MemberName": h.agent.name,
                "Interface": f"PJSIP/{h.agent.name}", **more}

    # ---- the log

    def log(self, h):
        """Its lines, none or more."""
        tell = getattr(self, "log_" + h.what, None)
        return [f"{h.at // SECOND}|{line}\n" for line in (tell(h) if tell else ())]

    def of_call(self, h, verb, *arguments, agent=None):
        words = [contact(h.visit.caller), h.visit.queue.name,
                 agent.name if agent else "NONE", verb, *map(str, arguments)]
        return ["|".join(words)]

    def log_start(self, h):
        return ["NONE|NONE|NONE|QUEUESTART|"]

    def log_join(self, h):
        return self.of_call(h, "ENTERQUEUE", "", "5550199", h.position)

    def log_missed(self, h):
        return self.of_call(h, "RINGNOANSWER", h.rang, agent=h.agent)

    def log_canceled(self, h):
        return self.of_call(h, "RINGCANCELED", h.rang, agent=h.agent)

    def log_answer(self, h):
        _, unique = self.leg_of(h.visit, h.agent, h.leg)
        return self.of_call(h, "CONNECT", h.visit.wait(), unique, h.rang // SECOND, agent=h.agent)

    def log_leave(self, h):
        places = (h.position, h.visit.place, h.visit.wait())
        if h.how == "key":
            return self.of_call(h, "EXITWITHKEY", "1", *places)
        return self.of_call(h, {"abandoned": "ABANDON", "timeout": "EXITWITHTIMEOUT",
                                "empty": "EXITEMPTY"}[h.how], *places)

    def log_end(self, h):
        v = h.visit
        rest = (v.wait(), v.talk(), v.place)
        if h.how == "blind":
            return self.of_call(h, "BLINDTRANSFER", "900", "internal", *rest, agent=h.agent)
        if h.how == "attended":
            return self.of_call(h, "ATTENDEDTRANSFER", "BRIDGE", bridge(v), *rest, agent=h.agent)
        return self.of_call(h, "COMPLETE" + h.how.upper(), *rest, agent=h.agent)

    def log_login(self, h):
        return [f"MANAGER|{q.name}|{h.agent.name}|ADDMEMBER|" for q in h.agent.queues]

    def log_logout(self, h):
        return [f"MANAGER|{q.name}|{h.agent.name}|REMOVEMEMBER|" for q in h.agent.queues]

    def log_pause(self, h):
        reason = h.agent.paused
        return [f"NONE|NONE|{h.agent.name}|PAUSEALL|{reason}",
                *(f"NONE|{q.name}|{h.agent.name}|PAUSE|{reason}" for q in h.agent.queues)]

    def log_unpause(self, h):
        return [f"NONE|NONE|{h.agent.name}|UNPAUSEALL|",
                *(f"NONE|{q.name}|{h.agent.name}|UNPAUSE|" for q in h.agent.queues)]

    # ---- the manager

    def ami(self, h):
        """Its blocks, none or more, as text."""
        tell = getattr(self, "ami_" + h.what, None)
        return tell(h) if tell else []

    def ami_join(self, h):
        return [block("QueueCallerJoin", h.at, self.caller(h.visit.caller),
                      {"Queue": h.visit.queue.name, "Position": h.position,
                       "Count": h.position})]

    def left(self, h, position):
        return block("QueueCallerLeave", h.at, self.caller(h.visit.caller),
                     {"Queue": h.visit.queue.name, "Count": 0, "Position": position})

    def ami_ring(self, h):
        return [block("AgentCalled", h.at, self.caller(h.visit.caller),
                      self.leg(h, state=5), self.of_member(h)),
                *self.status(h, RINGS)]

    def ami_missed(self, h):
        return [block("AgentRingNoAnswer", h.at, self.caller(h.visit.caller),
                      self.leg(h, state=5), self.of_member(h, RingTime=h.rang)),
                *self.ami_canceled(h)]

    def ami_canceled(self, h):
        return [self.hung_up(h, self.leg(h, "", 5), 0), *self.status(h, FREE)]

    def ami_answer(self, h):
        return [self.left(h, 1),
                block("AgentConnect", h.at, self.caller(h.visit.caller), self.leg(h),
                      self.of_member(h, RingTime=h.rang // SECOND, HoldTime=h.visit.wait())),
                *self.status(h, TALKS)]

    def ami_leave(self, h):
        v, out = h.visit, []
        if h.how != "key":
            out += [self.var_set(h, "ABANDONED", "TRUE"),
                    block("QueueCallerAbandon", h.at, self.caller(v.caller),
                          {"Queue": v.queue.name, "Position": h.position,
                           "OriginalPosition": v.place, "HoldTime": v.wait()})]
        out.append(self.left(h, h.position))
        if h.how in RESULTS:
            out.append(self.var_set(h, "QUEUESTATUS", RESULTS[h.how]))
        return out

    def var_set(self, h, name, value):
        return block("VarSet", h.at, self.caller(h.visit.caller),
                     {"Variable": name, "Value": value}, privilege="dialplan,all")

    def ami_hold(self, h):
        return [block("Hold", h.at, self.leg(h, ""), {"MusicClass": "default"},
                      privilege="call,all")]

    def ami_unhold(self, h):
        return [block("Unhold", h.at, self.leg(h, ""), privilege="call,all")]

    def ami_end(self, h):
        reason = h.how if h.how in ("caller", "agent") else "transfer"
        done = block("AgentComplete", h.at, self.caller(h.visit.caller), self.leg(h),
                     self.of_member(h, HoldTime=h.visit.wait(), TalkTime=h.visit.talk(),
                                    Reason=reason))
        gone = [self.hung_up(h, self.leg(h, ""), 16)]
        if reason != "transfer" and h.leg % 3 == 0:
            gone.insert(0, self.hung_up(h, self.caller(h.visit.caller), 16))
            self.gone.add(h.visit.caller)
        both = [*gone, done] if h.leg % 3 < 2 else [done, *gone]
        return [*getattr(self, "to_" + h.how, lambda h: [])(h), *both, *self.status(h, FREE)]

    def to_blind(self, h):
        return [*self.ami_unhold(h), block("BlindTransfer", h.at, {"Result": "Success"}, self.leg(h, "Transferer"),
                      self.caller(h.visit.caller, "Transferee"),
                      {"BridgeUniqueid": bridge(h.visit), "IsExternal": "Yes",
                       "Context": "internal", "Extension": "900"}, privilege="call,all")]

    def to_attended(self, h):
        second = self.snapshot("SecondTransferer", f"PJSIP/{h.agent.name}-9{h.leg:07x}",
                               uniqueid(h.at, 4_000_001 + 2 * h.leg))
        return [block("AttendedTransfer", h.at, {"Result": "Success"},
                      self.leg(h, "OrigTransferer"),
                      {"OrigBridgeUniqueid": bridge(h.visit)}, second,
                      self.caller(h.visit.caller, "Transferee"),
                      {"IsExternal": "Yes", "DestType": "Bridge",
                       "DestBridgeUniqueid": bridge(h.visit)}, privilege="call,all")]

    def ami_hangup(self, h):
        return [] if h.caller in self.gone else [self.hung_up(h, self.caller(h.caller), 16)]

    def hung_up(self, h, channel, cause):
        return block("Hangup", h.at, channel, {"Cause": cause, "Cause-txt": "Normal Clearing"},
                     privilege="call,all")

    def ami_login(self, h):
        return [block("QueueMemberAdded", h.at, self.facts(h.agent, q, FREE))
                for q in h.agent.queues]

    def ami_logout(self, h):
        return [block("QueueMemberRemoved", h.at, self.facts(h.agent, q, FREE))
                for q in h.agent.queues]

    def ami_pause(self, h):
        return [block("QueueMemberPause", h.at, self.facts(h.agent, q, FREE))
                for q in h.agent.queues]

    ami_unpause = ami_pause

    def status(self, h, state):
        return [block("QueueMemberStatus", h.at, self.facts(h.agent, q, state))
                for q in h.agent.queues]

    def facts(self, agent, queue, state):
        return {"Queue": queue.name, "MemberName": agent.name,
                "Interface": f"PJSIP/{agent.name}", **self.counted(agent, state),
                "Ringinuse": 0}

    def counted(self, agent, state):
        return {"StateInterface": f"PJSIP/{agent.name}", "Membership": "dynamic", "Penalty": 0,
                "CallsTaken": agent.taken, "LastCall": agent.last_call // SECOND, "LastPause": 0,
                "LoginTime": agent.since // SECOND, "InCall": int(state == TALKS),
                "Status": state, "Paused": int(agent.paused is not None),
                "PausedReason": agent.paused or "", "Wrapuptime": 0}

    # ---- what it answers

    def queue_status(self):
        """The blocks of the list, without their ActionID."""
        for q in self.switch.queues:
            yield {"Event": "QueueParams", "Queue": q.name, "Max": 0, "Strategy": "leastrecent",
                   "Calls": len(q.waiting), "Holdtime": 0, "TalkTime": 0, "Completed": 0,
                   "Abandoned": 0, "ServiceLevel": 20, "ServicelevelPerf": "0.0",
                   "ServicelevelPerf2": "0.0", "Weight": 0}
            for agent in q.members:
                yield {"Event": "QueueMember", "Queue": q.name, "Name": agent.name,
                       "Location": f"PJSIP/{agent.name}",
                       **self.counted(agent, self.device(agent))}
            for n, v in enumerate(q.waiting):
                yield {"Event": "QueueEntry", "Queue": q.name, "Position": n + 1,
                       "Channel": self.caller(v.caller)["Channel"],
                       "Uniqueid": contact(v.caller), "CallerIDNum": "5550199",
                       "CallerIDName": "Doe: John", "ConnectedLineNum": "unknown",
                       "ConnectedLineName": "unknown",
                       "Wait": seconds_between(v.joined, self.switch.now), "Priority": 0}

    def device(self, agent):
        if agent.visit is None:
            return FREE
        return TALKS if agent.visit.agent is agent else RINGS

    def channels(self):
        """Callers that are up, and the agents' legs."""
        talks = {v.caller: v for v in self.switch.talking}
        waits = {v.caller: v for q in self.switch.queues for v in q.waiting}
        for caller in self.switch.callers:
            if caller.is_up:
                v = talks.get(caller) or waits.get(caller)
                yield self.channel(self.caller(caller), "Queue" if v else "Playback",
                                   v and v.queue.name, caller in talks and bridge(v))
        for v in (*talks.values(), *(v for v in waits.values() if v.rings)):
            h = Happening(0, "", v, v.agent or v.rings, leg=v.leg)
            yield self.channel(self.leg(h, "", 6 if v.agent else 5), "AppQueue", None,
                               v.agent and bridge(v))

    def channel(self, snapshot, application, data, bridged):
        return {"Event": "CoreShowChannel", **snapshot, "Application": application,
                "ApplicationData": data or "(Outgoing Line)", "Duration": "00:00:30",
                "BridgeId": bridged or ""}

    def core_status(self):
        began = datetime.fromtimestamp(self.switch.started // SECOND, timezone.utc)
        return {"CoreStartupDate": began.strftime("%Y-%m-%d"),
                "CoreStartupTime": began.strftime("%H:%M:%S"),
                "CoreReloadDate": began.strftime("%Y-%m-%d"),
                "CoreReloadTime": began.strftime("%H:%M:%S"),
                "CoreCurrentCalls": len(self.switch.talking), "CoreProcessedCalls": 0}


def bridge(visit):
    return f"5f6c2f1e-0000-4000-8000-{visit.number:012x}"
