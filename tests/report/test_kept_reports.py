"""The reports in reports/: one for each era, made by one command, the same bytes each time."""

import json
import runpy
from pathlib import Path

import pytest

from simulator.config import load_experiment

ROOT = Path(__file__).parents[2]
ERAS = ("document", "code-2026-01", "code-2026-06")


@pytest.fixture
def reports(monkeypatch):
    monkeypatch.chdir(ROOT)
    return runpy.run_path("reports/make.py")


@pytest.mark.parametrize("era", ERAS)
def test_an_era_is_asked_the_whole_question(era):
    experiment = load_experiment(ROOT / "reports" / f"{era}.yaml")
    asked = load_experiment(ROOT / "configs" / "seed-question.yaml")
    assert experiment.settings == asked.settings
    assert experiment.profiles == (("as it was", "audio alive") if era == "document" else ("",))
    own = load_experiment(ROOT / "configs" / "eras" / f"{era}.yaml").scenario
    assert experiment.scenario.nodes == own.nodes
    assert experiment.scenario.scheduler == own.scheduler
    assert [target.text for target in experiment.scenario.targets] == [t.text for t in asked.scenario.targets]


@pytest.mark.parametrize("era", ERAS)
def test_what_is_kept_is_whole(era, reports):
    folder = ROOT / "reports" / era
    kept = [folder / name for name in reports["KEPT"]]
    assert all(path.is_file() for path in kept)
    results = json.loads((folder / "results.json").read_text())
    assert len(results["settings"]) == (24 if era == "document" else 12)
    assert sum(path.stat().st_size for path in kept) < 2_000_000
    assert (
        f"simulator report reports/{era}.yaml --replications {results['replications']}"
        in (folder / "index.html").read_text()
    )


def test_they_are_made_again_by_one_command(reports, monkeypatch, tmp_path, capsys):
    """A small one: the command itself takes a minute."""
    small = tmp_path / "document.yaml"
    small.write_text(
        f"extends: {ROOT / 'reports' / 'document.yaml'}\nreplications: 2\nhorizon: 1h\n"
        "profiles: {audio alive: null}\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(reports["make"].__globals__, "HERE", tmp_path)
    pages = []
    for _ in range(2):
        assert reports["make"](["document"]) in (0, 1)
        (tmp_path / "document" / "runs.sqlite").unlink()
        pages.append([(tmp_path / "document" / name).read_bytes() for name in reports["KEPT"][:-1]])
    assert pages[0] == pages[1]
    assert reports["make"](["middle-ages"]) == 2
    assert "no era middle-ages · there are document" in capsys.readouterr().err
