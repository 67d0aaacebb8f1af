"""Plain values as YAML text that loading reads back: for calibrated workloads and resolved configs."""

from collections.abc import Mapping
from typing import Any

from .tree import flow

Comments = Mapping[str, str]


def yaml_text(value: Mapping[str, Any], *, width: int = 100, comments: Comments | None = None) -> str:
    """A map as block YAML; whatever fits on a line of `width` columns is written on one.

    Args:
        value: plain values; quantities as text with their units (`simulator.units` formats them).
        width: the longest line for maps and lists in braces; the top level is always a block.
        comments: remarks by dotted path, put above their key.

    >>> plain = {"workload": {"gap": {"exponential": {"mean": "6s"}}}}
    >>> print(yaml_text(plain, comments={"workload": "fitted"}), end="")
    # fitted
    workload:
      gap: {exponential: {mean: 6s}}
    """
    return "\n".join(_block(value, "", width, comments or {})) + "\n"


def _block(value: Mapping[str, Any], path: str, width: int, comments: Comments) -> list[str]:
    """The lines of a map. `path` is where it stands, "" at the top."""
    lines: list[str] = []
    for name, part in value.items():
        here = f"{path}.{name}" if path else str(name)
        lines += [f"# {line}" for line in comments.get(here, "").splitlines()]
        key = flow(str(name))
        short = f"{key}: {flow(part)}"
        below = any(other.startswith(f"{here}.") for other in comments)
        if isinstance(part, Mapping) and part and (not path or below or len(short) > width):
            lines += [f"{key}:", *(f"  {line}" for line in _block(part, here, width - 2, comments))]
        elif isinstance(part, list | tuple) and part and len(short) > width:
            lines += [f"{key}:", *(f"  - {flow(item)}" for item in part)]
        else:
            lines.append(short)
    return lines
