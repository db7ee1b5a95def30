"""A dictionary of named classes, filled by the files of one folder."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from rdpd_core.errors import UnknownNameError

T = TypeVar("T")


class Registry(Generic[T]):
    """Named classes of one kind, for example all distillation methods."""

    def __init__(self, kind: str) -> None:
        """Start empty.

        Args:
            kind: What the entries are, in the singular; used in messages.
        """
        self.kind = kind
        self._entries: dict[str, type[T]] = {}
        self._more: Callable[[], Mapping[str, type[T]]] = dict

    def also(self, more: Callable[[], Mapping[str, type[T]]]) -> None:
        """Add what is found anew at every look; a registered class goes before a found one of the same name.

        Args:
            more: Gives classes by name.
        """
        self._more = more

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
        if name not in entries:
            raise UnknownNameError(self.kind, name, sorted(entries))
        return entries[name]

    def names(self) -> list[str]:
        """Give all names, sorted."""
        return sorted(self._all())

    def registered(self) -> list[str]:
        """Give the names that were registered, without those that were found, sorted."""
        return sorted(self._entries)

    def __iter__(self) -> Iterator[type[T]]:
        return iter([cls for _, cls in sorted(self._all().items())])

    def __contains__(self, name: object) -> bool:
        return name in self._all()

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> dict[str, type[T]]:
        return {**self._more(), **self._entries}


def discover(package: str, path: Iterable[str]) -> None:
    """Import every public module of a package, so that its classes register themselves."""
    for module in pkgutil.iter_modules(path):
        if not module.name.startswith("_"):
            importlib.import_module(f"{package}.{module.name}")
