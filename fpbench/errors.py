"""Errors that a user can act on. Bugs raise ordinary Python exceptions instead."""

from typing import ClassVar


class FpbenchError(Exception):
    """A wrong input; the message names file, place, offending value and remedy."""

    exit_code: ClassVar[int] = 2


class PreflightError(FpbenchError):
    """Something the run needs is not there (weights, disk space, a device); found before any work is done."""

    exit_code: ClassVar[int] = 4
