# SPDX-License-Identifier: MIT
"""Mails for the tests: a corpus with all that goes wrong in mail threads, and
a Maildir to deliver into."""
import itertools
import os
import pathlib
import random

HOST = "mail.example"


class Maildir:
    """Delivers as a mail server does: written in tmp, then renamed to new."""
    numbers = itertools.count(1)

    def __init__(self, path):
        self.path = pathlib.Path(path)
        for part in ("tmp", "new", "cur"):
            (self.path / part).mkdir(parents=True)

    def deliver(self, data, at=1700000000):
        n = next(self.numbers)
        name = f"{at}.M{n % 1000000:06}P{os.getpid()}Q{n}.{HOST}"
        (self.path / "tmp" / name).write_bytes(data if isinstance(data, bytes) else data.encode())
        os.rename(self.path / "tmp" / name, self.path / "new" / name)
        return name

    def read(self, name, flags="S"):
        """A mail program has shown it."""
        os.rename(self.path / "new" / name, self.path / "cur" / f"{name}:2,{flags}")


def mail(number, sender, *parents, to="support@example.org", more=""):
    references = "".join(f" <{p}@{HOST}>" for p in parents)
    return (f"From: {sender}\nTo: {to}\nSubject: number {number}\n{more}"
            f"Message-ID: <{number}@{HOST}>\n"
            + (f"References:{references}\n" if parents else "") + "\nsome words\n")


class Corpus:
    """Random mails; some named more than once, some only by others."""

    def __init__(self, seed, size):
        self.rng = random.Random(seed)
        self.ids = [f"{self.rng.choice('abcxyz')}{i}.{self.rng.randrange(1 << 30)}@{HOST}"
                    for i in range(size)]
        self.mails = [m for number in range(size) for m in self.some(number)]
        self.rng.shuffle(self.mails)

    def near(self, number):
        """Mostly a neighbour, now and then anybody, in the past or to come."""
        rng, n = self.rng, len(self.ids)
        if rng.random() < 0.03:
            return self.ids[rng.randrange(n)]
        return self.ids[max(0, min(n - 1, number - rng.randrange(-1, 6)))]

    def reference(self, number):
        rng, name = self.rng, self.near(number)
        if rng.random() < 0.15:
            name = f"never.{number // 5}@{HOST}"        # a ghost for ever
        return rng.choice([f"<{name}>"] * 8 + [f"< {name}>", f"<{name[:3]} {name[3:]}>",
                                               f"(a <comment@{HOST}>) <{name}>", name])

    def references(self, number):
        rng = self.rng
        gap = rng.choice([" ", " ", "\n ", "\n\t", ", ", ""])
        text = gap.join(self.reference(number) for _ in range(rng.choice([1, 1, 2, 3, 5, 9])))
        return text + rng.choice([""] * 9 + [" <cut.off", " trailing words", " (open"])

    def in_reply_to(self, number):
        rng = self.rng
        return rng.choice([
            self.reference(number), self.reference(number),
            f"{self.reference(number)} {self.reference(number)}",
            f"Message of today from Bob {self.reference(number)}",
            f"Your letter of Monday", f"=?utf-8?Q?words?= {self.reference(number)}", "<", ""])

    def own(self, number):
        name = self.ids[number]
        return self.rng.choice([f"<{name}>"] * 8 + [name, f"<{name}", f"(x) <{name}>",
                                                    f"<{name}> (x)", f"\n <{name}>"])

    def block(self, number):
        rng = self.rng
        lines = ["From: somebody <somebody@example.org>", f"Message-ID: {self.own(number)}"]
        if rng.random() < 0.6:
            lines.append(f"References: {self.references(number)}")
        if rng.random() < 0.6:
            lines.append(f"In-Reply-To: {self.in_reply_to(number)}")
        if rng.random() < 0.1:
            lines.append("this line is no header")
        if rng.random() < 0.1:
            lines.append(f"References: <second@{HOST}>" if "References" in str(lines)
                         else "Subject: J\xf8rn")
        if rng.random() < 0.1:
            lines.append(f"X-Long: {'x' * rng.randrange(2000)}")
        rng.shuffle(lines)
        return lines

    def some(self, number):
        """A mail, once or twice: the copy came another way."""
        rng, lines = self.rng, self.block(number)
        end = rng.choice(["\n", "\n", "\r\n"])
        for copy in range(rng.choice([1] * 9 + [2, 3])):
            text = [f"Received: by number{copy}.{HOST}; Mon, 15 Jan 2024 08:00:00 +0000", *lines]
            data = "\n".join(text).replace("\n", end).encode("latin-1")
            yield data + end.encode() * 2 + b"a body\n"
