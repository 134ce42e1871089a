"""Parts of a run for batch schedulers: which of ``n`` processes does which batch."""

from __future__ import annotations

from dataclasses import dataclass

from fpbench.errors import FpbenchError


@dataclass(frozen=True)
class Shard:
    """The ``number``-th of ``of`` parts of a run, counted from 1."""

    number: int = 1
    of: int = 1

    @classmethod
    def parse(cls, text: str) -> Shard:
        """``2/8`` as the second of eight parts.

        Raises:
            FpbenchError: not of that form, or out of range.
        """
        number, slash, of = text.partition("/")
        if not (slash and number.isdigit() and of.isdigit() and 1 <= int(number) <= int(of)):
            raise FpbenchError(f"--shard {text!r}: write it as 2/8, the second of eight parts")
        return cls(int(number), int(of))

    def owns(self, position: int) -> bool:
        """Whether the batch at ``position`` is this shard's."""
        return position % self.of == self.number - 1
