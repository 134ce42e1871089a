"""Opaque addresses of clips on the voting server: a rater's browser learns neither a file's name nor what is in it."""

from __future__ import annotations

import hmac
import secrets
import threading
from collections import OrderedDict
from hashlib import sha256
from pathlib import Path

PREFIX = "/v"
_SECRET = secrets.token_bytes(32)
_KEPT = 50_000  # addresses remembered; an evening of a hundred raters needs a tenth


class Registry:
    """Addresses given out so far and the files they stand for; nothing else is served."""

    def __init__(self) -> None:
        self._paths: OrderedDict[str, Path] = OrderedDict()
        self._lock = threading.Lock()

    def url(self, session: str, assignment: str, side: str, path: Path) -> str:
        """An address for one side of one trial in one session; the same side gets the same one again.

        The two sides of a trial that shows a clip against itself get different ones.
        """
        message = "\0".join((session, assignment, side))
        token = hmac.new(_SECRET, message.encode(), sha256).hexdigest()[:32]
        with self._lock:
            self._paths[token] = path
            self._paths.move_to_end(token)
            while len(self._paths) > _KEPT:
                self._paths.popitem(last=False)
        return f"{PREFIX}/{token}"

    def find(self, token: str) -> Path | None:
        """The file behind an address; None for one that was never given out."""
        with self._lock:
            return self._paths.get(token)


REGISTRY = Registry()
