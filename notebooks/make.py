"""Run every notebook and keep its outputs: `python notebooks/make.py [NAME…]`, a minute or two.

What differs between two runs (times, random ids of widgets) is left out, so that a notebook changes only when
what it says does. With SIMULATOR_QUICK set nothing should be kept: the tests run the cells that way.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from simulator.report.files import write_whole

FOLDER = Path(__file__).parent
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
WIDGET = "application/vnd.jupyter.widget-view+json"


def executed(path: Path) -> Any:
    """The notebook with new outputs, as it should be kept. Raises CellExecutionError when a cell does."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],
        record_timing=False,
        resources={"metadata": {"path": str(FOLDER)}},
    )
    client.execute()
    return settled(notebook)


def settled(notebook: Any) -> Any:
    """The notebook without what is different each time."""
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    for place, cell in enumerate(notebook.cells, start=1):
        cell.id, cell.metadata = f"cell-{place:02d}", {}
        for output in cell.get("outputs", []):
            output.pop("metadata", None) if output.output_type == "stream" else output.update(metadata={})
            if WIDGET in output.get("data", {}):
                output.data = {"text/plain": "(sliders: run the notebook to move them)"}
    return notebook


def main(names: list[str]) -> None:
    """Run the named notebooks, or all, and write each in place."""
    for path in sorted(FOLDER.glob("*.ipynb")):
        if names and path.stem not in names and path.name not in names:
            continue
        write_whole(path, (nbformat.writes(executed(path)) + "\n").encode())
        print(f"wrote {path.name}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
