"""simulator rerun: from provenance alone, and it says whether the results are the same bytes."""

from __future__ import annotations

import json

import pytest

from simulator.cli.app import invoke

CONFIG = """\
name: small
horizon: 10min
replications: 2
nodes: {count: 2}
settings: {as found: {}, sweep 30 s: {nodes.stores.aggregator_states.sweep_every: 30s}, more: {nodes.count: 3}}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch, capsys):
    """A folder that compare has written; its config is gone."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(CONFIG)
    options = ["--set", "scheduler.heartbeat=10s", "--setting", "sweep 30 s", "--seed", "5", "-q"]
    assert invoke(["compare", "config.yaml", *options, "-o", "out"]) == 0
    (tmp_path / "config.yaml").unlink()
    capsys.readouterr()
    return tmp_path / "out"


def test_the_same_bytes_come_again(folder, capsys):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert invoke(["rerun", "out"]) == 0
    out, err = capsys.readouterr()
    assert out == "the same: out/results.json comes out in every byte as it is\n"
    assert err.startswith("done in ")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_another_engine_and_folder(folder, capsys):
    assert invoke(["rerun", "out", "--engine", "reference", "--workers", "2", "-o", "again", "-q"]) == 0
    assert capsys.readouterr().err == ""
    for name in ("results.json", "results.csv", "answer.md", "memory.svg"):
        assert (folder / name).read_bytes() == (folder.parent / "again" / name).read_bytes(), name
    # and what rerun wrote can be rerun
    assert invoke(["rerun", "again", "-q"]) == 0


def test_what_differs_is_said(folder, capsys):
    results = json.loads((folder / "results.json").read_text())
    results["settings"][1]["kpis"]["memory_bytes_peak"]["mean"] = 1.0
    (folder / "results.json").write_text(json.dumps(results))
    assert invoke(["rerun", "out"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("different: out/results.json is not what comes out now, 1 values differ\n")
    assert "  settings[1].kpis.memory_bytes_peak.mean: 1.0 → " in out
    assert "why: nothing that provenance.json knows has changed: was the file edited?" in out


def test_other_code_is_said(folder, capsys):
    file = folder / "provenance.json"
    plain = json.loads(file.read_text())
    file.write_text(json.dumps(plain | {"code": "older", "commit": "0123abc", "versions": {"numpy": "1.0"}}))
    assert invoke(["rerun", "out"]) == 0
    err = capsys.readouterr().err
    assert "note: the simulator has changed: 0123abc then, " in err
    assert "note: numpy was 1.0 and is " in err


def test_results_that_are_gone_are_made_again(folder, capsys):
    before = (folder / "results.json").read_bytes()
    for path in folder.iterdir():
        if path.name != "provenance.json":
            path.unlink()
    assert invoke(["rerun", "out"]) == 0
    assert capsys.readouterr().out == "out had no results.json to compare with\n"
    assert (folder / "results.json").read_bytes() == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "this provenance cannot be followed: not JSON"),
        ("[]", "this provenance cannot be followed: TypeError"),
        ('{"seed": 7}', "this provenance cannot be followed: KeyError 'recipe'"),
        ('{"recipe": {}}', "this study was made of values in Python"),
    ],
)
def test_a_provenance_that_cannot_be_followed(folder, capsys, text, said):
    (folder / "provenance.json").write_text(text)
    assert invoke(["rerun", "out"]) == 2
    assert f"error[E321]: {said}" in capsys.readouterr().err


def test_what_cannot_be_done(folder, capsys):
    assert invoke(["rerun", "nowhere"]) == 2
    assert "nowhere: no such folder" in capsys.readouterr().err
    assert invoke(["rerun", "out", "-o", "out"]) == 2
    assert "would overwrite what is to be compared" in capsys.readouterr().err
    assert invoke(["rerun", "."]) == 2
    assert "error[E321]: no provenance: no such file or directory" in capsys.readouterr().err


def test_recorded_arrivals_that_changed_are_said(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "starts.csv").write_text("at_ms\n1000\n2000\n")
    (tmp_path / "config.yaml").write_text(
        "horizon: 10min\nreplications: 1\nworkload: {sessions: {arrivals: {trace: starts.csv}}}\n"
    )
    assert invoke(["run", "config.yaml", "-o", "out", "-q"]) == 0
    (tmp_path / "starts.csv").write_text("at_ms\n1000\n")
    assert invoke(["rerun", "out"]) == 1
    out, err = capsys.readouterr()
    assert "note: starts.csv has changed" in err
    assert "why: starts.csv has changed" in out
    # the store does not take the old runs for new ones
    assert invoke(["run", "config.yaml", "-o", "out"]) == 0
    assert "already stored" not in capsys.readouterr().err
    assert invoke(["rerun", "out"]) == 0
    (tmp_path / "starts.csv").unlink()
    assert invoke(["rerun", "out"]) == 2
    assert "error[E110]" in capsys.readouterr().err
