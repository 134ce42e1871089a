"""``python -m fpbench.cli``: the command line without an installed script."""

from fpbench.cli import app

if __name__ == "__main__":
    app()
