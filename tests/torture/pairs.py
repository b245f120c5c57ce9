# SPDX-License-Identifier: MIT
"""Two of a kind: two collectors that hear the same publisher, and either may
die; nothing is sent again, for the other one has it."""
from rows import row


class Both:
    """Each collector is told everything."""

    def __init__(self, site):
        self.site = site
        for collector in site.collectors[1:]:
            site.load.mirrors.append(site.load.line(collector.socket))


@row("collectors", 0, "two collectors for one publisher, either killed", rounds=50, short=4,
     site={"gear": Both, "collectors": ("call", "spare")})
def either(site, rng):
    """What it had not kept the other has; and it comes back to where that is,
    for figures of several sources depend on who was heard first."""
    one = rng.choice(site.collectors)
    one.kill9()
    site.goes_on(rng)
    took = site.back()
    one.start()
    return took
