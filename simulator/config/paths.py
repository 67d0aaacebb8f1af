"""Dotted paths: which exist, who may change them, and which one was meant."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Literal

from .. import units
from ..problems import Place, Problem
from .diagnose import fields_of
from .merge import FREE_MAPS, Change, Path, Role, child_role, node_at
from .part import Part
from .scenario import Scenario
from .stores import STORE_KINDS
from .tree import Branch, Node, Scalar, from_values

Changer = Literal["profile", "setting", "--set"]
_BY_SETTING = ("workload", "nodes", "scheduler")
CHANGEABLE: dict[Changer, tuple[str, ...]] = {
    "setting": _BY_SETTING,
    "profile": (*_BY_SETTING, "horizon", "warmup", "targets"),
    "--set": tuple(fields_of(Scenario)),
}
_WHY: dict[Changer, str] = {
    "setting": "settings are compared on the same runs: put it into a profile, or at the top of the file",
    "profile": "it is the same for all profiles: put it at the top of the file",
    "--set": "write it in the config",
}


def check_change(change: Change, changer: Changer, tree: Branch) -> Problem | None:
    """What is wrong with a change's path: E101 (it leads nowhere) or E114 (not changed that way).

    `tree` is the config that it is applied to.
    """
    head, path = change.path[0], change.path
    if head not in CHANGEABLE[changer] and (head in fields_of(Scenario) or head in (*FREE_MAPS, "extends")):
        by = changer if changer == "--set" else f"a {changer}"
        return Problem("E114", f"`{head}` cannot be changed by {by}", _place(change), (_WHY[changer],))
    role: Role = Scenario
    for index, step in enumerate(path):
        known = _known_steps(role, tree, path[:index])
        if known is None:
            return None
        adds_store = role == "stores" and (index < len(path) - 1 or _declares(change.value))
        if step not in known and not (adds_store and index == len(path) - 1):
            return _unknown(change, index, known, tree)
        role = child_role(role, step)
    return None


def all_paths(tree: Branch) -> list[str]:
    """Every path that a change can name in a config, down to where maps replace whole."""
    return [".".join(path) for path in _walk(Scenario, tree, ())]


def _walk(role: Role, tree: Branch, before: Path) -> Iterator[Path]:
    for step in _known_steps(role, tree, before) or ():
        yield (*before, step)
        if len(before) < 8:
            yield from _walk(child_role(role, step), tree, (*before, step))


def _known_steps(role: Role, tree: Branch, before: Path) -> Sequence[str] | None:
    """The keys that can follow a path; None where they are not fixed by a model."""
    if isinstance(role, type) and issubclass(role, Part):
        return tuple(fields_of(role))
    node = node_at(tree, before)
    if role == "stores":
        return tuple(node.items) if isinstance(node, Branch) else ()
    if role == "store":
        kind = node.items.get("kind") if isinstance(node, Branch) else None
        model = STORE_KINDS.get(kind.text) if isinstance(kind, Scalar) else None
        return tuple(fields_of(model)) if model is not None else None
    return None


def value_at(tree: Branch, path: Path) -> Node | None:
    """What a config says at a path, or the default that stands there; None when it is neither."""
    role: Role = Scenario
    for index, step in enumerate(path):
        model = _model(role, tree, path[:index])
        field = None if model is None else fields_of(model).get(step)
        role = child_role(role, step)
        if field is not None and role == "leaf" and node_at(tree, path[: index + 1]) is None:
            return node_at(from_values(field.default, Place()), path[index + 1 :])
    return node_at(tree, path)


def _model(role: Role, tree: Branch, before: Path) -> type[Part] | None:
    """The model whose keys follow a path; None where there is none."""
    if isinstance(role, type) and issubclass(role, Part):
        return role
    node = node_at(tree, before)
    kind = node.items.get("kind") if role == "store" and isinstance(node, Branch) else None
    return STORE_KINDS.get(kind.text) if isinstance(kind, Scalar) else None


def _declares(value: Node) -> bool:
    return isinstance(value, Branch) and "kind" in value.items


def _unknown(change: Change, index: int, known: Sequence[str], tree: Branch) -> Problem:
    path, text, paths = change.path, ".".join(change.path), all_paths(tree)
    near = units.closest(path[index], known)
    corrected = ".".join((*path[:index], near, *path[index + 1 :])) if near else ""
    meant = [other for other in paths if other.endswith(f".{text}")]
    meant += [corrected] if corrected in paths else get_close_matches(text, paths, 1, 0.8)
    meant += [corrected] if corrected else []
    if meant:
        return _problem(change, index, f"did you mean `{meant[0]}`?")
    where = f"in `{'.'.join(path[:index])}`" if index else "here"
    return _problem(change, index, f"known {where}: {', '.join(known)}")


def _problem(change: Change, index: int, advice: str) -> Problem:
    what = "there is no store" if change.path[:index] == ("nodes", "stores") else "unknown key"
    return Problem("E101", f"{what} `{change.path[index]}`", _place(change), (advice,))


def _place(change: Change) -> Place:
    return replace(change.place, path=".".join(change.path))
