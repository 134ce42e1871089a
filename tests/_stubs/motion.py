"""Runs whose systems move as a test wants."""

from dataclasses import replace

from fpbench.report.data import RunData


def with_motion(run: RunData, factors: dict[str, float]) -> RunData:
    """The run with the flow of some systems multiplied."""
    flow = [
        mean * factors.get(system, 1.0) if metric == "flow_top5" else mean
        for system, metric, mean in zip(*(run.summary[name] for name in ("system", "metric", "mean")), strict=True)
    ]
    return replace(run, summary={**run.summary, "mean": flow})
