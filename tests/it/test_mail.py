# SPDX-License-Identifier: MIT
"""Mail: the same threads as notmuch finds, and each mail counted once
whatever dies."""
import os
import random
import shutil
import subprocess

import pytest

from conftest import build
from mails import Corpus, Maildir, mail
from system import SITE, text, wait_until

SEEDS = int(os.environ.get("SEEDS", 5))
BASE = 1700000000


# ---- threads

@pytest.fixture
def notmuch(tmp_path):
    if not shutil.which("notmuch"):
        pytest.skip("notmuch is not installed")
    config = tmp_path / "notmuch.cfg"
    config.write_text(f"[database]\npath={tmp_path / 'mail'}\n[user]\nname=x\n"
                      "primary_email=x@example.org\n[new]\ntags=\n[maildir]\n"
                      "synchronize_flags=false\n")

    def run(*arguments):
        return subprocess.run(["notmuch", *arguments], check=True, capture_output=True, text=True,
                              env=dict(os.environ, NOTMUCH_CONFIG=str(config))).stdout
    return run


def threads_of_notmuch(notmuch, seen):
    """Sets of files, without those that are copies for us."""
    return {frozenset(notmuch("search", "--output=files", thread).split()) - seen
            for thread in notmuch("search", "--output=threads", "*").split()}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_threads_are_those_of_notmuch(notmuch, tmp_path, seed):
    program = build() / "tests" / "mail_driver"
    maildir = Maildir(tmp_path / "mail")
    corpus = Corpus(seed, size=150)
    paths = [maildir.path / "new" / maildir.deliver(m) for m in corpus.mails]
    notmuch("new", "--quiet")
    random.Random(seed).shuffle(paths)
    ours = subprocess.run([program, *paths], check=True, capture_output=True,
                          text=True).stdout.split()
    seen = {str(path) for path, thread in zip(paths, ours) if thread == "seen"}
    assert len(paths) - len(seen) == int(notmuch("count", "*"))
    assert len(set(ours) - {"seen"}) == int(notmuch("count", "--output=threads", "*"))
    threads = {}
    for path, thread in zip(paths, ours):
        if thread != "seen":
            threads.setdefault(thread, set()).add(str(path))
    assert set(map(frozenset, threads.values())) == threads_of_notmuch(notmuch, seen)
    # what was compared was worth it
    assert len(seen) > 5 and 5 < len(threads) < len(paths) / 2
    assert len(max(threads.values(), key=len)) > 5


# ---- the collector

def configure(system, **more):
    settings = "".join(f" {k} = {v};" for k, v in more.items())
    (system.directory / "state").mkdir(exist_ok=True)
    system.config.write_text(f"""
site = {text(SITE)}; windows = ["60m", "today"];
redis: {{ unix = {text(system.redis.socket)}; }};
daemon: {{ ingest = "ipc://{system.directory}/ingest"; flush = "50ms";
  state_dir = {text(system.directory / "state")}; }};
queues: {{ post: {{ channel = "email"; first_response = "4h"; resolution = "0s"; }}; }};
collectors: {{ mail: {{ journal = {text(system.directory / "journal")};
  inputs = ( {{ type = "maildir"; path = {text(system.directory / "mail")};
    source = "support"; queue = "post"; addresses = ["support@example.org"];
    agents = ["alice@example.org=alice", "dora@example.org=dora"];{settings} }} ); }}; }};
""")


def counted(system):
    queue = system.hash("queue:post")
    return tuple(int(queue.get(f"{name}_60m", 0))
                 for name in ("offered_count", "answered_count", "handled_count"))


def ready(collector):
    wait_until(lambda: collector.log_contains("is ready"), what="the collector")
    return collector


def test_a_mailbox(system):
    maildir = Maildir(system.directory / "mail")
    maildir.deliver(mail("old", "bob@customer.example"))
    configure(system)
    os.utime(next((maildir.path / "new").iterdir()), (BASE, BASE))
    system.daemon().start().ready()
    ready(system.collector("mail").start())
    first = maildir.deliver(mail(1, "Bob <bob@customer.example>"))
    wait_until(lambda: counted(system) == (1, 0, 0), what="the first mail")
    assert system.hash("queue:post")["waiting_count"] == "1"
    maildir.read(first)
    maildir.deliver(mail(2, "alice@example.org", 1, to="bob@customer.example"))
    wait_until(lambda: counted(system) == (1, 1, 1), what="its answer")
    assert system.hash("agent:alice")["answered_count_60m"] == "1"
    assert system.hash("queue:post")["backlog_pending_count"] == "1"
    maildir.deliver(mail(3, "bob@customer.example", "old"))
    wait_until(lambda: counted(system) == (2, 1, 1), what="an old thread's next mail")
    maildir.deliver(mail(1, "bob@customer.example"))
    maildir.deliver(mail(4, "carol@customer.example", more="Auto-Submitted: auto-replied\n"))
    maildir.deliver(mail(5, "carol@customer.example"))
    wait_until(lambda: counted(system) == (3, 1, 1), what="a mail after a copy and a notice")
    feed = system.hash("feed:support")
    assert feed["events_total"] == str(2 + 4 + 2 + 2)
    keys = system.redis.client.keys("*")
    assert not any("customer.example" in key for key in keys)


def storm(maildir, rng, threads, begin):
    """New threads, and answers to some of them."""
    for n in range(begin, begin + threads):
        maildir.deliver(mail(f"q{n}", f"c{n}@customer.example"), at=BASE + n)
        if n % 3 == 0:
            maildir.deliver(mail(f"a{n}", "alice@example.org", f"q{n}",
                                 to=f"c{n}@customer.example"), at=BASE + n)
        if rng.random() < 0.2:
            maildir.deliver(mail(f"q{n}", f"c{n}@customer.example"), at=BASE + n)
        yield n


def test_killed_in_a_storm(system):
    """What is delivered before, while and after the collector lies dead."""
    rng, rounds, threads = random.Random(9), 6, 60
    maildir = Maildir(system.directory / "mail")
    configure(system)
    daemon = system.daemon().start().ready()
    collector = ready(system.collector("mail").start())
    maildir.deliver(mail("first", "first@customer.example"))
    wait_until(lambda: counted(system) == (1, 0, 0), what="what was before is on disk")
    for n in range(rounds):
        die = n * threads + rng.randrange(threads)
        for at in storm(maildir, rng, threads, n * threads):
            if at == die:
                collector.kill9()
            elif at == die + 10:
                collector.start()
            if at == die - 5 and n == 3:
                daemon.kill9()
                daemon.start()
            if rng.random() < 0.2:
                name = rng.choice(os.listdir(maildir.path / "new"))
                maildir.read(name)
        if not collector.runs():
            collector.start()
    total, answers = 1 + rounds * threads, len(range(0, rounds * threads, 3))
    wait_until(lambda: counted(system) == (total, answers, answers), 60, "each mail once")
    maildir.deliver(mail("last", "last@customer.example"))
    wait_until(lambda: counted(system) == (total + 1, answers, answers), 20, "one more")
    feed = system.hash("feed:support")
    assert feed["events_total"] == str(2 * (total + 1) + 4 * answers)
    assert system.hash("feed:mail").get("rejected_total", "0") == "0"


def test_all_from_the_start_and_one_that_cannot_be_read(system):
    maildir = Maildir(system.directory / "mail")
    sent = Maildir(system.directory / "mail" / ".Sent")
    for n in range(3):
        maildir.deliver(mail(n, "bob@customer.example"), at=BASE + n)
    sent.deliver(mail("answer", "dora@example.org", 1, to="bob@customer.example"), at=BASE + 9)
    none = maildir.deliver(b"\x00\x01 no mail at all")
    os.utime(maildir.path / "new" / none, (BASE, BASE))     # nobody writes it any more
    os.symlink("/etc/passwd", maildir.path / "new" / "link")
    configure(system, start='"all"', folders='[".Sent"]')
    system.daemon().start().ready()
    collector = ready(system.collector("mail").start())
    wait_until(lambda: counted(system) == (3, 1, 1), what="all that is there")
    wait_until(lambda: system.hash("feed:mail").get("rejected_total") == "2", what="two refused")
    assert collector.log_contains("link")
    entry = system.redis.client.xrange(f"ccmon:v1:{{{SITE}}}:rejects")
    assert {e[1]["reason"] for e in entry} == {"not_a_mail"}
    assert (maildir.path / "new" / "link").is_symlink()
    collector.terminate()
    collector.start()
    maildir.deliver(mail("last", "bob@customer.example"))
    wait_until(lambda: counted(system) == (4, 1, 1), what="one more after a restart")
    assert system.hash("feed:mail")["rejected_total"] == "2"
