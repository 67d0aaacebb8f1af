"""Rewrite the generated parts of the pages: `python docs/generate.py`; a test compares.

A part stands between `<!-- NAME -->` and `<!-- /NAME -->`. Keys and results come from the models and the
column dictionary, so that a page cannot tell another story than the program.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.config.diagnose import fields_of, part_of
from simulator.config.scenario import Scenario
from simulator.config.stores import STORE_KINDS
from simulator.config.tree import flow
from simulator.logs.mapping import UNITS_OF
from simulator.logs.messages import EMBEDDED, NODE, SCHEDULER
from simulator.logs.parse import NEEDS_SESSION
from simulator.logs.records import KINDS, TROUBLE_WORDS
from simulator.statistics import COLUMNS, STORE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).parent


def keys_table() -> str:
    """Every key of a config, by its path, with its default and meaning."""
    lines = ["| key | default | meaning |", "|---|---|---|", *_keys(Scenario, "")]
    for kind, model in STORE_KINDS.items():
        lines += ["", f"A store of kind `{kind}`:", "", "| key | default | meaning |", "|---|---|---|"]
        lines += [_key(name, field) for name, field in fields_of(model).items() if name != "kind"]
    return "\n".join(lines)


def results_table() -> str:
    """Every result of a setting, then those of a store."""
    lines = []
    for title, columns in (("result", COLUMNS), ("result of a store", STORE_COLUMNS)):
        lines += [f"| {title} | meaning |", "|---|---|"]
        lines += [f"| `{name}` | {column.meaning} |" for name, column in columns.items()]
        lines.append("")
    return "\n".join(lines).rstrip()


def messages_table() -> str:
    """Every message of the modelled system that is read: what it is, at which level, with which fields."""
    lines = ["| message | what it is | level | fields |", "|---|---|---|---|"]
    for message in (*NODE, *SCHEDULER, *EMBEDDED):
        fields = ", ".join(f"`{theirs}`" for theirs, _ in message.fields.values())
        seldom = f"; {message.seldom}" if message.seldom else ""
        lines.append(f"| `{message.text}` | {message.kind}{seldom} | {message.level} | {fields} |")
    return "\n".join(lines)


def kinds_table() -> str:
    """Every kind of record that a mapping can name, with its fields and their units."""
    lines = ["| kind | fields |", "|---|---|"]
    for kind in KINDS:
        fields = ", ".join(f"`{name}` ({unit})" for name, unit in UNITS_OF.get(kind, {}).items())
        session = " (needs `session`)" if kind in NEEDS_SESSION else ""
        lines.append(f"| `{kind}`{session} | {fields} |")
    return "\n".join(lines)


def troubles_table() -> str:
    """Everything that can be wrong with a line."""
    lines = ["| kind | what |", "|---|---|"]
    return "\n".join([*lines, *(f"| `{kind}` | {words} |" for kind, words in TROUBLE_WORDS.items())])


PARTS = {
    "keys": keys_table,
    "results": results_table,
    "messages": messages_table,
    "kinds": kinds_table,
    "troubles": troubles_table,
}


def page_with_parts(text: str) -> str:
    """A page's text with its generated parts as they should be."""
    for name, make in PARTS.items():
        part = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text = part.sub(lambda found, make=make: f"{found[1]}{make()}\n{found[2]}", text)
    return text


def _keys(model: Any, above: str) -> Iterator[str]:
    for name, field in fields_of(model).items():
        inner = part_of(field.annotation)
        if name in ("name", "stores", "targets"):
            continue
        if inner is None:
            yield _key(f"{above}{name}", field)
        else:
            yield from _keys(inner, f"{above}{name}.")


def _key(path: str, field: Any) -> str:
    default = "" if field.is_required() or field.default is None else f"`{flow(field.default)}`"
    return f"| `{path}` | {default} | {field.description.replace('|', chr(92) + '|')} |"


def main() -> None:
    """Rewrite every page in place."""
    for page in sorted(DOCS.glob("*.md")):
        before = page.read_text(encoding="utf-8")
        after = page_with_parts(before)
        if after != before:
            page.write_text(after, encoding="utf-8")
            print(f"wrote {page}", file=sys.stderr)


if __name__ == "__main__":
    main()
