"""The one grammar for parts: a name, a class, or ``{name_or_class: settings}``; plain data that clones, searches and saves."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Any

from skelgait.core.errors import SkelgaitError


@dataclass(frozen=True)
class Part:
    """One part asked for: what it is called, its class, and the settings given.

    Parameters
    ----------
    key : str
        Name in the table, or ``"module:Class"`` of a class that is not in it.
    kind : type
        The class.
    settings : dict
        Keyword arguments given; the class's own defaults hold for the rest.
    """

    key: str
    kind: type
    settings: Mapping[str, Any]

    def build(self) -> Any:
        """A new instance."""
        return self.kind(**self.settings)

    def to_plain(self) -> dict[str, Any]:
        """``{key: settings}``, as JSON can hold it."""
        return {self.key: dict(self.settings)}


def resolve_parts(parts: Any, table: Mapping[str, str], what: str) -> list[Part]:
    """Every part asked for, with its class and checked settings.

    Parameters
    ----------
    parts : str, type, mapping, or sequence of those
        ``"stgcn"``, ``{"stgcn": {"fps": 30}, "descriptors": {}}``, a class, or a list (two of one name, say).
    table : mapping of name to ``"module:Class"``
        The known parts; a class is loaded when it is first asked for.
    what : str
        What the parts are, for errors: ``"encoder"``.

    Returns
    -------
    list of Part

    Raises
    ------
    SkelgaitError
        An unknown name or setting; the message lists the known ones.

    Examples
    --------
    >>> [part.key for part in resolve_parts({"deque": {"maxlen": 3}}, {"deque": "collections:deque"}, "box")]
    ['deque']
    """
    if isinstance(parts, Mapping):
        asked = list(parts.items())
    elif isinstance(parts, (str, type)):
        asked = [(parts, {})]
    elif isinstance(parts, Sequence):
        return [part for one in parts for part in resolve_parts(one, table, what)]
    else:
        raise SkelgaitError(
            f"{what} is neither a name, a class nor {{name: settings}}", found=repr(parts)[:80], expected=", ".join(sorted(table))
        )
    if not asked:
        raise SkelgaitError(f"no {what} is named", expected=f"one of {', '.join(sorted(table))}")
    found = []
    for name, settings in asked:
        kind = _load(name, table, what)
        settings = {} if settings is None else settings
        if not isinstance(settings, Mapping):
            raise SkelgaitError(f"settings of {what} {name!r} are not a mapping", found=repr(settings)[:80])
        _check_settings(name, kind, settings, what)
        found.append(Part(name if isinstance(name, str) else f"{name.__module__}:{name.__qualname__}", kind, dict(settings)))
    return found


def _load(name: Any, table: Mapping[str, str], what: str) -> type:
    if isinstance(name, type):
        return name
    where = table.get(name) or (name if isinstance(name, str) and ":" in name else None)
    if where is None:
        near = get_close_matches(str(name), table, 1)
        raise SkelgaitError(
            f"there is no {what} {name!r}",
            expected=f"one of {', '.join(sorted(table))}, or a class of your own",
            do=f"did you mean {near[0]!r}?" if near else "",
        )
    module, _, attribute = where.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (ModuleNotFoundError, AttributeError) as error:
        if where in table.values():
            raise
        raise SkelgaitError(
            f"the {what} {name!r} cannot be loaded", found=str(error), do="import its module's folder first, or give the class"
        ) from None


def _check_settings(name: Any, kind: type, settings: Mapping[str, Any], what: str) -> None:
    try:
        parameters = inspect.signature(kind).parameters.values()
    except ValueError:  # a class written in C says nothing of its settings; it will complain itself
        return
    known = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    unknown = [key for key in settings if key not in known]
    if unknown:
        near = get_close_matches(str(unknown[0]), known, 1)
        raise SkelgaitError(
            f"{what} {name if isinstance(name, str) else name.__name__!r} has no setting {unknown[0]!r}",
            expected=", ".join(known) or "no settings",
            do=f"did you mean {near[0]!r}?" if near else "",
        )
