"""simulator rerun: a folder's study again, from its provenance; are the results the same bytes?"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from . import terminal
from .exits import DONE, INTERRUPTED, MISSED, UsageError, complain, remember_seed
from .folders import make_folder
from .study import Wish, execute, how_to_go_on, refuse_engine, scale

if TYPE_CHECKING:
    from pathlib import Path

    from ..study import Study
    from ..study.cheapest import Cheapest
    from ..study.rerun import Again

SHOWN_AT_MOST = 10


def rerun_folder(folder: Path, wish: Wish) -> int:
    """Run a folder's study again; 0 when `results.json` is the same in every byte, 1 when it is not."""
    from ..report.screen import study_of
    from ..study import compare
    from ..study.rerun import read_again

    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder · name one that -o has written")
    if wish.out is not None and wish.out.resolve() == folder.resolve():
        raise UsageError(f"-o {wish.out}: would overwrite what is to be compared · name another folder")
    again = read_again(folder)
    scenarios = [case.scenario for case in again.experiment.cases]
    refuse_engine(wish.engine, scenarios)
    remember_seed(again.seed)
    if not wish.quiet:
        for note in again.notes:
            terminal.remark(f"note: {note}")
    if "cheapest" in again.arguments:
        return _search_again(folder, again, wish)
    value, seconds = execute(
        wish,
        again.experiment.name,
        scenarios,
        lambda progress: compare(
            again.experiment, seed=again.seed, progress=progress, **again.arguments, **scale(wish)
        ),
    )
    study = study_of(value)
    if study.interrupted:
        complain("interrupted: nothing was compared or written")
        complain(f"next: {how_to_go_on(wish)}")
        return INTERRUPTED
    return _compare(study, folder, again, seconds, wish)


def _search_again(folder: Path, again: Again, wish: Wish) -> int:
    """The same for a search for the cheapest value."""
    from ..study.cheapest import again as searched
    from .study_command import search_values

    varied = searched(again.experiment, again.arguments)
    wish = replace(wish, seed=again.seed, replications=again.arguments["replications"])
    search, seconds = search_values(varied, again.arguments["at_most"], wish)
    return _compare(search, folder, again, seconds, wish)


def _compare(value: Study | Cheapest, folder: Path, again: Again, seconds: float, wish: Wish) -> int:
    """Hold what came out against the folder; returns the exit code."""
    from ..report.export import to_json

    plain = value.to_dict()
    del plain["provenance"]
    nothing_there = not (folder / "results.json").exists()
    written = _write(value, folder, wish)
    if nothing_there:
        terminal.show(f"{folder} had no results.json to compare with")
        terminal.close(
            f"done in {terminal.elapsed(seconds)}{written}", f"open {folder}/answer.md", wish.quiet
        )
        return DONE
    return _say(folder, to_json(plain), again, f"{terminal.elapsed(seconds)}{written}", wish.quiet)


def _write(value: Study | Cheapest, folder: Path, wish: Wish) -> str:
    """Write the files with -o, or where there are no results yet; what is there is never overwritten."""
    from ..report.files import write_search, write_study
    from ..study import Study

    out = wish.out
    if out is None:
        if (folder / "results.json").exists():
            return ""
        out = folder
    make_folder(out)
    with terminal.progress("drawing", wish.quiet) as progress:
        names = (
            write_study(value, out, progress=progress)
            if isinstance(value, Study)
            else write_search(value, out)
        )
    return f", wrote {len(names)} files to {out}"


def _say(folder: Path, now: str, again: Again, done: str, quiet: bool) -> int:
    """The verdict on stdout, and the exit code."""
    results = folder / "results.json"
    before = results.read_bytes()
    if before == now.encode():
        terminal.show(f"the same: {results} comes out in every byte as it is")
        terminal.close(f"done in {done}", f"open {folder}/answer.md", quiet)
        return DONE
    from ..study.rerun import differences

    try:
        found = list(differences(json.loads(before), json.loads(now)))
    except ValueError:
        found = [f"{results} is not JSON"]
    lines = [f"different: {results} is not what comes out now, {len(found):,} values differ", ""]
    lines += [f"  {line}" for line in islice(found, SHOWN_AT_MOST)]
    if len(found) > SHOWN_AT_MOST:
        lines.append(f"  … and {len(found) - SHOWN_AT_MOST:,} more")
    if not found:
        lines[0] = f"different: {results} has the same values in other bytes"
    why = ", ".join(again.notes) or "nothing that provenance.json knows has changed: was the file edited?"
    terminal.show("\n".join([*lines, "", f"  why: {why}"]))
    terminal.close(f"done in {done}", "-o DIR to write what comes out now beside it", quiet)
    return MISSED
