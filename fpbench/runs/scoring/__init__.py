"""Folders of anybody's clips measured into an ordinary run: tables, figures and dashboard work on it as on any other.

Clips are not copied: such a run keeps their measurements, their facts and previews that browsers play.
"""

from fpbench.runs.scoring.plan import ScorePlan, plan_score
from fpbench.runs.scoring.prompts import read_prompts
from fpbench.runs.scoring.score import Problem, Scored, score

__all__ = ["Problem", "ScorePlan", "Scored", "plan_score", "read_prompts", "score"]
