from pathlib import Path

import pytest

from fpbench.protocol import parse_protocol
from fpbench.report.data import RunData, load_run
from fpbench.runs.execute import execute
from fpbench.runs.executors import InProcess
from fpbench.runs.jobs import Outcome
from fpbench.runs.preflight import preflight

TEXT = """\
name: report
title: "A report: 100 %"
world: stub
tasks: {splits: [validation], kinds: [walk], count: 8, frames: 20}
seeds: [0, 1]
batch: 4
systems:
  - {use: stub_truth, name: truth}
  - {use: stub_still, name: still}
  - {use: stub_fade, name: good, rate: 0.002}
  - {use: stub_fade, name: bad, rate: 0.02}
  - {use: stub_broken, name: broken, on: [5]}
metrics: [psnr_truth, contrast_rms, flow_top5, freeze_frac]
columns: [contrast_rms]
reference: good
primary: {quality: psnr_truth, drift: contrast_rms}
"""


class Silent:
    def stage(self, stage: str, total: int, finished: int) -> None: ...

    def advance(self, label: str, cells: int, outcome: Outcome) -> None: ...


@pytest.fixture(scope="package")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunData:
    """A finished run of stubs: 5 systems, 8 tasks, 2 seeds, one system failing on half of the tasks."""
    results = tmp_path_factory.mktemp("results")
    protocol, source = parse_protocol(TEXT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fpbench.runs.clips.PREVIEW_HEIGHT", 2)  # nobody looks at these previews
        finished = execute(preflight(protocol, source, results), results, InProcess(), Silent())
    return load_run(finished.folder)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    return tmp_path / "tmp"


@pytest.fixture(scope="package")
def drift() -> RunData:
    """The published run of the drift protocol: 10 systems, 12 tasks, without clips and series."""
    return load_run(Path(__file__).parents[2] / "results" / "published" / "drift")
