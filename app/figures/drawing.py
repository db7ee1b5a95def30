"""A figure that plotly checks only when somebody looks inside: to be sent to a browser it needs no check.

Checking takes longer than all else that a page does after a click, and a server does it for one visitor at a time.
"""

from __future__ import annotations

import base64
import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
import plotly.io as pio

TYPES = {
    "int8": "i1",
    "uint8": "u1",
    "int16": "i2",
    "uint16": "u2",
    "int32": "i4",
    "uint32": "u4",
    "float32": "f4",
    "float64": "f8",
}
"""Names of numbers in plotly's arrays of bytes, by those of NumPy."""


class Drawing(go.Figure):
    """A figure of traces and a layout that are sent as they are; all else of it behaves as plotly's own."""

    def __init__(self, *given: Any, **more: Any) -> None:
        """Keep what is drawn; plotly's own ways to make a figure are left to it.

        Args:
            given: A mapping with "data" and "layout"; whoever hands it over no longer changes it.
            more: As of plotly's figure.
        """
        plain = len(given) == 1 and not more and type(given[0]) is dict and set(given[0]) == {"data", "layout"}
        self._unchecked = given[0] if plain else None
        if not plain:
            super().__init__(*given, **more)

    def __getattr__(self, name: str) -> Any:
        """Let plotly check the figure as soon as something of it is asked for; the name is one that is not there yet."""
        raw = self.__dict__.get("_unchecked")
        if raw is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        self._unchecked = None
        super().__init__(raw)
        return getattr(self, name)

    def to_dict(self) -> dict[str, Any]:
        """Give the figure as it is sent."""
        return super().to_dict() if self._unchecked is None else _sent(self._unchecked, pio.templates.default)


def _sent(raw: Mapping[str, Any], template: str | None) -> dict[str, Any]:
    layout = _plain(raw["layout"])
    if template is not None:
        layout.setdefault("template", _template(template))
    return {"data": _plain(raw["data"]), "layout": layout}


@functools.lru_cache(maxsize=4)
def _template(name: str) -> dict[str, Any]:
    return pio.templates[name].to_plotly_json()


def _plain(value: Any) -> Any:
    """Give what JSON can hold: without what is None, arrays as bytes."""
    if isinstance(value, dict):
        return {key: v if key in ("range", "template") else _plain(v) for key, v in value.items() if v is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(v) if isinstance(v, (dict, list, tuple)) else v for v in value]
    return _packed(value) if isinstance(value, np.ndarray) else value


def _packed(array: np.ndarray) -> Any:
    """Give an array of numbers as bytes, as plotly does; others as they are."""
    if array.dtype.kind in "iu" and array.dtype.itemsize == 8 and array.size:
        array = array.astype(np.result_type(*(np.min_scalar_type(end) for end in (array.min(), array.max()))))
    if array.dtype.name not in TYPES or not array.size:
        return array.tolist()
    whole = np.ascontiguousarray(array)
    found = {"dtype": TYPES[array.dtype.name], "bdata": base64.b64encode(whole.tobytes()).decode("ascii")}
    return found if array.ndim == 1 else {**found, "shape": ", ".join(map(str, array.shape))}
