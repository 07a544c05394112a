"""The Edinburgh Visual Gait Score as the paper form has it: 17 lines, five bands, left and right."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, isinf
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.skeleton import SIDES
from skelgait.report.numbers import NOTHING, number, percent
from skelgait.report.words import ENGLISH, Texts, tidy
from skelgait.tasks.evgs import SCORES_OF_BANDS, EvgsItem, evgs_items

if TYPE_CHECKING:
    import pandas as pd

REGIONS = ("foot", "knee", "hip", "pelvis", "trunk")
SUB_SCORES = ("left", "right", *REGIONS, "sagittal", "coronal", "transverse")
UNITS = {"deg": "°", "percent": " %", "percent_ll": " %"}


@dataclass(frozen=True)
class Mark:
    """The entry of one limb in one line.

    Parameters
    ----------
    side, letter : str
    score, value, sure : str
        As printed; ``sure`` is the probability of the score, and of a likelier one.
    band : int
        Which of the five bands the value lies in, or -1.
    kind : {"hard", "soft", "none"}
        ``soft``: nearer to a limit than the error of keypoints.
    proxy : bool
    note : str
        Letter of the note below the sheet.
    why : str
    """

    side: str
    letter: str
    score: str
    value: str
    sure: str
    band: int
    kind: str
    proxy: bool
    note: str
    why: str


@dataclass(frozen=True)
class Band:
    """One of the five bands: its score, and its limits in words; ``used`` where the form has it."""

    score: int
    words: str
    limits: str
    used: bool


@dataclass(frozen=True)
class Line:
    """One item; ``region`` is set on the first line of its region."""

    item: int
    title: str
    sign: str
    region: str
    bands: tuple[Band, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Sheet:
    """The whole form.

    Parameters
    ----------
    lines : tuple of Line
    headline : str
        The total with its interval.
    merged : str
        The same merged to normal or not.
    subs : tuple of (name, scored, score, interval)
        Sub-scores.
    notes : tuple of (letter, text)
    empty : bool
        Whether no item could be scored: then the notes are all there is to say.
    """

    lines: tuple[Line, ...]
    headline: str
    merged: str
    subs: tuple[tuple[str, str, str, str], ...]
    notes: tuple[tuple[str, str], ...]
    empty: bool = False


def build_sheet(scores: pd.DataFrame, total: pd.DataFrame, *, texts: Texts = ENGLISH) -> Sheet:
    """Lay out the score.

    Parameters
    ----------
    scores : DataFrame
        From `score_evgs`.
    total : DataFrame
        From `evgs_total`.
    texts : Texts

    Returns
    -------
    Sheet

    Examples
    --------
    >>> from skelgait.core.trial import Trial
    >>> from skelgait.gait.evgs import score_evgs
    >>> from skelgait.gait.evgs_total import evgs_total
    >>> from skelgait.walker import Walker
    >>> scores = score_evgs(Trial("child07", Walker(crouch_deg=(0, 40)).film(fps=60, duration_s=4).pose))
    >>> knee = build_sheet(scores, evgs_total(scores)).lines[8]
    >>> [b.limits for b in knee.bands], [m.score for m in knee.marks]
    (['≤ −11', '−10 … −1', '0 … 15', '16 … 25', '≥ 26'], ['0', '2'])
    """
    notes: dict[str, str] = {}
    lines, before = [], ""
    for item in evgs_items():
        marks = []
        for side in SIDES:
            (row,) = scores[(scores["side"] == side) & (scores["item"] == item.item)].to_dict("records")
            marks.append(_mark(item, side, row, notes, texts))
        region = "" if item.region == before else texts(f"region.{item.region}")
        before = item.region
        title = texts(f"evgs.item.{item.item}")
        lines.append(Line(item.item, title, texts(f"evgs.sign.{item.item}"), region, _bands(item, texts), tuple(marks)))
    whole = total.loc["total"]
    known = whole["scored"] > 0
    headline = texts(
        "evgs.total" if known else "evgs.nothing",
        points=points_words(whole["score"], texts), scored=int(whole["scored"]), items=int(whole["items"]),
        expected=_count(whole["expected"]), sd=_count(whole["expected_sd"]),
        low=_count(whole["low"]), high=_count(whole["high"]), most=2 * int(whole["items"]),
    )  # fmt: skip
    merged = texts(
        "evgs.merged",
        n=_count(whole["abnormal_low"]), scored=int(whole["scored"]),
        low=_count(whole["abnormal_low"]), high=_count(whole["abnormal_high"]),
    )  # fmt: skip
    subs = tuple(
        (
            texts(f"sub.{group}"),
            texts("evgs.of", n=int(total.loc[group, "scored"]), of=int(total.loc[group, "items"])),
            _count(total.loc[group, "score"]),
            _interval(total.loc[group, "low"], total.loc[group, "high"]),
        )
        for group in SUB_SCORES
    )
    said = tuple((letter, tidy(reason, texts)) for reason, letter in notes.items())
    return Sheet(tuple(lines), headline, merged if known else "", subs, said, not known)


def _mark(item: EvgsItem, side: str, row: dict, notes: dict[str, str], texts: Texts) -> Mark:
    score, value, reason = row["score"], row["value"], str(row["reason"])
    note = ""
    if reason:
        note = notes.setdefault(reason, _letter(len(notes)))
    letter = texts(f"side.{side}.short")
    proxy = row["tier"] == "proxy"
    if not isfinite(score):
        return Mark(side, letter, NOTHING, "", "", -1, "none", proxy, note, reason)
    p = [row["p0"], row["p1"], row["p2"]]
    likeliest = int(np.argmax(p))
    sure = percent(p[int(score)])
    if likeliest != int(score):
        sure += "; " + texts("evgs.likelier", score=likeliest, p=percent(p[likeliest]))
    soft = isfinite(row["margin"]) and row["margin"] < item.error
    edges = np.array(item.edges)
    band = int(np.searchsorted(edges, value, side="left")) if isfinite(value) else 0
    shown = number(value, "deg", 0 if item.unit != "percent_ll" else 1) + UNITS[item.unit] if isfinite(value) else ""
    return Mark(side, letter, str(int(score)), shown, sure, band, "soft" if soft else "hard", proxy, note, reason)


def _bands(item: EvgsItem, texts: Texts) -> tuple[Band, ...]:
    words = texts.parts(f"evgs.bands.{item.item}")
    low, *middle, high = (-np.inf, *item.edges, np.inf)
    limits = [low, *middle, high]
    bands = []
    for i, score in enumerate(SCORES_OF_BANDS):
        a, b = limits[i], limits[i + 1]
        used = a < b and not (isinf(a) and isinf(b))
        bands.append(Band(score, words[i], _span(a, b, item.unit) if used else "", used or bool(words[i])))
    return tuple(bands)


def _span(low: float, high: float, unit: str) -> str:
    """A band in words: limits at half degrees are bands of whole degrees."""
    ends = [x for x in (low, high) if not isinf(x)]
    whole = unit == "deg" and all(abs(x % 1 - 0.5) < 1e-9 for x in ends)
    a, b = (f"{x:g}" for x in ((low + 0.5, high - 0.5) if whole else (low, high)))
    if isinf(low):
        text = f"≤ {b}" if whole else f"< {b}"
    elif isinf(high):
        text = f"≥ {a}" if whole else f"> {a}"
    else:
        text = f"{a} … {b}"
    return text.replace("-", "−")


def points_words(score: float, texts: Texts = ENGLISH) -> str:
    """A number of points, one of them in the singular.

    Examples
    --------
    >>> points_words(1.0), points_words(7.0)
    ('1 point', '7 points')
    """
    return texts("count.point") if score == 1 else texts("count.points", n=_count(score))


def _letter(n: int) -> str:
    return "abcdefghijklmnopqrstuvwxyz"[n] if n < 26 else f"a{n - 25}"


def _count(value: float) -> str:
    return f"{value:.0f}" if isfinite(value) else NOTHING


def _interval(low: float, high: float) -> str:
    return _count(low) if low == high else f"{_count(low)} – {_count(high)}"
