"""What is known of a trained model, and nothing that is not checked."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NoReturn, Self

from rdpd_core.errors import ModelFileError
from rdpd_core.files import digest_json, to_json
from rdpd_core.store import fields as check
from rdpd_core.types import Channel

FORMAT = 1
MAX_CARD_BYTES = 1 << 20
_DIGEST = "card_sha256"


def _checked(with_check: check.Check, **default: Any) -> Any:
    return field(metadata={"check": with_check}, **default)


@dataclass(frozen=True)
class ModelCard:
    """One trained model.

    Attributes:
        name: Unique within its data set; the name of its folder.
        dataset: Identifier of the data set it was trained on.
        simulated: True if no person was measured for that data set.
        role: "teacher" or "student".
        arm: Row of a comparison: teacher, direct, distill, rdpd_r1, rdpd_r2, rdpd, oracle, or another.
        title: For people.
        model: Identifier in the registry of models.
        model_params: Settings of the model.
        method: Identifier in the registry of methods; None if it learned from labels alone without one.
        method_params: Settings of the method.
        recipe: How it was trained, by name: "paper", "tuned", or another.
        view: The view its channels come from.
        channels: What it reads, in order.
        classes: What it tells apart, in the order of the logits.
        sampling_rate: Hz.
        window_samples: T.
        segments: S.
        normalization: "mean" and "std" per channel, from training subjects, in the units of the channels, and "standardize"
            ("train" uses them; "recording" scales each recording by its own).
        split: How subjects were divided.
        seed: Keys the initial weights and all else that is random.
        data_digest: Identifies the windows it was trained on.
        scores: By part ("valid", "test"), as `Scores.to_dict` gives.
        parameters: How many numbers: "used", and "with_dormant" layer, as the paper counts.
        teacher: The sha256 of the weights it learned from; None if there was no teacher.
        training: "epochs", "best_epoch", and what else is known.
        versions: Of the packages it depends on.
        licence: Of the training data.
        created: UTC, ISO 8601; handed in, so that a rebuild can give equal bytes.
        weights_sha256: Of the weights file; empty until it is saved.
        format: Of this record.

    Raises:
        ModelFileError: On construction; names every field that is wrong.
    """

    name: str = _checked(check.slug)
    dataset: str = _checked(check.slug)
    simulated: bool = _checked(check.switch)
    role: str = _checked(check.one_of("teacher", "student"))
    arm: str = _checked(check.slug)
    title: str = _checked(check.text)
    model: str = _checked(check.text)
    model_params: Mapping[str, Any] = _checked(check.settings)
    method: str | None = _checked(check.optional(check.text))
    method_params: Mapping[str, Any] = _checked(check.settings)
    recipe: str = _checked(check.text)
    view: str = _checked(check.text)
    channels: tuple[Channel, ...] = _checked(check.channels)
    classes: tuple[str, ...] = _checked(check.classes)
    sampling_rate: float = _checked(check.rate)
    window_samples: int = _checked(check.whole(1, 10**8))
    segments: int = _checked(check.whole(1, 10**6))
    normalization: Mapping[str, Any] = _checked(check.normalization)
    split: str = _checked(check.text)
    seed: int = _checked(check.whole(0))
    data_digest: str = _checked(check.text)
    scores: Mapping[str, Any] = _checked(check.scores)
    parameters: Mapping[str, int] = _checked(check.parameters)
    teacher: str | None = _checked(check.optional(check.sha256))
    training: Mapping[str, Any] = _checked(check.training)
    versions: Mapping[str, str] = _checked(check.words)
    licence: str = _checked(check.text)
    created: str = _checked(check.utc)
    weights_sha256: str = _checked(lambda value: None if value == "" else check.sha256(value), default="")
    format: int = _checked(check.whole(FORMAT, FORMAT), default=FORMAT)

    def __post_init__(self) -> None:
        for f in dataclasses.fields(self):
            value = getattr(self, f.name)
            object.__setattr__(self, f.name, _tuple(value) if f.name in ("channels", "classes") else _plain(value))
        problems = [
            f"{f.name} {problem}" for f in dataclasses.fields(self) if (problem := f.metadata["check"](getattr(self, f.name)))
        ]
        if problems := problems or self._disagreements():
            raise ModelFileError(f"model card {self.name!r}: {'; '.join(problems)}")

    def _disagreements(self) -> list[str]:
        """Give what is wrong between fields that are right by themselves."""
        found = []
        if (n := len(self.normalization["mean"])) != len(self.channels):
            found.append(f"normalization has {n} means for {len(self.channels)} channels")
        if self.role == "teacher" and self.teacher is not None:
            found.append("teacher must be null where the role is teacher")
        return found

    def __hash__(self) -> int:
        return hash((self.dataset, self.name, self.weights_sha256))

    @property
    def key(self) -> str:
        """Where it lies below a root: "<dataset>/<name>"."""
        return f"{self.dataset}/{self.name}"

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        plain = asdict(self)
        return plain | {"channels": [asdict(c) for c in self.channels], "classes": list(self.classes)}

    def to_json(self) -> str:
        """Give the text of a card file: one form for one card, with a digest of itself."""
        plain = self.to_dict()
        return to_json(plain | {_DIGEST: digest_json(plain)}) + "\n"

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Read what `to_dict` gave.

        Raises:
            ModelFileError: A field is missing, unknown or wrong; all are named.
        """
        if not isinstance(values, Mapping):
            raise ModelFileError("a model card maps fields to values; this is something else")
        if "format" in values and values["format"] != FORMAT:
            raise ModelFileError(
                f"the card has format {str(values['format'])[:20]}, of another version of this program; "
                f"this one reads format {FORMAT}, so update it"
            )
        names = [f.name for f in dataclasses.fields(cls)]
        missing = [f"missing field {name}" for name in names if name not in values]
        unknown = [f"unknown field {str(name)[:100]!r}" for name in values if name not in names]
        if missing or unknown:
            raise ModelFileError("model card: " + "; ".join(missing + unknown))
        return cls(**{**values, "channels": _channels(values["channels"])})

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Read a card file.

        Raises:
            ModelFileError: It is too large, not a card, or was changed after it was written.
        """
        if len(data) > MAX_CARD_BYTES:
            raise ModelFileError(f"the card has {len(data)} bytes; a card has at most {MAX_CARD_BYTES}")
        values = strict_json(data, "the card")
        if not isinstance(values, dict):
            raise ModelFileError("a model card maps fields to values; this is something else")
        given = values.pop(_DIGEST, None)
        card = cls.from_dict(values)
        if given != digest_json(values) or card.to_json() != data.decode().replace("\r\n", "\n"):
            raise ModelFileError(
                f"the card does not match its own digest ({_DIGEST}): it was damaged or edited after it was saved; "
                "restore it, or make the model again"
            )
        return card


def strict_json(data: bytes, what: str) -> Any:
    """Give the value of JSON text in which every key occurs once and every number is finite.

    Raises:
        ModelFileError: It is anything else; the message begins with `what`.
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in found if names.count(name) > 1)
            raise ModelFileError(f"{what} holds {twice[:100]!r} twice; one of them was put there by hand or by damage")
        return found

    def refuse(word: str) -> NoReturn:
        raise ModelFileError(f"{what} holds {word}, which is not a number; write finite numbers")

    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=once, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{what} is not valid JSON ({error}); it is damaged or something else") from error


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, (list, tuple)) else value


def _plain(value: Any) -> Any:
    """Give dictionaries and lists for whatever mapping or sequence was given, as JSON will give them back."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _channels(value: Any) -> Any:
    if not isinstance(value, list) or not all(isinstance(c, dict) and set(c) == {"name", "unit", "group"} for c in value):
        raise ModelFileError("channels must be a list of name, unit and group")
    return tuple(Channel(**c) for c in value)
