"""A dictionary of named classes, filled by the files of one folder."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from rdpd_core.errors import UnknownNameError

T = TypeVar("T")
NEAR = 3
"""So many of the unlisted names that are like a wrong one are told."""


class Registry(Generic[T]):
    """Named classes of one kind, for example all distillation methods."""

    def __init__(self, kind: str) -> None:
        """Start empty.

        Args:
            kind: What the entries are, in the singular; used in messages.
        """
        self.kind = kind
        self._entries: dict[str, type[T]] = {}
        self._more: list[Callable[[], Mapping[str, type[T]]]] = []
        self._unlisted: dict[str, type[T]] = {}

    def also(self, more: Callable[[], Mapping[str, type[T]]]) -> None:
        """Add what is found anew at every look; a registered class goes before a found one of the same name.

        Args:
            more: Gives classes by name.
        """
        self._more.append(more)

    def unlisted(self, classes: Mapping[str, type[T]]) -> None:
        """Add classes that are there for who asks by name, and in no list unless `also` gives them, too.

        Args:
            classes: By name.
        """
        self._unlisted |= classes

    def register(self, cls: type[T]) -> type[T]:
        """Add a class under its own `name` attribute; use as a decorator.

        Raises:
            TypeError: The class has no `name` of its own.
            ValueError: The name is taken.
        """
        name = cls.__dict__.get("name")
        if not isinstance(name, str) or not name:
            raise TypeError(f"{cls.__qualname__} must define `name` to be a {self.kind}")
        if name in self._entries:
            other = self._entries[name].__module__
            raise ValueError(f"two {self.kind}s are named {name!r}: {other} and {cls.__module__}")
        self._entries[name] = cls
        return cls

    def get(self, name: str) -> type[T]:
        """Give the class registered under `name`.

        Raises:
            UnknownNameError: No such entry; the message lists the known ones and the nearest.
        """
        entries = self._all()
        if name in entries:
            return entries[name]
        if name in self._unlisted:
            return self._unlisted[name]
        near = difflib.get_close_matches(str(name), self._unlisted, n=NEAR)
        raise UnknownNameError(self.kind, name, sorted({*entries, *near}))

    def names(self) -> list[str]:
        """Give all names, sorted."""
        return sorted(self._all())

    def registered(self) -> list[str]:
        """Give the names that are taken whatever is found: registered ones, and such that are in no list; sorted."""
        return sorted({**self._entries, **self._unlisted})

    def __iter__(self) -> Iterator[type[T]]:
        return iter([cls for _, cls in sorted(self._all().items())])

    def __contains__(self, name: object) -> bool:
        return name in self._all() or name in self._unlisted

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> dict[str, type[T]]:
        found: dict[str, type[T]] = {}
        for more in self._more:
            found |= more()
        return found | self._entries


def discover(package: str, path: Iterable[str]) -> None:
    """Import every public module of a package, so that its classes register themselves."""
    for module in pkgutil.iter_modules(path):
        if not module.name.startswith("_"):
            importlib.import_module(f"{package}.{module.name}")
