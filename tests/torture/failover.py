# SPDX-License-Identifier: MIT
"""Redis under sentinels: the master dies with what its replica never got, the
replica becomes the master, and what was lost is written again.  Before the
next round the old master is the replica."""
from many_redis import Watched
from rows import row
from system import wait_until


class Sentinels:
    def __init__(self, site):
        self.site, self.watched = site, None

    def start(self):
        site = self.site
        site.redis.kill9()
        here = f'redis: {{ unix = "{site.redis.socket}"; }};'
        site.redis = self.watched = Watched(site)
        text = site.config.read_text()
        assert here in text
        site.config.write_text(text.replace(here, f"redis: {{ {self.watched.settings} }};"))
        site.heart.start().ready()

    def change_places(self):
        """The old master comes back, and learns what it is now."""
        watched = self.watched
        old, new = watched.master, watched.replica
        old.start()
        wait_until(lambda: not old.is_master() and old.follows(), 60, "the old master to follow")
        watched.master, watched.replica = new, old
        for sentinel in watched.sentinels:
            wait_until(lambda: watched.knows_all(sentinel), 30, "the sentinels to know all")


def lose_and_fail_over(with_daemon):
    def fault(site, rng):
        watched = site.gear.watched
        site.until_right()
        watched.cut_off(watched.master, watched.replica)
        site.load.send_for(rng.uniform(0.1, 0.5), 100)
        if with_daemon:
            site.heart.kill9()
        watched.master.kill9()
        watched.replica.cont()
        site.goes_on(rng)
        took = site.back(*([site.heart.start] if with_daemon else []))
        site.gear.change_places()
        return took
    return fault


row("failover", 11, "failover by sentinels, with writes lost", rounds=5, short=1,
    site={"gear": Sentinels})(lose_and_fail_over(False))
row("failover-cold", 11, "the same, and the daemon killed with it", rounds=5, short=1,
    site={"gear": Sentinels})(lose_and_fail_over(True))
