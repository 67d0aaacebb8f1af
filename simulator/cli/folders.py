"""Folders that an option names: made before anything runs, or refused."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .exits import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def make_folder(folder: Path, option: str = "-o") -> None:
    """Make the folder of an option, or say why it cannot be."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{option} {folder}: this is a file · name a folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"{option} {folder}: cannot make this folder, {(error.strerror or '').lower()}"
        ) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(
            f"{option} {folder}: this folder cannot be written · choose another or change its rights"
        )
