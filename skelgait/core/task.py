"""A clinical question, as data: what is asked, what can be answered, and how answers are written as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import other_side

Level = str | int
NOT_KNOWN = -1


@dataclass(frozen=True)
class Task:
    """A clinical question: items, each answered by one of the same levels.

    Parameters
    ----------
    name : str
        What the question is called.
    items : tuple of str
        What is asked, I of them. One for a diagnosis; 34 for the Edinburgh score of two limbs. Names that begin with ``left_``
        and ``right_`` are twins and change places when a child is mirrored.
    levels : tuple of str or int
        Possible answers, L of them; when ``ordered``, from least to most.
    ordered : bool
        Whether levels have an order: it decides the default head and which metrics make sense.
    reference : str or int, optional
        The level without the condition, which sensitivity and specificity are told against. Default the first.
    label : str
        Where a trial keeps its answer (``trial.labels[label]``). Default the name in lower case.
    aliases : tuple of (written, level)
        Other ways the levels are written in tables, ``((1, "I"), ("gmfcs i", "I"))``. Text is compared without regard to case.
    sources : tuple of str
        Where the question and its levels come from.
    planes : tuple of str
        The plane each item is seen from, ``"sagittal"`` or ``"frontal"``, or an empty text where either will do; none at all where
        nobody says.

    Raises
    ------
    SkelgaitError
        No items, fewer than two levels, a name twice, a reference that is not a level, or not one plane an item.

    Examples
    --------
    >>> pain = Task("PAIN", levels=("none", "some", "much"), ordered=True)
    >>> pain.encode(["much", None, "none"]).ravel().tolist()
    [2, -1, 0]
    >>> pain.decode([2, 0]).tolist()
    ['much', 'none']
    """

    name: str
    items: tuple[str, ...] = ()
    levels: tuple[Level, ...] = ()
    ordered: bool = False
    reference: Level | None = None
    label: str = ""
    aliases: tuple[tuple[Any, Level], ...] = ()
    sources: tuple[str, ...] = ()
    planes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "label", self.label or self.name.lower())
        set_(self, "items", tuple(self.items) or (self.label,))
        if self.levels is None:
            raise SkelgaitError(
                f"task {self.name!r} has no levels: a measured value is not a question that can be asked yet",
                expected="two levels or more, e.g. ('normal', 'abnormal')",
                do="cut the value into ordered bands, or regress on model.embed(trials); docs/your_own.md shows both",
            )
        set_(self, "levels", tuple(self.levels))
        set_(self, "aliases", tuple((written, level) for written, level in self.aliases))
        set_(self, "sources", tuple(self.sources))
        set_(self, "planes", tuple(self.planes))
        if self.planes and len(self.planes) != len(self.items):
            raise SkelgaitError(
                f"task {self.name!r} does not say of each item from which plane it is seen",
                found=f"{len(self.planes)} planes",
                expected=f"{len(self.items)}, one an item, or none",
            )
        for what, names in (("item", self.items), ("level", self.levels)):
            twice = sorted({str(n) for n in names if names.count(n) > 1})
            if twice:
                raise SkelgaitError(f"task {self.name!r} names a {what} twice", found=", ".join(twice))
        if len(self.levels) < 2:
            raise SkelgaitError(
                f"task {self.name!r} has nothing to choose between",
                found=f"levels {list(self.levels)}",
                expected="two levels or more, e.g. ('normal', 'abnormal')",
            )
        written = [_plain(str(level)) for level in self.levels]
        unclear = [
            repr(level)
            for level, text in zip(self.levels, written, strict=True)
            if level is None or text in ("", "-1") or written.count(text) > 1
        ]
        if unclear:
            raise SkelgaitError(
                f"levels of task {self.name!r} cannot be told apart in a table",
                found=", ".join(unclear),
                expected="levels that differ by more than case; -1, None and an empty text are answers nobody knows",
            )
        if self.reference is None:
            set_(self, "reference", self.levels[0])
        unknown = [level for level in (self.reference, *(level for _, level in self.aliases)) if level not in self.levels]
        if unknown:
            raise SkelgaitError(
                f"task {self.name!r} refers to a level it does not have", found=repr(unknown[0]), expected=self._levels_in_words()
            )

    @property
    def n_items(self) -> int:
        """I."""
        return len(self.items)

    @property
    def n_levels(self) -> int:
        """L."""
        return len(self.levels)

    def encode(self, answers: Any) -> np.ndarray:
        """Answers as codes.

        Parameters
        ----------
        answers : sequence of n
            A level each; for many items a sequence or a mapping of item to level each (an item left out is not known), or a table
            with items as its columns, in any order.
            ``None``, NaN, an empty text and -1 mean that nobody has looked.

        Returns
        -------
        (n, I) int64
            Place of the level in ``levels``; -1 where not known.

        Raises
        ------
        SkelgaitError
            An answer that is not a level, or the wrong number of items; the message says which answer.
        """
        if isinstance(answers, str):
            raise SkelgaitError(f"answers to {self.name} are one text", found=repr(answers), expected="a list, one answer a walk")
        columns = [c for c in getattr(answers, "columns", ()) if isinstance(c, str)] if self.n_items > 1 else []
        rows = list(answers.to_numpy() if hasattr(answers, "to_numpy") else answers)
        if columns:
            rows = [dict(zip(answers.columns, row, strict=True)) for row in rows]
        codes = np.full((len(rows), self.n_items), NOT_KNOWN, np.int64)
        known = self._codes
        for n, row in enumerate(rows):
            for i, answer in enumerate(self._items_of(row, n)):
                codes[n, i] = known.get(_plain(answer), -2)
                if codes[n, i] == -2:
                    item = f", item {self.items[i]}," if self.n_items > 1 else ""
                    raise SkelgaitError(
                        f"answer {n} to {self.name}{item} is not one of its levels",
                        found=repr(answer),
                        expected=f"{self._levels_in_words()}, or -1 where nobody has looked",
                    )
        return codes

    def decode(self, codes: Any) -> np.ndarray:
        """Codes as levels: (n,) for one item, (n, I) for many; ``None`` for -1."""
        codes = np.asarray(codes, np.int64)
        if codes.ndim == 2 and self.n_items == 1:
            codes = codes[:, 0]
        if codes.size and (codes.min() < NOT_KNOWN or codes.max() >= self.n_levels):
            raise SkelgaitError(
                f"codes of {self.name} are out of range",
                found=f"{codes.min()} to {codes.max()}",
                expected=f"-1 to {self.n_levels - 1}",
            )
        levels = np.empty(self.n_levels + 1, object)
        levels[:-1] = self.levels
        levels[-1] = None
        decoded = levels[codes]
        return decoded if (codes == NOT_KNOWN).any() else np.array(decoded.tolist(), _dtype(self.levels))

    @property
    def mirrored_items(self) -> np.ndarray:
        """(I,) index of the item that takes each place when left and right change."""
        place = {name: i for i, name in enumerate(self.items)}
        return np.array([place.get(other_side(name), i) for name, i in place.items()])

    def mirror(self, values: Any, axis: int = 1) -> np.ndarray:
        """Codes or probabilities of the mirrored child: left items take the right ones' places along ``axis``."""
        return np.take(np.asarray(values), self.mirrored_items, axis=axis)

    def merge_levels(self, into: Mapping[Level, Level], name: str | None = None, **changes: Any) -> Task:
        """The coarser question in which several levels count as one.

        Parameters
        ----------
        into : mapping of level to new level
            Every level once; new levels keep the order in which they first appear.
        name : str, optional
            Of the new task; default this one's with ``_MERGED``.
        **changes
            Any other field of the new task.

        Examples
        --------
        >>> pain = Task("PAIN", levels=("none", "some", "much"), ordered=True)
        >>> pain.merge_levels({"none": "no", "some": "yes", "much": "yes"}).encode(["much", "none", "yes"]).ravel().tolist()
        [1, 0, 1]
        """
        missing = [level for level in self.levels if level not in into]
        extra = [level for level in into if level not in self.levels]
        if missing or extra:
            raise SkelgaitError(
                f"merging levels of {self.name} needs each level once",
                found=f"missing {missing}, unknown {extra}",
                expected=self._levels_in_words(),
            )
        levels = tuple(dict.fromkeys(into[level] for level in self.levels))
        aliases = {written: into[level] for written, level in (*self.aliases, *((level, level) for level in self.levels))}
        fields = {
            "name": name or f"{self.name}_MERGED",
            "levels": levels,
            "reference": into[self.reference] if self.reference is not None else None,
            "aliases": tuple((w, level) for w, level in aliases.items() if w not in levels or w == level),
            **changes,
        }
        return replace(self, **fields)

    def recode(self, codes: np.ndarray, merged: Task) -> np.ndarray:
        """Codes of this task as codes of one that `merge_levels` made of it."""
        table = np.append(merged.encode([[level] * merged.n_items for level in self.levels])[:, 0], NOT_KNOWN)
        return table[np.asarray(codes, np.int64)]

    def to_plain(self) -> dict[str, Any]:
        """The task as JSON can hold it; ``Task(**plain)`` gives it back."""
        return {
            "name": self.name,
            "items": list(self.items),
            "levels": list(self.levels),
            "ordered": self.ordered,
            "reference": self.reference,
            "label": self.label,
            "aliases": [list(pair) for pair in self.aliases],
            "sources": list(self.sources),
            "planes": list(self.planes),
        }

    @property
    def _codes(self) -> dict[Any, int]:
        codes: dict[Any, int] = {None: NOT_KNOWN, "": NOT_KNOWN, NOT_KNOWN: NOT_KNOWN, "-1": NOT_KNOWN}
        for written, level in self.aliases:
            codes[_plain(written)] = self.levels.index(level)
        for code, level in enumerate(self.levels):
            codes[_plain(level)] = code
            codes.setdefault(_plain(str(level)), code)
        return codes

    def _items_of(self, row: Any, n: int) -> Sequence[Any]:
        if self.n_items == 1:
            if isinstance(row, Mapping):
                return [row.get(self.items[0])]
            if isinstance(row, (str, bytes)) or not hasattr(row, "__len__"):
                return [row]
        if row is None or (isinstance(row, (int, float, np.number)) and (row == NOT_KNOWN or np.isnan(row))):
            return [None] * self.n_items
        if isinstance(row, Mapping):
            unknown = sorted(str(key) for key in row if key not in self.items)
            if unknown:
                raise SkelgaitError(
                    f"answer {n} to {self.name} has an item it does not ask",
                    found=", ".join(unknown[:5]),
                    expected=", ".join(self.items[:4]) + (", ..." if self.n_items > 4 else ""),
                )
            return [row.get(item) for item in self.items]
        if isinstance(row, (str, bytes)) or not hasattr(row, "__len__") or len(row) != self.n_items:
            raise SkelgaitError(
                f"answer {n} to {self.name} has the wrong number of items",
                found=repr(row)[:60],
                expected=f"{self.n_items}: {', '.join(self.items[:4])}{', ...' if self.n_items > 4 else ''}",
            )
        return row

    def _levels_in_words(self) -> str:
        return " | ".join(str(level) for level in self.levels)


def _plain(answer: Any) -> Any:
    """An answer as it is looked up: numpy numbers as Python's, whole floats as ints, NaN as None, text lower-case."""
    if isinstance(answer, np.generic):
        answer = answer.item()
    if isinstance(answer, str):
        return answer.strip().lower()
    if isinstance(answer, bool):
        return int(answer)
    if isinstance(answer, float):
        return None if np.isnan(answer) else int(answer) if answer.is_integer() else answer
    if answer is None or isinstance(answer, int):
        return answer
    return None if str(answer) in ("<NA>", "NaT") else str(answer)


def _dtype(levels: tuple[Level, ...]) -> Any:
    return np.int64 if all(isinstance(level, int) for level in levels) else None
