"""Errors a user can act on; the command line turns them into one line and an exit code."""

from __future__ import annotations

from typing import ClassVar


class FpbenchError(Exception):
    """Something the user asked for cannot be done; the message says what, where and what would help."""

    exit_code: ClassVar[int] = 2


class PreflightError(FpbenchError):
    """The run would fail: found before any work was done."""

    exit_code: ClassVar[int] = 4
