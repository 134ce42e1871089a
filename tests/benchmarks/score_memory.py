"""Peak memory of scoring a long clip against a short one, by hand: ``python tests/benchmarks/score_memory.py``.

By default 10 minutes against 10 seconds at 480x832 and 24 frames/s, as a user would run them: ``fpbench score`` in a
process of its own, preview included. Prints one line of JSON; ``ratio`` must stay below 1.1.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from skimage import data

CHILD = """
import resource, sys
from pathlib import Path
from fpbench.runs.executors import InProcess
from fpbench.runs.scoring import plan_score, score
class Silent:
    def stage(self, *_): pass
    def advance(self, label, cells, outcome): assert not outcome.error, outcome.error
score(plan_score([sys.argv[1]], ["tier0"]), Path(sys.argv[2]), InProcess(), Silent())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def make_clip(
    path: Path, seconds: float, height: int, width: int, fps: int, preset: str = "medium", crf: int = 23
) -> Path:
    """A camera panning back and forth over photographs, with the grain of a sensor (SD 3), in H.264."""
    rng, reach = np.random.default_rng(0), 256
    photographs = [
        cv2.resize(getattr(data, name)(), (width + reach, height)) for name in ("rocket", "coffee", "chelsea")
    ]
    grain = rng.normal(0, 3, (height + 64, width + 64, 3)).astype(np.int8)
    path.parent.mkdir(parents=True)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=Fraction(fps), options={"preset": preset, "crf": str(crf)})
        stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
        for t in range(round(seconds * fps)):
            left = abs(2 * t % (2 * reach) - reach)
            view = photographs[t // 240 % 3][:, left : left + width]
            y, x = rng.integers(0, 64, 2)
            noisy = cv2.add(view, grain[y : y + height, x : x + width], dtype=cv2.CV_8U)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(noisy), format="rgb24")))
        out.mux(stream.encode())
    return path


def peak(folder: Path, out: Path) -> tuple[float, float]:
    """Peak resident memory in MB and seconds of scoring a folder."""
    start = time.perf_counter()
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", CHILD, str(folder), str(out)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return int(done.stdout.split()[-1]) / unit, time.perf_counter() - start


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", type=float, default=10.0, help="seconds")
    parser.add_argument("--long", type=float, default=600.0, help="seconds")
    parser.add_argument("--size", type=int, nargs=2, default=(480, 832), metavar=("HEIGHT", "WIDTH"))
    parser.add_argument("--fps", type=int, default=24)
    args = parser.parse_args()
    found = {}
    with tempfile.TemporaryDirectory() as home:
        for name, seconds in (("short", args.short), ("long", args.long)):
            make_clip(Path(home) / name / "clip.mp4", seconds, *args.size, args.fps, "ultrafast")
            megabytes, elapsed = peak(Path(home) / name, Path(home) / "results" / "runs" / name)
            frames = round(seconds * args.fps)
            found[name] = {"frames": frames, "peak_mb": round(megabytes, 1), "seconds": round(elapsed, 1)}
    ratio = found["long"]["peak_mb"] / found["short"]["peak_mb"]
    sys.stdout.write(json.dumps({"size": list(args.size), **found, "ratio": round(ratio, 3)}) + "\n")


if __name__ == "__main__":
    main()
