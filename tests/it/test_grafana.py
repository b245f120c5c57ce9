# SPDX-License-Identifier: MIT
"""What etc/grafana asks for is there: every metric is one of the wall-board's
table, every key is in ccmon-redis(7), every field in metrics.def; panels stand
beside each other, and the rules say what they are to say."""
import json
import re
import shutil
import subprocess

import pytest

from conftest import HERE, ROOT

pytestmark = pytest.mark.scripts

FOLDER = ROOT / "etc" / "grafana"
RULES = FOLDER / "alerts.rules.yml"
SUFFIXES = {"GAUGE": [""], "COUNTER": ["_total"], "INFO": ["_info"],
            "SUMMARY": ["_sum", "_count"], "HISTOGRAM": ["_bucket", "_sum", "_count"]}


def dashboard(name):
    return json.loads((FOLDER / name).read_text())


def series():
    """The name of every sample there can be, from the wall-board's table."""
    table = (ROOT / "wallboard" / "metrics_table.c").read_text()
    names = set()
    for name, first, second in re.findall(r'\{ "(ccmon_\w+)", (\w+(?:\(\w+\))?), (\w+)', table):
        kind = first if first in SUFFIXES else "COUNTER"
        assert kind == first or second in ("TOTAL", "STEADY"), name
        names.update(name + suffix for suffix in SUFFIXES[kind])
    return names


def asked(promql):
    return set(re.findall(r"\bccmon_\w+", promql))


def panel_queries(board):
    for panel in board["panels"]:
        yield from (t["expr"] for t in panel.get("targets", ()) if "expr" in t)


def filled(query, instance="board", queue=".+", window="15m"):
    """As Grafana sends it."""
    for name, value in {"instance": instance, "queue": queue, "window": window,
                        "__rate_interval": "1m"}.items():
        query = query.replace("$" + name, value)
    return query


def queries(board):
    """Of panels and variables."""
    yield from panel_queries(board)
    yield from (v["query"] for v in board["templating"]["list"] if v["type"] == "query")


BOARDS = ["ccmon.json", "ccmon-redis.json"]


@pytest.mark.parametrize("name", BOARDS)
def test_panels_stand_beside_each_other(name):
    taken = {}
    for panel in dashboard(name)["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24, panel["title"]
        for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"])
                     for y in range(at["y"], at["y"] + at["h"])):
            assert cell not in taken, f"{panel['title']} and {taken[cell]} at {cell}"
            taken[cell] = panel["title"]


@pytest.mark.parametrize("name", BOARDS)
def test_can_be_imported(name):
    board = dashboard(name)
    numbers = [p["id"] for p in board["panels"]]
    assert len(set(numbers)) == len(numbers)
    assert board["schemaVersion"] >= 36 and board["title"] and board["uid"]
    assert "id" not in board, "it would take the place of another"
    source = {r["id"] for r in board["__requires"] if r["type"] == "datasource"}
    for part in board["panels"] + board["templating"]["list"]:
        if part["type"] not in ("row", "datasource", "textbox"):
            assert part["datasource"]["uid"] == "${datasource}", part
            assert {part["datasource"]["type"]} == source, part
    known = {v["name"] for v in board["templating"]["list"]} | {"__rate_interval", "__all", "time"}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(board)))
    assert used <= known, used - known


@pytest.mark.parametrize("name", BOARDS)
def test_what_is_asked_twice_has_two_names(name):
    for panel in dashboard(name)["panels"]:
        letters = [t["refId"] for t in panel.get("targets", ())]
        assert len(set(letters)) == len(letters), panel["title"]


def test_every_metric_is_there():
    there = series()
    assert len(there) > 50
    for query in queries(dashboard("ccmon.json")):
        assert asked(query), query
        assert asked(query) <= there, asked(query) - there


def test_every_metric_of_the_rules_is_there():
    text = re.sub(r"^ *#.*", "", RULES.read_text(), flags=re.M)
    expressions = re.findall(r"expr: (.*?)\n +(?:- |for|labels|$)", text + "\n  - ", re.S)
    assert len(expressions) == len(re.findall("expr:", text))
    for expression in expressions:
        assert asked(expression), expression
        assert asked(expression) <= series(), asked(expression) - series()


# ---- Redis

def figures():
    """Field: (is it one a window, is it in the history)."""
    text = (ROOT / "include" / "ccmon" / "metrics.def").read_text()
    found = {name: (when == "WINDOW", "H" in use) for name, when, use in re.findall(
        r'^METRIC\(\w+, "(\w+)", \w+, \w+, (\w+), (\w+),', text, re.M)}
    found.update({name: (False, False) for name in re.findall(r'^TEXT\(\w+, "(\w+)"', text, re.M)})
    return found


def keys():
    page = (ROOT / "doc" / "ccmon-redis.7").read_text()
    named = " ".join(re.findall(r"^\.It Li (.*)", page, re.M)).replace(" ,", "").split()
    return {k.replace("INTERVAL", i) for k in named for i in ("1m", "15m", "1d")}


def redis_targets():
    for panel in dashboard("ccmon-redis.json")["panels"]:
        for target in panel.get("targets", ()):
            yield panel, target


def key_of(text):
    assert text.startswith("ccmon:v1:{${site}}:"), text
    return text[len("ccmon:v1:{${site}}:"):].replace("${queue}", "NAME")


def test_every_key_is_there():
    for panel, target in redis_targets():
        assert key_of(target["keyName"]) in keys(), panel["title"]
    for query in queries(dashboard("ccmon-redis.json")):
        verb, key = query.split()
        assert verb == "smembers" and key_of(key) in keys()


def test_every_field_is_there():
    known = figures()
    for panel, target in redis_targets():
        for field in target.get("field", "").split():
            base, _, window = field.rpartition("_")
            assert field in known and not known[field][0] or \
                known.get(base, (False,))[0] and window in ("15m", "60m", "today"), field


def test_every_field_is_in_the_history():
    known, n = figures(), 0
    for panel, target in redis_targets():
        if target["command"] != "xrange":
            continue
        for change in panel["transformations"]:
            names = change["options"]["include"]["names"]
            assert names[0] == "$time"
            for field in names[1:]:
                n += 1
                assert known.get(field, (0, 0))[1], field
    assert n > 5


# ---- promtool

def promtool(*arguments, **how):
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("no promtool (Debian package prometheus)")
    done = subprocess.run([program, *map(str, arguments)], text=True, capture_output=True,
                          timeout=60, **how)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_rules_are_rules():
    assert "SUCCESS" in promtool("check", "rules", RULES)


def test_every_query_can_be_read(tmp_path):
    """As a rule, for promtool reads those."""
    rules = [{"record": f"query:{n}", "expr": filled(query)}
             for n, query in enumerate(panel_queries(dashboard("ccmon.json")))]
    assert len(rules) > 20
    (tmp_path / "queries.yml").write_text(json.dumps({"groups": [{"name": "all", "rules": rules}]}))
    promtool("check", "rules", tmp_path / "queries.yml")


def test_rules_say_what_they_are_to_say(tmp_path):
    shutil.copy(RULES, tmp_path)
    shutil.copy(HERE / "data" / "grafana_rules_test.yml", tmp_path)
    promtool("test", "rules", "grafana_rules_test.yml", cwd=tmp_path)


def test_every_alert_is_tried():
    tried = (HERE / "data" / "grafana_rules_test.yml").read_text()
    for name in re.findall(r"- (?:alert|record): (\S+)", RULES.read_text()):
        assert name in tried, name


# ---- the page about it

def test_the_page_names_what_is_there():
    page = (ROOT / "doc" / "grafana.md").read_text()
    there, recorded = series(), set(re.findall(r"record: (\S+)", RULES.read_text()))
    there |= {re.sub("_(bucket|sum|count)$", "", name) for name in there}
    for name in set(re.findall(r"\bccmon_\w+[a-z]\b", page)):
        assert name in there, name
    assert set(re.findall(r"\bccmon:\w+:\w+", page)) <= recorded
    for begin in re.findall(r"`(ccmon_\w+_)\*`", page):
        assert any(name.startswith(begin) for name in there), begin
