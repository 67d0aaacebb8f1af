"""What every part of a config shares: the frozen base model, how keys are declared and errors told."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    """A frozen map of the config. Keys are declared with `key`; unknown ones are refused.

    Built from YAML by the names of the config language (`ttl`), and from Python by the names of the
    attributes (`ttl_ms`), where plain numbers are in the attribute's own unit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, hide_input_in_errors=True)


def key(default: Any, meaning: str, *, source: str = "", alias: str | None = None) -> Any:
    """Declare a key: its default as written in YAML, what it means, and where the default comes from."""
    extra: dict[str, Any] = {"source": source} if source else {}
    return Field(
        default=default, validate_default=True, alias=alias, description=meaning, json_schema_extra=extra
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a value, relative to it: `path` leads from the value to the culprit."""

    code: str
    message: str
    advice: tuple[str, ...] = ()
    path: tuple[str | int, ...] = ()
    on_key: bool = False

    def under(self, *path: str | int) -> "Finding":
        """The same, seen from further out."""
        return Finding(self.code, self.message, self.advice, (*path, *self.path), self.on_key)


class ReadingError(ValueError):
    """Raised by what reads a value; carries everything that is wrong with it."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("; ".join(finding.message for finding in findings))
        self.findings = findings


def trouble(
    code: str, message: str, *advice: str, path: tuple[str | int, ...] = (), on_key: bool = False
) -> ReadingError:
    """A single finding, ready to raise."""
    return ReadingError(Finding(code, message, tuple(text for text in advice if text), path, on_key))
