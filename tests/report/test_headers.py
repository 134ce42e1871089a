from __future__ import annotations

from fpbench.report.data import RunData
from fpbench.report.headers import ABSENT, differences, flatten


def test_leaves_are_addressed_by_their_path() -> None:
    leaves = dict(flatten({"a": {"b": 1}, "c": [{"d": 2}, {"d": 3}], "e": [1, 2], "f": {}}))
    assert leaves == {"a.b": "1", "c.0.d": "2", "c.1.d": "3", "e": "[1, 2]", "f": "{}"}


def test_a_run_does_not_differ_from_itself_and_times_do_not_count(run: RunData) -> None:
    later = run.manifest.model_copy(update={"created": "2000-01-01T00:00:00+00:00", "id": "other"})
    assert differences(run.manifest, later) == []


def test_one_changed_value_is_one_row(run: RunData) -> None:
    changed = run.manifest.model_copy(update={"world": {**run.manifest.world, "fps": 30.0, "fog": True}})
    assert differences(run.manifest, changed) == [("world.fps", "8.0", "30.0"), ("world.fog", ABSENT, "True")]
