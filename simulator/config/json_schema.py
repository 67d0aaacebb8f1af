"""The JSON Schema of a config, for editors (completion, hover, squiggles) and other programs.

Made from the models, so that it cannot fall behind them. It accepts what loading accepts wherever a schema
can say so; what needs more than one value (`fails` + `hangs` ≤ 100 %) is left to loading.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from .diagnose import fields_of, part_of
from .merge import Path
from .part import Part
from .paths import CHANGEABLE
from .scenario import Scenario
from .stores import STORE_KINDS

URI = "http://json-schema.org/draft-07/schema#"
STORE_NAME = "[a-z][a-z0-9_]*"
_NULL = {"type": "null"}
_SAID = ("description", "default")


def schema() -> dict[str, Any]:
    """The schema as a plain dict (draft 07, which the YAML language server reads best).

    >>> schema()["properties"]["horizon"]["default"]
    '24h'
    """
    raw = Scenario.model_json_schema(by_alias=True)
    definitions: dict[str, Any] = {}
    for name, body in raw.pop("$defs").items():
        definitions[name] = _tidy(body, definitions)
    root = _tidy(raw, definitions)
    definitions["Store"] = _store_schema()
    definitions["Nodes"]["properties"]["stores"] = {
        "description": definitions["Nodes"]["properties"]["stores"]["description"],
        "anyOf": [
            {
                "type": "object",
                "additionalProperties": False,
                "patternProperties": {f"^{STORE_NAME}$": _nullable({"$ref": "#/$defs/Store"})},
            },
            _NULL,
        ],
    }
    definitions["SettingChanges"] = _changes("setting")
    definitions["ProfileChanges"] = _changes("profile")
    definitions["GridRange"] = _RANGE
    definitions["GridValues"] = _grid(definitions["SettingChanges"])
    root["properties"].update(_file_keys())
    title = "A config of simulator: what arrives, where it is handled, and which settings to compare"
    return {"$schema": URI, "title": title, **root, "$defs": definitions}


def _file_keys() -> dict[str, Any]:
    """The keys that belong to the file rather than to a scenario."""
    file_name = {"type": "string", "minLength": 1}

    def named(what: str, definition: str) -> dict[str, Any]:
        body = {"type": "object", "additionalProperties": _nullable({"$ref": f"#/$defs/{definition}"})}
        return {"description": what, **_nullable(body)}

    return {
        "extends": {
            "description": "a config, or several, that this one builds on; relative to this file",
            "anyOf": [file_name, {"type": "array", "items": file_name}, _NULL],
        },
        "settings": named("what is compared: changes by name; the first is the reference", "SettingChanges"),
        "profiles": named("worlds in which every setting is run: changes by name", "ProfileChanges"),
        "grid": {
            "description": "full factorial, crossed with the settings: lists of values by path",
            **_nullable({"$ref": "#/$defs/GridValues"}),
        },
    }


def _tidy(node: Any, definitions: dict[str, Any]) -> Any:
    """Drop generated titles, fold sources into descriptions, let keys be null, share what has a name."""
    if isinstance(node, list):
        return [_tidy(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "x-name" in node:
        name = node["x-name"]
        described = {key: node[key] for key in ("description", "default", "source") if key in node}
        body = {key: value for key, value in node.items() if key not in (*described, "x-name")}
        definitions.setdefault(name, _tidy(body, definitions))
        return _tidy({"$ref": f"#/$defs/{name}", **described}, definitions)
    done = {key: _tidy(value, definitions) for key, value in node.items() if key not in ("title", "source")}
    if "source" in node and "description" in done:
        done["description"] += f" (source: {node['source']})"
    if isinstance(done.get("properties"), dict) and node.get("type") == "object" and "required" not in node:
        done["properties"] = {key: _nullable(value) for key, value in done["properties"].items()}
    return done


def _nullable(body: dict[str, Any]) -> dict[str, Any]:
    """The same or null (which removes the key), with what is said about it outside."""
    said: dict[str, Any] = {key: body[key] for key in _SAID if body.get(key) not in (None, {})}
    rest = {key: value for key, value in body.items() if key not in _SAID}
    options = rest["anyOf"] if set(rest) == {"anyOf"} else [rest]
    return {**said, "anyOf": [*options, *([] if _NULL in options else [_NULL])]}


def _store_schema() -> dict[str, Any]:
    """A store: by its kind if it says so, otherwise changes to any kind."""
    models = {kind: {"$ref": f"#/$defs/{model.__name__}"} for kind, model in STORE_KINDS.items()}
    by_kind = [
        {"if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]}, "then": model}
        for kind, model in models.items()
    ]
    return {
        "type": "object",
        "properties": {"kind": {"enum": [*models], "description": "what sort of store it is"}},
        "if": {"required": ["kind"]},
        "then": {"allOf": by_kind},
        "else": {"anyOf": [*models.values()]},
    }


def _changes(changer: Any) -> dict[str, Any]:
    """What a setting or profile may hold: dotted paths, or nested maps."""
    properties: dict[str, Any] = {}
    patterns: dict[str, Any] = {}
    for path, pointer, replaces in _paths(Scenario, (), "#"):
        if path[0] not in CHANGEABLE[changer]:
            continue
        dotted = ".".join(path)
        if STORE_NAME in path:
            patterns.setdefault(f"^{escape(path)}$", {"anyOf": []})["anyOf"].append({"$ref": pointer})
        else:
            properties[dotted] = {"$ref": pointer}
        if replaces:  # a path may lead into a one-of map
            patterns[f"^{escape(path)}" + r"\.[a-z0-9_.]+$"] = True
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "patternProperties": patterns,
    }


def _grid(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The same paths with lists of values or ranges; maps that merge may be nested, loading knows how."""
    nested = {
        f"^{escape(path)}$" if STORE_NAME in path else ".".join(path)
        for path, _, replaces in _paths(Scenario, (), "#")
        if not replaces
    }

    def listed(name: str, body: Any) -> dict[str, Any]:
        items = body if isinstance(body, dict) else {}
        several = {"type": "array", "minItems": 1, "items": items}
        return {"anyOf": [several, {"type": "object"} if name in nested else {"$ref": "#/$defs/GridRange"}]}

    return {
        **changes,
        "properties": {name: listed(name, body) for name, body in changes["properties"].items()},
        "patternProperties": {
            name: listed(name, body) for name, body in changes["patternProperties"].items()
        },
    }


def escape(path: Path) -> str:
    """A dotted path as a pattern; a store's name in it is one already."""
    return r"\.".join(path)


_END = {"type": ["string", "number"]}
_RANGE: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["from", "to"],
    "properties": {
        "from": {"description": "the least value", **_END},
        "to": {"description": "the largest value", **_END},
        "steps": {"description": "how many of them in a factorial", "type": "integer", "minimum": 2},
    },
}


def _paths(model: type[Part], before: Path, pointer: str) -> Iterator[tuple[Path, str, bool]]:
    """Every path below a model, the pointer to its schema, and whether it replaces whole."""
    for name, field in fields_of(model).items():
        path, here = (*before, name), f"{pointer}/properties/{name}"
        inner = part_of(field.annotation)
        if name == "stores":
            yield path, here, False
            yield (*path, STORE_NAME), "#/$defs/Store", False
            for store in STORE_KINDS.values():
                yield from _paths(store, (*path, STORE_NAME), f"#/$defs/{store.__name__}")
        elif inner is not None:
            yield path, here, False
            yield from _paths(inner, path, f"#/$defs/{inner.__name__}")
        else:
            yield path, here, name not in ("name", "horizon", "warmup", "replications", "seed", "targets")
