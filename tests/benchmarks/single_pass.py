"""Throughput of the single pass against a decode for every metric: ``python tests/benchmarks/single_pass.py``.

By default Tier 0 on a 10-second clip of 480x832 in one process of one thread. Prints one line of JSON: frames/s, the
share of time that decoding takes, and how many times faster one pass is than a loop that decodes the file anew for
each metric and shares nothing. With ``--workers 2`` two copies run side by side, as ``fpbench score`` runs clips.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from score_memory import make_clip

from fpbench.metrics import measure, resolve
from fpbench.metrics.footage import probe, read_chunks
from fpbench.runs.executors import one_thread


def seconds(work: Callable[[], object]) -> float:
    """Wall time of a call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def decode(path: Path) -> None:
    """Decode a file and throw the frames away."""
    for _ in read_chunks(probe(path)):
        pass


def one_pass(path: Path, metrics: list[str]) -> None:
    """Every metric from one decode."""
    footage = probe(path)
    measure(read_chunks(footage), fps=footage.fps, metrics=metrics)


def decode_per_metric(path: Path, metrics: list[str]) -> None:
    """The usual way: a loop over metrics, each of which opens the file."""
    for name in metrics:
        one_pass(path, [name])


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--size", type=int, nargs=2, default=(480, 832), metavar=("HEIGHT", "WIDTH"))
    parser.add_argument("--fps", type=int, default=24)
    parser.add_argument("--metrics", nargs="+", default=["tier0"])
    parser.add_argument("--workers", type=int, default=1)
    args = parser.parse_args()
    metrics, frames = resolve(args.metrics), round(args.seconds * args.fps)
    one_thread()
    with tempfile.TemporaryDirectory() as home:
        path = make_clip(Path(home) / "clips" / "clip.mp4", args.seconds, *args.size, args.fps)
        measure([next(iter(read_chunks(probe(path), size=2)))], fps=args.fps, metrics=metrics)  # imports, caches
        decoding, single, loop = (
            seconds(lambda: decode(path)),
            seconds(lambda: one_pass(path, metrics)),
            seconds(lambda: decode_per_metric(path, metrics)),
        )
        result = {
            "size": list(args.size),
            "frames": frames,
            "metrics": len(metrics),
            "frames_per_second": round(frames / single, 1),
            "decode_share": round(decoding / single, 3),
            "decode_per_metric_over_single_pass": round(loop / single, 2),
        }
        if args.workers > 1:
            with ProcessPoolExecutor(args.workers, mp_context=get_context("spawn"), initializer=one_thread) as pool:
                list(pool.map(decode, [path] * args.workers))  # start the processes
                together = seconds(lambda: list(pool.map(one_pass, [path] * args.workers, [metrics] * args.workers)))
            result["frames_per_second_all_workers"] = round(args.workers * frames / together, 1)
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
