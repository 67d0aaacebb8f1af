"""simulator report: from a config, from a study's folder, and every way in which either can be no good."""

import json
import os

import pytest

from simulator.cli.app import invoke

CONFIG = """\
name: small question
horizon: 20min
replications: 3
workload: {sessions: {arrivals: {poisson: 0.05/s}}}
settings:
  as found: {}
  sweep 30 s: {nodes.stores.aggregator_states.sweep_every: 30s}
  cap 3: {nodes.stores.aggregator_states.max: 3}
profiles:
  quiet: {}
  busy: {workload.sessions.arrivals: {poisson: 0.2/s}}
"""


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(CONFIG)
    return "small.yaml"


def said(capsys, *words):
    code = invoke([str(word) for word in words])
    out, err = capsys.readouterr()
    return code, out, err


def test_it_prints_the_answer_and_writes_a_page(config, capsys, tmp_path):
    code, out, err = said(capsys, "report", config)
    assert code == 0
    assert "as found" in out
    folder = tmp_path / "reports" / "small-question"
    assert (folder / "index.html").read_text().startswith("<!doctype html>")
    assert (
        "wrote index.html, results.json, results.csv, provenance.json, bounds.csv to reports/small-question"
        in err
    )
    assert err.rstrip().endswith("next: open reports/small-question/index.html")


def test_a_folder_gives_the_page_of_its_config(config, capsys, tmp_path):
    options = ("--profile", "busy", "--set", "nodes.count=2", "--seed", "3")
    assert said(capsys, "compare", config, *options, "-o", "kept")[0] == 0
    (tmp_path / config).unlink()  # the record has all of it
    code, _, err = said(capsys, "report", "kept")
    assert code == 0
    assert "3 of 3 replications already stored, nothing to run" in err
    page = (tmp_path / "kept" / "index.html").read_bytes()
    (tmp_path / config).write_text(CONFIG)
    said(capsys, "report", config, *options, "-o", "anew")
    assert (tmp_path / "anew" / "index.html").read_bytes() == page
    assert b"--set nodes.count=2 --profile busy --replications 3 --seed 3" in page


def test_the_command_on_the_page_makes_it_again(config, capsys, tmp_path):
    import html
    import re
    import shlex

    said(
        capsys,
        "report",
        config,
        "--profile",
        "quiet",
        "--lang",
        "zh",
        "--no-bounds",
        "--no-ranking",
        "-o",
        "one",
    )
    page = (tmp_path / "one" / "index.html").read_text()
    command = shlex.split(html.unescape(re.search(r"<pre>(.*?)</pre>", page)[1]))
    assert command[0] == "simulator"
    said(capsys, *command[1:], "-o", "two")
    assert (tmp_path / "two" / "index.html").read_text() == page


def test_a_study_of_a_grid_is_drawn_from_its_folder(config, capsys, tmp_path):
    (tmp_path / config).write_text(CONFIG + "grid: {nodes.stores.aggregator_states.ttl: [1min, 5min]}\n")
    words = ("study", config, "--profile", "quiet", "--replications", "2", "-o", "grid")
    assert said(capsys, *words)[0] == 0
    code, _, err = said(capsys, "report", "grid")
    assert (code, "nothing to run" in err) == (0, True)
    assert "cap 3 · " in (tmp_path / "grid" / "index.html").read_text()


def test_damaged_results_are_noticed_and_made_anew(config, capsys, tmp_path):
    said(capsys, "compare", config, "-o", "kept")
    results = tmp_path / "kept" / "results.json"
    whole = results.read_bytes()
    results.write_bytes(whole[:1000])
    _, _, err = said(capsys, "report", "kept")
    assert "note: kept/results.json was other than what 3 replications give here: it was damaged" in err
    assert results.read_bytes() == whole
    assert "was other than" not in said(capsys, "report", "kept")[2]


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (None, "E305", "no study is here: provenance.json is missing"),
        ("{", "E306", "the record of this study is damaged"),
        ("[]", "E306", "it is no record"),
        ("{}", "E306", "'arguments' is missing"),
        (b"\xff\xfe", "E306", "it is not text"),
        ('{"arguments": {}, "recipe": {}, "replications": 3, "seed": 1, "config": "a.yaml"}', "E305", "type `simulator report a.yaml`"),
    ],
)  # fmt: skip
def test_a_folder_that_is_no_study(config, capsys, tmp_path, content, code, words):
    folder = tmp_path / "kept"
    folder.mkdir()
    if content is not None:
        data = content if isinstance(content, bytes) else content.encode()
        (folder / "provenance.json").write_bytes(data)
    exit_code, out, err = said(capsys, "report", "kept")
    assert (exit_code, out) == (2, "")
    assert f"error[{code}]" in err
    assert words in err
    assert "Traceback" not in err


def test_a_record_of_a_config_that_is_none(config, capsys, tmp_path):
    said(capsys, "compare", config, "-o", "kept")
    record = tmp_path / "kept" / "provenance.json"
    plain = json.loads(record.read_text())
    plain["recipe"]["configs"][0]["horizon"] = "soon"
    record.write_text(json.dumps(plain))
    code, _, err = said(capsys, "report", "kept")
    assert code == 2
    assert "expected a duration" in err


def test_a_damaged_store_is_no_source(config, capsys, tmp_path):
    said(capsys, "compare", config, "-o", "kept")
    store = tmp_path / "kept" / "runs.sqlite"
    store.write_bytes(store.read_bytes()[:5000])
    code, out, err = said(capsys, "report", "kept")
    assert (code, out) == (2, "")
    assert "error[E303]" in err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("report",), "missing CONFIG|DIR"),
        (("report", "nowhere"), "nowhere"),
        (("report", "small.yaml", "-o", "small.yaml"), "-o small.yaml: this is a file · name a folder"),
        (("report", "small.yaml", "--lang", "fr"), "--lang takes en or zh, not `fr`"),
        (("report", "small.yaml", "--format", "csv"), "unknown option --format"),
        (("report", "small.yaml", "--gate", "cap 4"), "did you mean cap 3?"),
        (("reprot", "small.yaml"), "did you mean report?"),
    ],
)
def test_what_cannot_be_asked(config, capsys, words, expected):
    code, out, err = said(capsys, *words)
    assert (code, out) == (2, "")
    assert expected in err
    assert "Traceback" not in err


def test_a_folder_is_not_changed_on_the_way(config, capsys):
    said(capsys, "compare", config, "-o", "kept")
    for words in (("--set", "nodes.count=2"), ("--profile", "busy")):
        code, _, err = said(capsys, "report", "kept", *words)
        assert code == 2
        assert f"{words[0]}: kept holds a study as it was run · name its config to change it" in err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(config, capsys, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    code, _, err = said(capsys, "report", config, "-o", "locked")
    assert code == 2
    assert "cannot be written" in err


def test_a_disk_that_fills_up_is_said_plainly(config, capsys, monkeypatch):
    def full(source, target):
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr("simulator.report.files.os.replace", full)
    code, _, err = said(capsys, "report", config, "-o", "kept")
    assert code == 2
    assert "kept/index.html: no space left on device" in err
