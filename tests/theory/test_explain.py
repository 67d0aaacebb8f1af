"""`simulator explain`: golden screens, within 80 columns. `UPDATE_GOLDEN=1 pytest tests/theory` writes them anew."""

import json
import os
from pathlib import Path

import pytest

from simulator.cli.app import invoke
from simulator.config import load
from simulator.report.theory import beside_markdown, explain_text
from simulator.study import compare

GOLDEN = Path(__file__).parent / "golden"
SCREENS = {
    "baseline.txt": ["configs/baseline.yaml"],
    "audio-alive.txt": ["configs/seed-question.yaml", "--profile", "audio alive"],
    "tight-host.txt": ["configs/seed-question.yaml", "--profile", "tight host", "--setting", "cap 500"],
    "one-node.txt": ["configs/baseline.yaml", "--set", "nodes.count=1", "--set", "scheduler.jobs_per_node=unlimited"],
    "overloaded.md": ["configs/baseline.yaml", "--set", "workload.sessions.arrivals={poisson: 1/s}", "--format", "markdown"],
}  # fmt: skip


@pytest.mark.parametrize("name", SCREENS)
def test_screens(name, capsys):
    assert invoke(["explain", *SCREENS[name], "-q"]) == 0
    out = capsys.readouterr().out
    golden = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(out, "utf-8")
    assert out == golden.read_text("utf-8")
    if name.endswith(".txt"):
        assert max(map(len, out.splitlines())) <= 80


def test_narrow_and_wide():
    scenario = load("configs/baseline.yaml")
    assert explain_text("x", scenario, 100) != explain_text("x", scenario, 80)


def test_json(capsys):
    assert invoke(["explain", "configs/baseline.yaml", "--format", "json"]) == 0
    captured = capsys.readouterr()
    plain = json.loads(captured.out)
    assert plain["name"] == "baseline"
    assert plain["answer"][0].startswith("Jobs keep")
    assert {p["applies"] for p in plain["predictions"]} == {True, False}
    assert all(p["value"] is None for p in plain["predictions"] if not p["applies"])
    assert "next: simulator run configs/baseline.yaml" in captured.err


def test_usage(capsys):
    assert invoke(["explain"]) == 2
    assert invoke(["explain", "configs/baseline.yaml", "--format", "csv"]) == 2
    assert invoke(["explain", "configs/seed-question.yaml", "--profile", "audio alife"]) == 2
    assert "did you mean `audio alive`?" in capsys.readouterr().err


def test_theory_beside_simulation_as_a_page():
    config = {
        "name": "small",
        "horizon": "3h",
        "nodes": {"count": 1},
        "scheduler": {"jobs_per_node": "unlimited"},
        "workload": {"sessions": {"arrivals": {"poisson": "0.05/s"}}},
        "settings": {
            "as found": {},
            "renewals": {"workload.sessions.arrivals": {"renewal": {"constant": "20s"}}},
        },
    }
    page = beside_markdown(compare(config, replications=3, workers=1, timelines=False))
    assert page.startswith("# Theory beside simulation")
    assert "| `aggregator_states.entries_mean` | entries on average | = |" in page
    assert "- sessions do not start by a Poisson process of constant rate: " in page
    assert "|z| below 3" in page
