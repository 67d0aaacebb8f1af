"""Config files and what they extend, composed into one tree."""

from pathlib import Path

from ..problems import ConfigError, Place, Problem
from .merge import merge
from .read import nearby, read_text, read_tree
from .syntax import space_after_colon
from .tree import Branch, Node, Scalar, Series, describe

LONGEST_CHAIN = 32


def shown_path(path: Path) -> str:
    """A path as the user would type it: relative to the working directory when it is below it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (ValueError, OSError, RuntimeError):
        return str(path)


def compose(path: Path) -> Branch:
    """The tree of a config with everything it extends merged beneath it, `extends` removed.

    Errors: E104 (not a map), E110-E113, E119, E121.
    """
    try:
        return _compose(path, ())
    except ConfigError as error:  # whatever file it is in, the user named this one
        raise ConfigError(error.problems, shown_path(path)) from None


def compose_values(tree: Branch) -> Branch:
    """The same for a config that is not in a file; what it extends is relative to the working directory."""
    return _merged(tree, Path(), ())


def _compose(path: Path, chain: tuple[Path, ...]) -> Branch:
    shown = shown_path(path)
    tree = read_tree(read_text(path, shown), shown)
    if not isinstance(tree, Branch):
        advice = space_after_colon(tree.text) if isinstance(tree, Scalar) else ""
        advice = advice or "a config starts with `name:`"
        problem = Problem("E104", f"expected a map of keys, not {describe(tree)}", tree.place, (advice,))
        raise ConfigError([problem], shown)
    return _merged(tree, path.parent, (*chain, path.resolve()))


def _merged(tree: Branch, folder: Path, chain: tuple[Path, ...]) -> Branch:
    """A tree on top of everything it extends. `chain` holds the files on the way here, this one last."""
    own = {key: value for key, value in tree.items.items() if key != "extends"}
    base = Branch({}, {}, tree.place)
    for parent in _parents(tree.items.get("extends")):
        path = folder / parent.text
        try:
            target = path.resolve()
            there = target.is_file()
        except (OSError, ValueError, RuntimeError):
            target, there = path, False
        if target in chain:
            names = " → ".join(shown_path(item) for item in (*chain, target))
            raise _refusal(f"extends goes in a circle: {names}", parent.place)
        if len(chain) >= LONGEST_CHAIN:
            raise _refusal(f"extends is more than {LONGEST_CHAIN} files deep", parent.place)
        if not there:
            message = f"there is no file `{shown_path(target)}` to extend"
            raise _refusal(message, parent.place, nearby(path))
        base = _on_top(base, _compose(path, chain))
    return _on_top(base, Branch(own, tree.key_places, tree.place))


def _on_top(base: Branch, over: Branch) -> Branch:
    merged = merge(base, over)
    assert isinstance(merged, Branch)
    return merged


def _parents(node: Node | None) -> list[Scalar]:
    if node is None or (isinstance(node, Scalar) and node.kind == "null"):
        return []
    listed = node.items if isinstance(node, Series) else (node,)
    parents = []
    for item in listed:
        if not isinstance(item, Scalar) or not item.text.strip():
            raise _refusal(f"expected the name of a file to extend, not {describe(item)}", item.place)
        parents.append(item)
    return parents


def _refusal(message: str, place: Place, advice: str = "") -> ConfigError:
    return ConfigError([Problem("E113", message, place, (advice,) if advice else ())], place.file)
