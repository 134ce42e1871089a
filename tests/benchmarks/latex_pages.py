"""Do the LaTeX tables of a run compile, and what do they look like on a page of a conference paper?

``python tests/benchmarks/latex_pages.py RUN OUT`` writes every layout of a finished run as .tex, sets it with pdflatex
on a text block of 5.5 by 9 inches in 10 point Times, and leaves PDF and PNG in OUT. It fails with the log of the first
table that does not compile or is wider than the text. Debian packages: texlive-latex-recommended, texlive-science,
poppler-utils.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from fpbench.errors import FpbenchError
from fpbench.report import render
from fpbench.report.layout import BUILT_IN
from fpbench.report.outputs import OF_ONE_RUN, results_of

PAGE = r"""\documentclass[10pt]{article}
\usepackage[letterpaper,textwidth=5.5in,textheight=9in]{geometry}
\usepackage[T1]{fontenc}
\usepackage{mathptmx,booktabs,graphicx,siunitx}
\pagestyle{empty}
\begin{document}
%s
\end{document}
"""


def main(run: Path, out: Path) -> int:
    """Compile every layout of a run; the exit code."""
    out.mkdir(parents=True, exist_ok=True)
    for layout in (*OF_ONE_RUN, *BUILT_IN):
        try:
            table = results_of(run, layout)
        except FpbenchError as error:  # a run has not measured what every layout needs
            sys.stdout.write(f"no {layout}: {error}\n")
            continue
        (out / f"{layout}.tex").write_text(PAGE % render(table, "latex"), encoding="utf-8")
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", f"{layout}.tex"]
        made = subprocess.run(command, cwd=out, capture_output=True, text=True, errors="replace", check=False)
        if made.returncode or "Overfull" in made.stdout:
            sys.stderr.write(made.stdout[-3000:])
            return 1
        subprocess.run(["pdftoppm", "-r", "200", "-png", "-singlefile", f"{layout}.pdf", layout], cwd=out, check=True)
        sys.stdout.write(f"{out / layout}.png\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), Path(sys.argv[2])))
