"""The `workload:` block: sessions, utterances and their translations (rules W1-W5)."""

from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, SerializeAsAny, model_validator

from .arrivals import AnyArrivals
from .part import Part, key, trouble
from .quantities import (
    Count,
    DurationMsOrNever,
    Flag,
    Number,
    OrWordSchema,
    Share,
    Word,
    or_word,
)
from .read_distributions import CharsDistribution, CountDistribution, DurationDistribution

ASSUMED = "assumed"


class Sessions(Part):
    """When sessions start, how long they go on, and whether their end is told."""

    arrivals: SerializeAsAny[AnyArrivals] = key(
        {"poisson": "0.1/s"},
        "how sessions start: poisson, profile (rates by time of day), bursts, renewal or trace",
        source=ASSUMED,
    )
    utterances: CountDistribution | None = key(
        None,
        "utterances per session; or give `duration` instead (default geometric, mean 20)",
        source=ASSUMED,
    )
    duration: DurationDistribution | None = key(
        None, "how long a session goes on; instead of `utterances`", source=ASSUMED
    )
    gap: DurationDistribution = key(
        {"exponential": {"mean": "6s"}}, "from one utterance's arrival to the next", source=ASSUMED
    )
    end_signalled: Share = key(
        "0 %",
        "share of sessions whose end the node is told",
        source="the modelled system has no such message",
    )
    idle_limit_ms: DurationMsOrNever = key(
        "never", "a longer gap makes the next utterance a new session", alias="idle_limit", source="rule W1"
    )

    @model_validator(mode="before")
    @classmethod
    def _one_length(cls, value: Any) -> Any:
        """Fill in the default number of utterances; refuse both ways of giving a session's length."""
        if isinstance(value, dict) and value.get("duration") is None and value.get("utterances") is None:
            return {**value, "utterances": {"geometric": {"mean": 20}}}
        return value

    @model_validator(mode="after")
    def _not_both(self) -> "Sessions":
        if self.utterances is not None and self.duration is not None:
            advice = "remove one of them; `utterances: null` removes an inherited one"
            raise trouble(
                "E109", "a session's length is given twice, as `utterances` and as `duration`", advice
            )
        if self.utterances is not None and self.utterances.mean < 1:
            raise trouble("E105", "a session has at least 1 utterance", path=("utterances",))
        return self


class ZipfTexts(Part):
    """How often each of the repeated texts is said."""

    exponent: Number = key(1, "0: all equally often; 1: the usual of languages", source=ASSUMED)
    distinct: Count = key(300, "how many different texts repeat", source=ASSUMED)


class Texts(Part):
    """Which texts are said again, and so may be found in the cache."""

    unique: Share = key("70 %", "share of utterances whose text nobody says twice", source=ASSUMED)
    zipf: ZipfTexts = key({}, "the others are drawn from a fixed list by Zipf's law")

    @property
    def zipf_exponent(self) -> float:
        """How uneven the repeated texts are."""
        return self.zipf.exponent

    @property
    def zipf_distinct(self) -> int:
        """How many different texts repeat."""
        return self.zipf.distinct


class Utterances(Part):
    """What an utterance carries, and how long its job takes."""

    audio: DurationDistribution = key(
        {"lognormal": {"median": "5.8s", "p95": "9.5s"}}, "length of the audio", source="measured"
    )
    text_length: CharsDistribution = key(
        {"lognormal": {"median": 26, "p95": 70}}, "characters of the source text", source="measured"
    )
    two_byte: Share = key("60 %", "share of sessions in a script above U+00FF", source=ASSUMED)
    texts: Texts = key({}, "which texts repeat")
    service: DurationDistribution = key(
        {"lognormal": {"median": "2.5s", "p95": "4.2s"}},
        "how long the job holds its slot: the whole pipeline",
        source="measured",
    )


class Outages(Part):
    """Times in which every translation fails or hangs."""

    every: DurationDistribution = key({"exponential": {"mean": "7d"}}, "from the end of one to the next")
    lasting: DurationDistribution = key(
        {"lognormal": {"median": "5min", "p95": "30min"}}, "how long one lasts"
    )
    outcome: Annotated[Literal["fails", "hangs"], Word] = key("hangs", "what becomes of a translation")
    scope: Annotated[Literal["all", "node"], Word] = key("all", "all nodes together, or each on its own")
    unhealthy: Flag = key(False, "whether heartbeats are unhealthy meanwhile")


class Expansion(Part):
    """Characters of the translation per character of the source, by the script of the source."""

    one_byte: Number = key(0.9, "from a one-byte script", source=ASSUMED)
    two_byte: Number = key(3.5, "from a two-byte script", source=ASSUMED)


class Translation(Part):
    """What becomes of an utterance's translation."""

    latency: DurationDistribution = key(
        {"lognormal": {"median": "1.08s", "p95": "1.65s"}}, "until it is ok or fails", source="measured"
    )
    fails: Share = key("0.5 %", "share that fails", source=ASSUMED)
    hangs: Share = key("0.1 %", "share that never settles", source=ASSUMED)
    outages: Annotated[
        Outages | None, BeforeValidator(partial(or_word, lambda value: value, "never")), OrWordSchema("never")
    ] = key("never", "correlated failures: `never`, or {every, lasting, outcome, scope, unhealthy}")
    expansion: Expansion = key({}, "how much longer or shorter the translated text is")

    @model_validator(mode="after")
    def _at_most_all(self) -> "Translation":
        if self.fails + self.hangs > 1 + 1e-12:
            total = f"{(self.fails + self.hangs) * 100:g} %"
            raise trouble(
                "E109", f"fails and hangs together are {total} of the translations", path=("hangs",)
            )
        return self


class WorkloadSettings(Part):
    """Everything that arrives; nothing in it depends on the nodes."""

    sessions: Sessions = key({}, "sessions")
    utterances: Utterances = key({}, "utterances")
    translation: Translation = key({}, "translations")
