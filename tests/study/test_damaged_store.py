"""A store that is damaged, or is something else, is an error that says what to do; the file stays as it is."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import textwrap

import pytest

from simulator.cli.app import invoke
from simulator.problems import StudyError
from simulator.study import compare
from tests.study.made_up import EXPERIMENT, made_up_task


@pytest.fixture(autouse=True)
def _no_engine(monkeypatch):
    monkeypatch.setattr("simulator.study.execution.run_task", made_up_task)


@pytest.fixture
def stored(tmp_path):
    """A store with 36 runs, large enough for several pages of each kind."""
    file = tmp_path / "runs.sqlite"
    compare(EXPERIMENT, workers=1, replications=3, store=file)
    assert [path.name for path in tmp_path.iterdir()] == ["runs.sqlite"]
    return file


def refused(file):
    """The code and the text of what asking again says; the file must be left as it was."""
    before = file.read_bytes()
    with pytest.raises(StudyError) as caught:
        compare(EXPERIMENT, workers=1, replications=3, store=file)
    assert file.read_bytes() == before
    return caught.value.problems[0].code, str(caught.value)


def change(file, statement, *values):
    connection = sqlite3.connect(file)
    with connection:
        connection.execute(statement, values)
    connection.close()


def test_a_changed_row_fails_its_checksum(stored):
    change(stored, "UPDATE runs SET run = zeroblob(200) WHERE replication = 1")
    code, text = refused(stored)
    assert code == "E303"
    assert text == textwrap.dedent(f"""\
        error[E303]: the stored runs are damaged: replication 1 of a run fails its checksum
         --> {stored}
          = help: move it away (`mv {stored} {stored}.damaged`) and type the same again: everything runs anew
          = help: nothing in it was used or changed

        1 error in {stored}""")


def test_a_run_filed_under_another_setting_fails_its_checksum(stored):
    change(
        stored,
        "UPDATE runs SET run = (SELECT run FROM runs AS other WHERE other.scenario > runs.scenario LIMIT 1) "
        "WHERE scenario = (SELECT min(scenario) FROM runs)",
    )
    assert refused(stored)[0] == "E303"


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.95])
def test_a_truncated_file_is_noticed(stored, share):
    whole = stored.read_bytes()
    stored.write_bytes(whole[: int(len(whole) * share)])
    code, text = refused(stored)
    assert code in ("E302", "E303"), text


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 0.99])
def test_a_page_of_noise_is_never_used(stored, share):
    """Anywhere in the file, also where only blobs are: pages are checked, and rows have checksums."""
    whole = bytearray(stored.read_bytes())
    start = min(int(len(whole) * share) // 4096 * 4096, len(whole) - 4096)
    whole[start : start + 4096] = bytes((7 * place) % 251 for place in range(4096))
    stored.write_bytes(whole)
    code, text = refused(stored)
    assert code in ("E302", "E303"), text


def test_a_file_that_is_no_database(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("not a database, and longer than a header of one hundred bytes\n" * 10)
    code, text = refused(file)
    assert code == "E302"
    assert "this file does not hold stored runs: it is not an SQLite file" in text


def test_the_database_of_another_program(tmp_path):
    file = tmp_path / "contacts.sqlite"
    change(file, "CREATE TABLE contacts (name TEXT)")
    code, text = refused(file)
    assert code == "E302"
    assert "a database of another program" in text
    assert "name another file with --store; this one was left as it is" in text


def test_a_store_of_another_version(stored):
    change(stored, "PRAGMA user_version = 9")
    assert refused(stored) == (
        "E302",
        f"error[E302]: this file does not hold stored runs: it is a store of version 9, and this simulator has version 1\n"
        f" --> {stored}\n  = help: name another file with --store; this one was left as it is\n\n1 error in {stored}",
    )


def test_an_empty_file_is_an_empty_store(tmp_path):
    """What a process leaves that was killed before its first transaction."""
    file = tmp_path / "runs.sqlite"
    file.touch()
    assert compare(EXPERIMENT, workers=1, replications=1, store=file).replications == 1


def test_a_place_where_nothing_can_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StudyError, match="cannot be used: ") as caught:
        compare(EXPERIMENT, workers=1, replications=1, store=tmp_path / "file" / "runs.sqlite")
    assert caught.value.problems[0].code == "E301"
    with pytest.raises(StudyError, match="cannot be used: unable to open database file") as caught:
        compare(EXPERIMENT, workers=1, replications=1, store=tmp_path)
    assert caught.value.problems[0].code == "E301"


def test_a_store_that_somebody_keeps_locked(stored, monkeypatch):
    monkeypatch.setattr("simulator.study.store.PATIENCE_S", 0.1)
    other = sqlite3.connect(stored, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StudyError, match="database is locked") as caught:
        compare(EXPERIMENT, workers=1, replications=4, store=stored)
    other.close()
    assert caught.value.problems[0].code == "E301"


def test_the_command_says_it_and_returns_2(tmp_path, capsys):
    (tmp_path / "runs.sqlite").write_text("hello " * 100)
    config = tmp_path / "config.yaml"
    config.write_text("horizon: 10min\nreplications: 1\n")
    assert invoke(["run", str(config), "-o", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error[E302]: this file does not hold stored runs")
    assert "Traceback" not in err


WRITER = """\
import sys
from simulator.study import compare, execution
from tests.study.made_up import EXPERIMENT, made_up_task
execution.run_task = made_up_task
study = compare(EXPERIMENT, workers=1, replications=40, store=sys.argv[1])
print(hash(str({k: v for k, v in study.to_dict().items() if k != "provenance"})))
"""


def test_two_processes_work_on_one_store(tmp_path):
    """From its first byte on: both start it, both write every run, and both come to the same result."""
    file = tmp_path / "runs.sqlite"
    both = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env={"PYTHONHASHSEED": "0", "PYTHONPATH": ":".join(filter(None, sys.path))},
        )
        for _ in range(2)
    ]  # fmt: skip
    said = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert said[0][0] == said[1][0]
    connection = sqlite3.connect(file)
    assert connection.execute("SELECT count(*), count(DISTINCT replication) FROM runs").fetchone() == (
        480,
        40,
    )
    connection.close()
