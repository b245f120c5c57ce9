# SPDX-License-Identifier: MIT
"""ccmonctl explain: of each source of the configuration, what it measures, what
is derived, and what is not to be had from it.  Needs no Redis."""
import json
import subprocess

import pytest

SWITCH = """
    {{ type = "file"; path = "/var/log/asterisk/queue_log"; dialect = "queue_log"; source = "pbx"{0}; }}"""
AMI = """
    {{ type = "ami"; source = "pbx"; username = "ccmon"; secret_file = "/s"{0}; }}"""
CHAT = """
  chat: { journal = "/nowhere/chat"; inputs = ( { type = "zmq-pull"; bind = ["ipc:///nowhere/in"]; } ); };"""


@pytest.fixture
def explain(ctl, tmp_path):
    def run(inputs, *words, more="", code=0):
        config = tmp_path / "ccmon.cfg"
        config.write_text(
            'site = "x"; timezone = "UTC"; redis: { unix = "/nowhere/redis.sock"; };\n'
            'collectors: { call: { journal = "/nowhere/call"; inputs = (%s); };%s };\n'
            % (",".join(inputs), more))
        done = subprocess.run([ctl, "-c", str(config), *words], text=True, capture_output=True,
                              timeout=30)
        assert done.returncode == code, done
        return done.stdout
    return run


def whole(text):
    return {(s["source"] or s["collector"]): s["result"] for s in json.loads(text)["sources"]}


def parts(source):
    return {p["part"]: (p["result"], p["dialect"]) for p in source["parts"]}


def test_a_log_alone(explain):
    log = [SWITCH.format("")]
    said = explain(log, "explain", "aht_seconds_15m")
    assert "from    pbx: derived\n" in said
    assert "  hold        missing   queue_log: the log knows none" in said
    assert whole(explain(log, "--json", "explain", "hold_avg_seconds")) == {"pbx": "missing"}
    assert whole(explain(log, "--json", "explain", "sl_ratio")) == {"pbx": "measured"}


def test_two_inputs_of_one_switch(explain):
    """Each part is told of the input that gives it, and of no other."""
    both = [SWITCH.format('; gives = "calls"'), AMI.format('; gives = "agents"')]
    pbx, = json.loads(explain(both, "--json", "explain", "sources"))
    told = parts(pbx)
    assert told["wait"] == ("measured", "queue_log") and told["missed"][1] == "queue_log"
    assert told["hold"] == ("measured", "ami") and told["ringing"] == told["states"] == told["hold"]


def test_what_no_input_gives(explain):
    only = [AMI.format('; gives = "agents"')]
    pbx, = json.loads(explain(only, "--json", "explain", "sources"))
    assert parts(pbx)["wait"] == ("missing", "none")
    assert "wait        missing   none: no input of this source gives it" in explain(
        only, "explain", "asa_seconds")


def test_each_source_for_itself(explain):
    assert whole(explain([SWITCH.format("")], "--json", "explain", "hold_avg_seconds", more=CHAT)) \
        == {"pbx": "missing", "chat": "measured"}


def test_what_is_no_sources(explain):
    assert "from" not in explain([SWITCH.format("")], "explain", "sl_target_ratio")
    assert whole(explain([SWITCH.format("")], "--json", "explain", "seq")) == {}


def test_no_configuration(ctl, tmp_path):
    done = subprocess.run([ctl, "-c", str(tmp_path / "none"), "explain", "sources"], text=True,
                          capture_output=True, timeout=30)
    assert done.returncode == 2 and "none" in done.stderr
