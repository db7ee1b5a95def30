"""The rows of a comparison: what each is, and the weights of RDPD's four terms that make it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rdpd_core.errors import ParameterError, UnknownNameError


@dataclass(frozen=True)
class Arm:
    """One row of a comparison.

    Attributes:
        name: Identifier.
        title: As the paper writes it.
        meaning: One sentence.
        role: "teacher", "student", "oracle": a student as wide as the teacher, or "forest", which is no network.
        weights: Weights of RDPD's terms; a term that is 0 is switched off, others are scaled by the recipe.
        whole: Whether it reads all channels, not the view.
    """

    name: str
    title: str
    meaning: str
    role: str = "student"
    weights: Mapping[str, float] = field(default_factory=dict)
    whole: bool = False

    @property
    def imitates(self) -> bool:
        """Whether this arm listens to a teacher."""
        return any(self.weights.get(name, 0) for name in ("soft_weight", "attention_weight"))


def _weights(soft: float, attention: float, combined: float) -> dict[str, float]:
    return {"hard_weight": 1.0, "soft_weight": soft, "attention_weight": attention, "combined_weight": combined}


_ALL = (
    Arm("teacher", "Teacher", "reads all channels; what there is to be taught", "teacher", whole=True),
    Arm("direct", "Direct", "few channels, labels only", weights=_weights(0.0, 0.0, 0.0)),
    Arm("distill", "Distill", "labels and the teacher's predictions", weights=_weights(1.0, 0.0, 0.0)),
    Arm("rdpd_r1", "RDPD_r1", "RDPD without attention", weights=_weights(1.0, 0.0, 1.0)),
    Arm("rdpd_r2", "RDPD_r2", "RDPD without the combined label", weights=_weights(1.0, 1.0, 0.0)),
    Arm("rdpd", "RDPD", "predictions, attention and combined label", weights=_weights(1.0, 1.0, 1.0)),
    Arm("oracle", "Oracle-size", "few channels, labels only, as wide as the teacher: capacity without information", "oracle"),
    Arm(
        "forest",
        "Random forest",
        "few channels; a forest on simple numbers about windows: what a skeptic tries first",
        "forest",
    ),
    Arm("forest_all", "Random forest, all", "all channels; the same forest beside the teacher", "forest", whole=True),
)
ARMS: dict[str, Arm] = {arm.name: arm for arm in _ALL}
PAPER_ARMS = ("teacher", "direct", "distill", "rdpd_r1", "rdpd_r2", "rdpd")


def pick_arms(names: Sequence[str]) -> list[Arm]:
    """Give arms by name, each once, in the order of the paper.

    Raises:
        UnknownNameError: No such arm.
        ParameterError: None was named.
    """
    for name in names:
        if name not in ARMS:
            raise UnknownNameError("arm", name, ARMS)
    if not names:
        raise ParameterError(f"name at least one arm of {', '.join(ARMS)}")
    return [arm for arm in _ALL if arm.name in set(names)]
