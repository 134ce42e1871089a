"""Balance, blindness and determinism of a schedule, on two shapes of study."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from fpbench.preference.errors import StudyError
from fpbench.preference.schedule import extras, plan_study
from fpbench.preference.study import Grade, Role, Study, load_study
from fpbench.preference.votes import Outcome

MakeStudy = Callable[..., Study]
SHAPES = [
    {"items": list("abcdefg"), "tasks": [f"t{k}" for k in range(11)], "seats": 5, "trials_per_seat": 63},
    {"items": list("abc"), "tasks": ["t0", "t1"], "seats": 3, "trials_per_seat": 40, "seed": 8},
]


def _spread(counts: Counter[object]) -> int:
    return max(counts.values()) - min(counts.values())


@pytest.mark.parametrize("shape", SHAPES)
def test_pairs_tasks_and_sides_are_balanced(make_study: MakeStudy, shape: dict[str, object]) -> None:
    study = make_study(**shape)
    real = [trial for trial in study.trials if trial.role is Role.REAL]
    pair = {trial.id: tuple(sorted((trial.left.item, trial.right.item))) for trial in real}
    assert len(real) == study.design.seats * study.design.trials_per_seat
    assert _spread(Counter(pair.values())) <= 1
    assert _spread(Counter((trial.left.item, trial.right.item) for trial in real)) <= 2
    assert _spread(Counter((pair[trial.id], trial.task) for trial in real)) <= 2
    by_rater = Counter((trial.seat, trial.left.item, trial.right.item) for trial in real)
    assert all(abs(n - by_rater[seat, right, left]) <= 1 for (seat, left, right), n in by_rater.items())


def test_no_rater_sees_a_pair_on_a_task_twice_before_all_tasks_are_used(make_study: MakeStudy) -> None:
    study = make_study(**SHAPES[0])
    real = [trial for trial in study.trials if trial.role is Role.REAL]
    seen = Counter((t.seat, frozenset((t.left.item, t.right.item)), t.task) for t in real)
    assert set(seen.values()) == {1}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_seat_has_its_checks(make_study: MakeStudy, shape: dict[str, object]) -> None:
    study = make_study(**shape)
    wanted = extras(study.design)
    assert wanted.obvious >= 8
    for seat in range(study.design.seats):
        queue = study.seat(seat)
        roles = Counter(trial.role for trial in queue)
        grades = Counter(trial.grade for trial in queue if trial.role is Role.CATCH)
        assert grades == {Grade.OBVIOUS: wanted.obvious, Grade.MILD: wanted.mild}
        assert [trial.role for trial in queue[: wanted.practice]] == [Role.PRACTICE] * wanted.practice
        assert (roles[Role.REPEAT], roles[Role.IDENTICAL]) == (wanted.repeats, wanted.identical)


def test_catch_and_identical_trials_have_a_right_answer(make_study: MakeStudy) -> None:
    for trial in make_study(**SHAPES[0]).trials:
        if trial.role in {Role.CATCH, Role.PRACTICE}:
            broken = trial.right if trial.expected is Outcome.LEFT else trial.left
            assert broken.corruption is not None
            assert trial.left.item == trial.right.item
            assert trial.left.clip != trial.right.clip
        if trial.role is Role.IDENTICAL:
            assert trial.left == trial.right
            assert trial.expected is Outcome.TIE


def test_repeats_are_swapped_and_far_from_their_original(make_study: MakeStudy) -> None:
    study = make_study(**SHAPES[0])
    trials = {trial.id: trial for trial in study.trials}
    repeats = [trial for trial in study.trials if trial.repeat_of is not None]
    assert repeats
    for repeat in repeats:
        original = trials[str(repeat.repeat_of)]
        assert original.role is Role.REAL
        assert (repeat.left, repeat.right, repeat.task) == (original.right, original.left, original.task)
        assert repeat.seat == original.seat
        assert repeat.index - original.index >= study.design.repeat_gap


def test_the_seed_determines_everything(make_study: MakeStudy) -> None:
    assert make_study() == make_study()
    assert make_study().sha256 == make_study().sha256
    assert make_study(seed=4).sha256 != make_study().sha256
    assert len({trial.id for trial in make_study().trials}) == len(make_study().trials)


def test_a_schedule_is_fixed_once_written(make_study: MakeStudy, tmp_path: Path) -> None:
    path = tmp_path / "study.json"
    make_study().save(path)
    make_study().save(path)
    assert load_study(path) == make_study()
    with pytest.raises(StudyError, match="different study"):
        make_study(seed=4).save(path)


@pytest.mark.parametrize(
    ("text", "match"),
    [("{", "study.json: not a study"), ('{"design": {}, "trials": [], "colour": 1}', "colour")],
)
def test_a_bad_study_file_is_named(tmp_path: Path, text: str, match: str) -> None:
    path = tmp_path / "study.json"
    path.write_text(text, "utf-8")
    with pytest.raises(StudyError, match=match):
        load_study(path)
    with pytest.raises(StudyError, match="no such study"):
        load_study(tmp_path / "other.json")


def test_a_newer_study_is_refused(make_study: MakeStudy, tmp_path: Path) -> None:
    path = tmp_path / "study.json"
    path.write_text(make_study().model_copy(update={"schema_version": 2}).model_dump_json(), "utf-8")
    with pytest.raises(StudyError, match="newer"):
        load_study(path)


def test_real_clips_are_used_and_missing_ones_named(make_study: MakeStudy) -> None:
    design = make_study().design
    clips = {item: {task: f"{item}@{task}" for task in design.tasks} for item in design.items}
    study = plan_study(design, clips)
    assert all(t.left.clip == f"{t.left.item}@{t.task}" for t in study.trials if t.role is Role.REAL)
    del clips["anchor"]["t2"]
    with pytest.raises(StudyError, match=r"anchor.*t2"):
        plan_study(design, clips)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"repeats": 30}, "repeats fit"),
        ({"items": ["a", "a"]}, "items repeat"),
        ({"criteria": ["drift", "overall"]}, "overall"),
    ],
)
def test_impossible_designs_are_refused(make_study: MakeStudy, changes: dict[str, object], match: str) -> None:
    with pytest.raises((StudyError, ValueError), match=match):
        make_study(**changes)
