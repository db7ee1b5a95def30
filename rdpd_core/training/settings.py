"""How long, how fast and on what terms a cohort is trained."""

from __future__ import annotations

from dataclasses import dataclass

from rdpd_core.errors import ParameterError
from rdpd_core.params import Params, choice, flag, number
from rdpd_core.training.augment import AUGMENTATIONS
from rdpd_core.training.order import BALANCE
from rdpd_core.training.schedules import IMITATION, SCHEDULES
from rdpd_core.training.selection import SELECTION


@dataclass(frozen=True)
class TrainingParams(Params):
    """Settings shared by all members of a cohort; defaults are RDPD's, with early stopping."""

    epochs: int = number(200, 1, 100_000, "most passes over the training windows")
    patience: int = number(20, 1, 100_000, "epochs without a better validation score until a member stops", unit="epochs")
    batch_size: int = number(128, 2, 65_536, "windows in a step")
    learning_rate: float = number(1e-3, 1e-7, 1.0, "step size of Adam")
    schedule: str = choice(
        "constant", tuple(SCHEDULES), "step size over the epochs: the same, or falling to 0 along half a cosine wave"
    )
    averaging: float = number(
        0.0, 0.0, 0.9999, "share of the past in the running mean of weights that is scored and kept; 0 keeps the last step's"
    )
    selection: str = choice("roc_auc", tuple(SELECTION), "validation score that chooses a member's best epoch")
    shuffle: str = choice("each_epoch", ("each_epoch", "once"), "draw a new order each epoch, or keep one, as the code")
    balance: str = choice(
        "windows",
        BALANCE,
        "an epoch holds every window once, or as many of every subject: some left out where there are many, or several times",
    )
    order_seed: int = number(0, 0, 2**31 - 1, "keys the order of the windows, which all members share")
    precision: str = choice("float32", ("float32", "bfloat16"), "bfloat16 runs matrix products in mixed precision")
    augment: str = choice("none", tuple(AUGMENTATIONS), "change windows anew each epoch, for teacher and students alike")
    augment_strength: float = number(0.1, 0.0, 10.0, "size of the change, in standard deviations, as a share, or in rad")
    teacher_sees: str = choice(
        "changed", ("changed", "clean"), "teachers answer for the changed window, or, quicker, for the one it was made from"
    )
    mixing: float = number(
        0.0, 0.0, 1.0, "largest share of another window that is mixed into each, labels alike; 0 mixes nothing"
    )
    imitation: str = choice(
        "constant",
        tuple(IMITATION),
        "weight of what imitates over the epochs: the same, falling to 0, or rising from 0; or first only the quarter of each "
        "subject's windows of which the teacher is least sure, and all from the middle on",
    )
    offsets: bool = flag(False, "draw each window at any offset within half a step, where the recording goes on")
    noise_kind: str = choice("uniform", ("uniform", "normal"), "Equation 16: uniform in (-1, 1), as the code, or normal")
    noise_seed: int = number(0, 0, 2**31 - 1, "keys the one draw of noise that all members and amplitudes share")
    keep_train_pass: bool = flag(False, "keep outputs of training passes, the teacher's targets in the published code")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.offsets and self.teacher_sees == "clean":
            raise ParameterError(
                "with offsets a teacher that sees the clean window looks at other moments than the students; "
                "let it see the changed one, or leave out offsets"
            )
        if self.mixing and self.teacher_sees == "clean":
            raise ParameterError(
                "of mixed windows there is no clean one that a teacher could see; let it see the changed one, or mix nothing"
            )
        if self.keep_train_pass and self.balance == "subjects":
            raise ParameterError(
                "where an epoch holds as many windows of every subject it leaves some out, so a training pass has no outputs "
                "for these; balance windows, or keep no outputs of training passes"
            )

    @property
    def changes_windows(self) -> bool:
        """Whether a window is another one in each epoch."""
        return self.augment != "none" or self.offsets or self.mixing > 0

    @property
    def asks_live(self) -> bool:
        """Whether teachers must be asked anew about every batch."""
        return self.changes_windows and self.teacher_sees == "changed"
