# SPDX-License-Identifier: MIT
"""Killed with signal 9 at any moment: each program, two, all of them."""
from rows import row


@row("daemon", 1, "daemon killed", rounds=100, short=6)
def daemon(site, rng):
    site.heart.kill9()
    site.goes_on(rng)
    return site.back(site.heart.start)


@row("collector", 3, "collector killed", rounds=100, short=6)
def collector(site, rng):
    site.kill_collector()
    site.goes_on(rng)
    return site.back(site.restart_collector)


@row("both", 4, "daemon and collector killed", rounds=50, short=4)
def both(site, rng):
    for kill in rng.sample((site.heart.kill9, site.kill_collector), 2):
        kill()
    site.goes_on(rng)
    return site.back(*rng.sample((site.heart.start, site.restart_collector), 2))


def kill_redis(site, rng):
    site.redis.kill9()
    site.goes_on(rng)
    return site.back(site.redis.start)


row("redis", 5, "Redis killed, appendfsync everysec", rounds=50, short=4)(kill_redis)
row("redis-always", 5, "Redis killed, appendfsync always", rounds=50, short=4,
    site={"fsync": "always"})(kill_redis)
