"""Merging: what `extends`, profiles, settings, the grid and `--set` do to a tree.

Maps merge key by key and `null` removes a key. One-of maps (arrivals, distributions, the baseline, cleanup,
threshold, outages) replace whole. A dotted path that leads *into* a one-of map changes just that value, and
drops another family or rule that stood there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from ..problems import Place
from .arrivals import KINDS as ARRIVALS
from .diagnose import fields_of, part_of
from .families import FAMILIES
from .part import Part
from .scenario import Scenario
from .stores import SEED_STORES, STORE_KINDS
from .tree import Branch, Node, Scalar, from_values

CHOICES = frozenset({*FAMILIES, *ARRIVALS, "over", "at_least"})
"""Keys of which a one-of map has one."""
Path = tuple[str, ...]
MapRole = Literal["settings", "setting", "stores", "store", "leaf"]
Role = type[Part] | MapRole
"""What a map is at a place: a model with known keys, a free map, or a leaf that replaces whole."""
FREE_MAPS: Mapping[str, MapRole] = {"settings": "settings", "profiles": "settings", "grid": "setting"}


@dataclass(frozen=True, slots=True)
class Change:
    """One changed value: its path, the new value, and where the key was written."""

    path: Path
    value: Node
    place: Place


def child_role(role: Role, key: str) -> Role:
    """The role of the map under a key."""
    if role == "settings":
        return "setting"
    if role == "stores":
        return "store"
    if isinstance(role, str):
        return "leaf"
    if role is Scenario and key in FREE_MAPS:
        return FREE_MAPS[key]
    field = fields_of(role).get(key)
    if field is None:
        return "leaf"
    if key == "stores":
        return "stores"
    return part_of(field.annotation) or "leaf"


def merge(base: Node | None, over: Node, role: Role = Scenario) -> Node:
    """`over` on top of `base`."""
    if role == "leaf":
        return over
    if not isinstance(over, Branch) or not isinstance(base, Branch):
        return _without_nulls(over, role)
    if role == "store" and _kind(over) not in (None, _kind(base)):
        return _without_nulls(over, role)  # another kind of store: nothing of the old one fits
    items, places = dict(base.items), dict(base.key_places)
    for key, value in over.items.items():
        if _removes(value, key, role, key in items):
            items.pop(key, None)
            places.pop(key, None)
        else:
            items[key] = merge(items.get(key), value, child_role(role, key))
            places[key] = over.key_places[key]
    return Branch(items, places, over.place)


def put(base: Node | None, path: Path, value: Node, place: Place, role: Role = Scenario) -> Node:
    """The tree with one value changed; a map merges if its role is to merge."""
    if not path:
        return merge(base, value, role)
    items = dict(base.items) if isinstance(base, Branch) else {}
    places = dict(base.key_places) if isinstance(base, Branch) else {}
    key, rest = path[0], path[1:]
    if role == "leaf" and key in CHOICES:
        for other in [name for name in items if name in CHOICES and name != key]:
            del items[other], places[other]
    if not rest and isinstance(value, Scalar) and value.kind == "null":
        items.pop(key, None)
        places.pop(key, None)
    else:
        items[key] = put(items.get(key), rest, value, place, child_role(role, key))
        places[key] = places.get(key, place) if rest else place
    return Branch(items, places, base.place if isinstance(base, Branch) else place)


def changes_of(overlay: Branch, role: Role = Scenario, before: Path = ()) -> list[Change]:
    """The single values that a setting changes, from dotted paths and from maps that merge."""
    found: list[Change] = []
    for key, value in overlay.items.items():
        steps = (key,) if key in _known(role) else tuple(key.split("."))
        inner: Role = role
        for step in steps:
            inner = child_role(inner, step)
        path, place = (*before, *steps), overlay.key_places[key]
        nested = isinstance(value, Branch) and inner != "leaf" and bool(value.items)
        whole_store = inner == "store" and isinstance(value, Branch) and "kind" in value.items
        if nested and not whole_store and isinstance(value, Branch):
            found += changes_of(value, inner, path)
        else:
            found.append(Change(path, value, place))
    return found


def node_at(tree: Node | None, path: tuple[Any, ...]) -> Node | None:
    """The value at a path, or None."""
    for step in path:
        if not isinstance(tree, Branch):
            return None
        tree = tree.items.get(str(step))
    return tree


def with_seed_stores(tree: Branch) -> Branch:
    """Fill in the stores of the seed document.

    A config that lists no store, or only changes some of the seed's by name, has all of them. One that gives
    a `kind` lists its stores itself; names of the seed's without a kind have the seed's kind.
    """
    stores = node_at(tree, ("nodes", "stores"))
    if stores is not None and not isinstance(stores, Branch):
        return tree
    listed = dict(stores.items) if isinstance(stores, Branch) else {}
    defines = any(_kind(store) is not None for store in listed.values())
    place = Place()
    filled: dict[str, Node] = {}
    places: dict[str, Place] = {}
    if not defines:
        for name, body in SEED_STORES.items():
            filled[name], places[name] = from_values(dict(body), place), place
    for name, store in listed.items():
        seed = from_values(dict(SEED_STORES[name]), place) if name in SEED_STORES else None
        fits = isinstance(store, Branch) and _kind(store) is None
        filled[name] = merge(seed, store, "store") if fits else store
        places[name] = stores.key_places[name] if isinstance(stores, Branch) else place
    return _set(tree, ("nodes", "stores"), Branch(filled, places, stores.place if stores else place))


def _set(tree: Branch, path: Path, value: Node) -> Branch:
    """Replace a value without merging, making the maps on the way."""
    key, rest = path[0], path[1:]
    old = tree.items.get(key)
    if rest and old is not None and not isinstance(old, Branch):
        return tree
    inner = _set(old if isinstance(old, Branch) else Branch({}, {}, Place()), rest, value) if rest else value
    places = {**tree.key_places, key: tree.key_places.get(key, Place())}
    return replace(tree, items={**tree.items, key: inner}, key_places=places)


def _known(role: Role) -> tuple[str, ...]:
    if role in ("setting", "settings", "stores", "leaf"):
        return ()
    if role == "store":
        return tuple({key for kind in STORE_KINDS.values() for key in fields_of(kind)})
    assert not isinstance(role, str)
    return (*fields_of(role), *FREE_MAPS) if role is Scenario else tuple(fields_of(role))


def _kind(node: Node | None) -> str | None:
    kind = node.items.get("kind") if isinstance(node, Branch) else None
    return kind.text if isinstance(kind, Scalar) and kind.kind != "null" else None


def _removes(value: Node, key: str, role: Role, inherited: bool) -> bool:
    """Whether null stands for "remove this key", and not for a misspelt key or an empty setting."""
    if not (isinstance(value, Scalar) and value.kind == "null"):
        return False
    if role in ("settings", "setting"):  # not inherited: an empty setting, or one that itself removes a key
        return inherited
    return role in ("stores", "leaf") or key in _known(role)


def _without_nulls(node: Node, role: Role) -> Node:
    """A new map, less the keys that are null."""
    if not isinstance(node, Branch) or role == "leaf":
        return node
    items = {
        key: _without_nulls(value, child_role(role, key))
        for key, value in node.items.items()
        if not _removes(value, key, role, inherited=False)
    }
    return Branch(items, {key: node.key_places[key] for key in items}, node.place)
