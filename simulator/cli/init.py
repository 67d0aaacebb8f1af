"""simulator init: a first config for somebody's own service."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from . import terminal
from .exits import DONE, INTERRUPTED, UsageError, complain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ..config.starter import Question
    from ..problems import Problem


def write_starter(
    path: Path, given: Mapping[str, str | None], force: bool, defaults: bool, quiet: bool
) -> int:
    """Write a config from what the options give, the rest asked on a terminal or left at its default.

    Nothing is written unless the loader takes it, and no file is written over without --force.
    """
    from ..config import load_experiment
    from ..config.starter import QUESTIONS, starter
    from ..report.files import write_whole

    _refuse_path(path, force)
    answers = {name: text for name, text in given.items() if text is not None}
    _refuse_answers(answers)
    asking = sys.stdin.isatty() and sys.stderr.isatty() and not defaults
    if asking:
        import typer

        try:
            answers = _ask(answers)
        except typer.Abort:
            complain("\ninterrupted: nothing was written\nnext: simulator init --yes takes every default")
            return INTERRUPTED
    text = starter(answers)
    _refuse_config(text, answers)
    write_whole(path, text.encode())
    if not quiet:
        terminal.warn(load_experiment(path).warnings)
    guessed = [] if asking else [name for name in QUESTIONS if name not in answers]
    done = f"wrote {path}"
    if guessed:
        done += f", {len(guessed)} of {len(QUESTIONS)} answers guessed"
    terminal.close(done, f"change what you know in it, then simulator compare {path}", quiet)
    return DONE


def option(name: str) -> str:
    """The option that answers a question."""
    return f"--{name.replace('_', '-')}"


def _refuse_path(path: Path, force: bool) -> None:
    if path.is_dir():
        raise UsageError(f"{path}: this is a folder · name a file, such as {path / 'service.yaml'}")
    if path.exists() and not force:
        raise UsageError(f"{path} is there already · name another file, or type --force to write over it")
    if not path.parent.is_dir():
        raise UsageError(f"{path}: there is no folder {path.parent} · make it first")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise UsageError(f"{path}: the folder {path.parent.resolve()} cannot be written · choose another")


def _refuse_answers(answers: Mapping[str, str]) -> None:
    """Every option that cannot be read, all at once."""
    from ..config.starter import QUESTIONS

    wrong = []
    for name, text in answers.items():
        if said := _problem(QUESTIONS[name], text):
            wrong.append(f"{option(name)} {text}: {said}")
    if wrong:
        raise UsageError("\nerror: ".join(wrong))


def _problem(question: Question, text: str) -> str:
    """What is wrong with an answer, with what to type instead; nothing when it can be read."""
    from ..units import UnitError

    try:
        question.read(text)
    except UnitError as error:
        return f"{error.message} · {error.advice}" if error.advice else error.message
    return ""


def _ask(answers: Mapping[str, str]) -> dict[str, str]:
    """Ask what no option has answered, each question until its answer can be read."""
    import typer

    from ..config.starter import QUESTIONS, default

    found = dict(answers)
    complain("Return takes what stands in brackets; sizes, durations and shares have units.")
    for name, question in QUESTIONS.items():
        if name in answers or not question.asked:
            continue

        def read(text: str, question: Question = question) -> str:
            if said := _problem(question, text):
                raise typer.BadParameter(said)
            return text

        proposed = default(name, found)
        found[name] = typer.prompt(f"  {question.words}", default=proposed, value_proc=read, err=True)
    return found


def _refuse_config(text: str, answers: Mapping[str, str]) -> None:
    """Raise ConfigError, with the option in place of the line, when the answers contradict each other."""
    from ..config import load_experiment
    from ..config.read import read_tree
    from ..config.tree import values
    from ..problems import ConfigError

    try:
        load_experiment(values(read_tree(text, "")))
    except ConfigError as error:
        problems = [_typed(problem, answers) for problem in error.problems]
        raise ConfigError(list(dict.fromkeys(problems)), "these answers") from None


def _typed(problem: Problem, answers: Mapping[str, str]) -> Problem:
    """A problem at the option that gave the value."""
    from ..config.starter import QUESTIONS, default

    for name, question in QUESTIONS.items():
        if problem.place.path.startswith(question.path):
            said = f"{option(name)} {answers.get(name, default(name, answers))}"
            return replace(problem, place=replace(problem.place, option=said, source="", notes=()))
    return problem
