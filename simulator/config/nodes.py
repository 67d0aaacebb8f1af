"""The `nodes:` block: the hosts, the process on them, and its stores (rules B1-B5)."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from .distributions import AnyDistribution, Distribution
from .families import distribution_schema
from .part import Finding, Part, ReadingError, key, trouble
from .quantities import (
    BYTES,
    DURATION,
    Bytes,
    Count,
    DurationMs,
    DurationMsOrNever,
    PositiveBytes,
    PositiveMsOrNever,
    Word,
    count,
    or_word,
    whole,
)
from .read_distributions import read_distribution
from .stores import SEED_STORES, AnyStore, PendingMap, Store
from .tree import describe


class Baseline(BaseModel):
    """Memory of everything else on a host, in bytes; drawn once per node, or anew at a fixed interval."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    distribution: AnyDistribution
    resample_every_ms: int | None = None


def read_baseline(value: Any) -> Baseline:
    """`12GiB`, `{normal: …}`, or either with `resample_every` beside it. Errors: E103-E108."""
    if isinstance(value, Baseline):
        return value
    every, rest = None, value
    findings = []
    if isinstance(value, dict):
        rest = {name: part for name, part in value.items() if name != "resample_every"}
        try:
            every = or_word(partial(whole, DURATION, least=1), "never", value.get("resample_every"))
        except ReadingError as found:
            findings += [finding.under("resample_every") for finding in found.findings]
    try:
        distribution: Distribution | None = read_distribution(BYTES, rest)
    except ReadingError as found:
        findings += found.findings
        distribution = None
    if findings or distribution is None:
        raise ReadingError(*findings)
    return Baseline(distribution=distribution, resample_every_ms=every)


def _baseline_schema() -> dict[str, Any]:
    schema = {**distribution_schema(BYTES), "x-name": "baseline"}
    every = {"anyOf": [dict(DURATION.schema), {"enum": ["never"]}]}
    for option in schema["anyOf"][1:]:
        option["properties"] = {**option["properties"], "resample_every": every}
    return schema


class Process(Part):
    """The process that holds the stores: its own bytes, its heap limit, and how it comes back."""

    base_bytes: Bytes = key(
        "60MiB", "bytes of the process without its stores", alias="base", source="measured"
    )
    base_heap_bytes: Bytes = key(
        "5MiB", "of these, on the heap: counts towards heap_limit", alias="base_heap", source="measured"
    )
    model: Annotated[Literal["live", "v8"], Word] = key(
        "live", "live: the stores' bytes and no garbage; v8: heap slack and a lagging RSS", source="rule B3"
    )
    heap_limit_bytes: PositiveBytes = key(
        "4GiB", "the process dies near this much heap", alias="heap_limit", source="measured: about 4 GiB"
    )
    restart_after_ms: DurationMsOrNever = key(
        "never", "until a dead process is started again", alias="restart_after", source="no supervisor exists"
    )
    restart_warmup_ms: DurationMs = key(
        "30s", "from the start to the first heartbeat", alias="restart_warmup", source="measured: 7-46 s"
    )
    operator_restart_ms: PositiveMsOrNever = key(
        "never", "restart a node excluded for memory this long", alias="operator_restart", source="rule B5"
    )

    @model_validator(mode="after")
    def _takes_time(self) -> "Process":
        if self.restart_after_ms is not None and self.restart_after_ms + self.restart_warmup_ms < 1:
            message = "restart_after and restart_warmup are both 0: a restart has to take at least 1ms"
            raise trouble("E109", message, path=("restart_warmup",))
        return self


def read_phase(value: Any) -> str:
    """`drawn`, or 0 for timers that start together."""
    text = str(value) if not isinstance(value, dict | list) else ""
    if text in ("drawn", "together"):
        return text
    if text in ("0", "0s", "0ms"):
        return "together"
    raise trouble("E106", f"a phase is `drawn` or 0, not {describe(value)}")


def read_gpu(value: Any) -> str:
    """`off` or `serial`."""
    text = str(value) if not isinstance(value, dict | list) else ""
    if text in ("off", "serial"):
        return text
    raise trouble("E106", f"gpu is `off` or `serial`, not {describe(value)}")


def read_pointer_size(value: Any) -> int:
    """8, or 4 under pointer compression."""
    size = count(value)
    if size not in (4, 8):
        raise trouble("E106", f"a pointer has 8 bytes, or 4 when compressed, not {size}")
    return size


STORE_NAME = re.compile(r"[a-z][a-z0-9_]*")
TIMERS = ("heartbeat", "scan")
"""Timers that are no store's: phases are drawn by name, so a store cannot have theirs."""


class _Frozen(dict[str, Store]):
    """A dict that refuses changes; it pickles and hashes, which a mapping proxy does not."""

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise TypeError("the stores of a scenario are frozen")

    __setitem__ = __delitem__ = clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return _Frozen, (dict(self),)


def _freeze(stores: Mapping[str, Store]) -> Mapping[str, Store]:
    wrong = [
        Finding("E105", f"`{name}` cannot name a store", ("use small letters, digits and _",), (name,), True)
        for name in stores
        if not STORE_NAME.fullmatch(name)
    ]
    wrong += [
        Finding("E105", f"`{name}` is the name of a timer", ("give the store another one",), (name,), True)
        for name in stores
        if name in TIMERS
    ]
    if wrong:
        raise ReadingError(*wrong)
    return _Frozen(stores)


Stores = Annotated[
    Mapping[str, AnyStore],
    AfterValidator(_freeze),
    PlainSerializer(lambda stores: {name: store.model_dump() for name, store in stores.items()}),
]


class Nodes(Part):
    """The nodes, all alike."""

    count: Count = key(4, "how many nodes", source="assumed")
    memory_bytes: PositiveBytes = key(
        "16GiB", "memory of a host", alias="memory", source="the deployment guide"
    )
    baseline: Annotated[Baseline, BeforeValidator(read_baseline), WithJsonSchema(_baseline_schema())] = key(
        {"normal": {"mean": "12GiB", "sd": "200MiB"}},
        "everything on a host except this process; `resample_every: 5min` beside it makes it fluctuate",
        source="assumed",
    )
    phase: Annotated[
        Literal["drawn", "together"], BeforeValidator(read_phase), WithJsonSchema({"enum": ["drawn", 0]})
    ] = key("drawn", "drawn: each timer starts at its own time; 0: all together", source="rule T3")
    process: Process = key({}, "the process")
    footprint: Annotated[Literal["document", "v8"], Word] = key(
        "document", "document: `entry` bytes; v8: bytes from the contents", source="rule B2"
    )
    pointer_size: Annotated[
        Literal[8, 4], BeforeValidator(read_pointer_size), WithJsonSchema({"enum": [8, 4]})
    ] = key(8, "bytes of a pointer; 4 under pointer compression", source="rule B2")
    gpu: Annotated[Literal["off", "serial"], BeforeValidator(read_gpu)] = key(
        "off", "serial: one job at a time uses the GPU", source="rule A7"
    )
    stores: Stores = key(dict(SEED_STORES), "what the process remembers, by name", source="seed 1-6")

    @property
    def enabled_stores(self) -> Mapping[str, Store]:
        """The stores that exist, in config order."""
        return {name: store for name, store in self.stores.items() if store.enabled}

    @model_validator(mode="after")
    def _consistent(self) -> "Nodes":
        mean = self.baseline.distribution.mean
        if mean >= self.memory_bytes:
            size = BYTES.format(self.memory_bytes)
            message = f"the baseline ({BYTES.format(mean)} on average) leaves nothing of the host's {size}"
            culprit = "memory" if "memory_bytes" in self.model_fields_set else "baseline"
            raise trouble(
                "E109", message, path=("baseline" if "baseline" in self.model_fields_set else culprit,)
            )
        pending = [name for name, store in self.enabled_stores.items() if isinstance(store, PendingMap)]
        if len(pending) > 1:
            names = " and ".join(f"`{name}`" for name in pending)
            raise trouble(
                "E109", f"only one pending_map can be enabled, here are {names}", path=("stores", pending[1])
            )
        return self
