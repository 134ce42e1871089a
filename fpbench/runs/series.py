"""Measured series on disk, one Parquet file per clip. What a metric computes is ``fpbench.metrics``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fpbench.errors import FpbenchError
from fpbench.runs.files import atomic
from fpbench.runs.store import Store

SCHEMA = pa.schema(
    [
        ("metric", pa.dictionary(pa.int16(), pa.string())),
        ("version", pa.int32()),
        ("frame", pa.int32()),
        ("value", pa.float32()),
    ]
)
_CONTENT = b"fpbench.content"
"""Footer entry that lists what is in the file, so that resuming a large run does not read its values."""


@dataclass(frozen=True)
class Measured:
    """One metric of one clip: ``values[i]`` belongs to frame ``frames[i]``; ``version`` is that of the metric."""

    metric: str
    version: int
    frames: NDArray[np.int32]
    values: NDArray[np.float32]


Key = tuple[str, int]
"""Metric name and version."""


def load_series(store: Store, clip: str) -> dict[Key, Measured]:
    """Everything measured on a clip so far, empty when nothing was.

    Raises:
        FpbenchError: the file is there but unreadable.
    """
    path = store.series(clip)
    if not path.is_file():
        return {}
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise FpbenchError(f"{path}: unreadable ({error}); delete it and run again to measure anew") from error
    metric = np.asarray(table["metric"].cast(pa.string()).to_pylist(), dtype=object)
    version, frame, value = (table[name].to_numpy() for name in ("version", "frame", "value"))
    found = {}
    for name, number in dict.fromkeys(zip(metric, version.tolist(), strict=True)):
        mask = (metric == name) & (version == number)
        found[name, number] = Measured(name, number, frame[mask].astype(np.int32), value[mask].astype(np.float32))
    return found


def save_series(store: Store, clip: str, series: Iterable[Measured]) -> None:
    """Replace the stored series of a clip in one step, sorted by metric, so equal series give equal bytes."""
    ordered = sorted(series, key=lambda one: (one.metric, one.version))
    content = json.dumps([(one.metric, one.version) for one in ordered]).encode()
    with atomic(store.series(clip), store.scratch) as temporary:
        pq.write_table(_table(ordered).replace_schema_metadata({_CONTENT: content}), temporary, compression="zstd")


def _table(series: Iterable[Measured]) -> pa.Table:
    parts = [
        pa.table(
            [
                pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(one.values), np.int16)), pa.array([one.metric])),
                pa.array(np.full(len(one.values), one.version, np.int32)),
                pa.array(one.frames, pa.int32()),
                pa.array(one.values, pa.float32()),
            ],
            schema=SCHEMA,
        )
        for one in series
    ]
    return pa.concat_tables(parts).unify_dictionaries() if parts else SCHEMA.empty_table()


def missing(store: Store, clip: str, wanted: Mapping[str, int]) -> list[str]:
    """The metrics of ``wanted`` (name to version) not yet measured on a clip; reads the footer of the file only."""
    path = store.series(clip)
    try:
        stored = pq.read_schema(path).metadata[_CONTENT]
    except (pa.ArrowException, OSError, KeyError):
        return list(wanted)
    found = {(name, version) for name, version in json.loads(stored)}
    return [metric for metric, version in wanted.items() if (metric, version) not in found]
