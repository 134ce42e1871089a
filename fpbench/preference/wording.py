"""What raters read, word for word: the page shows these texts, the study file keeps them, the report prints them."""

from __future__ import annotations

from collections.abc import Mapping

from fpbench.preference.votes import Outcome

QUESTIONS: Mapping[str, str] = {
    "overall": "Which video is better overall?",
    "drift": "Which one keeps its quality better until the end?",
    "motion": "In which one is the motion more natural?",
    "consistency": "Which one stays truer to its first frame?",
}
"""The wording of each ``Criterion``; the first is asked of every pair, the others where a study asks them."""

ANSWERS: Mapping[Outcome, str] = {
    Outcome.LEFT: "Left is better",
    Outcome.TIE: "About the same",
    Outcome.RIGHT: "Right is better",
    Outcome.BOTH_BAD: "Both unacceptable",
    Outcome.CANNOT_PLAY: "A video does not play",
}

INSTRUCTIONS = """\
You will see pairs of short videos that begin with the same frame. Watch both to the end, then say which one is \
better. They loop; you can pause, slow down, step through frames, or lay one over the other.

Judge the videos as videos: sharpness, natural motion, things that keep their shape and place, no drifting colours, no \
freezing. "About the same" is an answer like any other. "Both unacceptable" is for pairs of which you would accept \
neither; please use it rarely.

There is no right answer and no hurry, and the latest answer can be taken back. Some pairs are shown twice, and in a \
few one video was damaged on purpose. The first pairs are practice: you will be told about the damage.
"""
"""The standard instructions; `fpbench study plan --instructions` replaces them."""
