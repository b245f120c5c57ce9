# SPDX-License-Identifier: MIT
"""Reads what /metrics says, in either format, and minds every rule the formats
have; written from their specifications, not from the program."""
import math
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (NaN|-?[0-9]+(?:\.[0-9]+)?)")
WORDS = re.compile(rf"# (TYPE|HELP|UNIT) ({NAME}) (.+)")
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}
OPENMETRICS = {"counter": ("_total",), "info": ("_info",)}


def plain(text):
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], text)


class Family:
    def __init__(self, name):
        self.name, self.words, self.samples = name, {}, {}

    @property
    def type(self):
        return self.words["TYPE"]

    def values(self, **labels):
        """The samples that have these labels, by the labels they have beside."""
        wanted = set(labels.items())
        return {key[1] - wanted: value for key, value in self.samples.items() if wanted <= key[1]}


class Text:
    def __init__(self, text, openmetrics=False):
        self.openmetrics, self.family = openmetrics, {}
        lines = text.split("\n")
        assert lines.pop() == "", "the last line does not end"
        if openmetrics:
            assert lines.pop() == "# EOF"
        current = None
        for line in lines:
            words = WORDS.fullmatch(line)
            current = self.word(current, *words.groups()) if words else self.sample(current, line)
        for family in self.family.values():
            self.check(family)

    def word(self, current, kind, name, text):
        if current is None or current.name != name:
            assert name not in self.family, f"{name} begins twice"
            current = self.family[name] = Family(name)
        assert kind not in current.words, f"{kind} of {name} twice"
        assert not current.samples, f"{kind} of {name} after a sample"
        assert kind != "UNIT" or self.openmetrics and name.endswith("_" + text), name
        current.words[kind] = text
        return current

    def sample(self, current, line):
        found = SAMPLE.fullmatch(line)
        assert found and current, line
        name, labels, value = found[1], found[2] or "", float(found[found.lastindex])
        pairs = [(k, plain(v)) for k, v in re.findall(LABEL, labels)]
        assert len(dict(pairs)) == len(pairs), f"a label twice: {line}"
        key = (name, frozenset(pairs))
        assert name in self.names(current), f"{name} among those of {current.name}"
        assert key not in current.samples, f"twice: {line}"
        current.samples[key] = value
        return current

    def names(self, family):
        more = SUFFIXES.get(family.type) or self.openmetrics and OPENMETRICS.get(family.type) or ("",)
        return [family.name + suffix for suffix in more]

    def check(self, family):
        assert {"TYPE", "HELP"} <= set(family.words), family.name
        assert family.samples, f"nothing of {family.name}"
        for (name, _), value in family.samples.items():
            if family.type in ("counter", "histogram", "summary"):
                assert value >= 0, f"{name} is {value}"     # NaN is not, either
        if family.type == "counter" and not self.openmetrics:
            assert family.name.endswith("_total"), family.name
        if family.type == "histogram":
            self.check_histogram(family)

    def check_histogram(self, family):
        buckets = {}
        for (name, labels), value in family.samples.items():    # in the order of the text
            if name.endswith("_bucket"):
                edge = dict(labels)["le"]
                rest = frozenset(p for p in labels if p[0] != "le")
                buckets.setdefault(rest, []).append((math.inf if edge == "+Inf" else float(edge), value))
        for rest, found in buckets.items():
            edges, counts = zip(*found)
            assert list(edges) == sorted(set(edges)) and edges[-1] == math.inf, rest
            assert list(counts) == sorted(counts), rest
            assert counts[-1] == family.samples[(family.name + "_count", rest)]
            assert (family.name + "_sum", rest) in family.samples

    def samples(self):
        return {key: value for family in self.family.values() for key, value in family.samples.items()}

    def value(self, name, **labels):
        return self.samples()[name, frozenset(labels.items())]
