"""Every way a study, a vote or a rating can be refused, each with its own type. No logic here."""

from __future__ import annotations

from collections.abc import Sequence

from fpbench.errors import FpbenchError


class PreferenceError(FpbenchError):
    """Base of everything this package raises on purpose."""


class StudyError(PreferenceError):
    """A study that cannot be planned or does not match the one already stored."""


class VoteFileError(PreferenceError):
    """A vote log that cannot be read; names file, row, offending value and remedy."""


class PoolingError(PreferenceError):
    """Human and automatic votes were about to be mixed."""


class SchemaError(PreferenceError):
    """A vote store written by a newer version of the program."""


class ChainBrokenError(PreferenceError):
    """The hash chain of an event log does not close: something was edited, removed or reordered.

    Attributes:
        seq: position of the first bad event, counted from 0.
    """

    def __init__(self, seq: int, reason: str) -> None:
        super().__init__(f"event {seq} breaks the hash chain: {reason}; restore the log from the last good export")
        self.seq = seq


class VoteRefusedError(PreferenceError):
    """A message from a rater that was logged but not counted."""


class UnknownRaterError(VoteRefusedError):
    """The rater never joined this study."""


class UnknownAssignmentError(VoteRefusedError):
    """No such assignment, or not one of this rater's."""


class LeaseError(VoteRefusedError):
    """The assignment is not (or no longer) held by this session."""


class ExpiredLeaseError(LeaseError):
    """The lease ran out before the vote arrived; ask for the assignment again."""


class ReplayedNonceError(VoteRefusedError):
    """A nonce came back with different content, or after its vote was retracted."""


class AlreadyVotedError(VoteRefusedError):
    """The assignment already has a standing vote under another nonce."""


class ClockSkewError(VoteRefusedError):
    """Times that cannot be true: a client far from the server's clock, or events out of order."""


class InvalidBallotError(VoteRefusedError):
    """The ballot misses a mandatory criterion or answers one that was not asked."""


class RetractionError(VoteRefusedError):
    """Nothing to retract, or the next trial has been answered already."""


class RatingError(PreferenceError):
    """Votes from which no finite rating follows."""


class DisconnectedError(RatingError):
    """Groups of items that were never compared with each other share no scale.

    Attributes:
        components: the groups, largest first.
    """

    def __init__(self, components: Sequence[Sequence[str]]) -> None:
        shown = " | ".join(", ".join(group) for group in components)
        super().__init__(
            f"{len(components)} groups of items were never compared with each other: {shown}; "
            "collect votes between the groups or rate each group alone"
        )
        self.components = tuple(tuple(group) for group in components)


class UnboundedError(RatingError):
    """The likelihood has no maximum: somebody never lost, never won, or one answer never occurred.

    Attributes:
        parameters: the item names, covariates or "ties" whose estimate runs to infinity.
    """

    def __init__(self, parameters: Sequence[str], why: str) -> None:
        super().__init__(
            f"no finite rating for {', '.join(parameters)}: {why}; collect more votes, or leave them out of the fit"
        )
        self.parameters = tuple(parameters)


class NotConvergedError(RatingError):
    """Newton's method stopped before the gradient vanished; carries the last gradient norm."""

    def __init__(self, iterations: int, gradient: float) -> None:
        super().__init__(
            f"rating fit stopped after {iterations} iterations with gradient {gradient:.2e} per vote; "
            "look for nearly separated items or collinear covariates"
        )
        self.iterations, self.gradient = iterations, gradient
