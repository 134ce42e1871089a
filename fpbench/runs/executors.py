"""Where jobs run: in this process, or in spawned processes of one thread each. What a job does is ``jobs``.

An executor is anything with ``run(jobs) -> outcomes as they come`` and ``close()``; a cluster fits behind the same two.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Protocol

from fpbench.runs.jobs import Job, Outcome, attempt

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
MEMORY_VARIABLES = {"MALLOC_MMAP_THRESHOLD_": str(2**25), "MALLOC_TRIM_THRESHOLD_": str(2**28)}
"""Workers keep the memory they free: getting it anew for every frame costs an eighth of the time (glibc only)."""


class Executor(Protocol):
    """Runs jobs and yields their outcomes in order of completion."""

    workers: int

    def run(self, jobs: Sequence[Job]) -> Iterator[Outcome]:
        """Do the jobs; outcomes as they come, each naming its job by position."""
        ...

    def close(self) -> None:
        """Release what was held."""
        ...


def cpu_count() -> int:
    """CPUs this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def one_thread() -> None:
    """Restrict this process to one compute thread: results do not depend on the machine's core count."""
    for variable in THREAD_VARIABLES:
        os.environ[variable] = "1"
    import cv2

    cv2.setNumThreads(1)
    if torch := sys.modules.get("torch"):  # not imported yet: it will read the variables above
        torch.set_num_threads(1)


def one_heap() -> None:
    """Let Arrow take its memory where frames were freed: its own pool takes new memory beside it."""
    import pyarrow as pa

    pa.set_memory_pool(pa.system_memory_pool())


class InProcess:
    """One job after another in this process: for tests, debuggers and ``--workers 1``."""

    workers = 1

    def __init__(self) -> None:
        one_thread()
        one_heap()

    def run(self, jobs: Sequence[Job]) -> Iterator[Outcome]:
        """Outcomes in the order of the jobs."""
        for index, job in enumerate(jobs):
            yield attempt(index, job)

    def close(self) -> None:
        """Nothing to release."""


class LocalProcesses:
    """Spawned worker processes on this machine, one thread each; a worker that dies is replaced."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def run(self, jobs: Sequence[Job]) -> Iterator[Outcome]:
        """Outcomes as jobs finish.

        When a worker dies, all jobs in flight are suspects: each is tried again alone, and whichever kills its
        worker then is a failure.
        """
        waiting, suspects = deque(range(len(jobs))), deque[int]()
        flying: dict[Future[Outcome], int] = {}
        while waiting or suspects or flying:
            while waiting and not suspects and len(flying) < self.workers:
                index = waiting.popleft()
                flying[self._submit(index, jobs[index])] = index
            done, _ = wait(flying, return_when=FIRST_COMPLETED)
            for future in done:
                index = flying.pop(future)
                outcome = _outcome(future)
                if outcome is None:
                    suspects.append(index)
                else:
                    yield outcome
            while suspects and not flying:
                index = suspects.popleft()
                yield self._alone(index, jobs[index])

    def _alone(self, index: int, job: Job) -> Outcome:
        self.close()
        outcome = _outcome(self._submit(index, job))
        return outcome or Outcome(index, 0.0, "the worker process died (killed, or out of memory)")

    def close(self) -> None:
        """Stop the workers; jobs not yet started are dropped."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def _submit(self, index: int, job: Job) -> Future[Outcome]:
        try:
            return self._ready().submit(attempt, index, job)
        except BrokenProcessPool:  # a worker died after its last job
            self.close()
            return self._ready().submit(attempt, index, job)

    def _ready(self) -> ProcessPoolExecutor:
        if self._pool is None:
            for variable in THREAD_VARIABLES:
                os.environ[variable] = "1"  # read by numerical libraries when a child first imports them
            os.environ.update(MEMORY_VARIABLES)
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.workers, mp_context=context, initializer=_start_worker)
        return self._pool


def _outcome(future: Future[Outcome]) -> Outcome | None:
    """What the job returned; None when its worker died."""
    try:
        return future.result()
    except BrokenProcessPool:
        return None


def _start_worker() -> None:
    one_thread()
    one_heap()
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    """Leave when the parent is killed: an orphan would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def local(workers: int | None) -> Executor:
    """The executor for ``--workers``: as many processes as CPUs by default, none for 1."""
    count = workers or cpu_count()
    return InProcess() if count == 1 else LocalProcesses(count)
