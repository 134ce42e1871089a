"""A finished run made small enough to be kept beside the code: tables, figures, Parquet files, a few clips."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fpbench.errors import FpbenchError
from fpbench.runs.clips import load_facts, read_frames, write_preview
from fpbench.runs.manifest import Manifest, load_manifest
from fpbench.runs.store import Store

_LEFT_OUT = shutil.ignore_patterns(".lock", "cells.jsonl", "series.parquet", "contact")
_HEIGHT, _X264 = 128, {"preset": "veryfast", "crf": "30"}
"""Published previews are for looking at, and stay in the history for ever."""


class PublishError(FpbenchError):
    """A run that cannot be published."""


def publish(run: Path, target: Path, *, clips: int = 2) -> Path:
    """Copy what others need from a finished run into a folder that replaces an earlier publication.

    Series are kept for the protocol's primary metrics and columns, previews for the first tasks of every system.

    Args:
        run: folder of a run in a results folder.
        target: folder to make, such as ``results/published/drift``.
        clips: preview clips per system.

    Returns:
        ``target``.

    Raises:
        PublishError: the run has not ended, or ``target`` holds something else than a publication.
    """
    manifest = load_manifest(run)
    if manifest.status not in ("done", "failed"):
        raise PublishError(f"{run}: is {manifest.status}; finish it first: fpbench resume {run}")
    if target.exists() and not (target / "run.json").is_file():
        raise PublishError(f"{target}: exists and is no published run; name another folder with --to")
    made = target.with_name(f".{target.name}.partial")
    shutil.rmtree(made, ignore_errors=True)
    shutil.copytree(run, made, ignore=_LEFT_OUT)
    _shown_series(run, made, manifest)
    _previews(Store(run.parent.parent), made, clips)
    shutil.rmtree(target, ignore_errors=True)
    made.replace(target)
    return target


def _shown_series(run: Path, made: Path, manifest: Manifest) -> None:
    protocol = manifest.protocol
    primary, columns = protocol["primary"], protocol["columns"]
    shown = {*(primary.values() if isinstance(primary, dict) else ()), *(columns if isinstance(columns, list) else ())}
    table = pq.read_table(run / "series.parquet")
    kept = pc.is_in(table["metric"].cast("string"), value_set=pa.array(sorted(map(str, shown)), pa.string()))
    pq.write_table(table.filter(kept), made / "series.parquet", compression="zstd")


def _previews(store: Store, made: Path, clips: int) -> None:
    cells = pq.read_table(made / "cells.parquet", columns=["system", "task", "clip", "status"]).to_pylist()
    tasks = list(dict.fromkeys(cell["task"] for cell in cells))[:clips]
    own = Store(made)
    for clip in dict.fromkeys(cell["clip"] for cell in cells if cell["task"] in tasks and cell["status"] == "done"):
        video = np.concatenate(list(read_frames(store.clip(clip))))
        fps = float(load_facts(store, clip)["fps"])
        write_preview(own.preview(clip), video, fps, own.scratch, height=_HEIGHT, x264=_X264)
        shutil.copyfile(store.facts(clip), own.facts(clip))
    shutil.rmtree(own.scratch.parent, ignore_errors=True)
