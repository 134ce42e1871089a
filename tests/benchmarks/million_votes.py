"""A million votes among fifty systems rated from a file, by hand: ``python tests/benchmarks/million_votes.py FOLDER``.

Simulates a log of 20,000 raters on 500 tasks, with effects of both, a side bias and a fifth of ties, and writes it to
FOLDER as Parquet. Then, each in a process of its own, measures seconds and peak memory of: reading the log; the rating
with intervals clustered by rater and task; the whole of ``fpbench elo`` (ranks by joint tests, K=32 Elo over 1,000
orders, four tie conventions); and 100 rounds of evalica's percentile bootstrap of Newman's model (the same likelihood
without the side) on the same votes, which takes them as independent. Prints one line of JSON for each.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

RATERS, TASKS, SPREAD, EFFECT, TIES, SIDE = 20_000, 500, 1.5, 0.3, 0.2, 0.05
ROUNDS = 100  # what public arenas have used


def write_log(path: Path, votes: int, systems: int) -> None:
    """The log, with the columns of an analysis export."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from fpbench.preference.simulate import Crowd, simulate

    crowd = Crowd(RATERS, TASKS, EFFECT, EFFECT, TIES, SIDE)
    made = simulate(np.linspace(-SPREAD, SPREAD, systems), votes, seed=0, crowd=crowd)
    assert made.rater is not None
    assert made.task is not None
    columns = {
        "model_a": (made.left, made.items),
        "model_b": (made.right, made.items),
        "winner": (made.outcome, ("model_a", "model_b", "tie")),
        "voter_id": (made.rater.codes, made.rater.names),
        "item_id": (made.task.codes, made.task.names),
    }
    arrays = {name: pa.DictionaryArray.from_arrays(codes, list(words)) for name, (codes, words) in columns.items()}
    pq.write_table(pa.table({name: array.cast(pa.string()) for name, array in arrays.items()}), path)


def read(path: Path) -> object:
    """Only read the log."""
    from fpbench.preference import read_votes

    return len(read_votes(path).votes)


def rate(path: Path) -> object:
    """Davidson with a side term and intervals clustered by rater and task; the median half-width in Elo."""
    from fpbench.preference import fit, read_votes

    low, high = fit(read_votes(path).votes).interval().T
    return round(float(np.median(high - low)) / 2, 2)


def whole(path: Path) -> object:
    """Everything that ``fpbench elo`` prints."""
    from fpbench.preference import elo_report

    return len(elo_report(path).as_table())


def evalica_bootstrap(path: Path) -> object:
    """The percentile bootstrap of evalica over votes; the median half-width on the same scale."""
    import evalica
    import pandas as pd

    from fpbench.preference.rating import ELO_PER_LOGIT

    table = pd.read_parquet(path)
    words = {"model_a": evalica.Winner.X, "model_b": evalica.Winner.Y, "tie": evalica.Winner.Draw}
    found = evalica.bootstrap(
        evalica.newman,
        table["model_a"],
        table["model_b"],
        table["winner"].map(words),
        n_resamples=ROUNDS,
        bootstrap_method="percentile",
    )
    return round(float(np.median(np.log(found.high / found.low)) / 2 * ELO_PER_LOGIT), 2)


WORK: Mapping[str, Callable[[Path], object]] = {work.__name__: work for work in (read, rate, whole, evalica_bootstrap)}


def alone(name: str, path: Path) -> dict[str, object]:
    """Run one piece of work in a process of its own: seconds with imports, and the peak of resident memory."""
    start = time.perf_counter()
    child = os.fork()
    if child == 0:
        result = WORK[name](path)
        path.with_suffix(".result").write_text(json.dumps(result))
        os._exit(0)
    _, status, usage = os.wait4(child, 0)
    assert status == 0, f"{name} failed"
    seconds = time.perf_counter() - start
    answer = json.loads(path.with_suffix(".result").read_text())
    used = usage.ru_utime + usage.ru_stime
    return {
        "work": name,
        "seconds": round(seconds, 1),
        "cpu_s": round(used, 1),
        "peak_mb": round(usage.ru_maxrss / 1024),
        "result": answer,
    }


def main() -> None:
    """Write the log, then measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--votes", type=int, default=1_000_000)
    parser.add_argument("--systems", type=int, default=50)
    parser.add_argument("--work", nargs="*", choices=list(WORK), default=list(WORK))
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    path = args.folder / "votes.parquet"
    child = os.fork()  # the memory that simulating takes is given back with the process
    if child == 0:
        write_log(path, args.votes, args.systems)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    for name in args.work:
        sys.stdout.write(json.dumps(alone(name, path)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
