"""simulator verify as it is typed: agreement, disagreement, a change, formats, files, mistakes. UPDATE_GOLDEN=1 writes screens anew."""

import csv
import io
import json
import os
from pathlib import Path

import pytest

from simulator.cli.app import invoke

GOLDEN = Path(__file__).parent / "golden"
CONFIGS = Path(__file__).parents[2] / "configs"
QUICK = ["--replications", "6"]
INCIDENT = f"""\
extends: {CONFIGS / "baseline.yaml"}
name: incident
horizon: 3h
workload: {{sessions: {{arrivals: {{poisson: 0.02/s}}}}}}
nodes: {{count: 1, baseline: 12GiB, stores: {{audio_ring_buffers: {{enabled: true}}}}}}
settings:
  as found: {{}}
  audio off: {{nodes.stores.audio_ring_buffers.enabled: false}}
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A config of two settings, and a log of each: level info, with a probe's sizes."""
    folder = tmp_path_factory.mktemp("incident")
    (folder / "incident.yaml").write_text(INCIDENT)
    for setting, seed, options in (
        ("as found", "5", ["--log-sizes", "1min"]),
        ("audio off", "6", ["--log-sizes", "1min"]),
    ):
        logs = ["--logs", str(folder / setting), *options]
        typed = ["run", str(folder / "incident.yaml"), "--setting", setting, "--seed", seed, *logs]
        assert invoke([*typed, "--replications", "1", "-q", "--format", "csv"]) == 0
    return folder


@pytest.fixture
def verified(place, capsys, monkeypatch):
    """Type `simulator verify` in the folder; returns exit code, stdout and stderr."""
    monkeypatch.chdir(place)
    capsys.readouterr()

    def verify(*arguments):
        code = invoke(["verify", *arguments])
        return code, *capsys.readouterr()

    return verify


def assert_golden(name, text):
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
    assert all(len(line) <= 80 for line in text.splitlines())


def test_a_log_that_agrees(verified):
    code, out, err = verified("incident.yaml", "as found", *QUICK)
    assert code == 0
    assert_golden("verify.txt", out)
    assert err.endswith("lines read · next: -o DIR for a chart\n")


def test_a_change_that_did_what_was_predicted(verified):
    code, out, _ = verified("incident.yaml", "as found", "--after", "audio off", *QUICK)
    assert code == 0
    assert_golden("verify-change.txt", out)
    by_name = verified("incident.yaml", "--before", "as found", "--after", "audio off", *QUICK)
    assert by_name[1] == out


def test_a_store_that_the_config_has_switched_off(verified):
    code, out, _ = verified("incident.yaml", "as found", "--setting", "audio off", *QUICK)
    assert code == 1
    assert_golden("verify-switched-off.txt", out)
    assert "The log tells of audio_ring_buffers, which the config has switched off." in out


def test_a_change_within_one_log(verified, place):
    options = ["--change", "2026-01-01T01:30Z", "--after-setting", "audio off", *QUICK]
    code, out, _ = verified("incident.yaml", "as found", *options)
    assert code == 1  # nothing was changed at all
    assert " ".join(out.split()).startswith("incident · as found, 1.5 h of logs → audio off, 1.5 h of logs")
    assert "The change did not do what was predicted" in out


def test_logs_that_cannot_tell(verified, place):
    only = place / "probe.jsonl"
    only.write_text('{"at":1767225600000,"uptime_ms":0,"pid":1,"stores":{"another":3}}\n' * 3)
    code, out, _ = verified("incident.yaml", str(only), *QUICK)
    assert code == 3
    assert "\n  Cannot tell: no heartbeat" in out
    assert "the log tells of another, which the config does not have" in out


def test_formats_say_the_same(verified):
    code, out, _ = verified("incident.yaml", "as found", *QUICK, "--format", "json")
    found = json.loads(out)
    assert code == 0
    assert found["verdict"] == "as predicted"
    assert found["answer"].startswith("The model is right about memory: ")
    assert found["log"]["holders"][0]["name"] == "audio_ring_buffers"
    assert found["log"]["exhaustion"]["observed_days"][0] > 0
    assert found["read"]["troubles"] == {}
    rows = list(
        csv.DictReader(io.StringIO(verified("incident.yaml", "as found", *QUICK, "--format", "csv")[1]))
    )
    assert [row["name"] for row in rows] == [each["name"] for each in found["log"]["comparisons"]]
    assert [float(row["observed"]) for row in rows] == [
        each["observed"] for each in found["log"]["comparisons"]
    ]
    markdown = verified("incident.yaml", "as found", *QUICK, "--format", "markdown")[1]
    assert f"\n{found['answer']}\n" in markdown
    assert "| ✓ memory of a node |" in markdown


def test_files_and_a_chart(verified, place):
    code, out, err = verified("incident.yaml", "as found", *QUICK, "-o", "out", "--workers", "2")
    assert code == 0
    assert_golden("verify.txt", out)  # the number of workers changes nothing
    names = {path.name for path in (place / "out").iterdir()}
    assert names == {f"verification.{end}" for end in ("txt", "md", "json", "csv", "svg", "png")}
    svg = (place / "out" / "verification.svg").read_text()
    assert "audio_ring_buffers" in svg
    assert "threshold" in svg
    assert "wrote verification.txt" in err
    verified("incident.yaml", "as found", "--after", "audio off", *QUICK, "-o", "two")
    assert "after on the right" in (place / "two" / "verification.svg").read_text()


def test_nodes_that_had_been_running(verified):
    code, out, _ = verified("incident.yaml", "as found", *QUICK, "--uptime", "1h")
    assert code == 1  # they had not: the log has none of what they would hold
    assert "had been running for 1.0 h" in out


def test_another_services_log_by_a_mapping(verified, place):
    (place / "mapping.yaml").write_text(
        "time: {field: ts, unit: s}\nevent: evt\nnode: host\n"
        "events: {sizes: {kind: sizes, fields: {aggregator_states.entries: n}}}\n"
    )
    lines = [{"ts": 1767225600 + 60 * i, "evt": "sizes", "host": "a", "n": 400} for i in range(180)]
    (place / "other.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    code, out, _ = verified("incident.yaml", "other.jsonl", "--mapping", "mapping.yaml", *QUICK)
    assert code == 1
    assert "× the aggregator_states that the model predicts." in " ".join(out.split())


def test_troubles_are_said_with_their_first_line(verified, place):
    dirty = place / "dirty.log"
    source = (place / "as found" / "electron-main.NODE-1.log").read_bytes()
    dirty.write_bytes(b'{"level":30,"time":17672256\n\xff\xfe{}\n' + source)
    code, out, _ = verified("incident.yaml", "dirty.log", *QUICK)
    assert code in (0, 1)
    assert "troubles while reading" in out
    words = " ".join(out.split())
    assert "lines that are not JSON: cut off, or of something else: 1, first at dirty.log:1" in words
    assert "lines that are not UTF-8: 1, first at dirty.log:2" in words


MISTAKES = {
    "no log": (["incident.yaml"], "error: missing LOG · name the logs to hold against the config, or --before LOG\n"),
    "no such log": (["incident.yaml", "nowhere"], "error: nowhere: no such file\n"),
    "two ways to split": (
        ["incident.yaml", "as found", "--after", "audio off", "--change", "2026-01-01"],
        "error: --change splits one log, --after names a second · leave one out\n",
    ),
    "a setting for no change": (
        ["incident.yaml", "as found", "--after-setting", "audio off"],
        "error: --after-setting says what a change was to · add --after LOG or --change TIME\n",
    ),
    "no such setting after": (
        ["incident.yaml", "as found", "--after", "audio off", "--after-setting", "audio of"],
        "help: did you mean `audio off`?",
    ),
    "no time": (
        ["incident.yaml", "as found", "--change", "noon"],
        "error: --change noon: expected a time, such as 2026-01-01T06:00Z\n",
    ),
    "a change outside the log": (
        ["incident.yaml", "as found", "--change", "2026-02-01"],
        "error: --change 2026-02-01: nothing in the logs is after it, they are from 2026-01-01T00:00:00Z to 2026-01-01T02:5",
    ),
    "one replication": (
        ["incident.yaml", "as found", "--replications", "1"],
        "error: --replications takes a whole number of at least 2, not `1`\n",
    ),
    "an uptime without a unit": (
        ["incident.yaml", "as found", "--uptime", "60"],
        "error: --uptime 60: expected a duration with a unit, such as 30s or 5min · write `60s` if you mean seconds\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_said_and_exits_2(mistake, verified):
    arguments, said = MISTAKES[mistake]
    code, out, err = verified(*arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_a_config_of_one_setting_does_not_say_what_changed(verified):
    code, _, err = verified(str(CONFIGS / "baseline.yaml"), "as found", "--after", "audio off")
    assert code == 2
    assert "has one setting, so nothing says what the change was · add it to `settings:`" in err


def test_several_settings_have_to_be_chosen_from(verified):
    code, _, err = verified(str(CONFIGS / "seed-question.yaml"), "as found", "--after", "audio off")
    assert code == 2
    assert "error: --after-setting NAME says what the change was: sweep 30 s, cap 500, both" in err


def test_logs_that_say_nothing(verified, place):
    (place / "nothing.log").write_text("hello\nworld\n")
    code, out, err = verified("incident.yaml", "nothing.log")
    assert (code, out) == (2, "")
    assert err == (
        "error[E131]: these logs say nothing that could be held against a config\n"
        "  = help: 2 lines were read, and none is an event that is known\n"
        "  = help: lines that are not JSON: cut off, or of something else: 2, first at nothing.log:1\n"
        "  = help: another service's logs need --mapping FILE: docs/logs.md\n"
        "\n1 error\n"
    )


def test_logs_after_a_change_come_after_it(verified, place):
    late = place / "late.log"
    late.write_text(
        '{"level":30,"time":1893456000000,"pid":1,"hostname":"N","count":1,"totalSessions":3,'
        '"msg":"Cleaned up expired AggregatorState sessions"}\n'
    )
    code, _, err = verified("incident.yaml", "late.log", "--after", "audio off")
    assert code == 2
    assert err == "error: --after: these logs begin at 2026-01-01T00:00:00Z, before the others · swap them\n"
