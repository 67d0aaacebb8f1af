"""Writing small configs."""

import textwrap
from pathlib import Path

import pytest

from simulator.config import ConfigError, load

ROOT = Path(__file__).parents[2]


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a config into a fresh working directory and give its name back."""
    monkeypatch.chdir(tmp_path)

    def _write(text, name="config.yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), "utf-8")
        return name

    return _write


@pytest.fixture
def scenario(write):
    """The scenario of a config's text."""
    return lambda text, **arguments: load(write(text), **arguments)


@pytest.fixture
def problems(write):
    """What is wrong with a config's text: the codes, and the whole message."""

    def _problems(text, **arguments):
        with pytest.raises(ConfigError) as caught:
            load(write(text), **arguments)
        return [problem.code for problem in caught.value.problems], str(caught.value)

    return _problems
