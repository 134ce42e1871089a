"""Ballots from outside: only well-formed ones become objects."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from fpbench.preference.errors import InvalidBallotError
from fpbench.preference.events import GENESIS, Ballot, chain, verify

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "short"},
        {"nonce": "<script>alert(1)</script>"},
        {"assignment_id": "../../etc/passwd"},
        {"answers": {"overall": "best"}},
        {"answers": {"beauty": "left"}},
        {"comment": "x" * 2001},
        {"system": "packed"},
        {"telemetry": {"shown_at": "2026-01-01T00:00:00", "unlocked_at": NOW, "voted_at": NOW}},
        {"telemetry": {"shown_at": NOW, "unlocked_at": NOW, "voted_at": NOW, "plays": -1}},
    ],
)
def test_malformed_ballots_are_refused(make_ballot: Callable[..., Ballot], changes: dict[str, object]) -> None:
    payload = make_ballot("0" * 32, NOW).model_dump(mode="json")
    assert Ballot.parse(payload) == Ballot.parse(payload)
    with pytest.raises(InvalidBallotError, match="malformed"):
        Ballot.parse(payload | changes)


def test_equal_content_hashes_alike_whatever_the_order_of_keys() -> None:
    one, two = chain(0, {"a": 1, "b": "é"}, GENESIS), chain(0, {"b": "é", "a": 1}, GENESIS)
    assert one == two
    assert verify([one, chain(1, {"a": 1}, one.hash)]) == 2
    assert one.hash != chain(0, {"a": 1, "b": "é"}, one.hash).hash
