"""One mistake per file: its message is a golden text. `UPDATE_GOLDEN=1 pytest tests/config` writes them anew."""

import os
import re
import sys
from pathlib import Path

import pytest

from simulator.cli.exits import report_failure
from simulator.config import ConfigError, load_experiment

BAD = Path(__file__).parent / "bad"
PATHS = sorted(BAD.glob("*.yaml"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_bad_config_says_what_is_wrong(path, monkeypatch):
    monkeypatch.chdir(BAD)
    with pytest.raises(ConfigError) as caught:
        load_experiment(path.name)
    text = f"{caught.value}\n".replace(str(BAD.parent), "..")  # a checkout may be anywhere
    golden = path.with_suffix(".txt")
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")
    assert report_failure(caught.value) == 2


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_message_has_a_code_and_a_place_and_keeps_its_manners(path):
    text = path.with_suffix(".txt").read_text("utf-8")
    blocks = text.strip().split("\n\n")
    assert re.fullmatch(rf"{len(blocks) - 1} errors? in {re.escape(path.name)}", blocks[-1])
    for block in blocks[:-1]:
        first, second = block.splitlines()[:2]
        assert re.match(r"error\[E\d{3}\]: .*[^.!]$", first)
        assert re.match(r" +--> \S+", second)
    assert "!" not in re.sub(r"`[^`]*`|^ *\d+ \|.*$", "", text, flags=re.MULTILINE)
    assert "invalid" not in text.lower()


def test_there_are_enough():
    assert len(PATHS) >= 40
    assert {golden.stem for golden in BAD.glob("*.txt")} == {path.stem for path in PATHS}


def test_what_is_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "baseline.yaml").write_text("name: x\n")
    for path, message, advice in [
        ("configs", "this is a directory", "in it: configs/baseline.yaml"),
        ("configs/baselin.yaml", "there is no such file", "did you mean `configs/baseline.yaml`?"),
        ("nowhere/at/all.yaml", "there is no such file", "`simulator init nowhere/at/all.yaml` writes one"),
        ("bad\0name.yaml", "cannot be read", None),
    ]:
        with pytest.raises(ConfigError, match=r"E110") as caught:
            load_experiment(path)
        assert message in str(caught.value)
        assert advice is None or advice in str(caught.value)


def test_a_file_that_may_not_be_read_or_is_too_large(tmp_path):
    path = tmp_path / "large.yaml"
    path.write_bytes(b"# " + b"x" * 4_000_000)
    with pytest.raises(ConfigError, match="larger than 4 MB"):
        load_experiment(path)
    if sys.platform != "win32" and os.geteuid() != 0:
        path.chmod(0)
        with pytest.raises(ConfigError, match="cannot be read"):
            load_experiment(path)


def test_problems_of_several_configs_come_together(monkeypatch):
    monkeypatch.chdir(BAD)
    with pytest.raises(ConfigError) as caught:
        load_experiment(["tab.yaml", "empty.yaml", "threshold.yaml"])
    assert [problem.code for problem in caught.value.problems] == ["E119", "E111", "E106"]
    assert str(caught.value).endswith("3 errors in tab.yaml, empty.yaml, threshold.yaml")


def test_no_config_at_all():
    with pytest.raises(ConfigError, match="no config was named"):
        load_experiment([])
