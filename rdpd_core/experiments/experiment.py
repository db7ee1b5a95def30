"""One experiment: everything needed to repeat a comparison, as one record."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rdpd_core.datasets import DATASETS
from rdpd_core.errors import IncompatibleError, UnknownNameError
from rdpd_core.experiments.arms import PAPER_ARMS, pick_arms
from rdpd_core.experiments.recipes import RECIPES
from rdpd_core.files import digest_json
from rdpd_core.losses.imitation import ATTENTION_FORMS
from rdpd_core.models import MODELS
from rdpd_core.params import Params, choice, number
from rdpd_core.training.augment import AUGMENTATIONS
from rdpd_core.training.order import BALANCE
from rdpd_core.training.schedules import IMITATION, SCHEDULES

ALL_SPLITS, SEVERAL = "all", "+"
"""Every split of a data set; what joins the names of some."""
MODEL = "rcnn"
RECIPE_S = "recipe"
"""A choice that is left to the recipe."""
OUT_OF_FOLD = "out_of_fold"
"""Teachers answer only for subjects they did not learn from."""
ROLES = ("teacher", "student", "oracle")
WITHOUT_EFFECT: dict[str, tuple[float, tuple[str, ...]]] = {
    "noise": (0.0, ("noise_kind", "noise_on")),
    "share": (1.0, ("share_by",)),
    "rich_share": (1.0, ("rich_by",)),
    "unlabeled": (0.0, ("unlabeled_by",)),
}
"""An amount, the value of it that leaves everything as it is, and the settings that then change nothing."""


@dataclass(frozen=True)
class Experiment(Params):
    """A teacher, students of one view, several seeds, one split of a data set, some joined by "+", or "all".

    `view` and `split` left empty take the data set's first; an empty `teacher` trains one per seed; `architecture` holds
    settings of the network by role where they depart from the data set's.

    Raises:
        UnknownNameError: Data set, view, arm, split, or a role or setting of the architecture is unknown.
        ParameterError: A number is outside its range, or a word is none of the allowed.
        IncompatibleError: Nothing can be trained on the data set, or two settings exclude each other.
    """

    dataset: str = "simulated_ecg"
    view: str = ""
    arms: tuple[str, ...] = PAPER_ARMS
    seeds: int = number(3, 1, 1000, "how many seeds; each has its own students, and its own teacher unless one is stored")
    first_seed: int = number(0, 0, 2**31 - 1, "the first of the seeds")
    recipe: str = choice(
        "tuned",
        tuple(RECIPES),
        "paper: as published; tuned: chosen on the validation subjects; strong: a better learner for all; "
        "statistics: the same, and segments summed up by mean, variance and peak; "
        "quick: few epochs, for many sets of channels",
    )
    split: str = ""
    teacher: str = ""
    temperature: float = number(
        0.0, 0.0, 100.0, "of the students' terms, and of the teacher's loss in recipe paper; 0 leaves it to the recipe"
    )
    noise: float = number(0.0, 0.0, 100.0, "amplitude of noise in train, valid and test (Equation 16)")
    noise_on: str = choice(
        "poor", ("poor", "all"), "noise on the students' channels (paper), or on all, the teacher's too (published code)"
    )
    noise_kind: str = choice("uniform", ("uniform", "normal"), "uniform in (-1, 1) as the published code, or normal")
    wrong_labels: float = number(0.0, 0.0, 1.0, "share of training windows with a deliberately wrong label")
    unlabeled: float = number(0.0, 0.0, 1.0, "share of training windows without label: the teacher's word only")
    unlabeled_by: str = choice(
        "windows", ("windows", "subjects"), "take labels from single windows of everybody, or from whole subjects"
    )
    share: float = number(1.0, 0.001, 1.0, "share of the training windows used")
    share_by: str = choice("windows", ("windows", "subjects"), "take the share of all windows, or of whole subjects")
    rich_share: float = number(
        1.0,
        0.001,
        1.0,
        "share of the training data whose rich channels were recorded: teachers learn from it, and answer for it",
    )
    rich_by: str = choice("subjects", ("subjects", "windows"), "take the rich share of whole subjects, or of all windows")
    teacher_targets: str = choice(
        "evaluation",
        ("evaluation", "train_pass", OUT_OF_FOLD),
        "the trained teacher's outputs, those of its best training pass (published code), or, for every training subject, "
        "those of a teacher that did not learn from this subject",
    )
    width: str = choice(
        "quarter", ("quarter", "channels"), "students a quarter as wide (code), or narrower by the ratio of channels (paper)"
    )
    attention_form: str = choice(
        "student_teacher",
        ATTENTION_FORMS,
        "KL(student || teacher) as the paper, the other way as its code, or Jensen-Shannon",
    )
    combined_bias: str = choice(
        "scalar", ("scalar", "per_class"), "bias of the combined label; a scalar, as published, can have no effect"
    )
    last_batch: str = choice(
        "true", ("true", "configured"), "divide imitation terms by the true batch size, or always by the configured one (code)"
    )
    shuffle: str = choice(
        "each_epoch", ("each_epoch", "once"), "draw a new order of windows each epoch, or one for all (published code)"
    )
    balance: str = choice("windows", BALANCE, "an epoch holds each training window once, or as many windows of every subject")
    dropout_place: str = choice(
        "before_pooling", ("before_pooling", "after_pooling"), "where dropout acts; before pooling in the published code"
    )
    teacher_labels: str = choice(
        "all",
        ("all", "same"),
        "the teacher learned from every true label, or, as the students, from the wrong and the few of this experiment",
    )
    taught_by: str = choice(
        "own", ("own", "all"), "a student hears the teacher of its own seed, or the mean answer of the teachers of all seeds"
    )
    augment: str = choice(
        RECIPE_S, (RECIPE_S, *AUGMENTATIONS), "change training windows each epoch, for teacher and students alike"
    )
    augment_strength: float = number(
        0.0, 0.0, 10.0, "size of the change, in standard deviations, as a share, or in rad; 0 leaves it to the recipe"
    )
    teacher_sees: str = choice(
        RECIPE_S,
        (RECIPE_S, "changed", "clean"),
        "teachers answer for the changed window, or, quicker, for the one it was made from",
    )
    offsets: str = choice(
        RECIPE_S, (RECIPE_S, "off", "on"), "draw each training window at any offset within half a step of the recording"
    )
    mixing: float = number(
        0.0, 0.0, 1.0, "largest share of another window that is mixed into each training window, labels alike; 0 mixes nothing"
    )
    imitation: str = choice(
        "constant",
        tuple(IMITATION),
        "weight of what imitates over the epochs: the same, falling to 0, or rising from 0; hard_first: first only the windows "
        "of each subject of which the teacher is least sure",
    )
    schedule: str = choice(
        RECIPE_S, (RECIPE_S, *SCHEDULES), "step size over the epochs: the same, or falling to 0 along half a cosine wave"
    )
    averaging: float = number(
        0.0, 0.0, 0.9999, "share of the past in the running mean of weights that is kept; 0 leaves it to the recipe"
    )
    learning_rate: float = number(0.0, 0.0, 1.0, "step size of Adam; 0 leaves it to the recipe")
    epochs: int = number(0, 0, 100_000, "most epochs; 0 leaves it to the recipe")
    patience: int = number(0, 0, 100_000, "epochs without improvement; 0 leaves it to the recipe")
    precision: str = choice("float32", ("float32", "bfloat16"), "bfloat16 runs matrix products in mixed precision")
    architecture: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        kind = DATASETS.get(self.dataset)
        if not kind.trains:
            of = f" of {kind.models_of}" if kind.models_of else ""
            raise IncompatibleError(
                f"{self.dataset} was added to be read by stored models{of}; nothing can be trained on it. Choose another data "
                "set, or add the recordings as a set of their own, with classes"
            )
        self._check_targets()
        if self.rich_share < 1 and (self.teacher or self.teacher_targets == "train_pass"):
            what = "a stored teacher, which learned from everybody" if self.teacher else "outputs of the training pass"
            raise IncompatibleError(
                f"rich_share {self.rich_share:g} does not go with {what}; train teachers for it, and take their outputs in "
                "evaluation"
            )
        object.__setattr__(self, "view", self.view or next(iter(kind.views)))
        object.__setattr__(self, "split", self.split or kind.splits[0])
        object.__setattr__(self, "arms", tuple(a.name for a in pick_arms(self.arms)))
        kind.view(self.view)
        for role, settings in self.architecture.items():
            if role not in ROLES:
                raise UnknownNameError("role in architecture", role, ROLES)
            MODELS.get(MODEL).Params.from_dict(settings)
        for split in () if self.split == ALL_SPLITS else self.splits:
            kind.check_split(split)

    def _check_targets(self) -> None:
        """Raise IncompatibleError if no teacher could answer as is asked."""
        if self.teacher_targets == "train_pass" and self.balance == "subjects":
            raise IncompatibleError(
                "where an epoch holds as many windows of every subject, outputs of the training pass are there for some only; "
                "balance windows, or take outputs in evaluation"
            )
        if self.teacher_targets != OUT_OF_FOLD:
            return
        if self.teacher:
            raise IncompatibleError(
                "a stored teacher learned from every training subject, so it cannot answer out of fold; leave out the stored "
                "teacher, or take its outputs in evaluation"
            )
        if self.mixing:
            raise IncompatibleError(
                "a mixed window is of two subjects, and out of fold no teacher is asked about subjects it learned from; "
                "mix nothing, or take outputs in evaluation"
            )

    @property
    def splits(self) -> tuple[str, ...]:
        """Give the splits to run."""
        return DATASETS.get(self.dataset).splits if self.split == ALL_SPLITS else tuple(self.split.split(SEVERAL))

    @property
    def poor_noise(self) -> float:
        """Give the amplitude of noise on the students' channels alone."""
        return self.noise if self.noise_on == "poor" else 0.0

    @property
    def seed_list(self) -> tuple[int, ...]:
        """Give the seeds."""
        return tuple(range(self.first_seed, self.first_seed + self.seeds))

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        return {**super().to_dict(), "arms": list(self.arms)}

    def departures(self) -> dict[str, Any]:
        """Give the data set, the view, and every other value that is not the default of that data set."""
        defaults = Experiment(dataset=self.dataset, view=self.view).to_dict()
        return {n: v for n, v in self.to_dict().items() if v != defaults[n] or n in ("dataset", "view")}

    def digest(self) -> str:
        """Give what identifies the experiment."""
        return digest_json(self.to_dict())
