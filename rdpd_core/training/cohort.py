"""Many students of one shape, trained together in one vectorized program.

Members differ in seed, channels, noise amplitude, and in any real-valued setting of their method. All read the same batch.
What differs in the input is folded into the first layer: a member's weights are laid into the union of all channels, with
zeros (and a mask on the gradient) where it reads nothing; noise of amplitude a is the same layer applied to a shared draw of
unit noise with its weights multiplied by a. So M members cost one wide matrix product, not M inputs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call, vmap

from rdpd_core.errors import ParameterError, UnknownNameError
from rdpd_core.methods import Method
from rdpd_core.models import MODELS, Model
from rdpd_core.params import Params
from rdpd_core.runtime import torch_generator
from rdpd_core.types import ModelOutput


@dataclass(frozen=True)
class Member:
    """One student of a cohort.

    Attributes:
        name: For people and messages; unique in its cohort.
        seed: Keys its first weights and its dropout.
        channels: Rows of the rich signal that it reads, in order.
        noise: Amplitude of Equation 16 on its normalized input, at training and validation.
        settings: Real-valued settings of the method in which it departs from the cohort's.
        teacher: Which teacher it listens to.
    """

    name: str
    seed: int
    channels: tuple[int, ...]
    noise: float = 0.0
    settings: Mapping[str, float] = field(default_factory=dict)
    teacher: int = 0


class Cohort:
    """The stacked weights of M members and the mapped functions over them."""

    def __init__(
        self,
        model: str,
        params: Params,
        method: Method,
        members: Sequence[Member],
        classes: int,
        samples: int,
        device: torch.device,
        teacher: ModelOutput | None = None,
    ) -> None:
        """Draw every member's weights as if it were alone, and stack them.

        Args:
            model: Name of the architecture.
            params: Its settings, the same for all members.
            method: The method, with the settings that members do not change.
            members: M of them.
            classes: K.
            samples: T.
            device: Where to train.
            teacher: A sample output of the teachers, for methods that build parts to its shape.

        Raises:
            ParameterError: A member makes no sense by itself, or two have one name.
            UnknownNameError: Members cannot differ in that setting.
            IncompatibleError: The network does not give what the method reads.
        """
        _check_members(members, method)
        self.method, self.members, self.device, self.params = method, tuple(members), device, params
        self.union = tuple(sorted({c for m in members for c in m.channels}))
        self.noisy = any(m.noise > 0 for m in members)
        self.model, self._kind, self.classes, self.samples = model, MODELS.get(model), classes, samples
        width = len(self.union) * (2 if self.noisy else 1)
        self.template = self._kind(width, classes, samples, params).to(device)
        self.weights = self._stack([self._first_weights(m) for m in members])
        student = self.sample_output()
        method.check(student, teacher)
        method.setup(student, teacher)
        method.to(device)
        self.own = self._stack([self._first_own(m) for m in members])
        self.mask = torch.tensor([[float(c in m.channels) for c in self.union] for m in members], device=device)
        self.amplitude = torch.tensor([m.noise for m in members], device=device)
        self.listens = torch.tensor([m.teacher for m in members], device=device)
        self.settings = {
            name: torch.tensor([float(m.settings.get(name, getattr(method.params, name))) for m in members], device=device)
            for name in sorted({n for m in members for n in m.settings})
        }

    def __len__(self) -> int:
        return len(self.members)

    def trainable(self) -> list[Tensor]:
        """Give all stacked tensors that learn, in a fixed order."""
        return [*self.weights.values(), *self.own.values()]

    def named(self) -> list[tuple[str, Tensor]]:
        """Give the tensors of `trainable` with their names, which begin with "weights." or "own."."""
        parts = (("weights", self.weights), ("own", self.own))
        return [(f"{part}.{name}", tensor) for part, tensors in parts for name, tensor in tensors.items()]

    def shapes(self, member: Member) -> dict[str, tuple[int, ...]]:
        """Give the shapes of the weights that `extract` gives of a member."""
        found = {}
        for name, stacked in self.weights.items():
            shape, axis = list(stacked.shape[1:]), self._kind.reads_channels.get(name)
            if axis is not None:
                shape[axis] = len(member.channels)
            found[name] = tuple(shape)
        return found

    @torch.no_grad()
    def sample_output(self) -> ModelOutput:
        """Give what the network says of two windows of zeros: the shapes of its outputs."""
        return self.template(torch.zeros(2, self.template.channels, self.samples, device=self.device))

    def select(self, keep: Sequence[int]) -> None:
        """Keep only some members, by position; the tensors of `trainable` are replaced."""
        at = torch.tensor(list(keep), device=self.device, dtype=torch.long)
        self.members = tuple(self.members[i] for i in keep)
        self.weights = {n: w.detach()[at].requires_grad_() for n, w in self.weights.items()}
        self.own = {n: w.detach()[at].requires_grad_() for n, w in self.own.items()}
        self.mask, self.amplitude, self.listens = self.mask[at], self.amplitude[at], self.listens[at]
        self.settings = {n: s[at] for n, s in self.settings.items()}

    def losses(
        self,
        x: Tensor,
        target: Tensor,
        teacher: tuple[Tensor, Tensor | None] | None,
        keep: dict[str, Tensor],
        there: Tensor | None = None,
    ) -> tuple[dict[str, Tensor], Tensor, Tensor | None]:
        """Run all members on one batch in training mode.

        Args:
            x: (B, C, T) of the union's channels, followed by their unit noise if the cohort is noisy.
            target: Labels (B,), or shares of the classes (B, K); of every member if there is one dimension more.
            teacher: logits (G, B, K) and attention (G, B, S) of G teachers, or None.
            keep: Dropout patterns (M, ...) by site.
            there: Windows to be imitated, (B,), or (M, B) by member; None is all.

        Returns:
            Weighted terms (M,) by name, and the members' logits (M, B, K) and attention (M, B, S).
        """
        logits, attention, along = self._teachers(teacher)

        each = 0 if target.ndim > (2 if target.is_floating_point() else 1) else None
        asked = 0 if there is not None and there.ndim > 1 else None

        def one(
            weights: dict,
            own: dict,
            mask: Tensor,
            amp: Tensor,
            settings: dict,
            kept: dict,
            labels: Tensor,
            t: Any,
            a: Any,
            h: Any,
        ) -> tuple:
            out = functional_call(self.template, self._mixed(weights, mask, amp), (x, kept))
            said = None if t is None else ModelOutput(t, a, there=h)
            terms = functional_call(self.method, own, (out, said, labels, self.method.params.with_values(settings)))
            return terms, {"logits": out.logits, **({} if out.attention is None else {"attention": out.attention})}

        terms, out = vmap(one, in_dims=(0, 0, 0, 0, 0, 0, each, *along, asked))(
            self.weights, self.own, self.mask, self.amplitude, self.settings, keep, target, logits, attention, there
        )
        return terms, out["logits"], out.get("attention")

    @torch.no_grad()
    def outputs(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Run all members on windows x (B, C, T) in evaluation mode: logits (M, B, K), attention (M, B, S)."""

        def one(weights: dict, mask: Tensor, amp: Tensor) -> dict[str, Tensor]:
            out = functional_call(self.template, self._mixed(weights, mask, amp), (x,))
            return {"logits": out.logits, **({} if out.attention is None else {"attention": out.attention})}

        out = vmap(one)(self.weights, self.mask, self.amplitude)
        return out["logits"], out.get("attention")

    def extract(self, at: int) -> dict[str, Tensor]:
        """Give the weights of one member as it would have them alone, on the CPU."""
        member = self.members[at]
        rows = torch.tensor([self.union.index(c) for c in member.channels])
        found = {}
        for name, stacked in self.weights.items():
            weight = stacked.detach()[at].cpu().clone()
            axis = self._kind.reads_channels.get(name)
            found[name] = weight if axis is None else weight.index_select(axis, rows).contiguous()
        return found

    def extract_own(self, at: int) -> dict[str, Tensor]:
        """Give the method's own trainable parts of one member, on the CPU."""
        return {name: stacked.detach()[at].cpu().clone() for name, stacked in self.own.items()}

    def _mixed(self, weights: dict[str, Tensor], mask: Tensor, amplitude: Tensor) -> dict[str, Tensor]:
        """Give one member's weights with its channels masked and its noise folded into the first layer."""
        mixed = dict(weights)
        for name, axis in self._kind.reads_channels.items():
            shape = [1] * weights[name].ndim
            shape[axis] = -1
            clean = weights[name] * mask.reshape(shape)
            mixed[name] = torch.cat([clean, amplitude * clean], axis) if self.noisy else clean
        return mixed

    def _teachers(self, teacher: tuple[Tensor, Tensor | None] | None) -> tuple[Any, Any, tuple]:
        if teacher is None:
            return None, None, (None, None)
        logits, attention = teacher
        along = None if len(logits) == 1 else 0
        told = None if attention is None else self.by_teacher(attention)
        return self.by_teacher(logits), told, (along, None if told is None else along)

    def by_teacher(self, said: Tensor) -> Tensor:
        """Give what belongs to G teachers, (G, ...), to their students: (M, ...), or (...) if one teaches all."""
        return said[0] if len(said) == 1 else said[self.listens]

    def _first_weights(self, member: Member) -> dict[str, Tensor]:
        alone: Model = self._kind(len(member.channels), self.classes, self.samples, self.params)
        alone.initialize(torch_generator("weights", member.seed))
        rows = torch.tensor([self.union.index(c) for c in member.channels])
        found = {}
        for name, weight in alone.state_dict().items():
            axis = self._kind.reads_channels.get(name)
            found[name] = weight if axis is None else self._wide(weight, axis, rows)
        return found

    def _wide(self, weight: Tensor, axis: int, rows: Tensor) -> Tensor:
        """Lay a weight into the union of all channels, with zeros between."""
        shape = list(weight.shape)
        shape[axis] = len(self.union)
        return torch.zeros(shape, dtype=weight.dtype).index_copy(axis, rows, weight)

    def _first_own(self, member: Member) -> dict[str, Tensor]:
        self.method.initialize(torch_generator("method", member.seed))
        return {name: value.detach().clone() for name, value in self.method.named_parameters()}

    def _stack(self, parts: list[dict[str, Tensor]]) -> dict[str, Tensor]:
        return {name: torch.stack([p[name] for p in parts]).to(self.device).requires_grad_() for name in parts[0]}


def _check_members(members: Sequence[Member], method: Method) -> None:
    if not members:
        raise ParameterError("a cohort needs at least one member")
    names = [m.name for m in members]
    if len(set(names)) != len(names):
        raise ParameterError(f"members need different names; given: {', '.join(names)}")
    allowed = type(method).Params.numbers()
    for member in members:
        _check_input_of(member)
        for name in member.settings:
            if name not in allowed:
                raise UnknownNameError(f"setting of {method.name} in which members may differ", name, allowed)
        type(method.params).from_dict({**method.params.to_dict(), **member.settings})


def _check_input_of(member: Member) -> None:
    if not member.channels:
        raise ParameterError(f"member {member.name!r} reads no channel; give it at least one")
    for at in member.channels:
        if at < 0:
            raise ParameterError(f"member {member.name!r} reads channel {at}; channels count from 0")
        if member.channels.count(at) > 1:
            raise ParameterError(f"member {member.name!r} reads channel {at} twice; once is enough")
    if not (math.isfinite(member.noise) and member.noise >= 0):
        raise ParameterError(f"the noise of {member.name!r} is {member.noise}; give an amplitude of at least 0")
