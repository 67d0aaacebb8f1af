"""The whole way, from a config to the terminal, on runs of ten simulated minutes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simulator.cli.app import invoke

ROOT = Path(__file__).parents[2]
SHORT = ["--set", "horizon=10min", "--replications", "2"]


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch):
    monkeypatch.chdir(ROOT)


def printed(capsys, *arguments):
    """Exit code, stdout and stderr of a command."""
    code = invoke(list(arguments))
    return code, *capsys.readouterr()


def test_run_answers_and_is_repeatable(capsys):
    runs = [printed(capsys, "run", "configs/baseline.yaml", *SHORT, "--format", "json") for _ in range(2)]
    plain = [json.loads(out) for _, out, _ in runs]
    for one in plain:
        assert one.pop("provenance")["seed"] == 7
    assert plain[0] == plain[1]
    assert plain[0]["settings"][0]["kpis"]["memory_bytes_peak"]["n"] == 2
    assert [code for code, _, _ in runs] == [0, 0]
    assert "done in" in runs[0][2]


def test_run_takes_a_setting_and_a_profile(capsys):
    code, out, _ = printed(
        capsys, "run", "configs/seed-question.yaml", "--setting", "cap 500", "--profile", "tight host", *SHORT
    )
    assert out.startswith("cap 500 · tight host · 2 replications × 10 min · seed 7\n")
    assert code in (0, 1, 3)


def test_compare_says_what_changes_nothing_and_why(capsys):
    code, out, err = printed(
        capsys, "compare", "configs/seed-question.yaml", "--profile", "nothing matters", *SHORT
    )
    assert code == 0
    assert "Every setting meets all 3 targets." in out
    assert "exactly the same: the cap never binds here" in out
    assert "exactly the same: middleware_last_sent_text is off here" in " ".join(out.split())
    assert all(len(line) <= 80 for line in out.splitlines())
    assert "done in" in err


def test_several_configs_are_settings_of_one_comparison(capsys):
    _, out, _ = printed(capsys, "compare", "configs/baseline.yaml", "configs/eras/code-2026-06.yaml", *SHORT)
    assert out.startswith("code-2026-06 vs baseline · 2 replications × 10 min")


def test_one_setting_is_nothing_to_compare(capsys):
    code, out, err = printed(capsys, "compare", "configs/baseline.yaml", *SHORT)
    assert code == 0
    assert "note: configs/baseline.yaml has one setting · name several configs" in err
    assert "peak memory of a node" in out


def test_replay_gives_entries_and_bytes_at_every_step(tmp_path, capsys):
    trace = tmp_path / "trace.csv"
    trace.write_text("at_ms,event,session\n1000,utterance,a\n2000,utterance,b\n61000,utterance,a\n")
    code, out, err = printed(
        capsys, "replay", "configs/baseline.yaml", str(trace), "--every", "1min", "--until", "8min"
    )
    assert code == 0
    found = json.loads(out)
    assert found["at_ms"] == [60_000 * k for k in range(9)]
    # b is 5 min old at the sweep of 302 s, so the sweep of 6 min takes it; a follows one minute later
    assert found["stores"]["aggregator_states"]["entries"] == [0, 2, 2, 2, 2, 2, 1, 0, 0]
    assert found["live_bytes"] == [
        sum(store["bytes"][k] for store in found["stores"].values()) for k in range(len(found["at_ms"]))
    ]
    assert "9 samples of 4 stores" in err
    code, out, _ = printed(
        capsys,
        "replay",
        "configs/baseline.yaml",
        str(trace),
        "--every",
        "event",
        "--format",
        "csv",
        "-o",
        str(tmp_path),
    )
    assert out.splitlines()[0].startswith("at_ms,live_bytes,rss_bytes,aggregator_states.entries")
    assert "aggregator_states.expiries" in out.splitlines()[0]
    assert len(out.splitlines()) == 4
    assert (tmp_path / "replay.csv").read_text() == out


def test_a_bad_trace_is_said_with_its_place(tmp_path, capsys):
    trace = tmp_path / "trace.csv"
    trace.write_text("at_ms,event\n1,utterance\n")
    code, out, err = printed(capsys, "replay", "configs/baseline.yaml", str(trace))
    assert (code, out) == (2, "")
    assert "trace.csv:1:1" in err


def test_files_of_a_real_study(tmp_path, capsys):
    code, _, _ = printed(
        capsys, "compare", "configs/seed-question.yaml", "--profile", "audio alive", "--setting", "F6 on removal",
        *SHORT, "-o", str(tmp_path),
    )  # fmt: skip
    assert code == 0
    assert json.loads((tmp_path / "provenance.json").read_text())["replications"] == 2
    assert {"memory.svg", "memory.png", "comparison.svg", "results.csv"} <= {
        p.name for p in tmp_path.iterdir()
    }
    assert "F6 on removal" in (tmp_path / "memory.svg").read_text()


def test_a_closed_pipe_ends_quietly():
    command = [sys.executable, "-m", "simulator", "schema"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        error = process.stderr.read()
    assert process.returncode == 0
    assert "Traceback" not in error
    assert "Exception ignored" not in error


def test_an_impatient_second_interrupt_leaves_no_traceback(tmp_path):
    command = [sys.executable, "-m", "simulator", "compare", "configs/baseline.yaml", "--workers", "2"]
    command += ["--set", "horizon=2h", "--replications", "5000", "-o", str(tmp_path / "out")]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    store = tmp_path / "out" / "runs.sqlite-wal"
    until = time.monotonic() + 60
    while not (store.exists() and store.stat().st_size > 200_000) and time.monotonic() < until:
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the whole group hears it
    time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    # when Ctrl-C hits `exec` of a string (an import of dataclasses), CPython ends itself by the signal though the
    # interrupt was answered; a shell says 130 of both
    assert process.returncode in (130, -signal.SIGINT), err
    assert "Traceback" not in err
    assert "runs.sqlite" in err
    assert "next: " in err
