"""simulator init: what it writes loads without a warning, answers in seconds, and is never written over."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cli.app import invoke
from simulator.config import load, load_experiment
from simulator.config.read import read_tree
from simulator.config.starter import QUESTIONS, default, starter
from simulator.config.tree import values

ROOT = Path(__file__).parents[2]
FLAGS = {
    "--name": "shop: checkout",
    "--sessions-per-second": "30/min",
    "--session-length": "10min",
    "--gap": "20s",
    "--bytes-per-session": "6kB",
    "--ttl": "20min",
    "--sweep-every": "30s",
    "--max-sessions": "2000",
    "--ends-told": "25 %",
    "--left-behind": "500B",
    "--nodes": "3",
    "--memory": "4GiB",
    "--baseline": "1GiB",
    "--threshold": "80%",
}


def written(tmp_path, *flags, expect=0):
    path = tmp_path / "service.yaml"
    assert invoke(["init", str(path), *flags]) == expect
    return path


def test_without_answers_the_defaults_are_written_and_said_to_be_guesses(tmp_path, capsys):
    path = written(tmp_path)
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        f"wrote {path}, 14 of 14 answers guessed\n"
        f"next: change what you know in it, then simulator compare {path}\n"
    )
    assert invoke(["check", "--strict", str(path)]) == 0


def test_every_question_has_an_option_and_every_option_reaches_the_config(tmp_path, capsys):
    assert list(FLAGS) == [f"--{name.replace('_', '-')}" for name in QUESTIONS]
    path = written(tmp_path, *(word for flag in FLAGS.items() for word in flag))
    assert capsys.readouterr().err.startswith(f"wrote {path}\n")
    assert invoke(["check", "--strict", str(path)]) == 0
    found = load(path)
    sessions, nodes = found.workload.sessions, found.nodes
    table, left = nodes.stores["sessions"], nodes.stores["left_behind"]
    assert found.name == "shop: checkout"
    assert sessions.arrivals.rate_per_s == 0.5
    assert sessions.duration.mean == 600_000
    assert sessions.gap.mean == 20_000
    assert sessions.end_signalled == 0.25
    assert (table.entry_bytes, table.max, table.ttl_ms, table.sweep_every_ms) == (
        6000,
        2000,
        1_200_000,
        30_000,
    )
    assert (left.entry_bytes, left.cleanup.kind) == (500, "never")
    assert (nodes.count, nodes.memory_bytes, nodes.baseline.distribution.mean) == (3, 2**32, 2**30)
    assert found.threshold_bytes == int(0.8 * 2**32)
    assert load_experiment(path).settings == (
        "as it is", "drop after 10min", "at most 1000", "nothing left behind", "one node more",
    )  # fmt: skip


def test_the_defaults_answer(tmp_path, capsys):
    path = written(tmp_path, "--left-behind", "2kB", "-q")
    assert invoke(["compare", str(path), "--replications", "2", "--set", "horizon=2h", "-q"]) == 0
    assert "Every setting meets all 3 targets." in capsys.readouterr().out


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "name": st.text(min_size=1, max_size=30).filter(str.strip),
            "sessions_per_second": st.sampled_from(["0.001", "3/h", "40/s"]),
            "session_length": st.sampled_from(["1s", "3h"]),
            "ttl": st.sampled_from(["never", "1ms", "7d"]),
            "sweep_every": st.sampled_from(["1ms", "1s"]),
            "max_sessions": st.sampled_from(["unlimited", "1", "100000"]),
            "left_behind": st.sampled_from(["0B", "1B"]),
            "threshold": st.sampled_from(["never", "85 %", "99.5%"]),
            "memory": st.sampled_from(["512MB", "16GiB"]),
        },
    )
)
def test_whatever_is_answered_loads(answers):
    text = starter(answers)
    found = load_experiment(values(read_tree(text, "")))
    assert found.name == answers.get("name", "my service").strip()
    assert "W211" not in [warning.code for warning in found.warnings]  # long enough for sessions to expire


def test_a_file_is_not_written_over_without_force(tmp_path, capsys):
    path = written(tmp_path)
    path.write_text("mine")
    written(tmp_path, expect=2)
    assert f"error: {path} is there already · name another file, or type --force" in capsys.readouterr().err
    assert path.read_text() == "mine"
    written(tmp_path, "--force")
    assert load(path).name == "my service"


def test_all_answers_that_cannot_be_read_are_said_at_once(tmp_path, capsys):
    path = written(tmp_path, "--ttl", "30", "--nodes", "0", "--memory", "8 gb", "--name", " ", expect=2)
    assert capsys.readouterr().err.splitlines() == [
        "error: --name  : expected a name",
        "error: --ttl 30: expected a duration with a unit, such as 30s or 5min · write `30s` if you mean seconds",
        "error: --nodes 0: expected a whole number of at least 1, not `0`",
        "error: --memory 8 gb: unknown unit `gb`: expected a size with a unit, such as 300B, 480kB or 16GiB · "
        "write `8 GB`",
    ]  # fmt: skip
    assert not path.exists()


def test_answers_that_contradict_each_other_are_said_at_their_option(tmp_path, capsys):
    path = written(tmp_path, "--memory", "1GiB", "--baseline", "2GiB", expect=2)
    err = capsys.readouterr().err
    assert err.startswith("error[E109]: the baseline (2GiB on average) leaves nothing of the host's 1GiB\n")
    assert " --> --baseline 2GiB\n" in err
    assert "1 error in these answers" in err
    assert not path.exists()


def test_what_is_odd_is_written_with_a_warning(tmp_path, capsys):
    path = written(tmp_path, "--memory", "1GiB", "--baseline", "900MiB")
    err = capsys.readouterr().err
    assert err.startswith("warning[W204]")
    assert path.exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [("", "this is a folder · name a file, such as"), ("no/service.yaml", "there is no folder")],
)
def test_a_place_that_cannot_be_written_is_said(tmp_path, capsys, name, said):
    assert invoke(["init", str(tmp_path / name)]) == 2
    assert said in capsys.readouterr().err


def asked(arguments, typed):
    """What a terminal shows when `simulator init` is run on it and this is typed; and the exit code."""
    terminal, its = pty.openpty()
    command = [sys.executable, "-m", "simulator", "init", *arguments]
    run = subprocess.Popen(command, stdin=its, stdout=its, stderr=its, cwd=ROOT)
    os.close(its)
    os.write(terminal, typed)
    shown = b""
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # Linux says so when the other end has gone
            break
        if not piece:
            break
        shown += piece
    os.close(terminal)
    return shown.decode(), run.wait(30)


def test_on_a_terminal_it_asks_and_asks_again(tmp_path):
    path = tmp_path / "shop.yaml"
    shown, code = asked([str(path), "--nodes", "5"], b"shop\n\n10\n10min\n2kB\n\n500\n\n4GiB\n\n")
    assert code == 0
    assert shown.count("How long a session goes on, on average [5min]: ") == 2
    assert "write `10s` if you mean seconds" in shown
    assert "Nodes" not in shown
    assert "everything else on the host takes [1GiB]" in shown
    found = load(path)
    assert (found.name, found.nodes.count, found.nodes.memory_bytes) == ("shop", 5, 2**32)
    assert found.nodes.stores["sessions"].max == 500


def test_leaving_while_asked_writes_nothing(tmp_path):
    path = tmp_path / "shop.yaml"
    shown, code = asked([str(path)], b"shop\n\x04")
    assert code == 130
    assert "interrupted: nothing was written" in shown
    assert not path.exists()


def test_yes_asks_nothing(tmp_path):
    path = tmp_path / "shop.yaml"
    shown, code = asked([str(path), "--yes"], b"")
    assert (code, "[" in shown) == (0, False)
    assert load(path).name == "my service"


def test_defaults_rest_on_what_was_answered():
    assert default("baseline", {"memory": "4GiB"}) == "1GiB"
    assert default("ttl", {}) == "30min"
