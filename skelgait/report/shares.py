"""How often an item of the score was 0, 1 or 2 in a cohort, and a pattern present, as shares that fill a bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skelgait.core.skeleton import SIDES
from skelgait.report.words import ENGLISH, Texts

if TYPE_CHECKING:
    import pandas as pd


def score_shares(evgs: pd.DataFrame, *, texts: Texts = ENGLISH) -> list[dict[str, Any]]:
    """How often each item of the score got 0, 1, 2 or none, a side, as shares."""
    rows = []
    kinds = ("0", "1", "2", texts("cohort.not_scored"))
    for item, own in evgs.groupby("item", sort=True):
        sides = []
        for side in SIDES:
            score = own.loc[own["side"] == side, "score"].to_numpy(float)
            counts = [int((score == s).sum()) for s in (0, 1, 2)]
            counts.append(len(score) - sum(counts))
            said = ", ".join(f"{n} × {w}" for n, w in zip(counts, kinds, strict=True) if n)
            sides.append({"side": texts(f"side.{side}"), "shares": [100 * n / max(len(score), 1) for n in counts], "said": said})
        tier = texts(f"cohort.tier.{own['tier'].iloc[0]}".replace(" ", "_"))
        rows.append({"item": item, "name": texts(f"evgs.item.{item}"), "tier": tier, "sides": sides})
    return rows


def pattern_shares(patterns: pd.DataFrame, *, texts: Texts = ENGLISH) -> list[dict[str, Any]]:
    """How often each gait pattern is there, is not, or cannot be told, a side, as shares."""
    rows = []
    own_kind = patterns[patterns["kind"] == "gait pattern"]
    for name, own in own_kind.groupby("pattern", sort=False):
        sides = []
        for side in SIDES:
            one = own[own["side"] == side]
            present = [None if x is None or x != x else bool(x) for x in one["present"]]
            sure = [w is not None and w == w and not w for w in one["within_error"]]
            counts = [
                sum(p is False for p in present),
                sum(p is True and not s for p, s in zip(present, sure, strict=True)),
                sum(p is True and s for p, s in zip(present, sure, strict=True)),
                sum(p is None for p in present),
            ]
            words = [texts(f"cohort.pattern.{key}") for key in ("absent", "near", "present", "unknown")]
            said = ", ".join(f"{n} × {w}" for n, w in zip(counts, words, strict=True) if n)
            sides.append({"side": texts(f"side.{side}"), "shares": [100 * n / max(len(present), 1) for n in counts], "said": said})
        rows.append({"name": texts(f"pattern.{name}"), "sides": sides})
    return rows
