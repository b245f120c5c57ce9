# SPDX-License-Identifier: MIT
"""Asterisk's manager without Asterisk: greeting, Login, Filter, Ping, the lists
and Logoff, as main/manager.c says them; the rest is unknown to it."""
import re

from fake_line import FakeLine
from switch_asterisk import Asterisk, block, text_of

MASK = "agent,call,system,dialplan"     # what its user may read
COMPLETE = {"QueueStatus": "QueueStatusComplete", "CoreShowChannels": "CoreShowChannelsComplete"}


def headers_of(word):
    return dict(line.split(": ", 1) for line in word.split("\n") if ": " in line)


class FakeAmi(FakeLine):
    kind, lists_talks = "ami", False

    def __init__(self, switch, username="ccmon", may_filter=True):
        self.switch, self.asterisk = switch, Asterisk(switch)
        self.username, self.may_filter = username, may_filter
        super().__init__()

    def greet(self, session):
        session.send("Asterisk Call Manager/11.0.0\r\n")

    def take(self, session, word):
        asked = headers_of(word)
        action = asked.get("Action", "")
        session.asked.append(action)
        answer = getattr(self, "on_" + action.lower(), None)
        if action != "Login" and not session.is_in:
            self.reply(session, asked, "Error", Message="Permission denied")
        elif answer is None:
            self.reply(session, asked, "Error", Message="Invalid/unknown command")
        else:
            answer(session, asked)

    def reply(self, session, asked, response="Success", **more):
        number = {"ActionID": asked["ActionID"]} if "ActionID" in asked else {}
        session.send(text_of([f"Response: {response}"], (number, more)))

    # ---- its actions

    def on_login(self, session, asked):
        self.tries += 1
        if (asked.get("Username"), asked.get("Secret")) != (self.username, self.secret):
            self.reply(session, asked, "Error", Message="Authentication failed")
            session.cut()
            return
        session.is_in = True
        session.mask = MASK if asked.get("Events", "on") == "on" else ""
        self.reply(session, asked, Message="Authentication accepted")
        if "system" in session.mask:
            session.send(text_of(["Event: FullyBooted"], ({
                "Privilege": "system,all",
                "Uptime": (self.switch.now - self.switch.started) // 1000,
                "LastReload": 1, "Status": "Fully Booted"},)))

    def on_logoff(self, session, asked):
        self.reply(session, asked, "Goodbye", Message="Thanks for all the fish.")
        session.cut()

    def on_ping(self, session, asked):
        at = self.switch.now
        self.reply(session, asked, Ping="Pong", Timestamp=f"{at // 1000}.{at % 1000:03}000")

    def on_filter(self, session, asked):
        if not self.may_filter:
            self.reply(session, asked, "Error", Message="Permission denied")
            return
        session.filters.append(filter_of(asked))
        self.reply(session, asked, Message="Success")

    def on_events(self, session, asked):
        session.mask = asked.get("EventMask", "")
        self.reply(session, asked, Events="On" if session.mask else "Off")

    def on_queuestatus(self, session, asked):
        wanted = asked.get("Queue")
        self.answer_list(session, asked, "Queue status will follow",
                         [b for b in self.asterisk.queue_status()
                          if wanted in (None, "", b["Queue"])])

    def on_coreshowchannels(self, session, asked):
        self.answer_list(session, asked, "Channels will follow", list(self.asterisk.channels()))

    def answer_list(self, session, asked, message, items):
        number = {"ActionID": asked["ActionID"]} if "ActionID" in asked else {}
        self.reply(session, asked, EventList="start", Message=message)
        for item in items:
            session.send(text_of([f"Event: {item.pop('Event')}"], (item, number)))
        session.send(text_of([f"Event: {COMPLETE[asked['Action']]}"], (
            number, {"EventList": "Complete", "ListItems": len(items)})))

    def on_corestatus(self, session, asked):
        self.reply(session, asked, **self.asterisk.core_status())

    def knows_all(self, session):
        return "CoreStatus" in session.asked

    def half(self):
        """The beginning of something it would say."""
        return block("QueueCallerJoin", self.switch.now)[:40].encode()

    # ---- what a test does

    def tell(self, happening):
        """To each what its filters let through."""
        for said in self.asterisk.ami(happening):
            for session in self.heard():
                if is_let_through(session, said):
                    session.send(said)


def filter_of(asked):
    """(is it to be kept, does this block match)"""
    words = re.match(r"name\((\w+)\)", asked.get("MatchCriteria", ""))
    pattern = asked.get("Filter", "")
    if words:
        pattern = rf"^Event: {words[1]}\r"
    return not pattern.startswith("!"), re.compile(pattern.lstrip("!"), re.S).search


def is_let_through(session, said):
    privilege = re.search(r"^Privilege: (\w+)", said, re.M)
    keep = [match for is_kept, match in session.filters if is_kept]
    drop = [match for is_kept, match in session.filters if not is_kept]
    return privilege[1] in session.mask.split(",") \
        and (not keep or any(match(said) for match in keep)) \
        and not any(match(said) for match in drop)
