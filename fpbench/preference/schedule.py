"""A balanced, seeded schedule: which pair, on which task, which side, in which seat's queue, in which order.

Pairs are used equally often to within one; tasks within a pair, sides within a pair and within a rater likewise.
Nothing is chosen adaptively, so no weights have to be defended.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fpbench.preference.corrupt import CORRUPTIONS
from fpbench.preference.errors import StudyError
from fpbench.preference.study import Grade, Role, Shown, Study, StudyDesign, Trial, canonical, digest
from fpbench.preference.votes import Outcome

Clips = Mapping[str, Mapping[str, str]]  # item -> task -> opaque clip id


class _Draft(NamedTuple):
    """A trial before it has a place in the queue; ``original`` indexes the draft it repeats."""

    role: Role
    task: str
    left: Shown
    right: Shown
    grade: Grade | None = None
    expected: Outcome | None = None
    original: int | None = None


def plan_study(design: StudyDesign, clips: Clips | None = None) -> Study:
    """Schedule every trial of every seat.

    Args:
        design: sizes, rules and the seed that determines everything.
        clips: clip id of each item and task; by default a hash of the two names with the seed.

    Raises:
        StudyError: a clip is missing, or the queue is too short for the repeats asked for.
    """
    table = clips if clips is not None else _default_clips(design)
    for item in design.items:
        missing = set(design.tasks) - set(table.get(item, {}))
        if missing:
            raise StudyError(f"no clip of {item!r} for task {min(missing)!r}; run the protocol to the end first")
    rng = np.random.default_rng(design.seed)
    real = _deal(design, rng)
    trials = [trial for seat in range(design.seats) for trial in _queue(design, table, real[seat], seat, rng)]
    return Study(design=design, trials=tuple(trials))


def _default_clips(design: StudyDesign) -> Clips:
    return {
        item: {task: digest(canonical([design.study_id, design.seed, item, task])) for task in design.tasks}
        for item in design.items
    }


class _Pick(NamedTuple):
    """Left item, right item, task: indices."""

    left: int
    right: int
    task: int


class _Tally(NamedTuple):
    """How often each pair, each task and each (pair, task) has been used."""

    pair: NDArray[np.int64]
    task: NDArray[np.int64]
    cell: NDArray[np.int64]

    @classmethod
    def empty(cls, pairs: int, tasks: int) -> _Tally:
        return cls(np.zeros(pairs, np.int64), np.zeros(tasks, np.int64), np.zeros((pairs, tasks), np.int64))

    def add(self, pair: int, task: int) -> None:
        self.pair[pair] += 1
        self.task[task] += 1
        self.cell[pair, task] += 1


def _deal(design: StudyDesign, rng: np.random.Generator) -> list[list[_Pick]]:
    """Real trials of every seat: always the least used pair, then task, then side; ties broken by chance."""
    pairs = list(combinations(range(len(design.items)), 2))
    tasks = len(design.tasks)
    used, lefts = _Tally.empty(len(pairs), tasks), np.zeros((len(pairs), 2), np.int64)
    dealt = []
    for _ in range(design.seats):
        mine, my_lefts = _Tally.empty(len(pairs), tasks), np.zeros((len(pairs), 2), np.int64)
        picks = []
        for _ in range(design.trials_per_seat):
            pair = _least(rng, used.pair, mine.pair)
            task = _least(rng, mine.cell[pair], used.cell[pair], mine.task, used.task)
            side = _least(rng, my_lefts[pair], lefts[pair])
            used.add(pair, task)
            mine.add(pair, task)
            my_lefts[pair, side] += 1
            lefts[pair, side] += 1
            first, second = pairs[pair]
            picks.append(_Pick(first, second, task) if side == 0 else _Pick(second, first, task))
        dealt.append(picks)
    return dealt


def _least(rng: np.random.Generator, *counts: NDArray[np.int64]) -> int:
    """Index with the smallest counts, compared in turn; a uniform draw among equals."""
    alive = np.arange(len(counts[0]))
    for count in counts:
        values = count[alive]
        alive = alive[values == values.min()]
    return int(alive[rng.integers(len(alive))])


def _queue(design: StudyDesign, clips: Clips, picks: list[_Pick], seat: int, rng: np.random.Generator) -> list[Trial]:
    """One seat's trials in order: practice, then real, catch and identical mixed, repeats well after."""
    drafts = [_real(design, clips, pick) for pick in _spread(picks, rng)]
    counts = extras(design)
    extra = [_catch(design, clips, Grade.OBVIOUS, rng) for _ in range(counts.obvious)]
    extra += [_catch(design, clips, Grade.MILD, rng) for _ in range(counts.mild)]
    extra += [_identical(design, clips, rng) for _ in range(counts.identical)]
    rng.shuffle(extra)
    mixed = _interleave(drafts, extra, rng)
    mixed = _add_repeats(design, mixed, counts.repeats, rng)
    practice = [_catch(design, clips, Grade.OBVIOUS, rng)._replace(role=Role.PRACTICE) for _ in range(counts.practice)]
    queue = [*practice, *mixed]
    ids = [digest(canonical([design.study_id, design.seed, seat, index]))[:32] for index in range(len(queue))]
    return [
        Trial(
            id=ids[index],
            seat=seat,
            index=index,
            role=draft.role,
            task=draft.task,
            left=draft.left,
            right=draft.right,
            grade=draft.grade,
            expected=draft.expected,
            repeat_of=None if draft.original is None else ids[len(practice) + draft.original],
        )
        for index, draft in enumerate(queue)
    ]


class Extras(NamedTuple):
    """Trials of one seat beside its real ones."""

    obvious: int
    mild: int
    repeats: int
    identical: int
    practice: int


def extras(design: StudyDesign) -> Extras:
    """The extra trials a design asks for, defaults filled in."""

    def share(asked: int | None, of_real: float, least: int = 0) -> int:
        return max(least, round(of_real * design.trials_per_seat)) if asked is None else asked

    return Extras(
        obvious=share(design.obvious_catch, 0.1, least=8),
        mild=design.mild_catch,
        repeats=share(design.repeats, 0.1),
        identical=share(design.identical, 0.03),
        practice=design.practice,
    )


def _spread(picks: list[_Pick], rng: np.random.Generator) -> list[_Pick]:
    """A random order in which, where possible, neighbours share no task."""
    left = [picks[k] for k in rng.permutation(len(picks))]
    order: list[_Pick] = []
    while left:
        fresh = (k for k, pick in enumerate(left) if not order or pick.task != order[-1].task)
        order.append(left.pop(next(fresh, 0)))
    return order


def _interleave(base: list[_Draft], extra: list[_Draft], rng: np.random.Generator) -> list[_Draft]:
    """Put one extra trial at a random place in each of equal stretches, so that checks cover the whole session."""
    place = np.arange(len(base), dtype=float)
    width = len(base) / max(len(extra), 1)
    slots = (np.arange(len(extra)) + rng.random(len(extra))) * width - 0.5
    order = np.argsort(np.concatenate([place, slots]), kind="stable")
    both = [*base, *extra]
    return [both[k] for k in order]


def _add_repeats(design: StudyDesign, queue: list[_Draft], count: int, rng: np.random.Generator) -> list[_Draft]:
    """Insert swapped copies of early real trials, each at least ``repeat_gap`` trials later."""
    room = len(queue) - design.repeat_gap
    early = [k for k, draft in enumerate(queue) if draft.role is Role.REAL and k <= room]
    if len(early) < count and design.repeats is not None:
        raise StudyError(
            f"only {len(early)} of {count} repeats fit {design.repeat_gap} trials after their original; "
            "lengthen the queue, or lower repeats or repeat_gap"
        )
    chosen = sorted(int(k) for k in rng.choice(early, min(count, len(early)), replace=False)) if early else []
    # a repeat goes before position p of the old queue; its original moves by the repeats inserted earlier
    inserts = sorted((int(rng.integers(k + design.repeat_gap, len(queue) + 1)), k) for k in chosen)
    before = [sum(position <= k for position, _ in inserts) for k in range(len(queue) + 1)]
    out: list[_Draft] = []
    for k in range(len(queue) + 1):
        for _, source in (pair for pair in inserts if pair[0] == k):
            old = queue[source]
            out.append(old._replace(role=Role.REPEAT, left=old.right, right=old.left, original=source + before[source]))
        out += queue[k : k + 1]
    return out


def _real(design: StudyDesign, clips: Clips, pick: _Pick) -> _Draft:
    task = design.tasks[pick.task]
    left, right = design.items[pick.left], design.items[pick.right]
    return _Draft(Role.REAL, task, Shown(item=left, clip=clips[left][task]), Shown(item=right, clip=clips[right][task]))


def _catch(design: StudyDesign, clips: Clips, grade: Grade, rng: np.random.Generator) -> _Draft:
    """A clip against its own corrupted copy; the intact one is right."""
    item, task = str(rng.choice(design.items)), str(rng.choice(design.tasks))
    corruption = str(rng.choice(sorted(CORRUPTIONS)))
    intact = Shown(item=item, clip=clips[item][task])
    recipe = f"{corruption}:{grade.value}"
    broken = Shown(item=item, clip=digest(canonical([intact.clip, recipe])), corruption=recipe)
    if rng.random() < 0.5:
        return _Draft(Role.CATCH, task, intact, broken, grade, Outcome.LEFT)
    return _Draft(Role.CATCH, task, broken, intact, grade, Outcome.RIGHT)


def _identical(design: StudyDesign, clips: Clips, rng: np.random.Generator) -> _Draft:
    """A clip against itself: the split of its left and right answers is pure side bias."""
    item, task = str(rng.choice(design.items)), str(rng.choice(design.tasks))
    shown = Shown(item=item, clip=clips[item][task])
    return _Draft(Role.IDENTICAL, task, shown, shown, None, Outcome.TIE)
