"""Dropout patterns keyed by a member's seed, so that a member drops the same values in any cohort."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from rdpd_core.errors import DataError
from rdpd_core.models import DROPOUT_LEVELS, Site
from rdpd_core.runtime import torch_generator


class KeyedDropout:
    """Draws patterns for all members of a cohort, from one stream per seed.

    Members of equal seed (the arms of a comparison) share their pattern, which makes their difference less noisy.
    """

    def __init__(self, seeds: Sequence[int], device: torch.device) -> None:
        """Remember the members' seeds."""
        self.device = device
        self._drawn_on = device if device.type == "cuda" else torch.device("cpu")
        self._seeds = list(dict.fromkeys(seeds))  # by first place, so that rows need no sorting where all differ
        self._row = torch.tensor([self._seeds.index(s) for s in seeds], device=self._drawn_on)
        self._streams: list[torch.Generator] = []

    def start_epoch(self, epoch: int) -> None:
        """Key every stream by seed and epoch; what an epoch drops does not depend on earlier ones."""
        self._streams = [torch_generator("dropout", seed, epoch, device=self._drawn_on) for seed in self._seeds]

    def state(self) -> Tensor:
        """Give where the streams stand within the epoch, (streams, bytes), uint8."""
        return torch.stack([stream.get_state() for stream in self._streams])

    def restore(self, state: Tensor) -> None:
        """Put the streams of an epoch that was started where others stood.

        Raises:
            DataError: It is the state of another number of streams.
        """
        if len(state) != len(self._streams):
            raise DataError(f"the saved dropout has {len(state)} streams, these members need {len(self._streams)}; start anew")
        for stream, one in zip(self._streams, state, strict=True):
            stream.set_state(one.clone())

    def patterns(self, sites: Mapping[str, Site]) -> dict[str, Tensor]:
        """Give uint8 patterns (M, ...), 1 where a value is kept, by the name of the site."""
        return {name: self._pattern(site) for name, site in sites.items()}

    def _pattern(self, site: Site) -> Tensor:
        count = math.prod(site.shape)
        raw = torch.empty(len(self._streams), -(-count // 8), dtype=torch.int64, device=self._drawn_on)
        for row, stream in zip(raw, self._streams, strict=True):
            row.random_(-(2**63), None, generator=stream)
        below = round(site.rate * DROPOUT_LEVELS)
        kept = (raw.view(torch.uint8)[:, :count] >= below).view(torch.uint8)
        if len(kept) != len(self._row):
            kept = kept[self._row]
        return kept.view(-1, *site.shape).to(self.device)
