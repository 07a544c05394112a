"""Totals of the Edinburgh Visual Gait Score, and the score merged to normal or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.tasks.evgs import evgs_items

if TYPE_CHECKING:
    import pandas as pd

MOST = 2
NEEDED = ("side", "item", "score", "p0", "p1", "p2", "tier")


def evgs_total(scores: pd.DataFrame, *, proxies: bool = False) -> pd.DataFrame:
    """Add up the score, with the range in which it lies for the items that are not known.

    Parameters
    ----------
    scores : DataFrame
        From `score_evgs`.
    proxies : bool
        Whether proxies count as known. By default they are as unknown as an item without a score.

    Returns
    -------
    DataFrame
        Index ``group``: ``total``, ``left``, ``right``; the regions ``foot knee hip pelvis trunk``; the planes ``sagittal coronal
        transverse``. Columns: ``items`` and how many are ``scored``; ``score``, the sum of those (NaN of none); ``low`` and
        ``high``, the whole sum if every unknown item were 0, or 2; ``expected`` and ``expected_sd``, mean and standard
        deviation of the sum of the scored items under their probabilities; the same merged to 0 and 1: ``abnormal``, how
        many items score 1 or 2, with ``abnormal_low`` and ``abnormal_high``.

    Raises
    ------
    SkelgaitError
        The table is not one of `score_evgs`.

    Notes
    -----
    ``expected`` lies above ``score`` for a walk in the middle of the normal bands: there an error can only add points. It is no
    better guess of the child's score; it tells what keypoint error alone could add. ``expected_sd`` takes the errors of the items
    as independent; one video bends them together (a camera not square to the walk), so the true spread is wider.

    Of observers' scores, a change of 4.78 points in the total is more than error between observers (95 %, Uysal 2023), one of 2.4
    matters (Robinson 2017).
    Neither number was found with this measurement.

    Examples
    --------
    >>> from skelgait.core.trial import Trial
    >>> from skelgait.gait.evgs import score_evgs
    >>> from skelgait.walker import Walker
    >>> total = evgs_total(score_evgs(Trial("child07", Walker().film(fps=60, duration_s=4).pose)))
    >>> total.loc["total", ["items", "scored"]].tolist(), float(total.loc["coronal", "high"])
    ([34, 22], 20.0)
    """
    import pandas as pd

    _check(scores)
    item = {i.item: i for i in evgs_items()}
    score = scores["score"].to_numpy(float)
    known = np.isfinite(score) & (proxies | (scores["tier"] != "proxy").to_numpy())
    p = scores[["p0", "p1", "p2"]].to_numpy(float)
    mean = p @ np.arange(3.0)
    variance = p @ np.arange(3.0) ** 2 - mean**2
    labels = [
        np.full(len(scores), "total", object),
        scores["side"].to_numpy(object),
        np.array([item[i].region for i in scores["item"]], object),
        np.array([item[i].plane for i in scores["item"]], object),
    ]
    rows = {}
    for group in ("total", "left", "right", "foot", "knee", "hip", "pelvis", "trunk", "sagittal", "coronal", "transverse"):
        own = np.any([label == group for label in labels], axis=0)
        tells, silent = own & known, int((own & ~known).sum())
        total, abnormal = score[tells].sum(), int((score[tells] > 0).sum())
        some = bool(tells.any())
        rows[group] = {
            "items": int(own.sum()),
            "scored": int(tells.sum()),
            "score": total if some else np.nan,
            "low": total,
            "high": total + MOST * silent,
            "expected": mean[tells].sum() if some else np.nan,
            "expected_sd": np.sqrt(variance[tells].sum()) if some else np.nan,
            "abnormal": abnormal if some else np.nan,
            "abnormal_low": abnormal,
            "abnormal_high": abnormal + silent,
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "group"
    return table


def merge_evgs(scores: pd.DataFrame) -> pd.DataFrame:
    """Merge the scores 1 and 2: whether an item is abnormal, as the CGV data set labels children.

    Parameters
    ----------
    scores : DataFrame
        From `score_evgs`.

    Returns
    -------
    DataFrame
        One row an item and side: ``side item name``, ``abnormal`` (0, 1; NaN where there is no score), ``p_abnormal``.

    Raises
    ------
    SkelgaitError
        The table is not one of `score_evgs`.

    Examples
    --------
    >>> import pandas as pd
    >>> one = {"side": "left", "item": 9, "name": "knee", "score": 2.0, "p0": 0.1, "p1": 0.2, "p2": 0.7, "tier": "computed"}
    >>> merge_evgs(pd.DataFrame([one]))[["abnormal", "p_abnormal"]].round(2).to_numpy().tolist()
    [[1.0, 0.9]]
    """
    _check(scores)
    merged = scores[["side", "item", "name"]].copy()
    merged["abnormal"] = scores["score"].clip(upper=1)
    merged["p_abnormal"] = scores["p1"] + scores["p2"]
    return merged


def _check(scores: pd.DataFrame) -> None:
    lacking = [c for c in NEEDED if c not in getattr(scores, "columns", ())]
    if lacking:
        raise SkelgaitError(
            "this is not a table of scores", found=f"no {', '.join(lacking)}", do="pass what sg.score_evgs returned"
        )
