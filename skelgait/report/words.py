"""The words of a report, in one table a language."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from skelgait.core.errors import SkelgaitError

if TYPE_CHECKING:
    from skelgait.gait.measure import PlaneMeasurement

TABLES = Path(__file__).parent / "texts"
COLUMNS = ("key", "text")


class Texts(Mapping[str, str]):
    """The words of one language: call it with a key and what the sentence names.

    Parameters
    ----------
    language : str
        Its code, ``"en"``; goes into the page.
    table : mapping of key to str
        Sentences, with ``{fields}``.

    Examples
    --------
    >>> ENGLISH("side.left"), ENGLISH("count.recordings", n=3)
    ('left', '3 recordings')
    """

    def __init__(self, language: str, table: Mapping[str, str]) -> None:
        self.language = language
        self._table = dict(table)

    def __call__(self, key: str, **fields: object) -> str:
        """The text of a key, with its fields filled in."""
        text = self._table[key]
        return text.format(**fields) if fields else text

    def parts(self, key: str) -> list[str]:
        """A text of several parts, ``first|second|third``, taken apart."""
        return self._table[key].split("|")

    def __getitem__(self, key: str) -> str:
        return self._table[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)


@cache
def read_texts(language: str = "en") -> Texts:
    """Read the words of a language.

    Parameters
    ----------
    language : str
        A language of the package (``"en"``), or the path of your own table: a CSV file with the columns ``key`` and ``text``, named
        after its language (``de.csv``). What it does not translate stays English.

    Returns
    -------
    Texts

    Raises
    ------
    SkelgaitError
        There is no such table, it has a key that no report uses, or a text names other ``{fields}`` than the English one.

    Notes
    -----
    Translated is what the report itself says. Definitions of descriptors and reasons why something was not measured come from the
    measuring code and are English in every language.

    Examples
    --------
    >>> read_texts("en")("side.right")
    'right'
    """
    if language == "en":
        return ENGLISH
    own = Path(language)
    path = own if own.suffix == ".csv" else TABLES / f"{language}.csv"
    if not path.is_file():
        there = ", ".join(sorted(p.stem for p in TABLES.glob("*.csv")))
        raise SkelgaitError(
            f"there are no texts in {language!r}",
            found=there,
            do="copy skelgait/report/texts/en.csv, translate it and give its path",
        )
    table = _read(path)
    unknown = sorted(set(table) - set(ENGLISH))
    if unknown:
        raise SkelgaitError(
            f"{path.name} translates what no report says", found=", ".join(unknown[:5]), do="use the keys of en.csv"
        )
    for key, text in table.items():
        if _fields(text) != _fields(ENGLISH[key]) or text.count("|") != ENGLISH[key].count("|"):
            raise SkelgaitError(f"{path.name}: the text of {key} has other fields or parts", found=text, expected=ENGLISH[key])
    return Texts(path.stem, {**ENGLISH, **table})


def _fields(text: str) -> set[str]:
    from string import Formatter

    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError:
        return {"unreadable"}


def _read(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        if not set(COLUMNS) <= set(rows.fieldnames or ()):
            raise SkelgaitError(f"{path.name} is no table of texts", found=", ".join(rows.fieldnames or ()), expected="key, text")
        return {row["key"]: row["text"] for row in rows if row["key"]}


ENGLISH = Texts("en", _read(TABLES / "en.csv"))


def view_words(m: PlaneMeasurement, texts: Texts = ENGLISH) -> str:
    """From where a recording was taken, as a reader says it."""
    return texts(f"view.{m.pose.view or ('oblique' if m.plane == 'oblique' else 'unknown')}")


def tidy(text: str, texts: Texts = ENGLISH) -> str:
    """A text of the measuring code as it is printed: true signs, and no names of the code.

    Examples
    --------
    >>> tidy("knee flexion -0.2 deg (limit > 15.5 deg; healthy 10 +- 6)")
    'knee flexion −0.2° (limit > 15.5°; healthy 10 ± 6)'
    >>> tidy("this recording looks frontal_towards")
    'this recording looks frontal (towards the camera)'
    """
    text = re.sub(r"(?<=\d) deg(rees?)?\b", "°", text).replace("+-", "±")
    text = re.sub(r"(?<![\w.\-])-(?=\d)", "−", text)
    return _VIEW_CODE.sub(lambda found: texts(f"code.{found.group()}"), text)


def sentence(text: str, texts: Texts = ENGLISH) -> str:
    """The same with a capital and a full stop.

    Examples
    --------
    >>> sentence("rests on 1 step: 3 are advised")
    'Rests on 1 step: 3 are advised.'
    """
    text = tidy(text, texts).strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".") if text else ""


_VIEW_CODE = re.compile(r"\b(sagittal_left|sagittal_right|frontal_towards|frontal_away)\b")


def printable(text: str) -> str:
    r"""A text from outside without characters that are not seen but turn, hide or break what is around them.

    Examples
    --------
    >>> printable("Anna\u202e\x00 Smith")
    'Anna Smith'
    """
    return _UNSEEN.sub("", text)


# Control characters but tab and line feed; marks, embeddings and isolates of direction; separators and spaces without width. The
# joiners of letters and emoji stay.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
