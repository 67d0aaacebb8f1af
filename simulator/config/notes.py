"""Cross-field notes: settings that are legal and probably not meant."""

from ..problems import Problem
from .scenario import Scenario


def check_notes(scenario: Scenario) -> list[Problem]:
    """Warnings about a scenario."""
    return []
