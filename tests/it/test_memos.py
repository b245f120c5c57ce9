# SPDX-License-Identifier: MIT
"""What inputs must not forget, and the events it is about: the writer killed
at any moment, and for every memo there is its event and the other way round.

ROUNDS=n kills more often."""
import os
import random
import subprocess

from conftest import build

ROUNDS = int(os.environ.get("ROUNDS", 12))
SEED = int(os.environ.get("SEED", 41))
BLOCKS = 40     # a life has at most so many


class Writer:
    """Looks at the journal, and writes until it is killed."""

    def __init__(self, directory):
        self.process = subprocess.Popen([build() / "tests" / "memo_writer", directory], text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.found = self.process.stdout.readline()

    def lives(self, blocks):
        """The number of the last record it says is on disk."""
        last = 0
        for _ in range(blocks):
            last = int(self.process.stdout.readline())
        return last

    def dies(self):
        self.process.kill()
        out, err = self.process.communicate(timeout=20)
        assert self.process.returncode == -9, err
        said = out.splitlines()
        return int(said[-1]) if said else 0


def test_both_or_neither(tmp_path):
    rng, last = random.Random(SEED), 0
    for n in range(ROUNDS):
        writer = Writer(tmp_path / "journal")
        assert writer.found.endswith(" records\n"), \
            f"SEED={SEED} round {n}: {writer.process.communicate(timeout=20)[1]}"
        # what it said was on disk is there; the block it was at may be, too
        assert int(writer.found.split()[0]) >= last
        lived = writer.lives(rng.randrange(BLOCKS))
        last = max(last, lived, writer.dies())
    assert last > 0 or ROUNDS < 2
