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
from simulator.logs.records import KINDS, TROUBLE_WORDS
from simulator.logs.rules import NEEDS_SESSION
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


def options_table() -> str:
    """Every option of every command but those that answer the questions of `init`."""
    from typer import main

    from simulator.cli.app import app

    where: dict[tuple[str, str], list[str]] = {}
    commands = getattr(main.get_command(app), "commands")  # noqa: B009  (click's, which has no types here)
    for name, command in commands.items():
        for option in command.params:
            if option.param_type_name != "option" or name == "init":
                continue
            flags = ", ".join([*option.opts[:1], *option.secondary_opts])
            typed = f"{flags} {option.metavar or ''}".strip()
            where.setdefault((typed, option.help), []).append(name)
    lines = ["| option | meaning | commands |", "|---|---|---|"]
    flags = [typed.split()[0] for typed, _ in where]
    for (typed, meaning), names in sorted(where.items(), key=lambda row: flags.index(row[0][0].split()[0])):
        lines.append(f"| `{typed}` | {meaning} | {', '.join(names)} |")
    return "\n".join(lines)


def recipe(name: str) -> str:
    """A CI recipe, as tests run it."""
    return f"```yaml\n{(DOCS / 'ci' / f'{name}.yaml').read_text(encoding='utf-8')}```"


PARTS = {
    "keys": keys_table,
    "results": results_table,
    "messages": messages_table,
    "kinds": kinds_table,
    "troubles": troubles_table,
    "options": options_table,
    "github": lambda: recipe("github"),
    "gitlab": lambda: recipe("gitlab"),
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
