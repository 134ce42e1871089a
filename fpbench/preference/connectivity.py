"""Does a finite rating exist? Graph checks with names first, then an exact linear programme. No fitting here."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fpbench.preference.cells import Cells
from fpbench.preference.choice import ChoiceModel
from fpbench.preference.errors import DisconnectedError, UnboundedError


def groups(cells: Cells, *, strong: bool) -> list[NDArray[np.int64]]:
    """Items reachable from one another, largest group first.

    An edge runs from winner to loser, a tie counts both ways; ``strong`` follows directions (Ford 1957).
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    wins_left, wins_right = cells.sign >= 0, cells.sign <= 0
    start = np.concatenate([cells.left[wins_left], cells.right[wins_right]])
    end = np.concatenate([cells.right[wins_left], cells.left[wins_right]])
    graph = csr_array((np.ones(len(start)), (start, end)), shape=(cells.items, cells.items))
    count, label = connected_components(graph, directed=True, connection="strong" if strong else "weak")
    found = [np.flatnonzero(label == k) for k in range(count)]
    return sorted(found, key=len, reverse=True)


def require_finite(cells: Cells, items: tuple[str, ...]) -> None:
    """Refuse boards without a finite rating.

    Raises:
        DisconnectedError: groups that never met.
        UnboundedError: a group that never lost to, or never beat, the rest.
    """
    parts = groups(cells, strong=False)
    if len(parts) > 1:
        raise DisconnectedError([[items[k] for k in part] for part in parts])
    parts = groups(cells, strong=True)
    if len(parts) > 1:
        outside = np.concatenate(parts[1:])
        raise UnboundedError([items[k] for k in sorted(outside)], "won or lost every comparison with the others")


def diverging(cells: Cells, model: ChoiceModel, *, tied: bool) -> NDArray[np.float64] | None:
    """A direction of (theta, covariates, tau) that no vote opposes and some vote favours, or None.

    The maximum of a log-concave likelihood exists exactly when there is no such direction (Albert, Anderson 1984).
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, hstack, vstack

    design = cells.design()
    a, b = model.recession(cells.sign)
    blocks = []
    for k in range(2):
        parts = [design.multiply(a[:, [k]])] + ([csr_array(b[:, [k]])] if tied else [])
        blocks.append(hstack(parts, format="csr"))
    gain = vstack(blocks, format="csr")
    answer = linprog(-gain.sum(axis=0), A_ub=-gain, b_ub=np.zeros(gain.shape[0]), bounds=(-1, 1), method="highs")
    if answer.x is None or answer.fun is None or answer.fun > -1e-7:
        return None
    return np.asarray(answer.x, dtype=np.float64)
