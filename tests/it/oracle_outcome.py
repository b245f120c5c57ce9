# SPDX-License-Identifier: MIT
"""The oracle's outcomes: resolutions and who came back, surveys, feedback,
reviews.  Every resolution is kept for good; whether it is still remembered is
asked of its time.
"""
DAY = 86_400_000


class Resolution:
    def __init__(self, time, contact, customer, queue, agent):
        self.time, self.contact, self.customer = time, contact, customer
        self.queue, self.agent = queue, agent
        self.came_back = self.is_final = False
        self.opened_since = False   # it may be resolved again


class Outcomes:
    def __init__(self, oracle):
        self.oracle = oracle
        self.remembered_for = oracle.config.get("fcr_days", 7) * DAY
        self.resolutions = []

    def remembered(self):
        return [r for r in self.resolutions if not r.is_final]

    def of_contact(self, contact):
        return [r for r in self.remembered() if r.contact == contact.key]

    def deadlines(self):
        for r in self.remembered():
            yield r.time + self.remembered_for, self.becomes_final, r

    def becomes_final(self, r, when):
        r.is_final = True
        kind = "final_again" if r.came_back else "final_first"
        self.oracle.count(kind, when, r.queue, self.name_of(r.agent))

    def name_of(self, agent):
        """Who resolved it, unless she has been forgotten since."""
        known = self.oracle.agents.by_name
        return agent.name if agent and known.get(agent.name) is agent else None

    # ---- events

    def take(self, event, queue, contact, agent):
        """Before the matter has the event; false: dropped."""
        v = self.oracle.begun
        if v and v.inbound:
            self.comes_back(self.oracle.at, contact, contact.customer)
        happens = getattr(self, "on_" + event["event"], None)
        return happens is None or happens(event, queue, contact, agent) is not False

    def comes_back(self, at, contact, customer):
        for r in self.of_contact(contact):
            r.opened_since = True
        for r in self.remembered():
            same = r.contact == contact.key or customer and r.customer == customer
            if same and not r.came_back and r.time < at <= r.time + self.remembered_for:
                r.came_back = True
                self.oracle.count("came_back", r.time, r.queue, self.name_of(r.agent))

    def on_resolved(self, event, queue, contact, agent):
        if any(not r.opened_since for r in self.of_contact(contact)):
            self.oracle.contradicts("after_end")
            return False
        at = self.oracle.at
        self.oracle.count("resolved", at, queue, agent, time=at)
        if self.remembered_for:
            self.resolutions.append(Resolution(
                at, contact.key, contact.customer, queue,
                self.oracle.agents.by_name.get(agent)))
        return True

    def on_reopened(self, event, queue, contact, agent):
        if contact.matter:
            self.oracle.contradicts("queued_again")
            return False
        who = [self.name_of(r.agent) for r in self.of_contact(contact)]
        self.oracle.count("reopened", self.oracle.at, queue, who[-1] if who else None)
        self.comes_back(self.oracle.at, contact, None)
        return True

    def on_survey(self, event, queue, contact, agent):
        kind = event["kind"]
        if "score" in event:
            self.oracle.count(kind, self.oracle.at, queue, agent, score=event["score"])
        else:
            self.oracle.count(kind + "_sent", self.oracle.at, queue, agent)

    def on_feedback(self, event, queue, contact, agent):
        self.oracle.count(event["kind"], self.oracle.at, queue, agent)

    def on_reviewed(self, event, queue, contact, agent):
        self.oracle.count("review", self.oracle.at, queue, agent, score=event["score"])
