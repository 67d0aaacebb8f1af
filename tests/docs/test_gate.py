"""The CI recipes do what docs/gate.md says: their own commands, run in a repository with a changed config."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CONFIG = """
extends: parts/base.yaml
name: service
horizon: 30min
replications: 4
targets: [mean stores_bytes_peak <= {limit}]
"""
BASE = "nodes: {{count: 1, stores: {{audio_ring_buffers: {{enabled: true, cleanup: {cleanup}}}}}}}\n"


def git(folder, *words):
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", folder, *who, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def write(folder, cleanup, limit):
    (folder / "capacity" / "parts").mkdir(parents=True, exist_ok=True)
    (folder / "capacity" / "service.yaml").write_text(CONFIG.format(limit=limit))
    (folder / "capacity" / "parts" / "base.yaml").write_text(BASE.format(cleanup=cleanup))
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", cleanup)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def world(tmp_path):
    """A repository with two commits, and on PATH what the recipes call; what they call is written down."""
    commands = tmp_path / "bin"
    commands.mkdir()
    scripts = {
        "simulator": f'exec "{sys.executable}" -m simulator "$@"',
        **{name: f'echo "{name} $*" >> "{tmp_path}/called"' for name in ("pip", "gh", "curl")},
    }
    for name, script in scripts.items():
        (commands / name).write_text(f"#!/bin/sh\n{script}\n")
        (commands / name).chmod(0o755)
    repository = tmp_path / "work" / "repository"
    repository.mkdir(parents=True)
    git(repository, "init", "-q")
    environment = {"PATH": f"{commands}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    return repository, environment


def shell(lines, folder, environment):
    """What a runner does: a shell that stops at the first error."""
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", lines], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode in (0, 1, 3), done.stderr  # 2 would be a mistake in the recipe
    return done.returncode


def github(folder, environment, base):
    job = yaml.safe_load((ROOT / "docs/ci/github.yaml").read_text())
    environment = {**environment, **job["env"], "BASE": base, "GH_TOKEN": "t", "NUMBER": "12"}
    install, compare, comment = [step["run"] for step in job["jobs"]["capacity"]["steps"] if "run" in step]
    shell(install, folder, environment)
    code = shell(compare, folder, environment)
    shell(comment, folder, environment)
    return code


def gitlab(folder, environment, base):
    job = yaml.safe_load((ROOT / "docs/ci/gitlab.yaml").read_text())["capacity"]
    given = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": base, "CI_API_V4_URL": "https://gitlab.example/api/v4"}
    given |= {"CI_PROJECT_ID": "7", "CI_MERGE_REQUEST_IID": "12", "CAPACITY_TOKEN": "t"}
    environment = {**environment, **{name: str(value) for name, value in job["variables"].items()}, **given}
    code = shell("\n".join(job["script"]), folder, environment)
    shell("\n".join(job["after_script"]), folder, environment)
    return code


SAYS = {
    github: "gh pr comment 12 --edit-last --create-if-none --body-file comment.md",
    gitlab: "--data-urlencode body@comment.md https://gitlab.example/api/v4/projects/7/merge_requests/12/notes",
}


@pytest.mark.parametrize("recipe", [github, gitlab])
def test_a_change_is_judged_and_its_memory_commented_on(world, recipe, tmp_path):
    folder, environment = world
    base = write(folder, "never", "1GB")
    write(folder, "session_removed", "1MB")
    assert recipe(folder, environment, base) == 1
    comment = (folder / "comment.md").read_text()
    assert "| setting | stores peak |" in comment
    row = next(line for line in comment.splitlines() if line.startswith("| capacity/service.yaml |"))
    assert "MB [−" in row
    [case] = ET.parse(folder / "junit.xml").findall("testsuite/testcase")
    assert case.get("classname") == "capacity/service․yaml"
    assert case.find("failure") is not None
    assert SAYS[recipe] in (tmp_path / "called").read_text()


def test_a_config_that_is_new_and_meets_its_targets(world):
    folder, environment = world
    git(folder, "commit", "-q", "--allow-empty", "-m", "empty")
    base = git(folder, "rev-parse", "HEAD")
    write(folder, "session_removed", "1GB")
    assert github(folder, environment, base) == 0
    assert "service" in (folder / "comment.md").read_text()
    assert len(ET.parse(folder / "junit.xml").findall("testsuite/testcase")) == 1


def test_the_page_shows_the_files():
    page = (ROOT / "docs" / "gate.md").read_text()
    for name in ("github", "gitlab"):
        assert (ROOT / f"docs/ci/{name}.yaml").read_text() in page
