"""How sure are we? Intervals, paired tests and their correction (decision 015).

Knows nothing of models, files or what a metric means.
"""

from evaluation.statistics.clusters import by_document
from evaluation.statistics.inference import ALPHA, METHODS, Inference, Pair
from evaluation.statistics.intervals import Interval
from evaluation.statistics.multiple import holm
from evaluation.statistics.permutation import smallest_p

__all__ = ["ALPHA", "METHODS", "Inference", "Interval", "Pair", "by_document", "holm", "smallest_p"]
