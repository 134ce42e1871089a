"""Tables kept beside a run as JSON, so that a page need not resample tasks. Derived; may be deleted."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter

from fpbench.report.origin import origin
from fpbench.report.table import Table
from fpbench.runs.files import write_atomic

VERSION = 1
"""Raised whenever the same results may give another table, so that kept ones are made anew."""
_TABLE = TypeAdapter(Table)


def kept_path(folder: Path, layout: str) -> Path:
    """Where the table of a layout lies."""
    return folder / "tables" / f"{layout}.json"


def keep_table(folder: Path, layout: str, table: Table, scratch: Path) -> Path:
    """Write a table of the run in ``folder``; its path."""
    path = kept_path(folder, layout)
    path.parent.mkdir(exist_ok=True)
    content = {"of": origin(folder, VERSION), "table": asdict(table)}
    write_atomic(path, json.dumps(content, ensure_ascii=False).encode(), scratch)
    return path


def kept_table(folder: Path, layout: str) -> Table | None:
    """The kept table; None where it is missing, damaged, or not of the results that lie there now."""
    try:
        content = json.loads(kept_path(folder, layout).read_bytes())
        return _TABLE.validate_python(content["table"]) if content["of"] == origin(folder, VERSION) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
