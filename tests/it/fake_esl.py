# SPDX-License-Identifier: MIT
"""FreeSWITCH's event socket without FreeSWITCH: auth, event json, api with the
lists of callcenter_config and the channels, as mod_event_socket.c says them."""
import json

from fake_line import FakeLine
from switch_freeswitch import FreeSwitch


def framed(kind, body, **headers):
    lines = {"Content-Length": len(body.encode()), "Content-Type": kind, **headers}
    return "".join(f"{k}: {v}\n" for k, v in lines.items()) + "\n" + body


class FakeEsl(FakeLine):
    kind, lists_talks = "esl", True

    def __init__(self, switch):
        self.switch, self.freeswitch = switch, FreeSwitch(switch)
        super().__init__()

    def greet(self, session):
        session.send("Content-Type: auth/request\n\n")

    def reply(self, session, text):
        session.send(f"Content-Type: command/reply\nReply-Text: {text}\n\n")

    def take(self, session, word):
        words = word.split("\n")[0].split()
        verb = words[0] if words else ""
        session.asked.append(word)
        if verb == "exit":
            self.reply(session, "+OK bye")
            session.send("Content-Type: text/disconnect-notice\nContent-Length: 0\n\n")
            session.cut()
        elif verb == "auth":
            self.log_in(session, words[1:])
        elif not session.is_in:
            self.reply(session, "-ERR command not found")
        elif verb == "event":
            session.filters += words[2:]
            self.reply(session, f"+OK event listener enabled {words[1]}")
        elif verb == "api":
            body = self.api(words[1:])
            session.send(f"Content-Type: api/response\nContent-Length: {len(body.encode())}"
                         f"\n\n{body}")
        else:
            self.reply(session, "+OK" if verb in ("filter", "nolog", "noevents", "nixevent")
                       else "-ERR command not found")

    def log_in(self, session, words):
        self.tries += 1
        if words != [self.secret]:
            self.reply(session, "-ERR invalid")
            session.send("Content-Type: text/disconnect-notice\nContent-Length: 0\n\n")
            session.cut()
            return
        session.is_in = True
        self.reply(session, "+OK accepted")

    def api(self, words):
        fs = self.freeswitch
        answers = {
            ("callcenter_config", "agent", "list"): fs.agents,
            ("callcenter_config", "tier", "list"): fs.tiers,
            ("callcenter_config", "queue", "list"): fs.queues,
            ("show", "channels", "as", "json"): fs.channels,
            ("status",): lambda: "UP 0 years, 0 days\n",
            ("uptime", "s"): lambda: f"{(self.switch.now - self.switch.started) // 1000}\n",
            ("version",): lambda: "FreeSWITCH Version 1.10.12\n",
            ("global_getvar", "core_uuid"): fs.core,
        }
        if words[:4] == ["callcenter_config", "queue", "list", "members"]:
            return fs.members(words[4]) if len(words) > 4 else "-ERR Invalid!\n"
        answer = answers.get(tuple(words))
        return answer() if answer else f"-ERR {' '.join(words[:1])} Command not found!\n"

    def knows_all(self, session):
        """The channels are asked for last."""
        return any(word.startswith("api show channels") for word in session.asked)

    def half(self):
        """The beginning of something it would say."""
        return framed("text/event-json", self.freeswitch.heartbeat())[:150].encode()

    # ---- what a test does

    def tell(self, happening):
        self.tell_events(self.freeswitch.esl(happening))

    def tell_events(self, events):
        for event in events:
            said = framed("text/event-json", event)
            for session in self.heard():
                if wants(session.filters, json.loads(event)):
                    session.send(said)


def wants(words, event):
    """The words after event json: names, and after CUSTOM its subclasses."""
    kind = event["Event-Name"]
    if kind == "CUSTOM":
        return "CUSTOM" in words and event["Event-Subclass"] in words or "ALL" in words
    return kind in words or "ALL" in words
