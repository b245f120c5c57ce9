# SPDX-License-Identifier: MIT
"""Two of a kind: two collectors that hear the same publisher, and either may
die; nothing is sent again, for the other one has it.  And two daemons, of which
one stands by."""
from load import CONFIG
from rows import Wrong, row
from test_standby import Pair, ends_replaced

# What the second one brings makes a source heard a moment later: who is silent
# is another matter here.
NEVER_SILENT = dict(CONFIG, silent_after=0, feeds={})


class Both:
    """Each collector is told everything, and knows a customer by the same key."""

    def __init__(self, site):
        key = site.directory / "customers.key"
        key.write_text("5ca1ab1e" * 4 + "\n")
        key.chmod(0o600)
        with open(site.config, "a", encoding="utf-8") as f:
            f.write(f'customer_key_file = "{key}";\n')
        for collector in site.collectors[1:]:
            site.load.mirrors.append(site.load.line(collector.socket))


@row("collectors", 14, "two collectors for one publisher, either killed", rounds=50, short=4,
     site={"gear": Both, "collectors": ("call", "spare"), "config": NEVER_SILENT})
def either(site, rng):
    """What it had not kept the other has; and it comes back to where that is,
    for figures of several sources depend on who was heard first."""
    one = rng.choice(site.collectors)
    one.kill9()
    site.goes_on(rng)
    took = site.back()
    one.start()
    return took


class Daemons:
    """The one that is the daemon now is the site's."""

    def __init__(self, site):
        self.site, self.pair = site, None

    def start(self):
        self.pair = Pair(self.site)
        self.site.heart = self.pair.holder

    def taken_over(self, rng):
        self.site.goes_on(rng)
        took = self.site.back()
        self.pair.swap()
        self.site.heart = self.pair.holder
        return took


@row("daemons", 14, "two daemons: the first killed, or hung and back again", rounds=30, short=3,
     site={"gear": Daemons})
def first_gone(site, rng):
    """Who was hung finds itself replaced, and ends."""
    gear = site.gear
    if rng.random() < 0.5:
        gear.pair.holder.kill9()
        took = gear.taken_over(rng)
    else:
        gear.pair.holder.stop()
        took = gear.taken_over(rng)
        ends_replaced(gear.pair.other)
    gear.pair.start_other()
    if took > 10:
        raise Wrong(f"it took {took:.1f} s to take over")
    return took
