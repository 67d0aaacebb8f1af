"""simulator replay as it is typed: steps, formats, against what was observed, files, mistakes."""

import csv
import io
import json
from pathlib import Path

import pytest

from simulator.cli.app import invoke

TESTS = Path(__file__).parents[1]
E5 = [str(TESTS / "end_to_end" / "E5.yaml"), str(TESTS / "data" / "end_to_end" / "E5.csv.gz")]
OBSERVED = str(TESTS / "data" / "end_to_end" / "E5.observed.json.gz")
BASELINE = str(TESTS.parent / "configs" / "baseline.yaml")
TRACE = """at_ms,event,session,text,outcome,audio_ms
1000,utterance,a,x,ok,5000
2000,utterance,b,y,hangs,5000
3000,utterance,b,y,ok,5000
4000,utterance,a,y,ok,5000
90000,session_end,a,,,
"""


def replayed(capsys, *arguments):
    code = invoke(["replay", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def trace(tmp_path):
    path = tmp_path / "trace.csv"
    path.write_text(TRACE)
    return str(path)


def test_a_recorded_run_is_equal_at_every_minute(capsys):
    code, out, err = replayed(capsys, *E5, "--every", "1min", "--against", OBSERVED)
    assert code == 0
    assert out.startswith("E5 · E5.csv.gz against E5.observed.json.gz\n")
    assert "all 9 levels equal at each of 91 observations" in out
    assert "audio_ring_buffers         base64_chars           0        0  never" in out
    assert all(len(line) <= 90 for line in out.splitlines())
    assert "next: -o DIR for a chart" in err


def test_predicted_against_observed_for_machines(capsys, tmp_path):
    out_dir = tmp_path / "out"
    code, out, err = replayed(capsys, *E5, "--against", OBSERVED, "--format", "json", "-o", str(out_dir))
    assert code == 0
    found = json.loads(out)
    assert found["observations"] == 91
    assert found["stores"]["audio_ring_buffers"]["chunks"] == {
        "mean_error": 0.0, "max_error": 0.0, "first_divergence_ms": None, "first_predicted": None, "first_observed": None,
    }  # fmt: skip
    assert abs(found["memory"]["live_bytes"]["peak_relative_error"]) < 0.001
    names = {path.name for path in out_dir.iterdir()}
    assert names == {"replay.json", "fidelity.json", "fidelity.svg", "fidelity.png"}
    assert json.loads((out_dir / "fidelity.json").read_text()) == found
    svg = (out_dir / "fidelity.svg").read_text()
    assert "predicted" in svg
    assert "error of the live heap" in svg
    assert str(out_dir / "fidelity.svg") in err


def test_what_replay_prints_can_be_held_against_another_replay(capsys, tmp_path, trace):
    before = tmp_path / "before"
    after = tmp_path / "before" / "replay.csv"
    options = ["--every", "10s", "--until", "3min", "--set", "scheduler.jobs_per_node=1"]
    assert replayed(capsys, BASELINE, trace, *options, "--format", "csv", "-o", str(before), "-q")[0] == 0
    code, out, _ = replayed(capsys, BASELINE, trace, *options, "--against", str(after))
    assert code == 0
    assert "9 levels equal" in out  # entries and bytes of four stores, and in_flight
    changed = ["--set", "nodes.stores.pending_translations.entry=3kB"]
    _, out, _ = replayed(capsys, BASELINE, trace, *options, *changed, "--against", str(after))
    assert "8 of 9 levels equal" in out
    assert "1,000  10 s: 3,000, observed 2,000" in out


def test_the_scheduler_holds_nothing_back(capsys, trace):
    options = ["--set", "scheduler.jobs_per_node=1", "--set", "scheduler.threshold={over: 1 %}"]
    options += ["--set", "scheduler.pending_timeout=1ms", "--set", "scheduler.heartbeat=10min"]
    options += ["--set", "scheduler.offline_after=1s", "--set", "scheduler.scan_every=1s"]
    plain = replayed(capsys, BASELINE, trace, "--every", "event", "--format", "csv")[1]
    held = replayed(capsys, BASELINE, trace, "--every", "event", "--format", "csv", *options)[1]
    assert held == plain
    rows = list(csv.DictReader(io.StringIO(plain)))
    assert [row["at_ms"] for row in rows] == ["1000", "2000", "3000", "4000", "90000"]
    # y hangs from 2 s on; what says y at 3 s is coalesced, and writes the cache that is read at 4 s
    assert [row["translation_cache.hits"] for row in rows] == ["0", "0", "0", "1", "1"]
    assert [row["pending_translations.in_flight"] for row in rows] == ["0", "1", "1", "1", "1"]
    assert rows[-1]["aggregator_states.entries"] == "1"


def test_a_table_for_the_eye(capsys, trace):
    code, out, _ = replayed(capsys, BASELINE, trace, "--until", "2min", "--format", "text")
    assert code == 0
    assert out.splitlines()[0] == "baseline · trace.csv, 3 samples"
    assert "aggregator_states" in out


def test_a_death_is_said(capsys, tmp_path):
    trace = tmp_path / "audio.csv"
    rows = "".join(f"{1000 * i},utterance,s{i},15000\n" for i in range(300))
    trace.write_text("at_ms,event,session,audio_ms\n" + rows)
    options = [
        "--set",
        "nodes.stores.audio_ring_buffers.enabled=true",
        "--set",
        "nodes.process.heap_limit=60MiB",
    ]
    code, _, err = replayed(capsys, BASELINE, str(trace), "--until", "6min", *options)
    assert code == 0
    assert "the process died at 118,000 ms" in err
    _, out, _ = replayed(capsys, BASELINE, str(trace), "--until", "6min", *options, "--format", "text")
    assert "the process died at 1 min 58 s" in out


def test_observations_are_read_before_the_run(capsys, tmp_path, trace):
    wrong = tmp_path / "seen.json"
    wrong.write_text("{}")
    code, out, err = replayed(capsys, BASELINE, trace, "--against", str(wrong))
    assert (code, out) == (2, "")
    assert "error[E123]" in err
    code, out, err = replayed(capsys, BASELINE, trace, "--against", "nowhere.json")
    assert (code, out, err) == (2, "", "error: --against nowhere.json: no such file\n")


def test_no_time_in_common(capsys, tmp_path, trace):
    late = tmp_path / "late.json"
    late.write_text(json.dumps({"at_ms": [10**12], "live_bytes": [1]}))
    code, out, err = replayed(capsys, BASELINE, trace, "--until", "1min", "--against", str(late))
    assert (code, out) == (2, "")
    assert err == f"error: --against {late}: no time in common\n"


def test_what_the_compiled_engine_does_not_know_is_said_before_the_run(capsys, trace, tmp_path):
    pytest.importorskip("numba")
    config = tmp_path / "many.yaml"
    stores = "\n".join(f"    map_{n}: {{kind: session_map}}" for n in range(61))
    config.write_text(f"nodes:\n  stores:\n{stores}\n")
    code, out, err = replayed(capsys, str(config), trace, "--engine", "compiled")
    assert (code, out) == (2, "")
    assert (
        err
        == "error: --engine compiled: cannot run this, more than 60 stores · leave it out, or type reference\n"
    )


def test_a_misspelt_step(capsys):
    code, out, err = replayed(capsys, *E5, "--every", "evnt")
    assert (code, out) == (2, "")
    assert "--every evnt: expected a duration" in err
    assert "did you mean event?" in err


def test_rows_after_the_horizon_are_counted_on_stderr(capsys, trace):
    arguments = (E5[0], trace, "--every", "30s")
    _, _, err = replayed(capsys, *arguments, "--until", "91s")
    assert "left out" not in err
    code, _, err = replayed(capsys, *arguments, "--until", "90s")  # the row at 90 s is at the horizon
    assert code == 0
    assert "1 row of the trace lies after the horizon of 90s and is left out; --until takes it in" in err
