"""One catalogue for everything that is said in words, so that a page speaks one language throughout.

Sentences are written in English where they are made, with named gaps, and looked up whole: a translator sees
the sentence, and may put the gaps in another order. What no catalogue has is said in English.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LANGUAGES = ("en", "zh")
TAGS = {"en": "en", "zh": "zh-Hans"}
"""What HTML calls them."""

_spoken: ContextVar[str] = ContextVar("language", default="en")


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Within this block, `say` speaks a language of `LANGUAGES`; ValueError when it is another."""
    if language not in LANGUAGES:
        raise ValueError(f"no language {language!r}; there are {', '.join(LANGUAGES)}")
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


def spoken() -> str:
    """The language that is spoken now."""
    return _spoken.get()


def say(sentence: str, **gaps: Any) -> str:
    """A sentence in the language spoken now, its gaps filled.

    >>> say("{count} settings", count=3)
    '3 settings'
    >>> with speaking("zh"):
    ...     say("nodes out")
    '停用的节点'
    """
    text = catalogue(_spoken.get()).get(sentence, sentence)
    return text.format(**gaps) if gaps else text


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """English sentence -> sentence; empty for English itself."""
    if language == "en":
        return {}
    text = (files("simulator.report") / "languages" / f"{language}.json").read_text(encoding="utf-8")
    loaded: dict[str, str] = json.loads(text)
    return loaded
