"""Config files and what they extend, composed into one tree."""

from pathlib import Path

from ..problems import ConfigError, Place, Problem
from .merge import merge
from .read import nearby, read_text, read_tree
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


def _compose(path: Path, chain: tuple[Path, ...]) -> Branch:
    shown = shown_path(path)
    tree = read_tree(read_text(path, shown), shown)
    if not isinstance(tree, Branch):
        from .syntax import space_after_colon

        advice = space_after_colon(tree.text) if isinstance(tree, Scalar) else ""
        advice = advice or "a config starts with `name:`"
        problem = Problem("E104", f"expected a map of keys, not {describe(tree)}", tree.place, (advice,))
        raise ConfigError([problem], shown)
    parents = tree.items.get("extends")
    own = Branch(
        {key: value for key, value in tree.items.items() if key != "extends"}, tree.key_places, tree.place
    )
    base: Node | None = None
    here = path.resolve()
    for parent in _parents(parents):
        target = (path.parent / parent.text).resolve()
        if target in (*chain, here):
            names = " → ".join(shown_path(item) for item in (*chain, here, target))
            _refuse(f"extends goes in a circle: {names}", parent.place)
        if len(chain) >= LONGEST_CHAIN:
            _refuse(f"extends is more than {LONGEST_CHAIN} files deep", parent.place)
        if not target.is_file():
            near = nearby(path.parent / parent.text)
            _refuse(f"there is no file `{shown_path(target)}` to extend", parent.place, near)
        inherited = _compose(path.parent / parent.text, (*chain, here))
        base = inherited if base is None else merge(base, inherited)
    merged = merge(base or Branch({}, {}, tree.place), own)
    return merged if isinstance(merged, Branch) else own


def _parents(node: Node | None) -> list[Scalar]:
    if node is None or (isinstance(node, Scalar) and node.kind == "null"):
        return []
    listed = node.items if isinstance(node, Series) else (node,)
    parents = []
    for item in listed:
        if not isinstance(item, Scalar) or not item.text.strip():
            _refuse(f"expected the name of a file to extend, not {describe(item)}", item.place)
        else:
            parents.append(item)
    return parents


def _refuse(message: str, place: Place, advice: str = "") -> None:
    raise ConfigError([Problem("E113", message, place, (advice,) if advice else ())], place.file)
