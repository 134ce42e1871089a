"""The command line: thin commands over the package, one file each, everything heavy imported when a command runs."""

from fpbench.cli.app import app

__all__ = ["app"]
