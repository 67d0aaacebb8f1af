"""Targets as a gate: exit codes, and the files that a CI server or Prometheus reads, from real runs."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET

import pandas as pd
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from simulator.cli.app import invoke

CONFIG = """
name: gate
horizon: 20min
replications: {count}
nodes: {{count: 1}}
targets: [{targets}]
settings: {{as found: {{}}, big: {{nodes.process.base: 1GiB}}}}
"""
PEAK = "memory_bytes_peak <= 13.1GiB"
MET, BY_ONE = "mean memory_bytes_peak <= 100GiB", f"mean {PEAK}"
UNTOLD = f"P({PEAK}) >= 50 %"


@pytest.fixture
def config(tmp_path):
    def write(*targets, count=3):
        path = tmp_path / "config.yaml"
        path.write_text(CONFIG.format(targets=", ".join(targets), count=count), encoding="utf-8")
        return str(path)

    return write


@pytest.mark.parametrize("command", ["compare", "study"])
@pytest.mark.parametrize(
    ("targets", "options", "code"),
    [
        ([MET], [], 0),
        ([MET, BY_ONE], [], 1),
        ([MET, BY_ONE], ["--gate", "as found"], 0),
        ([MET, BY_ONE], ["--gate", "big"], 1),
        ([UNTOLD], ["--gate", "as found"], 3),
        ([UNTOLD, BY_ONE], [], 1),
        ([], [], 0),
    ],
)
def test_exit_codes(config, command, targets, options, code, capsys):
    spread = ["--set", "nodes.baseline=12.8GiB"] if BY_ONE in targets else []
    assert invoke([command, config(*targets), *options, *spread, "-q"]) == code


@pytest.mark.parametrize(("target", "code"), [(MET, 0), ("mean memory_bytes_peak <= 1GiB", 1), (UNTOLD, 3)])
def test_exit_codes_of_run_and_its_junit(config, target, code, tmp_path, capsys):
    file = tmp_path / "new" / "junit.xml"
    assert invoke(["run", config(target), "--junit", str(file), "-q"]) == code
    [case] = ET.parse(file).findall("testsuite/testcase")
    assert [child.tag for child in case] == {0: [], 1: ["failure"], 3: ["skipped"]}[code]
    assert list(file.parent.iterdir()) == [file]


def test_files_beside_the_answer(config, tmp_path, capsys):
    files = {name: tmp_path / name for name in ("junit.xml", "values.parquet", "over.om")}
    options = ["--junit", "junit.xml", "--parquet", "values.parquet", "--openmetrics", "over.om"]
    options = [str(files.get(word, word)) for word in options]
    assert invoke(["run", config(MET), *options, "--openmetrics-start", "2026-01-05T08:00+08:00"]) == 0
    said = capsys.readouterr().err
    assert all(str(file) in said for file in files.values())
    values = pd.read_parquet(files["values.parquet"])
    assert list(values) == ["profile", "setting", "replication", "name", "store", "value"]
    assert len(values[(values["name"] == "memory_bytes_peak") & values["store"].isna()]) == 3
    *_, last = text_string_to_metric_families(files["over.om"].read_text())
    assert float(last.samples[0].timestamp) == 1_767_571_200


def test_formats_go_to_stdout(config, capsys):
    for command in ("run", "compare", "study"):
        assert invoke([command, config(MET), "--format", "openmetrics", "-q"]) == 0
        assert list(text_string_to_metric_families(capsys.readouterr().out))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--openmetrics-start", "2026-01-05"], "--openmetrics-start says when --openmetrics FILE begins"),
        (["--openmetrics", "o", "--openmetrics-start", "noon"], "takes a date and time such as 2026-01-05T08:00:00Z, not `noon`"),
        (["--junit", "."], "--junit .: this is a folder · name a file in it"),
        (["--junit", "config.yaml/x"], "--junit config.yaml: this is a file · name a folder"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_refused_first(config, options, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert invoke(["run", config(MET), *options]) == 2
    out = capsys.readouterr()
    assert out.out == ""
    assert said in out.err


def test_parquet_without_pyarrow(config, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setattr("simulator.cli.beside.find_spec", lambda _: None)
    assert invoke(["run", config(MET), "--parquet", "p.parquet"]) == 2
    assert "pyarrow is not installed here · type pip install 'simulator[parquet]'" in capsys.readouterr().err


@pytest.mark.parametrize("option", [["--junit", "j.xml"], ["--parquet", "p"], ["--format", "openmetrics"]])
def test_a_search_has_files_of_its_own(config, option, capsys):
    search = ["--cheapest", "nodes.stores.aggregator_states.max"]
    assert invoke(["study", config(MET), *search, "--from", "1", "--to", "9", *option]) == 2
    assert f"{option[0]}" in capsys.readouterr().err
