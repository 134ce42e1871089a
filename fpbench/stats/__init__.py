"""Statistics with the task as unit: intervals, paired tests, multiplicity, planning. Knows no video."""

from fpbench.stats.best import BestSet, separable_from_best
from fpbench.stats.bootstrap import bootstrap_means, difference_interval, mean_interval, reduction_interval
from fpbench.stats.clusters import paired_differences, task_means
from fpbench.stats.crossed import crossed_interval
from fpbench.stats.paired import benjamini_hochberg, compare, holm, mcnemar_p, sign_flip_p, sign_flip_ps
from fpbench.stats.planning import detectable_effect, paired_power, tasks_needed, wilson
from fpbench.stats.results import Interval, Paired

__all__ = [
    "BestSet",
    "Interval",
    "Paired",
    "benjamini_hochberg",
    "bootstrap_means",
    "compare",
    "crossed_interval",
    "detectable_effect",
    "difference_interval",
    "holm",
    "mcnemar_p",
    "mean_interval",
    "paired_differences",
    "paired_power",
    "reduction_interval",
    "separable_from_best",
    "sign_flip_p",
    "sign_flip_ps",
    "task_means",
    "tasks_needed",
    "wilson",
]
