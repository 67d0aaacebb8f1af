"""Everything that is refused before anything runs: the message, exit code 2, and nothing on stdout."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.cli.app import COMMANDS, invoke

BASELINE = "configs/baseline.yaml"
QUESTION = "configs/seed-question.yaml"

MISTAKES = {
    "unknown command": (["compre"], "error: unknown command compre · did you mean compare?\n"),
    "a word unlike any command": (["xyzzy"], "error: unknown command xyzzy · see simulator --help\n"),
    "no config": (["run"], "error: missing CONFIG\nsee: simulator run --help\n"),
    "unknown option": (
        ["run", BASELINE, "--sed", "3"],
        "error: unknown option --sed · did you mean --seed?\n",
    ),
    "unknown option before a command": (["--hlp"], "error: unknown option --hlp · did you mean --help?\n"),
    "a count that is no number": (
        ["run", BASELINE, "--replications", "ten"],
        "error: --replications takes a whole number of at least 1, not `ten`\n",
    ),
    "a count below one": (
        ["run", BASELINE, "--workers", "0"],
        "error: --workers takes a whole number of at least 1",
    ),
    "a negative seed": (
        ["run", BASELINE, "--seed", "-1"],
        "error: --seed takes a whole number of at least 0, not `-1`",
    ),
    "unknown format": (
        ["compare", QUESTION, "--format", "jsn"],
        "error: --format takes text, markdown, csv, json or openmetrics, not `jsn` · did you mean json?\n",
    ),
    "unknown engine": (
        ["run", BASELINE, "--engine", "numba"],
        "error: --engine takes auto, reference or compiled, not `numba`\n",
    ),
    "no such file": (["run", "nowhere.yaml"], "error[E110]: there is no such file\n --> nowhere.yaml\n"),
    "unknown setting": (["compare", QUESTION, "--setting", "cap 50"], "did you mean cap 500?\n"),
    "unknown profile": (["run", QUESTION, "--profile", "audio"], "there is no profile `audio`\n"),
    "unknown gate": (
        ["compare", QUESTION, "--gate", "cap500"],
        "error: --gate: no setting is called cap500 · did you",
    ),
    "the gate is not what runs": (
        ["run", QUESTION, "--gate", "cap 500"],
        "error: --gate: no setting is called cap 500",
    ),
    "no such trace": (["replay", BASELINE, "nowhere.csv"], "error: nowhere.csv: no such trace\n"),
    "a step without a unit": (
        ["replay", BASELINE, "nowhere.csv", "--every", "60"],
        "error: --every 60: expected a duration with a unit, such as 30s or 5min · write `60s` if you mean seconds\n",
    ),
    "an extra word": (["schema", "now"], "error: got unexpected extra argument"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_said_and_exits_2(mistake, capsys):
    arguments, said = MISTAKES[mistake]
    assert invoke(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert "Traceback" not in err
    assert "nvalid" not in err
    assert "!" not in err


def test_the_command_alone_says_what_to_type(capsys):
    assert invoke([]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "simulator compare configs/seed-question.yaml" in err
    assert "simulator init " in err
    assert all(len(line) <= 80 for line in err.splitlines())


def test_away_from_the_shipped_configs_it_starts_with_a_config_of_ones_own(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    invoke([])
    err = capsys.readouterr().err
    assert "configs/" not in err
    assert "simulator compare service.yaml " in err


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("simulator co", ["compare"]),
        ("simulator run --form", ["--format"]),
        ("simulator run --format ", ["text", "markdown", "csv", "json", "openmetrics"]),
        ("simulator run --engine c", ["compiled"]),
        ("simulator compare configs/", []),  # the shell completes files
    ],
)
def test_a_shell_completes_commands_options_and_words(typed, offered):
    words = typed.split(" ")
    asking = {"_SIMULATOR_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run(
        [sys.executable, "-m", "simulator"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, **asking},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_installed_for_the_common_shells(shell, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "simulator", "--install-completion", shell],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "HOME": str(tmp_path), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
    )
    assert done.returncode == 0
    assert f"{shell} completion installed in {tmp_path}" in done.stdout


def test_help_lists_every_command_within_80_columns(capsys):
    assert invoke(["--help"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert all(f"\n  {command} " in out for command in COMMANDS)
    assert all(len(line) <= 80 for line in out.splitlines())
    for command in COMMANDS:
        assert invoke([command, "--help"]) == 0
        text = capsys.readouterr().out
        assert "\n  -q, --quiet" in text
        assert all(len(line) <= 80 for line in text.splitlines())


def test_version(capsys):
    assert invoke(["--version"]) == 0
    assert capsys.readouterr().out.startswith("simulator ")


def test_the_output_folder_is_looked_at_before_anything_runs(tmp_path, capsys):
    file = tmp_path / "results.txt"
    file.write_text("")
    assert invoke(["run", BASELINE, "-o", str(file)]) == 2
    assert capsys.readouterr().err == f"error: -o {file}: this is a file · name a folder\n"
    assert invoke(["run", BASELINE, "-o", str(file / "deeper")]) == 2
    assert "cannot make this folder" in capsys.readouterr().err


def test_every_problem_of_every_config_comes_out_at_once(tmp_path, capsys):
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text("name: a\nhorizn: 24h\nreplications: none\n")
    second.write_text("name: b\nseed: -3\n")
    assert invoke(["check", str(first), BASELINE, str(second)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "did you mean `horizon`?" in err
    assert "2 errors in" in err
    assert "b.yaml" in err


def test_check_is_silent_on_a_good_file(capsys):
    assert invoke(["check", BASELINE, QUESTION]) == 0
    assert capsys.readouterr() == ("", "")


def test_check_says_the_load_and_the_largest_table_when_asked(capsys):
    assert invoke(["check", "-v", BASELINE]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "offered load is 33 % of the job slots" in err
    assert "aggregator_states can hold at most about" in err


def test_strict_turns_a_warning_into_exit_2(tmp_path, capsys):
    config = tmp_path / "busy.yaml"
    config.write_text("name: busy\nworkload: {sessions: {arrivals: {poisson: 1/s}}}\n")
    assert invoke(["check", str(config)]) == 0
    err = capsys.readouterr().err
    assert err.startswith("warning[W2")
    assert "busy will hide everything else" in err
    assert invoke(["check", "--strict", str(config)]) == 2
    assert "--strict makes them errors" in capsys.readouterr().err


def test_schema_is_json_on_stdout_or_in_a_file(tmp_path, capsys):
    import json

    assert invoke(["schema"]) == 0
    out, err = capsys.readouterr()
    assert "json-schema.org" in json.loads(out)["$schema"]
    assert "yaml-language-server" in err
    target = tmp_path / "schema.json"
    assert invoke(["schema", "-o", str(target), "-q"]) == 0
    assert capsys.readouterr() == ("", "")
    assert json.loads(target.read_text()) == json.loads(out)


def test_module_and_script_are_the_same_command():
    done = subprocess.run(
        [sys.executable, "-m", "simulator", "compre"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: unknown command compre · did you mean compare?\n"
