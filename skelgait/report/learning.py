"""The page of a model: what it learnt from, how it did on children it had not seen, one answer explained, what that is worth.

Made of tables and pictures only: the page knows no model.
"""

from __future__ import annotations

import base64
import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import skelgait
from skelgait.io.atomic import new_file
from skelgait.report.page import TEMPLATES
from skelgait.report.words import ENGLISH, printable

if TYPE_CHECKING:
    import pandas as pd

SHOWN = {
    "accuracy": "right answers",
    "balanced_accuracy": "mean over the levels",
    "kappa_linear": "linear kappa",
}
# What was published about the same question, and what is known of the test behind it.
PUBLISHED = (
    (
        "Skeleton dynamics and clinical features (Yang, arXiv 2603.22371, 2026)",
        "70.9 % right; about 65.3 % without the features",
        "which children and how they were split is not told",
    ),
    (
        "ST-GCN on a film (Zhao, IEEE BSN 2023)",
        "76.6 % right, linear kappa 0.73",
        "288 films of 184 children; 42 of these children are in its training, too; always saying II would be 35.8 % right",
    ),
    (
        "Two people (McDowell 2007)",
        "linear kappa 0.75 parent and therapist, 0.64 two therapists",
        "so the level itself is not sure to more than that",
    ),
)


@dataclass(frozen=True)
class Learnt:
    """What the page says of the run.

    Parameters
    ----------
    walks, children : (int, int)
        Learnt from, and kept away for the test.
    levels : mapping of level to int
        Children of each, in all.
    keypoints : sequence of str
        Ranked highest by the skeleton network's Grad-CAM.
    n_descriptors : int
        Chosen by them.
    width : int
        Of the skeleton network.
    seconds : float
        The run took.
    """

    walks: tuple[int, int]
    children: tuple[int, int]
    levels: Mapping[str, int]
    keypoints: Sequence[str]
    n_descriptors: int
    width: int
    seconds: float


@dataclass(frozen=True)
class Answer:
    """One answer that is explained.

    Parameters
    ----------
    walk : str
    true, answered : str
        Levels.
    probability : float
        Of the level answered.
    faithfulness : tuple of (what, float)
        Of each map: above 0 where hiding what it ranks highest takes the answer away faster than a random order.
    """

    walk: str
    true: str
    answered: str
    probability: float
    faithfulness: Sequence[tuple[str, float]]


@dataclass(frozen=True)
class Picture:
    """A picture of the page.

    Parameters
    ----------
    name : str
        ``confusion``, ``skeleton`` or ``descriptors``.
    caption : str
    png : bytes
    """

    name: str
    caption: str
    png: bytes

    @property
    def uri(self) -> str:
        """As it stands in the page."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode()


def write_learning_page(
    to: Path,
    learnt: Learnt,
    scores: Mapping[str, pd.DataFrame],
    differences: Mapping[str, pd.Series],
    answer: Answer,
    pictures: Sequence[Picture],
    *,
    sources: pd.DataFrame | None = None,
    files: Sequence[str] = (),
) -> Path:
    """Write the page of a model that learnt from synthetic children.

    Parameters
    ----------
    to : Path
    learnt : Learnt
    scores : mapping of model to DataFrame
        What `score_table` says of each, the one that is shown first.
    differences : mapping of model to Series
        ``difference``, ``low`` and ``high`` of the accuracy of the first model less that one's, on the same children.
    answer : Answer
    pictures : sequence of Picture
    sources : DataFrame, optional
        What `source_probe` says, where the walks are of several sources.
    files : sequence of str
        Names of the files beside the page.

    Returns
    -------
    Path
        The page: one file that asks nothing of the network.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    style = "\n".join((TEMPLATES / name).read_text(encoding="utf8") for name in ("report.css", "learning.css"))
    day = datetime.date.today()
    first = next(iter(scores.values()))
    text = environment.get_template("learning.html.jinja2").render(
        style=Markup(style),
        version=skelgait.__version__,
        date=ENGLISH("date", day=day.day, month=ENGLISH.parts("months")[day.month - 1], year=day.year),
        learnt=learnt,
        columns=list(SHOWN.values()),
        rows=[_row(name, table) for name, table in scores.items()],
        majority=_spread(first.loc["majority_rate"]),
        levels=_levels(first),
        verdicts=[_verdict(name, next(iter(scores)), one) for name, one in differences.items()],
        published=PUBLISHED,
        answer=answer,
        maps=[(what, f"{value:+.2f}".replace("-", "−"), value > 0.02) for what, value in answer.faithfulness],
        pictures={picture.name: picture for picture in pictures},
        sources=None if sources is None else _sources(sources),
        files=files,
    )
    with new_file(to) as temporary:
        temporary.write_text(printable(text), encoding="utf8")
    return to


def _row(name: str, table: pd.DataFrame) -> dict[str, Any]:
    return {"name": name, "cells": [_spread(table.loc[metric]) for metric in SHOWN]}


def _spread(row: Any) -> dict[str, str]:
    """A score and its interval as they are printed."""
    return {name: "–" if row[name] != row[name] else f"{row[name]:.2f}".replace("-", "−") for name in ("value", "low", "high")}


def _levels(table: pd.DataFrame) -> list[dict[str, Any]]:
    """How many of each level are found."""
    rows = []
    for metric in table.index:
        level = metric.removeprefix("sensitivity ")
        if metric.startswith("sensitivity ") and not level.startswith("not "):
            rows.append({"level": level, "walks": int(table.loc[metric, "n"]), "found": _spread(table.loc[metric])})
    return rows


def _sources(table: pd.DataFrame) -> dict[str, Any]:
    """How well each source is recognised, and what that means."""
    mean = table.loc["mean"]
    rows = [{"name": name, "walks": int(row.n), "found": _spread(row)} for name, row in table.iterrows()]
    if mean["low"] > mean["chance"]:
        words = "It knows where a walk was recorded: it could answer by the camera. Compare its scores within each source."
    elif mean["high"] < mean["chance"]:
        words = "It is told less often than by guessing: too few children to say."
    else:
        words = "Guessing lies within the interval: that it knows where a walk was recorded is not shown."
    return {"rows": rows, "chance": f"{mean['chance']:.2f}", "words": words}


def _verdict(other: str, first: str, row: pd.Series) -> str:
    """What the paired interval says, in words."""
    span = f"difference {row['difference']:+.2f}, 95 % interval {row['low']:+.2f} to {row['high']:+.2f}".replace("-", "−")
    if row["low"] > 0:
        return f"On these children the {first} is right more often than the {other} ({span})."
    if row["high"] < 0:
        return f"On these children the {first} is right less often than the {other} ({span})."
    return f"Whether the {first} is better than the {other} cannot be told from so few children ({span})."
