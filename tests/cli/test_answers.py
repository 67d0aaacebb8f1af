"""What run and compare print, write and return, on a study made up by hand in place of the runs."""

import csv
import io
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from simulator.cli.app import invoke

from ..report.synthetic import study

QUESTION = "configs/seed-question.yaml"


def provenance():
    return SimpleNamespace(deaths=0, to_dict=lambda: {"seed": 7, "elapsed_s": 41.2})


@pytest.fixture(autouse=True)
def compiled_already(monkeypatch):
    """Whether the engine has been compiled here before must not decide what these tests see."""
    monkeypatch.setattr("simulator.engine.compiles_first", lambda *_: False)


@pytest.fixture
def made_up(monkeypatch):
    """Put a study in place of `compare`; the returned list holds what it was called with."""
    calls = []
    # these worlds are too plain for formulas, which have tests of their own
    monkeypatch.setattr("simulator.report.files.beside_markdown", lambda study: f"theory of {study.name}\n")

    def use(value):
        def compare(experiment, **options):
            calls.append((experiment, options))
            return replace(value, provenance=provenance())

        monkeypatch.setattr("simulator.study.compare", compare)
        return calls

    return use


def only(value, *statuses):
    return replace(value, targets=tuple(verdict for verdict in value.targets if verdict.status in statuses))


def untold(value):
    return replace(
        value,
        targets=tuple(
            replace(v, status="cannot tell", more_replications=57, reason="interval") for v in value.targets
        ),
    )


def test_exit_codes_say_met_missed_or_cannot_tell(made_up, capsys):
    whole = study()
    for value, code in (
        (only(whole, "met"), 0),
        (whole, 1),
        (untold(whole), 3),
        (replace(whole, targets=()), 0),
    ):
        made_up(value)
        assert invoke(["compare", QUESTION]) == code
    assert "next: --replications 67 would tell what cannot be told yet" in capsys.readouterr().err


def test_the_gate_judges_one_setting_alone(made_up, capsys):
    made_up(study())
    assert invoke(["compare", QUESTION, "--gate", "as found"]) == 1
    assert invoke(["compare", QUESTION, "--gate", "F6 on removal"]) == 0


def test_stdout_has_the_answer_and_nothing_else(made_up, capsys):
    from simulator.report import to_text

    made_up(study())
    invoke(["compare", QUESTION])
    out, err = capsys.readouterr()
    assert out == to_text(study(), 80) + "\n"
    assert "done in" in err
    assert "next: add -o reports/made-up" in err
    invoke(["compare", QUESTION, "-q"])
    assert capsys.readouterr() == (out, "")


def test_options_reach_the_study(made_up):
    calls = made_up(study())
    options = ["--replications", "4", "--seed", "11", "--engine", "reference", "--workers", "2"]
    invoke(["compare", QUESTION, *options, "--profile", "tight host", "--setting", "cap 500"])
    experiment, given = calls[0]
    assert {key: given[key] for key in ("replications", "seed", "engine", "workers")} == {
        "replications": 4,
        "seed": 11,
        "engine": "reference",
        "workers": 2,
    }
    assert experiment.profiles == ("tight host",)
    assert experiment.settings == ("as found", "cap 500")


def test_json_is_the_study(made_up, capsys):
    made_up(study())
    invoke(["compare", QUESTION, "--format", "json"])
    plain = json.loads(capsys.readouterr().out)
    assert list(plain) == [
        "name", "seed", "replications", "horizon_ms", "settings", "targets", "verdicts", "provenance",
    ]  # fmt: skip
    assert set(plain["settings"][1]) == {"name", "profile", "kpis", "stores", "differences"}
    peak = plain["settings"][0]["kpis"]["stores_bytes_peak"]
    assert set(peak) == {"mean", "low", "high", "n", "values"}
    assert len(peak["values"]) == 10


def test_csv_is_tidy(made_up, capsys):
    made_up(study())
    invoke(["compare", QUESTION, "--format", "csv"])
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    (cell,) = [
        row
        for row in rows
        if (row["setting"], row["store"], row["name"]) == ("F6 on removal", "", "stores_bytes_peak")
    ]
    assert cell["unit"] == "bytes"
    assert float(cell["low"]) <= float(cell["mean"]) <= float(cell["high"])
    assert float(cell["difference_mean"]) < -1e9
    assert (cell["detectable"], cell["exactly_zero"]) == ("true", "false")
    keys = [(row["profile"], row["setting"], row["store"], row["name"]) for row in rows]
    assert len(keys) == len(set(keys))


def test_markdown_has_a_table(made_up, capsys):
    made_up(study())
    invoke(["compare", QUESTION, "--format", "markdown"])
    assert "| setting | stores peak |" in capsys.readouterr().out


def test_a_folder_gets_results_and_charts_and_the_same_bytes_again(made_up, tmp_path, capsys):
    made_up(study())
    invoke(["compare", QUESTION, "-o", str(tmp_path / "a")])
    assert f"wrote 11 files to {tmp_path / 'a'}" in capsys.readouterr().err
    invoke(["compare", QUESTION, "-o", str(tmp_path / "b"), "-q"])
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == [
        "answer.md", "availability.png", "availability.svg", "comparison.png", "comparison.svg",
        "memory.png", "memory.svg", "provenance.json", "results.csv", "results.json", "theory.md",
    ]  # fmt: skip
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    assert "provenance" not in json.loads((tmp_path / "a" / "results.json").read_text())


def test_several_profiles_get_charts_of_their_own(made_up, tmp_path):
    made_up(study(replications=2, profiles=(("audio alive", 115e6), ("音频 开启", 9e5))))
    invoke(["compare", QUESTION, "-o", str(tmp_path), "-q"])
    assert (tmp_path / "memory-audio-alive.svg").exists()
    assert "as found" in (tmp_path / "comparison-音频-开启.svg").read_text()


def test_an_interrupted_study_prints_what_it_has_and_how_to_go_on(made_up, capsys, monkeypatch):
    from simulator.study.results import Completeness

    monkeypatch.setattr("sys.argv", ["simulator", "compare", QUESTION])
    whole = study(replications=3)
    made_up(
        replace(whole, replications=10, interrupted=True, completeness=(Completeness("audio alive", 3, 10),))
    )
    assert invoke(["compare", QUESTION]) == 130
    out, err = capsys.readouterr()
    assert "3 of 10 replications × 24 h" in out
    assert err == (
        "interrupted: 3 of 10 replications had finished, this is their result\n"
        "next: run all of it with `simulator compare configs/seed-question.yaml`, or add -o DIR and nothing is lost the next time\n"
    )
    assert invoke(["compare", QUESTION, "--store", "runs.sqlite"]) == 130
    assert capsys.readouterr().err.endswith(
        "next: go on from here with `simulator compare configs/seed-question.yaml`: what had finished is in runs.sqlite\n"
    )


def test_the_first_run_says_that_it_compiles(made_up, monkeypatch, capsys):
    made_up(study())
    asked = []
    monkeypatch.setattr("simulator.engine.compiles_first", lambda *about: asked.append(about) or True)
    said = "compiling the engine, once after an installation"
    for options, expected in (([], True), (["-q"], False), (["--engine", "reference"], False)):
        invoke(["compare", QUESTION, *options])
        out, err = capsys.readouterr()
        assert (said in err) is expected
        assert said not in out
    assert [len(scenarios) for scenarios, _ in asked] == [60]  # every setting in every profile
    monkeypatch.setattr("simulator.engine.keeps_machine_code", lambda: False)
    invoke(["compare", QUESTION])
    assert "each time: there is no folder to keep it in\nnext: let the variable NUMBA_CACHE_DIR name one" in (
        capsys.readouterr().err
    )


def test_interrupted_before_anything_finished(monkeypatch, capsys):
    def compare(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("simulator.study.compare", compare)
    assert invoke(["compare", QUESTION]) == 130
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("interrupted: no replication had finished\nnext: ")


def test_interrupted_where_there_are_no_replications(monkeypatch, capsys):
    def replay(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("simulator.study.replay", replay)
    assert invoke(["replay", "tests/end_to_end/E5.yaml", "tests/data/end_to_end/E5.csv.gz"]) == 130
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("interrupted: it was not done\nnext: start again with `")
    assert "replication" not in err


def test_a_bug_shows_seed_version_and_commit_before_its_traceback(monkeypatch, capsys):
    def compare(*args, **options):
        raise ZeroDivisionError("made up")

    monkeypatch.setattr("simulator.study.compare", compare)
    assert invoke(["compare", QUESTION, "--seed", "5"]) == 70
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("internal error, please report it: seed 5, version ")
    assert "Traceback" in err
    assert err.rstrip().endswith("ZeroDivisionError: made up")


def test_a_reader_that_leaves_is_no_error(made_up, monkeypatch):
    made_up(study())

    def gone(text):
        raise BrokenPipeError

    monkeypatch.setattr("simulator.cli.terminal.show", gone)
    monkeypatch.setattr("simulator.cli.exits.swallow_broken_pipe", lambda: None)
    assert invoke(["compare", QUESTION, "-q"]) == 0


def test_colour_only_on_a_terminal_and_never_with_no_color(monkeypatch):
    from simulator.cli.terminal import has_colour, paint

    terminal = SimpleNamespace(isatty=lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert has_colour(terminal)
    assert not has_colour(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not has_colour(terminal)
    painted = paint("    ✓ met by 5 [1, 2]\n")
    assert "\x1b[32m✓" in painted
    assert "\x1b[2m[1, 2]" in painted
