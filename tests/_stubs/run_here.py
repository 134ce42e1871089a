"""``fpbench run`` without its worker processes: what a test of a whole run needs."""

from pathlib import Path

from fpbench.protocol import parse_protocol
from fpbench.runs.execute import Finished, execute
from fpbench.runs.executors import InProcess
from fpbench.runs.jobs import Outcome
from fpbench.runs.preflight import preflight


class Silent:
    """A watcher that says nothing."""

    def stage(self, stage: str, total: int, finished: int) -> None: ...

    def advance(self, label: str, cells: int, outcome: Outcome) -> None: ...


def run_here(protocol: Path, results: Path) -> Finished:
    """Run a protocol file in this process."""
    parsed, source = parse_protocol(protocol.read_text())
    executor = InProcess()
    try:
        return execute(preflight(parsed, source, results), results, executor, Silent())
    finally:
        executor.close()
