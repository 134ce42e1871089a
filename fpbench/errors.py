"""Errors a user can act upon; each carries the exit code of the command line. Programming errors stay builtins."""

from __future__ import annotations

from typing import ClassVar


class FpbenchError(Exception):
    """Something the user can put right; the message names the file, the place, the value and the remedy."""

    exit_code: ClassVar[int] = 2


class PreflightError(FpbenchError):
    """A protocol that reads well but cannot run here: missing weights, a refused strategy, a full disk."""

    exit_code: ClassVar[int] = 4
