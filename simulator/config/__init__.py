"""Configs: YAML in, frozen scenarios out, and every mistake told with its place."""

from ..problems import ConfigError, Place, Problem
from .arrivals import (
    Arrivals,
    BurstArrivals,
    PoissonArrivals,
    ProfileArrivals,
    RenewalArrivals,
    TraceArrivals,
)
from .bounds import bound_of, growing_stores
from .distributions import (
    Constant,
    Distribution,
    Empirical,
    Exponential,
    Gamma,
    Geometric,
    Lognormal,
    Mixture,
    Normal,
    Poisson,
    Uniform,
    Weibull,
    Zipf,
)
from .facts import Facts, TableBound, facts
from .json_schema import schema
from .load import Case, Experiment, load, load_experiment
from .nodes import Baseline, Nodes, Process
from .notes import check_notes
from .scenario import Scenario
from .scheduler import Degraded, Scheduler, Threshold
from .stores import Cleanup, LruCache, PendingMap, RingBuffer, SessionMap, SessionTable, Store
from .targets import Target
from .workload import Outages, Sessions, Texts, Translation, Utterances, WorkloadSettings
from .write import yaml_text

__all__ = [
    "Arrivals",
    "Baseline",
    "BurstArrivals",
    "Case",
    "Cleanup",
    "ConfigError",
    "Constant",
    "Degraded",
    "Distribution",
    "Empirical",
    "Experiment",
    "Exponential",
    "Facts",
    "Gamma",
    "Geometric",
    "Lognormal",
    "LruCache",
    "Mixture",
    "Nodes",
    "Normal",
    "Outages",
    "PendingMap",
    "Place",
    "Poisson",
    "PoissonArrivals",
    "Problem",
    "Process",
    "ProfileArrivals",
    "RenewalArrivals",
    "RingBuffer",
    "Scenario",
    "Scheduler",
    "SessionMap",
    "SessionTable",
    "Sessions",
    "Store",
    "TableBound",
    "Target",
    "Texts",
    "Threshold",
    "TraceArrivals",
    "Translation",
    "Uniform",
    "Utterances",
    "Weibull",
    "WorkloadSettings",
    "Zipf",
    "bound_of",
    "check_notes",
    "facts",
    "growing_stores",
    "load",
    "load_experiment",
    "schema",
    "yaml_text",
]
