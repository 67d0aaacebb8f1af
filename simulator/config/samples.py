"""Files that a config names, and distributions that are lists of values."""

from pathlib import Path
from typing import Any

from .choices import one_of
from .distributions import Empirical
from .part import Finding, ReadingError, trouble
from .quantities import Quantity, exact
from .tree import Scalar, describe

LARGEST_SAMPLE = 100_000


def read_empirical(quantity: Quantity, value: Any) -> Empirical:
    """`[1s, 2s]`, `{values: [...]}`, or a file with one quantity per line (`file.txt` or `{file: …}`)."""
    prefix: tuple[str | int, ...] = ()
    if isinstance(value, dict):
        name = one_of(value, ("values", "file"), "a source of values")
        value, prefix = value[name], (name,)
    if isinstance(value, list | tuple):
        texts: list[Any] = list(value)
    else:
        texts = _lines_of(value, prefix)
    if not texts:
        raise trouble("E108", "empirical needs at least one value", path=prefix)
    if len(texts) > LARGEST_SAMPLE:
        raise trouble("E108", f"at most {LARGEST_SAMPLE:,} values", path=prefix)
    numbers, findings = [], []
    for index, text in enumerate(texts):
        try:
            numbers.append(float(exact(quantity, text)))
        except ReadingError as found:
            at = (*prefix, index) if isinstance(value, list | tuple) else prefix
            where = "" if isinstance(value, list | tuple) else f"line {index + 1} of {value}: "
            findings += [Finding(f.code, where + f.message, f.advice, at) for f in found.findings]
    if findings:
        raise ReadingError(*findings[:5])
    return Empirical(values=tuple(numbers))


def _lines_of(value: Any, prefix: tuple[str | int, ...]) -> list[str]:
    path = file_of(value, prefix)
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError, ValueError):
        raise trouble("E110", f"the file `{value}` cannot be read", path=prefix) from None
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def file_of(value: Any, prefix: tuple[str | int, ...] = ()) -> Path:
    """A file that a config names, relative to that config. Errors: E104, E110 when it is not there."""
    if not isinstance(value, Scalar | str) or not str(value).strip():
        raise trouble("E104", f"expected the name of a file, not {describe(value)}", path=prefix)
    folder = Path(value.place.file).parent if isinstance(value, Scalar) and value.place.file else Path()
    path = folder / str(value)
    try:
        there = path.is_file()
    except (OSError, ValueError):
        there = False
    if not there:
        raise trouble(
            "E110", f"there is no file `{path}`", "the name is relative to this config", path=prefix
        )
    return path
