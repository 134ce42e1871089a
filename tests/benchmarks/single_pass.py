"""Throughput of the single pass against a decode for every metric: ``python tests/benchmarks/single_pass.py``.

By default Tier 0 on a 10-second clip of 480x832 in one process of one thread. Prints one line of JSON: frames/s, the
share of time that decoding takes, and how many times faster one pass is than a loop that decodes the file anew for
each metric and shares nothing; the last two from CPU time, best of ``--repeats``, so that other work on the machine
does not matter. At last as many copies as workers run side by side, as ``fpbench score`` runs clips.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from score_memory import make_clip

from fpbench.metrics import measure, resolve
from fpbench.metrics.footage import probe, read_chunks
from fpbench.runs.executors import MEMORY_VARIABLES, THREAD_VARIABLES, one_thread


def seconds(work: Callable[..., object], given: tuple[Any, ...], repeats: int) -> tuple[float, float]:
    """CPU and wall time of a call, best of some."""
    times = []
    for _ in range(repeats):
        cpu, wall = time.process_time(), time.perf_counter()
        work(*given)
        times.append((time.process_time() - cpu, time.perf_counter() - wall))
    return min(cpu for cpu, _ in times), min(wall for _, wall in times)


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
    parser.add_argument("--crf", type=int, default=16, help="quality of the clip; FramePack's own is 16, 23 is worse")
    parser.add_argument("--metrics", nargs="+", default=["tier0"])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=2)
    args = parser.parse_args()
    metrics, frames = resolve(args.metrics), round(args.seconds * args.fps)
    os.environ.update({**MEMORY_VARIABLES, **dict.fromkeys(THREAD_VARIABLES, "1")})  # as workers are started
    with (
        tempfile.TemporaryDirectory() as home,
        ProcessPoolExecutor(args.workers, mp_context=get_context("spawn"), initializer=one_thread) as pool,
    ):
        path = make_clip(Path(home) / "clips" / "clip.mp4", args.seconds, *args.size, args.fps, crf=args.crf)
        list(pool.map(one_pass, [path] * args.workers, [metrics] * args.workers))  # imports, caches
        works = (decode, (path,)), (one_pass, (path, metrics)), (decode_per_metric, (path, metrics))
        (decoding, _), (single, wall), (loop, _) = (
            pool.submit(seconds, work, given, args.repeats).result() for work, given in works
        )
        result = {
            "size": list(args.size),
            "crf": args.crf,
            "frames": frames,
            "metrics": len(metrics),
            "frames_per_second": round(frames / wall, 1),
            "cpu_ms_per_frame": round(1e3 * single / frames, 2),
            "decode_share": round(decoding / single, 3),
            "decode_per_metric_over_single_pass": round(loop / single, 2),
        }
        if args.workers > 1:
            start = time.perf_counter()
            list(pool.map(one_pass, [path] * args.workers, [metrics] * args.workers))
            result["frames_per_second_all_workers"] = round(args.workers * frames / (time.perf_counter() - start), 1)
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
