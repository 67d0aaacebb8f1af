"""`simulator study --cheapest`: a whole search with the real engine, its files, rerun, and golden messages."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from simulator.cli.app import invoke

GOLDEN = Path(__file__).parent / "golden" / "cheapest.txt"
CAP = "nodes.stores.aggregator_states.max"
CONFIG = """\
name: small
horizon: 20min
replications: 3
nodes: {count: 2}
workload: {sessions: {arrivals: {poisson: 0.5/s}}}
targets: [mean aggregator_states.entries_peak <= 50]
settings: {as found: {}, two: {nodes.count: 2}}
profiles: {plain: {}, other: {scheduler.heartbeat: 10s}}
"""
UNTOLD = ["--set", "targets=[P(aggregator_states.entries_peak <= 50) >= 95 %]"]
"""What four replications cannot tell."""
MISTAKES = [
    "nodes.stores.aggregator_states.maxx",
    "nodes.stores.agregator_states.max",
    "horizon",
    "nodes",
    "nodes.baseline",
    "scheduler.routing",
    "scheduler.heartbeat --profile other",
    "nodes.count --setting two",
    f"{CAP} --set {CAP}=7",
    f"{CAP} --from 10 --to 2",
    f"{CAP} --from 5s",
    f"{CAP} --from few",
    f"{CAP} --from 0",
    f"{CAP} --set targets=[]",
    f"{CAP}:largst",
    f"{CAP} --gate two",
    f"{CAP} --junit targets.xml",
    f"{CAP} --parquet values.parquet",
    f"{CAP} --format openmetrics",
    f"{CAP} --setting two --setting three",
    f"{CAP} --design one-at-a-time",
    f"{CAP} --workers 2 --dask tcp://127.0.0.1:1",
]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("simulator.engine.compiles_first", lambda *_: False)
    (tmp_path / "small.yaml").write_text(CONFIG)
    return tmp_path


def study(*words):
    return invoke(["study", "small.yaml", "--cheapest", *words])


def test_every_mistake_says_what_to_type(here, capsys):
    said = []
    for line in MISTAKES:
        assert study(*line.split()) == 2, line
        out, err = capsys.readouterr()
        assert out == ""
        said.append(f"$ simulator study small.yaml --cheapest {line}\n{err}")
    for option in ("--from", "--to", "--at-most"):
        assert invoke(["study", "small.yaml", option, "3"]) == 2
        said.append(capsys.readouterr().err)
    (here / "grid.yaml").write_text(
        f"extends: small.yaml\ngrid: {{{CAP}: [a, b], nodes.pointer_size: [4, 8]}}\n"
    )
    assert invoke(["study", "grid.yaml", "--cheapest", CAP]) == 2
    said.append(capsys.readouterr().err)
    text = "\n".join(said)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(text, "utf-8")
    assert text == GOLDEN.read_text("utf-8")


def test_a_search_its_files_and_its_rerun(here, capsys):
    options = [f"{CAP}:largest", "--profile", "plain", "--from", "10", "--to", "200", "-o", "out"]
    assert study(*options) == 0
    out, err = capsys.readouterr()
    assert f"The cheapest (largest) {CAP} that meets the\n  target is 50, 95 % sure; 51 misses" in out
    assert "wrote 6 files to out · next: open out/cheapest.svg" in err
    results = json.loads((here / "out" / "results.json").read_text())
    assert (results["found"][0]["value"], results["found"][0]["missed"]) == ("50", "51")
    # asking again costs nothing
    before = (here / "out" / "results.json").read_bytes()
    assert study(*options, "--format", "json") == 0
    out, err = capsys.readouterr()
    plain = json.loads(out)
    del plain["provenance"]
    assert plain == results
    assert "runs were stored already" in err
    (here / "small.yaml").unlink()
    assert invoke(["rerun", "out", "-q"]) == 0
    assert capsys.readouterr().out == "the same: out/results.json comes out in every byte as it is\n"
    assert invoke(["rerun", "out", "--engine", "reference", "--workers", "2", "-o", "again", "-q"]) == 0
    assert (here / "again" / "results.json").read_bytes() == before
    for name in ("results.csv", "answer.md", "cheapest.svg"):
        assert (here / "again" / name).read_bytes() == (here / "out" / name).read_bytes()
    assert invoke(["report", "out", "-q"]) == 2
    assert "error[E305]: this folder holds a search for the cheapest value" in capsys.readouterr().err


def test_exit_codes_and_what_to_do_next(here, capsys):
    assert (
        study(
            CAP, "--profile", "plain", "--to", "40", "-q", "--set", "targets=[mean jobs_lost_fraction < 0 %]"
        )
        == 1
    )
    assert capsys.readouterr().out.count("No nodes.stores.aggregator_states.max from") == 1
    assert study(CAP, "--profile", "plain", "--from", "10", "--to", "40", "--replications", "1", *UNTOLD) == 3
    out, err = capsys.readouterr()
    assert "cannot be told with 4 replications" in out
    assert "next: --at-most 16 may tell what cannot be told yet" in err


def test_ctrl_c_says_how_to_go_on(here, capsys, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("simulator.study.execution.run_task", interrupted)
    assert study(CAP, "-o", "out") == 130
    err = capsys.readouterr().err
    assert "interrupted: the search had not ended" in err
    assert "single runs that had ended are in out/runs.sqlite, and will not run again" in err


def test_a_plan_is_rerun_too(here, capsys):
    """`study -o DIR`: effects and rankings come again from provenance alone."""
    (here / "plan.yaml").write_text(
        f"extends: small.yaml\nsettings: null\nprofiles: null\ngrid: {{{CAP}: [20, 100], nodes.count: [2, 3]}}\n"
    )
    assert invoke(["study", "plan.yaml", "-o", "plan", "-q"]) == 1
    (here / "plan.yaml").unlink()
    assert json.loads((here / "plan" / "results.json").read_text())["effects"]
    capsys.readouterr()
    assert invoke(["rerun", "plan", "-q"]) == 0
    assert capsys.readouterr().out.startswith("the same: ")
