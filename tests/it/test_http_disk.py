# SPDX-License-Identifier: MIT
"""The HTTP input and the disk: yes is said when the journal has it and not
before, and what was there before is dropped, whoever was killed meanwhile."""
import json
import pathlib
import resource
import select

from system import PREFIX, wait_until
from test_http import HEAD, SECRET, Poster, call, event, heard, journaled, ready, site

DATA = pathlib.Path(__file__).parent.parent / "data"
PAGES = 8192        # bytes; behind LMDB's two first pages, and more than our log
assert site         # pytest finds it here


def ready_for_a_bad_disk(site):
    """A collector whose files are limited."""
    collector = site.collector()
    collector.start()
    wait_until(lambda: collector.log_contains("is ready"), what="the collector")
    return collector


def limit(collector, size):
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.prlimit(collector.process.pid, resource.RLIMIT_FSIZE, (size, hard))


def sent(site, body):
    """The connection, with a post on its way."""
    s = call(site)
    s.sendall(HEAD + b"Authorization: Bearer %s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
              % (SECRET.encode(), len(body)) + body.encode())
    return s


def offered(site):
    done = site.ctl("report", "--json", site.directory / "journal-call")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["queues"]["web-chat"]["offered_count"]


def test_yes_after_the_disk(site):
    """While the disk refuses nobody is told yes; then all are, and it is so:
    the collector dies the moment they hear it."""
    collector = ready_for_a_bad_disk(site)
    assert Poster(site).post(event("c1"))[0] == 200
    limit(collector, PAGES)
    waiting = [sent(site, event("c2"))]
    wait_until(lambda: collector.log_contains("cannot write"), what="the disk to refuse")
    waiting.append(sent(site, event("c3")))
    wait_until(lambda: journaled(collector) == 1 and "received=3" in collector.text(),
               what="the third post")
    assert "problem=" in collector.text().rsplit("counters:")[-1]
    assert select.select(waiting, [], [], 0)[0] == []
    limit(collector, resource.RLIM_INFINITY)
    assert [heard(s)[0] for s in waiting] == [200, 200]
    collector.kill9()
    assert offered(site) == 3


def test_a_name_is_known_again(site):
    """By the daemon's board: while it runs, and by the next one."""
    body = (DATA / "chatwoot" / "message_incoming.json").read_text()
    site.config.write_text(site.config.read_text().replace(
        'path = "/in";', 'path = "/in"; dialect = "chatwoot"; source = "web1";'))
    site.daemon().start().ready()
    collector = ready(site)
    for repeats in (2, 3):
        poster = Poster(site)
        for _ in range(3):
            assert poster.post(body)[0] == 200
        wait_until(lambda: site.hash("collector:call").get("repeats_total") == str(repeats),
                   what="the repeats")
        assert journaled(collector) == 1
        assert f"received=3 refused=0 skipped=0 repeats={repeats}" in collector.text()
        collector.kill9()
        collector.start()
        wait_until(lambda: collector.text().count("is ready") == repeats, what="the next one")
    assert site.redis.client.hget(PREFIX + "feed:web1", "events_total") == "1"
