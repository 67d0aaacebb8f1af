"""What a command prints fits 80 columns: every shipped config, and names far too long."""

from pathlib import Path

import pytest

from simulator.cli.app import invoke
from simulator.report.format import display_width

ROOT = Path(__file__).parents[2]
CONFIGS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "configs").rglob("*.yaml")
    if path.parent.name not in ("fixes",) and path.name != "reference.yaml"
)
SHORT = ("--set", "horizon=40min", "--replications", "2")
COMMANDS = {
    "run": ("run", "{}", *SHORT),
    "compare": ("compare", "{}", *SHORT),
    "study": ("study", "{}", *SHORT),
    "explain": ("explain", "{}"),
    "check": ("check", "-v", "{}"),
}


def printed(arguments, capsys):
    """What a command says, without the closing words, which repeat the reader's own path."""
    facts = arguments[0] == "check"
    assert invoke(arguments if facts else [*arguments, "-q"]) in (0, 1, 3)
    out, err = capsys.readouterr()
    return err.partition("no problems")[0] if facts else out


def too_wide(text):
    return [line for line in text.splitlines() if display_width(line) > 80]


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("config", CONFIGS)
def test_a_shipped_config_fits(command, config, capsys):
    text = printed([word.format(config) for word in COMMANDS[command]], capsys)
    assert text
    assert too_wide(text) == []


LONG = """\
extends: {baseline}
name: {name}
nodes: {{stores: {{{store}: {{kind: session_map, entry: 1MB, cleanup: never}}}}}}
settings:
  {name}: {{}}
  {name} 二: {{nodes.stores.{store}.cleanup: session_removed}}
  {words}: {{nodes.stores.{store}.entry: 2MB}}
"""


@pytest.mark.parametrize("command", COMMANDS)
def test_long_names_fit(command, tmp_path, capsys):
    config = tmp_path / "long.yaml"
    names = {"name": "x" * 90, "words": "a setting with a name of very many words " * 4, "store": "s" * 70}
    config.write_text(LONG.format(baseline=ROOT / "configs" / "baseline.yaml", **names), encoding="utf-8")
    assert too_wide(printed([word.format(config) for word in COMMANDS[command]], capsys)) == []
