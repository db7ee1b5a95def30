"""What a model is worth, how sure one may be, and which of two arms is better."""

from rdpd_core.evaluation.arms import Comparison, Run
from rdpd_core.evaluation.comparison import compare
from rdpd_core.evaluation.intervals import evaluate
from rdpd_core.evaluation.metrics import score
from rdpd_core.evaluation.predictions import Predictions, predict
from rdpd_core.evaluation.scores import METRICS, Interval, Metric, Scores

__all__ = [
    "METRICS",
    "Comparison",
    "Interval",
    "Metric",
    "Predictions",
    "Run",
    "Scores",
    "compare",
    "evaluate",
    "predict",
    "score",
]
